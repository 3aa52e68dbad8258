// SPDX-License-Identifier: GPL-2.0-only
/* A TCP socket's states, by the tracepoint's own types: see tcp_state.bpf.h. */
#define TCP_READ READ_DIRECT
#define TCP_FLOW(part) flow_fill##part
#define TCP_TASK task_current()
#define TCP_HOOK HOOK_SET_STATE
#include "bpf/tcp_state.bpf.h"

/*
 * The socket is read through what bpf_skc_to_tcp_sock() returns, which is the
 * same address and NULL for what is no TCP socket: newer verifiers search all
 * of the kernel's types each time a pointer member of a tracepoint's own
 * argument is followed, which took longer than everything else at start.
 */
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state__tp_btf, struct sock *arg, int oldstate, int newstate)
{
	bool starts = newstate == TCP_SYN_SENT;
	bool succeeds = newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_SENT;
	struct tcp_sock *tp;

	if (!starts && !succeeds &&
	    !(newstate == TCP_CLOSE && (STATE_BIT(oldstate & 31) & STATES_TOLD)))
		return 0;
	tp = bpf_skc_to_tcp_sock(arg);
	if (!tp)
		return 0;
	if (starts)
		return connect_started((u64)tp);
	if (succeeds)
		return connect_succeeded(tp);
	return connection_ended(tp, oldstate);
}

/* The socket's end: what is known of its connection goes with it. */
SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_gone__tp_btf, struct sock *sk)
{
	conn_forget((u64)sk);
	return 0;
}
