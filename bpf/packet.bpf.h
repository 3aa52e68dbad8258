/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading addresses and ports off a packet that belongs to no socket. Its bytes
 * are no type that the kernel describes, so they are read by address.
 */
#ifndef CONNWATCH_PACKET_BPF_H
#define CONNWATCH_PACKET_BPF_H

#include "bpf/flow.bpf.h"

struct packet {
	u8 saddr[16];
	u8 daddr[16];
	u16 sport;
	u16 dport;
	u8 protocol;
	u8 family;
	u8 tcp_flags;
	u32 seq;		/* TCP */
};

#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_RST 0x04
#define TCP_FLAG_ACK 0x10

static __always_inline bool packet_is_syn(const struct packet *packet)
{
	return (packet->tcp_flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
}

enum { IP4_HEADER = 20, IP6_HEADER = 40, TCP_START = 16 };

static __always_inline void packet_parse_tcp(struct packet *packet, const u8 *tcp)
{
	packet->sport = bpf_ntohs(*(u16 *)&tcp[0]);
	packet->dport = bpf_ntohs(*(u16 *)&tcp[2]);
	packet->seq = bpf_ntohl(*(u32 *)&tcp[4]);
	packet->tcp_flags = tcp[13];
}

/*
 * The IP header (RFC 791, RFC 8200) and the ports behind it. False when it is
 * neither, or IPv6 with extension headers, which no plain SYN has. One read for
 * both, for each is a call: what is too much of it is the buffer's own end, where
 * struct skb_shared_info is.
 */
static __always_inline bool packet_parse(struct packet *packet, const unsigned char *ip)
{
	u8 header[IP6_HEADER + TCP_START], tcp[TCP_START];

	if (bpf_probe_read_kernel(header, sizeof(header), ip))
		return false;
	if (header[0] >> 4 == 6) {
		packet->family = 6;
		packet->protocol = header[6];
		__builtin_memcpy(packet->saddr, &header[8], 16);
		__builtin_memcpy(packet->daddr, &header[24], 16);
		packet_parse_tcp(packet, &header[IP6_HEADER]);
		return true;
	}
	if (header[0] >> 4 != 4)
		return false;
	packet->family = 4;
	packet->protocol = header[9];
	addr_from_v4(packet->saddr, *(u32 *)&header[12]);
	addr_from_v4(packet->daddr, *(u32 *)&header[16]);
	if ((header[0] & 15) * 4 == IP4_HEADER) {
		packet_parse_tcp(packet, &header[IP4_HEADER]);
		return true;
	}
	if (bpf_probe_read_kernel(tcp, sizeof(tcp), ip + (header[0] & 15) * 4))
		return false;
	packet_parse_tcp(packet, tcp);
	return true;
}

/* The lowest bit of _skb_refdst says whether it is counted (SKB_DST_NOREF). */
#define SKB_DST_POINTER(ref) ((struct dst_entry *)((ref) & ~1UL))

/*
 * The device of a packet that has none yet: one on its way out, before the
 * output hook. Its route is a plain number for the verifier, hence the probe.
 */
static __always_inline void packet_flow_by_route(struct rec_flow *flow, unsigned long ref)
{
	struct net_device *dev = BPF_CORE_READ(SKB_DST_POINTER(ref), dev);

	if (!dev)
		return;
	flow->netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	flow->ifindex = BPF_CORE_READ(dev, ifindex);
}

/*
 * As in flow.bpf.h: by following pointers, which takes no call for each, and by
 * address. Before the output hook a packet on its way out has no device yet.
 */
#define DEFINE_PACKET(fn_read, fn_flow, READ, COPY)                                          \
	static __always_inline bool fn_read(struct packet *packet, const struct sk_buff *skb) \
	{                                                                                    \
		return packet_parse(packet, READ(skb, head) + READ(skb, network_header));    \
	}                                                                                    \
											     \
	static __always_inline void fn_flow(struct rec_flow *flow, const struct packet *packet, \
					    const struct sk_buff *skb)                       \
	{                                                                                    \
		struct net_device *dev = READ(skb, dev);                                     \
		struct net *net;                                                             \
											     \
		addr_copy(flow->saddr, packet->saddr);                                       \
		addr_copy(flow->daddr, packet->daddr);                                       \
		flow->sport = packet->sport;                                                 \
		flow->dport = packet->dport;                                                 \
		flow->family = packet->family;                                               \
		flow->protocol = packet->protocol;                                           \
		if (!dev) {                                                                  \
			packet_flow_by_route(flow, READ(skb, _skb_refdst));                  \
			return;                                                              \
		}                                                                            \
		net = READ(dev, nd_net.net);                                                 \
		flow->netns = READ(net, ns.inum);                                            \
		flow->ifindex = READ(dev, ifindex);                                          \
		flow->loopback = !!(READ(dev, flags) & IFF_LOOPBACK);                        \
		COPY(flow->ifname, dev, name, EVENTS_IFNAME_LEN);                            \
	}

DEFINE_PACKET(packet_read, packet_flow, READ_PROBE, COPY_PROBE)
DEFINE_PACKET(packet_read_direct, packet_flow_direct, READ_DIRECT, COPY_DIRECT)

#endif
