// SPDX-License-Identifier: GPL-2.0-only
/* Resets: received for a socket of ours, and sent by this host on behalf of no socket. */
#include "bpf/packet.bpf.h"

SEC("?tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_reset_received__tp_btf, struct sock *sk)
{
	struct conn *conn = conn_find((u64)sk);

	if (conn)
		conn->reset_ns = bpf_ktime_get_ns();
	return 0;
}

/*
 * The TCP stack answers a SYN for which it found no socket. (A firewall's
 * reject sends its reset by itself and does not pass here.) Over loopback the
 * caller's own record will pick the fact up by its 4-tuple; a SYN that came in
 * from outside gets a record, for its caller may be on no machine of ours.
 */
SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(tcp_reset_sent__tp_btf, const struct sock *sk, const struct sk_buff *skb)
{
	struct host_answer answer = { .reset_ns = bpf_ktime_get_ns() };
	struct rec_reset_sent *rec;
	struct rec_flow flow = {};
	struct packet packet = {};

	/*
	 * sk is NULL when no socket was found. Newer verifiers insist on the
	 * test; older ones take a tracepoint's pointer for never NULL and drop
	 * it, and then the read through NULL gives 0, which is no TCP state.
	 */
	if (!skb || (sk && sk->__sk_common.skc_state))
		return 0;
	if (!packet_read(&packet, skb) || packet.protocol != IPPROTO_TCP || !packet_is_syn(&packet))
		return 0;
	packet_flow(&flow, &packet, skb);
	host_answer_store(&flow, &answer);
	if (flow.loopback || !filter_passes(&(struct rec_who){}, &flow))
		return 0;
	rec = rec_begin(struct rec_reset_sent, REC_RESET_SENT, HOOK_SEND_RESET);
	if (!rec)
		return 0;
	rec->flow = flow;
	rec->reason = -1;
	rec->syn = 1;
	bpf_ringbuf_submit(rec, 0);
	return 0;
}
