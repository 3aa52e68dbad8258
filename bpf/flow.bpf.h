/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a flow off a socket. The same text serves programs that may follow
 * the kernel's pointers directly (tp_btf, fexit: they load under lockdown) and
 * programs that hold a plain address (kprobe, classic tracepoints): READ() is
 * the only difference.
 */
#ifndef CONNWATCH_FLOW_BPF_H
#define CONNWATCH_FLOW_BPF_H

#include "bpf/core.bpf.h"

#define READ_DIRECT(p, member) ((p)->member)
#define READ_PROBE(p, member) BPF_CORE_READ(p, member)

/* An array of @count words or bytes: one by one is for nothing only where it takes no call. */
#define COPY_DIRECT(to, p, member, count)                 \
	do {                                              \
		for (int i_ = 0; i_ < (count); i_++)      \
			(to)[i_] = (p)->member[i_];       \
	} while (0)
#define COPY_PROBE(to, p, member, count) \
	bpf_core_read((to), sizeof(*(to)) * (count), &(p)->member)

/* RFC 4291 section 2.5.5.2; @be as it stands in the kernel. */
static __always_inline void addr_from_v4(u8 *addr, __be32 be)
{
	u32 *words = (u32 *)addr, zero = unknown_zero;

	words[0] = zero;
	words[1] = zero;
	words[2] = zero ^ bpf_htonl(0xffff);
	words[3] = be;
}

static __always_inline bool is_inet_family(u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

/* What an application calls on a Multipath TCP socket is TCP to everybody but the kernel. */
static __always_inline u8 protocol_number(u16 protocol)
{
	return protocol == IPPROTO_MPTCP ? IPPROTO_TCP : protocol > 255 ? 0 : protocol;
}

#define DEFINE_FLOW_FILL(fn, READ, COPY)                                                     \
	static __always_inline void fn##_device(struct rec_flow *flow,                     \
						  const struct sock *sk)                     \
	{                                                                                    \
		struct dst_entry *dst = READ(sk, sk_dst_cache);                              \
		struct net_device *dev;                                                      \
											     \
		if (!dst)                                                                    \
			return;                                                              \
		dev = READ(dst, dev);                                                        \
		if (!dev)                                                                    \
			return;                                                              \
		flow->ifindex = READ(dev, ifindex);                                          \
		flow->loopback = !!(READ(dev, flags) & IFF_LOOPBACK);                        \
		COPY(flow->ifname, dev, name, EVENTS_IFNAME_LEN);                            \
	}                                                                                    \
											     \
	/* Everything but the device; sport is skc_num, which an unhash has cleared. */      \
	static __always_inline void fn(struct rec_flow *flow, const struct sock *sk)       \
	{                                                                                    \
		struct net *net = READ(sk, __sk_common.skc_net.net);                         \
		u16 family;                                                                  \
											     \
		flow->sport = READ(sk, __sk_common.skc_num);                                 \
		flow->dport = bpf_ntohs(READ(sk, __sk_common.skc_dport));                    \
		flow->protocol = protocol_number(READ(sk, sk_protocol));                     \
		flow->netns = READ(net, ns.inum);                                            \
		family = READ(sk, __sk_common.skc_family);                                   \
		flow->v6_socket = !is_set(family ^ AF_INET6);                                \
		if (family == AF_INET6) {                                                    \
			COPY((u32 *)flow->saddr, sk,                                         \
			     __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32, 4);              \
			COPY((u32 *)flow->daddr, sk,                                         \
			     __sk_common.skc_v6_daddr.in6_u.u6_addr32, 4);              \
		} else {                                                                     \
			addr_from_v4(flow->saddr, READ(sk, __sk_common.skc_rcv_saddr));      \
			addr_from_v4(flow->daddr, READ(sk, __sk_common.skc_daddr));          \
		}                                                                            \
		flow->family = addr_family(flow->daddr);                                     \
	}                                                                                    \
											     \
	/* The inode of the socket's file; 0 for a kernel socket or one that is gone. */     \
	static __always_inline u64 fn##_socket_inode(struct socket *socket)                  \
	{                                                                                    \
		struct file *file = socket ? READ(socket, file) : NULL;                      \
		struct inode *inode = file ? READ(file, f_inode) : NULL;                     \
											     \
		return inode ? READ(inode, i_ino) : 0;                                       \
	}                                                                                    \
											     \
	static __always_inline u64 fn##_inode(const struct sock *sk)                         \
	{                                                                                    \
		return fn##_socket_inode(READ(sk, sk_socket));                               \
	}

DEFINE_FLOW_FILL(flow_fill, READ_DIRECT, COPY_DIRECT)
DEFINE_FLOW_FILL(flow_probe, READ_PROBE, COPY_PROBE)

#endif
