// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this host did to its own packets: drops by netfilter and by the reverse
 * path filter, and ICMP errors that it sent about them (a firewall's reject, a
 * neighbour that failed).
 */
#include "bpf/packet.bpf.h"

static __always_inline void conn_dropped(struct conn *conn, const struct sk_buff *skb)
{
	if (skb->skb_iif) {
		__sync_fetch_and_add(&conn->drops_in, 1);
		conn->drop_in_ns = bpf_ktime_get_ns();
	} else {
		__sync_fetch_and_add(&conn->drops_out, 1);
		conn->drop_out_ns = bpf_ktime_get_ns();
	}
}

/* The packet as its receiver's socket would name it. */
static __always_inline void flow_turn(struct rec_flow *flow)
{
	u8 addr[16];
	u16 port = flow->sport;

	__builtin_memcpy(addr, flow->saddr, sizeof(addr));
	__builtin_memcpy(flow->saddr, flow->daddr, sizeof(addr));
	__builtin_memcpy(flow->daddr, addr, sizeof(addr));
	flow->sport = flow->dport;
	flow->dport = port;
}

/*
 * Packets that have no socket where they are dropped: the answer to a SYN in
 * prerouting, and a SYN that came in over loopback. Others are not looked up: a
 * firewall under attack drops far more of them than anybody here ever sent.
 */
static __always_inline void stray_dropped(const struct sk_buff *skb)
{
	struct host_answer *answer;
	struct packet packet = {};
	struct rec_flow flow = {};

	if (!skb->skb_iif || !packet_read(&packet, skb) || packet.protocol != IPPROTO_TCP ||
	    !(packet.tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_RST)))
		return;
	packet_flow(&flow, &packet, skb);
	if (packet_is_syn(&packet) && !flow.loopback)
		return;
	if (!packet_is_syn(&packet))
		flow_turn(&flow);
	answer = host_answer_take(&flow);
	if (!answer)
		return;
	__sync_fetch_and_add(&answer->drops_in, 1);
	answer->drop_in_ns = bpf_ktime_get_ns();
}

/* @reads: memory may be read by its address; if not, the verifier checks each byte's way there. */
static __always_inline void conn_filtered(struct conn *conn, const struct sk_buff *skb, bool reads)
{
	struct net_device *dev = reads ? BPF_CORE_READ(skb, dev) : skb->dev;

	__sync_fetch_and_add(&conn->rp_filter_drops, 1);
	if (reads)
		bpf_core_read(conn->rp_filter_ifname, EVENTS_IFNAME_LEN, &dev->name);
	for (int i = 0; !reads && dev && i < EVENTS_IFNAME_LEN; i++)
		conn->rp_filter_ifname[i] = dev->name[i];
}

/*
 * A packet keeps its socket on its way through a veth, up to the other end's
 * ip_rcv(): what that namespace drops is none of this host's doing.
 */
static __always_inline bool is_of_namespace(const struct sk_buff *skb, const struct sock *sk,
					    bool reads)
{
	const struct net_device *dev = reads ? BPF_CORE_READ(skb, dev) : skb->dev;

	if (!dev)
		return true;
	if (reads)
		return BPF_CORE_READ(dev, nd_net.net) == BPF_CORE_READ(sk, __sk_common.skc_net.net);
	return dev->nd_net.net == sk->__sk_common.skc_net.net;
}

/*
 * kfree_skb tells the reason of every dropped packet; all but two reasons leave
 * on the first lines. The early demultiplexer gives received packets their
 * socket before the input hook and before the route is looked up.
 */
static __always_inline int skb_dropped(const struct sk_buff *skb, int reason, bool reads)
{
	int netfilter = bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NETFILTER_DROP);
	int rp_filter = 0; /* no reason that is ever given */
	struct conn *conn = NULL;
	struct sock *sk;

	if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_IP_RPFILTER))
		rp_filter = bpf_core_enum_value(enum skb_drop_reason,
						SKB_DROP_REASON_IP_RPFILTER);
	if (reason != netfilter && (reason != rp_filter || !reason))
		return 0;
	sk = reads ? BPF_CORE_READ(skb, sk) : skb->sk;
	if (sk)
		conn = conn_find_live((u64)sk);
	if (conn && !is_of_namespace(skb, sk, reads))
		return 0;
	if (conn && reason == netfilter)
		conn_dropped(conn, skb);
	else if (conn)
		conn_filtered(conn, skb, reads);
	else if (reads && !sk && reason == netfilter)
		stray_dropped(skb);
	return 0;
}

SEC("?tp_btf/kfree_skb")
int BPF_PROG(netfilter_drop__tp_btf, struct sk_buff *skb, void *location, int reason)
{
	return skb_dropped(skb, reason, true);
}

/* Under lockdown: whose a packet without a socket is, is read off its bytes. */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(netfilter_drop__tp_btf_direct, struct sk_buff *skb, void *location, int reason)
{
	return skb_dropped(skb, reason, false);
}

#define ICMP_DEST_UNREACH 3

static __always_inline int icmp_sent(const struct rec_flow *flow, int type, int code)
{
	struct host_answer *answer = host_answer_take(flow);

	if (!answer)
		return 0;
	answer->icmp_ns = bpf_ktime_get_ns();
	answer->icmp_type = type;
	answer->icmp_code = code;
	return 0;
}

static __always_inline bool has_ports(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP;
}

/* Also called for packets in transit; those find no caller with their tuple. */
#define ICMP_SENT_PROGRAM(section, program_kind)                                          \
	SEC(section)                                                                      \
	int BPF_PROG(icmp_sent__##program_kind, const struct sk_buff *skb, int type, int code) \
	{                                                                                 \
		struct rec_flow flow = {};                                                \
		struct packet packet = {};                                                \
											  \
		if (type != ICMP_DEST_UNREACH || !packet_read(&packet, skb) ||            \
		    !has_ports(&packet))                                                  \
			return 0;                                                         \
		packet_flow(&flow, &packet, skb);                                         \
		return icmp_sent(&flow, type, code);                             \
	}

ICMP_SENT_PROGRAM("?tp_btf/icmp_send", tp_btf)
/* Kernels before 5.18 have no such tracepoint. */
ICMP_SENT_PROGRAM("?fentry/__icmp_send", fentry)

SEC("?kprobe/__icmp_send")
int BPF_KPROBE(icmp_sent__kprobe, const struct sk_buff *skb, int type, int code)
{
	struct rec_flow flow = {};
	struct packet packet = {};

	if (type != ICMP_DEST_UNREACH || !packet_read(&packet, skb) || !has_ports(&packet))
		return 0;
	packet_flow(&flow, &packet, skb);
	return icmp_sent(&flow, type, code);
}
