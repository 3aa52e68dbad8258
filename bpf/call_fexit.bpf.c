// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect(), bind() and listen() by fexit on the functions that the socket
 * layer calls through its proto_ops: cheap, and io_uring passes there too.
 */
#include "bpf/call.bpf.h"

/*
 * Before 6.5 a Multipath TCP socket connects by another socket's connect(),
 * within its own: one operation, and the application's socket tells of it.
 */
static __always_inline bool is_subflow(struct sock *sk)
{
	struct tcp_sock *tp = sk ? bpf_skc_to_tcp_sock(sk) : NULL;

	return tp && bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp;
}

/*
 * The address argument is a kernel copy whose type holds no more than an IPv4
 * one. Where lockdown forbids to read kernel memory but through BTF pointers,
 * the second set of programs takes the IPv6 address from elsewhere.
 */
static __always_inline void address_read(struct sockaddr_any *copy, const void *sa)
{
	bpf_probe_read_kernel(copy, sizeof(*copy), sa);
}

/* The socket's own, which tcp_v6_connect() sets before most of its failures. */
static __always_inline void stream_address_direct(struct sockaddr_any *copy,
						  const struct sockaddr_any *sa,
						  const struct call *call)
{
	copy->family = sa->family;
	copy->port = sa->port;
	if (copy->family == AF_INET)
		copy->v4 = sa->v4;
	else
		__builtin_memcpy(copy->v6, call->flow.daddr, 16);
}

/*
 * A datagram socket gets its old peer back on failure; the IPv6 address it
 * failed with is the one the route look-up in this very call was asked for.
 */
static __always_inline void dgram_address_direct(struct sockaddr_any *copy,
						 const struct sockaddr_any *sa)
{
	struct thread_fact *fact;

	copy->family = sa->family;
	copy->port = sa->port;
	if (copy->family == AF_INET) {
		copy->v4 = sa->v4;
		return;
	}
	fact = thread_fact_last();
	if (fact && fact->hook == HOOK_FIB6_LOOKUP)
		__builtin_memcpy(copy->v6, fact->daddr, 16);
}

static __always_inline bool stream_begin(struct call *call, struct socket *socket)
{
	if ((call->ret != -ECONNABORTED && !call_failed(call->ret)) || is_subflow(socket->sk))
		return false;
	call_read_socket(call, socket->sk);
	return true;
}

SEC("?fexit/inet_stream_connect")
int BPF_PROG(connect_return__fexit__stream, struct socket *socket, void *sa, int len, int flags,
	     int ret)
{
	struct call call = { .ret = ret, .hook = HOOK_CONNECT_FEXIT_STREAM };
	struct sockaddr_any copy = {};

	if (!stream_begin(&call, socket))
		return 0;
	address_read(&copy, sa);
	return connect_finish(&call, &copy);
}

SEC("?fexit/inet_stream_connect")
int BPF_PROG(connect_return__fexit_direct__stream, struct socket *socket, struct sockaddr_any *sa,
	     int len, int flags, int ret)
{
	struct call call = { .ret = ret, .hook = HOOK_CONNECT_FEXIT_STREAM };
	struct sockaddr_any copy = {};

	if (!stream_begin(&call, socket))
		return 0;
	stream_address_direct(&copy, sa, &call);
	return connect_finish(&call, &copy);
}

SEC("?fexit/inet_dgram_connect")
int BPF_PROG(connect_return__fexit__dgram, struct socket *socket, void *sa, int len, int flags,
	     int ret)
{
	struct call call = { .ret = ret, .hook = HOOK_CONNECT_FEXIT_DGRAM };
	struct sockaddr_any copy = {};

	if (ret && !call_failed(ret))
		return 0;
	call_read_socket(&call, socket->sk);
	address_read(&copy, sa);
	return connect_finish(&call, &copy);
}

SEC("?fexit/inet_dgram_connect")
int BPF_PROG(connect_return__fexit_direct__dgram, struct socket *socket, struct sockaddr_any *sa,
	     int len, int flags, int ret)
{
	struct call call = { .ret = ret, .hook = HOOK_CONNECT_FEXIT_DGRAM };
	struct sockaddr_any copy = {};

	if (ret && !call_failed(ret))
		return 0;
	call_read_socket(&call, socket->sk);
	dgram_address_direct(&copy, sa);
	return connect_finish(&call, &copy);
}

static __always_inline int bind_fexit(struct socket *socket, const void *sa, int ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };
	struct sockaddr_any copy = {};

	if (!bind_matters(ret) || is_subflow(socket->sk))
		return 0;
	call_read_socket(&call, socket->sk);
	address_read(&copy, sa);
	return bind_finish(&call, &copy);
}

SEC("?fexit/inet_bind")
int BPF_PROG(bind_return__fexit__v4, struct socket *socket, void *sa, int len, int ret)
{
	return bind_fexit(socket, sa, ret, HOOK_BIND_FEXIT);
}

SEC("?fexit/inet6_bind")
int BPF_PROG(bind_return__fexit__v6, struct socket *socket, void *sa, int len, int ret)
{
	return bind_fexit(socket, sa, ret, HOOK_BIND_FEXIT6);
}

/*
 * Since 6.6 a Multipath TCP socket binds by itself; before, by a subflow's
 * inet_bind(), which is_subflow() keeps from telling it twice.
 */
SEC("?fexit/mptcp_bind")
int BPF_PROG(bind_return__fexit__mptcp_opt, struct socket *socket, void *sa, int len, int ret)
{
	return bind_fexit(socket, sa, ret, HOOK_BIND_MPTCP_FEXIT);
}

/*
 * Security modules (SELinux, AppArmor, Landlock) refuse before the functions
 * above are called. Kernels without CONFIG_SECURITY_NETWORK have no such function.
 */
SEC("?fexit/security_socket_connect")
int BPF_PROG(connect_return__fexit__lsm_opt, struct socket *socket, void *sa, int len, int ret)
{
	struct call call = { .ret = ret, .hook = HOOK_CONNECT_LSM_FEXIT };
	struct sockaddr_any copy = {};

	if (!ret || !stream_begin(&call, socket))
		return 0;
	address_read(&copy, sa);
	connect_finish(&call, &copy);
	/* A constant, which newer verifiers (6.12) insist on. */
	return 0;
}

SEC("?fexit/security_socket_bind")
int BPF_PROG(bind_return__fexit__lsm_opt, struct socket *socket, void *sa, int len, int ret)
{
	return bind_fexit(socket, sa, ret, HOOK_BIND_LSM_FEXIT);
}

static __always_inline int listen_fexit(struct socket *socket, int ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };

	if (!call_failed(ret))
		return 0;
	call_read_socket(&call, socket->sk);
	return listen_finish(&call);
}

SEC("?fexit/security_socket_listen")
int BPF_PROG(listen_return__fexit__lsm_opt, struct socket *socket, int backlog, int ret)
{
	return listen_fexit(socket, ret, HOOK_LISTEN_LSM_FEXIT);
}

SEC("?fexit/inet_listen")
int BPF_PROG(listen_return__fexit__inet, struct socket *socket, int backlog, int ret)
{
	return listen_fexit(socket, ret, HOOK_LISTEN_FEXIT);
}

/*
 * The end of every accept(), in the context of its process. Not inet_accept():
 * one that was already waiting in it when connwatch came would return unseen.
 */
SEC("?fexit/security_sock_graft")
int BPF_PROG(accept_return__fexit, const struct sock *sk)
{
	u64 taken;

	if (!sk || !is_inet_family(sk->__sk_common.skc_family) ||
	    sk->__sk_common.skc_state == TCP_CLOSE)
		return 0;
	taken = number_of(sk);
	if (config.may_read && sk->sk_protocol == IPPROTO_MPTCP)
		taken = call_probe_subflow(sk);
	else if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	return taken ? accepted(taken, task_current()) : 0;
}
