/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls that returned an error: how a stub of any family tells the
 * shared handlers in call.bpf.c and bind.bpf.c what it saw.
 */
#ifndef CONNWATCH_CALL_BPF_H
#define CONNWATCH_CALL_BPF_H

#include "bpf/flow.bpf.h"

/* include/uapi/linux/in.h, in6.h: the layout is ABI, so no relocation. */
struct sockaddr_any {
	u16 family;
	__be16 port;
	union {
		__be32 v4;
		struct {
			u32 flowinfo;
			u32 v6[4];
		};
	};
};

struct call {
	u64 sk;			/* address of the struct sock, 0 when not known */
	u64 inode;
	struct rec_flow flow;
	s32 ret;
	u16 hook;
	u8 has_addr;
	u8 userlocks;		/* SOCK_BINDPORT_LOCK: the application bound the port */
	u8 reuse;
	u8 state;		/* TCP_* */
	u8 may_bind_low;	/* the caller has CAP_NET_BIND_SERVICE */
};

#define SOCK_BINDPORT_LOCK 8 /* include/net/sock.h */

/* Answers that say "not yet", "again" or "already": no failure. */
static __always_inline bool call_failed(long ret)
{
	switch (-ret) {
	case EINTR:
	case EAGAIN:
	case ECONNABORTED: /* connect() once more after the error was fetched, or ss -K */
	case EISCONN:
	case EALREADY:
	case EINPROGRESS:
		return false;
	default:
		return ret < 0 && -ret < ERESTARTSYS;
	}
}

/* Takes what the caller asked for into @addr and @port; false: no internet address. */
static __always_inline bool call_address(const struct sockaddr_any *sa, u8 *addr, u16 *port)
{
	if (sa->family == AF_INET)
		addr_from_v4(addr, sa->v4);
	else if (sa->family == AF_INET6)
		__builtin_memcpy(addr, sa->v6, 16);
	else
		return false;
	*port = bpf_ntohs(sa->port);
	return true;
}

/* The same from the caller's memory. */
__hidden bool call_user_address(struct sockaddr_any *sa, const void *user);
/* The socket of the current process's file descriptor @fd, or NULL; its SOCK_* to @type. */
__hidden struct sock *call_socket(int fd, short *type);

/* Shared ends, in call.bpf.c. @call is complete but for what they look up. */
__hidden int connect_returned(const struct call *call);
/*
 * Whether the failure was told when the socket closed, and connect() only hands
 * it out. Then the connection is forgotten.
 */
__hidden bool connect_was_told(u64 sk, u64 inode, long ret);
/* connect() handed out no more than that: its socket begins anew. */
__hidden int connect_told_before(const struct call *call);
__hidden int udp_connected(const struct call *call);
__hidden int bind_returned(const struct call *call);
__hidden int listen_returned(const struct call *call);
/* A process took a connection from a listener: remember whose it is. @task: task_current(). */
__hidden int accepted(u64 sk, const struct task_struct *task);

static __always_inline bool is_inet_protocol(const struct call *call)
{
	return call->flow.protocol == IPPROTO_TCP || call->flow.protocol == IPPROTO_UDP;
}

static __always_inline int connect_finish(struct call *call, const struct sockaddr_any *sa)
{
	if (!call->ret && call->flow.protocol == IPPROTO_UDP)
		return udp_connected(call);
	if (call->ret == -ECONNABORTED)
		return connect_told_before(call);
	if (!call_failed(call->ret) || !call_address(sa, call->flow.daddr, &call->flow.dport))
		return 0;
	if (call->sk && !is_inet_protocol(call))
		return 0;
	call->flow.family = addr_family(call->flow.daddr);
	return connect_returned(call);
}

#define CAP_NET_BIND_SERVICE 10 /* include/uapi/linux/capability.h */

#define USER_NAMESPACES_DEEP 4

/*
 * A capability counts where it was given and below: rootless containers have theirs
 * for their own user namespace, which may not be the network's (cap_capable).
 */
static __always_inline bool counts_for_network(struct task_struct *task, const struct cred *cred)
{
	struct user_namespace *at = BPF_CORE_READ(task, nsproxy, net_ns, user_ns);
	u64 own = (u64)BPF_CORE_READ(cred, user_ns);
	bool counts = false;

	for (int i = 0; i < USER_NAMESPACES_DEEP; i++) {
		counts |= !is_set((u64)at ^ own);
		at = BPF_CORE_READ(at, parent);
	}
	return counts;
}

static __always_inline bool call_may_bind_low(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u32 caps = 0;

	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	return (caps >> CAP_NET_BIND_SERVICE & 1) & counts_for_network(task, cred);
}

/* musl connects no socket to a name server: that it binds one says whose it is. */
static __always_inline bool bind_matters(long ret)
{
	return ret ? call_failed(ret) : thread_in_lookup();
}

static __always_inline int bind_finish(struct call *call, const struct sockaddr_any *sa)
{
	if (!call->ret && call->flow.protocol == IPPROTO_UDP && thread_in_lookup())
		return udp_connected(call);
	if (!call_failed(call->ret) || !call_address(sa, call->flow.saddr, &call->flow.sport))
		return 0;
	if (call->sk && !is_inet_protocol(call))
		return 0;
	call->flow.v6_socket = sa->family == AF_INET6;
	call->flow.family = addr_family(call->flow.saddr);
	call->may_bind_low = call_may_bind_low();
	return bind_returned(call);
}

static __always_inline int listen_finish(struct call *call)
{
	if (!call_failed(call->ret) || call->flow.protocol != IPPROTO_TCP)
		return 0;
	call->flow.family = addr_family(call->flow.saddr);
	return listen_returned(call);
}

/* A Multipath TCP socket connects by a subflow, which is what the other programs see. */
static __always_inline u64 call_probe_subflow(const struct sock *sk)
{
	if (bpf_core_field_exists(struct mptcp_sock, first))
		return (u64)BPF_CORE_READ((struct mptcp_sock *)sk, first);
	return 0;
}

/* The socket of a connection that was accepted, as the other programs see it; 0: not TCP's. */
static __always_inline u64 call_probe_accepted(const struct sock *sk, u16 protocol)
{
	if (protocol == IPPROTO_MPTCP)
		return call_probe_subflow(sk);
	return protocol == IPPROTO_TCP ? (u64)sk : 0;
}

/* Reads socket and flow through bpf_probe_read_kernel. */
static __always_inline void call_probe_socket(struct call *call, const struct sock *sk)
{
	if (!sk)
		return;
	call->sk = (u64)sk;
	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP)
		call->sk = call_probe_subflow(sk);
	flow_probe(&call->flow, sk);
	call->inode = flow_probe_inode(sk);
	call->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	call->userlocks = BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks);
	call->reuse = BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse);
}

/*
 * An address as a number to the verifier, as a read gives one: two ways that differ in
 * that are walked to the end, both. Only a pointer that was negated is none any more.
 */
static __always_inline u64 number_of(const void *pointer)
{
	u64 number = (u64)pointer;

	asm volatile("%0 = -%0; %0 = -%0" : "+r"(number));
	return number;
}

/* The same by following BTF pointers. */
static __always_inline void call_read_socket(struct call *call, const struct sock *sk)
{
	if (!sk)
		return;
	call->sk = number_of(sk);
	if (config.may_read && sk->sk_protocol == IPPROTO_MPTCP)
		call->sk = call_probe_subflow(sk);
	flow_fill(&call->flow, sk);
	call->inode = flow_fill_inode(sk);
	call->state = sk->__sk_common.skc_state;
	call->userlocks = BPF_CORE_READ_BITFIELD(sk, sk_userlocks);
	call->reuse = BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_reuse);
}

#endif
