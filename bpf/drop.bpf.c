// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this host did to its own packets: netfilter drops, and ICMP errors that
 * it sent about them (a firewall's reject, a neighbour that failed).
 */
#include "bpf/packet.bpf.h"

/*
 * kfree_skb tells the reason of every dropped packet. Only drops by netfilter
 * of packets that carry a socket we know go beyond the second line; the early
 * demultiplexer gives received packets their socket before the input hook.
 */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(netfilter_drop__tp_btf, struct sk_buff *skb, void *location, int reason)
{
	int netfilter = bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NETFILTER_DROP);
	struct conn *conn;
	struct sock *sk;

	if (reason != netfilter)
		return 0;
	sk = skb->sk;
	if (!sk)
		return 0;
	conn = conn_find_live((u64)sk);
	if (!conn)
		return 0;
	if (skb->skb_iif)
		__sync_fetch_and_add(&conn->drops_in, 1);
	else
		__sync_fetch_and_add(&conn->drops_out, 1);
	return 0;
}

#define ICMP_DEST_UNREACH 3

/* Also called for packets in transit; those find no caller with their tuple. */
SEC("?tp_btf/icmp_send")
int BPF_PROG(icmp_sent__tp_btf, const struct sk_buff *skb, int type, int code)
{
	struct host_answer answer = {
		.icmp_ns = bpf_ktime_get_ns(), .icmp_type = type, .icmp_code = code,
	};
	struct rec_flow flow = {};
	struct packet packet = {};

	if (type != ICMP_DEST_UNREACH || !packet_read(&packet, skb))
		return 0;
	if (packet.protocol != IPPROTO_TCP && packet.protocol != IPPROTO_UDP)
		return 0;
	packet_flow(&flow, &packet, skb);
	host_answer_store(&flow, &answer);
	return 0;
}
