// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect(), bind() and listen() by kprobe and kretprobe, for kernels without
 * BPF trampolines. A return probe no longer has the arguments: they wait by
 * thread. A return that is missed (maxactive) leaves an entry that the same
 * thread's next call overwrites.
 */
#include "bpf/call.bpf.h"

struct pending_call {
	struct socket *socket;
	const void *sa;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, THREAD_FACTS_MAX);
	__type(key, u32);
	__type(value, struct pending_call);
} pending_calls SEC(".maps");

static __always_inline int call_enter(struct socket *socket, const void *sa)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct pending_call pending = { .socket = socket, .sa = sa };

	bpf_map_update_elem(&pending_calls, &tid, &pending, BPF_ANY);
	return 0;
}

/* Fills @call and the address copy; false when the entry was not seen. */
static __always_inline bool call_leave(struct call *call, struct sockaddr_any *copy)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct pending_call *found = bpf_map_lookup_elem(&pending_calls, &tid);
	struct socket *socket;
	const void *sa;

	if (!found)
		return false;
	socket = found->socket;
	sa = found->sa;
	bpf_map_delete_elem(&pending_calls, &tid);
	call_probe_socket(call, BPF_CORE_READ(socket, sk));
	if (sa)
		bpf_probe_read_kernel(copy, sizeof(*copy), sa);
	return true;
}

#define CONNECT_KPROBES(part, function, hook_)                                            \
	SEC("?kprobe/" #function)                                                         \
	int BPF_KPROBE(connect_return__kprobe__enter_##part, struct socket *socket,     \
		       const void *sa)                                                    \
	{                                                                                 \
		return call_enter(socket, sa);                                            \
	}                                                                                 \
	SEC("?kretprobe/" #function)                                                      \
	int BPF_KRETPROBE(connect_return__kprobe__##part, int ret)                        \
	{                                                                                 \
		struct call call = { .ret = ret, .hook = hook_ };                         \
		struct sockaddr_any copy = {};                                            \
											  \
		return call_leave(&call, &copy) ? connect_finish(&call, &copy) : 0;       \
	}

#define BIND_KPROBES(part, function, hook_)                                               \
	SEC("?kprobe/" #function)                                                         \
	int BPF_KPROBE(bind_return__kprobe__enter_##part, struct socket *socket,        \
		       const void *sa)                                                    \
	{                                                                                 \
		return call_enter(socket, sa);                                            \
	}                                                                                 \
	SEC("?kretprobe/" #function)                                                      \
	int BPF_KRETPROBE(bind_return__kprobe__##part, int ret)                           \
	{                                                                                 \
		struct call call = { .ret = ret, .hook = hook_ };                         \
		struct sockaddr_any copy = {};                                            \
											  \
		return call_leave(&call, &copy) ? bind_finish(&call, &copy) : 0;          \
	}

CONNECT_KPROBES(stream, inet_stream_connect, HOOK_CONNECT_KPROBE_STREAM)
CONNECT_KPROBES(dgram, inet_dgram_connect, HOOK_CONNECT_KPROBE_DGRAM)
BIND_KPROBES(v4, inet_bind, HOOK_BIND_KPROBE)
BIND_KPROBES(v6, inet6_bind, HOOK_BIND_KPROBE6)

/* Before 6.6 it binds by a subflow: then that one's return takes the arguments away, and tells. */
BIND_KPROBES(mptcp_opt, mptcp_bind, HOOK_BIND_MPTCP_KPROBE)

/* As in call_fexit.bpf.c. They return before the functions above are called. */
CONNECT_KPROBES(lsm_opt, security_socket_connect, HOOK_CONNECT_LSM_KPROBE)
BIND_KPROBES(lsm_opt, security_socket_bind, HOOK_BIND_LSM_KPROBE)

#define LISTEN_KPROBES(part, function, hook_)                                             \
	SEC("?kprobe/" #function)                                                         \
	int BPF_KPROBE(listen_return__kprobe__enter_##part, struct socket *socket)        \
	{                                                                                 \
		return call_enter(socket, NULL);                                          \
	}                                                                                 \
	SEC("?kretprobe/" #function)                                                      \
	int BPF_KRETPROBE(listen_return__kprobe__##part, int ret)                         \
	{                                                                                 \
		struct call call = { .ret = ret, .hook = hook_ };                         \
		struct sockaddr_any copy = {};                                            \
											  \
		return call_leave(&call, &copy) ? listen_finish(&call) : 0;               \
	}

LISTEN_KPROBES(inet, inet_listen, HOOK_LISTEN_KPROBE)
LISTEN_KPROBES(lsm_opt, security_socket_listen, HOOK_LISTEN_LSM_KPROBE)

/* As in call_fexit.bpf.c; a return probe would miss an accept() that was waiting, too. */
SEC("?kprobe/security_sock_graft")
int BPF_KPROBE(accept_return__kprobe, const struct sock *sk)
{
	u64 taken;

	if (!sk || !is_inet_family(BPF_CORE_READ(sk, __sk_common.skc_family)) ||
	    BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)
		return 0;
	taken = call_probe_accepted(sk, BPF_CORE_READ(sk, sk_protocol));
	return taken ? accepted(taken, task_current()) : 0;
}
