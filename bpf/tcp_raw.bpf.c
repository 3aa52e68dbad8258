// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP for kernels without type data of their own: a file has the fields' places
 * (--btf), and the tracepoints' arguments are plain addresses to the verifier.
 */
/* Through a variable: a struct of ours on the way to @p is none of the kernel's. */
#define TCP_READ(p, member)               \
	({                                \
		typeof(p) p_ = (p);       \
		READ_PROBE(p_, member);   \
	})
#define TCP_FLOW(part) flow_probe##part
/* Its helper returns a typed pointer; who_fill_task() asks by calls then. */
#define TCP_TASK NULL
#define TCP_HOOK HOOK_SET_STATE_RAW
#include "bpf/tcp_state.bpf.h"

SEC("?raw_tp/inet_sock_set_state")
int BPF_PROG(tcp_state__raw_tp, struct tcp_sock *tp, int oldstate, int newstate)
{
	bool starts = newstate == TCP_SYN_SENT;
	bool succeeds = newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_SENT;

	if (!starts && !succeeds &&
	    !(newstate == TCP_CLOSE && (STATE_BIT(oldstate & 31) & STATES_TOLD)))
		return 0;
	if (BPF_CORE_READ(tp, inet_conn.icsk_inet.sk.sk_protocol) != IPPROTO_TCP)
		return 0;
	if (starts)
		return connect_started((u64)tp);
	if (succeeds)
		return connect_succeeded(tp);
	return connection_ended(tp, oldstate);
}

SEC("?raw_tp/tcp_destroy_sock")
int BPF_PROG(tcp_gone__raw_tp, struct sock *sk)
{
	conn_forget((u64)sk);
	return 0;
}

SEC("?raw_tp/tcp_receive_reset")
int BPF_PROG(tcp_reset_received__raw_tp, struct tcp_sock *tp)
{
	struct conn *conn = conn_find_live((u64)tp);

	if (conn)
		conn->reset_ns = BPF_CORE_READ(tp, tcp_clock_cache);
	return 0;
}
