// SPDX-License-Identifier: GPL-2.0-only
/* ICMP errors that reached a socket: a UDP one, or a TCP one that is connecting. */
#include "bpf/flow.bpf.h"

/*
 * TCP's errors are told by its state changes, but for one: an ICMP error that
 * arrives while connect() still holds the socket is only noted (tcp_v4_err). A
 * non-blocking application fetches it by SO_ERROR and closes.
 */
static __always_inline int tcp_soft_error(const struct sock *sk)
{
	struct conn *conn;

	if (sk->__sk_common.skc_state != TCP_SYN_SENT || sk->sk_err || !sk->sk_err_soft)
		return 0;
	conn = conn_find_live((u64)sk);
	if (conn)
		conn->soft_err = sk->sk_err_soft;
	return 0;
}

SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(udp_error__tp_btf, const struct sock *sk)
{
	struct rec_udp_error *rec;
	struct host_answer *answer;
	struct udp_owner *owner;

	if (sk->sk_protocol == IPPROTO_TCP)
		return tcp_soft_error(sk);
	if (sk->sk_protocol != IPPROTO_UDP || !sk->sk_err)
		return 0;
	rec = rec_begin(struct rec_udp_error, REC_UDP_ERROR, HOOK_ERROR_REPORT);
	if (!rec)
		return 0;
	flow_fill(&rec->flow, sk);
	flow_fill_device(&rec->flow, sk);
	rec->inode = flow_fill_inode(sk);
	rec->err = sk->sk_err;
	answer = host_answer_find(&rec->flow);
	if (answer && rec->hdr.ts_ns - answer->icmp_ns < ANSWER_FRESH_NS)
		rec->icmp_sent_ns = answer->icmp_ns;
	owner = udp_owner_find((u64)sk);
	if (owner && owner->inode == rec->inode)
		rec->who = owner->who;
	if (filter_passes(&rec->who, &rec->flow))
		bpf_ringbuf_submit(rec, 0);
	else
		bpf_ringbuf_discard(rec, 0);
	return 0;
}
