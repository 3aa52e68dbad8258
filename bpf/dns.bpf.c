// SPDX-License-Identifier: GPL-2.0-only
/*
 * Name resolution from two sides: answers of name servers as they reach a
 * socket, and getaddrinfo() of whatever libc. Answers that resolve are nobody's
 * business here and leave at once.
 */
#include "bpf/packet.bpf.h"

#define DNS_PORT 53
#define DNS_HEADER 12
#define UDP_HEADER 8
/* An answer that helps after one that did not may undo it: search lists, other servers. */
#define TROUBLE_NS 10000000000ULL

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LOOKUPS_MAX);
	__type(key, u32);
	__type(value, u64);
} troubled_processes SEC(".maps");

static __always_inline bool is_worth_telling(u32 tgid, u16 rcode, u16 answers)
{
	u64 now = bpf_ktime_get_ns(), *since;

	if (rcode || !answers) {
		bpf_map_update_elem(&troubled_processes, &tgid, &now, BPF_ANY);
		return true;
	}
	since = bpf_map_lookup_elem(&troubled_processes, &tgid);
	return since && now - *since < TROUBLE_NS;
}

struct message {
	const unsigned char *begin;
	u32 length;		/* of what may be read */
};

/* RFC 1035 section 4.1.1: QR is the top bit of the flags, RCODE their last four. */
static __always_inline int answer_emit(const struct sock *sk, const struct packet *packet,
				       const struct message *message, struct rec_flow *flow,
				       u64 inode, u16 hook)
{
	struct udp_owner *owner = udp_owner_find((u64)sk);
	struct rec_dns_answer *rec;
	struct rec_who who = {};
	u16 header[6] = {};
	u16 flags, answers;
	bool in_lookup = false;
	u32 length;

	if (bpf_probe_read_kernel(header, DNS_HEADER, message->begin))
		return 0;
	flags = bpf_ntohs(header[1]);
	answers = bpf_ntohs(header[3]);
	if (!(flags & 0x8000))
		return 0;
	if (owner && owner->inode == inode) {
		who = owner->who;
		in_lookup = owner->in_lookup;
	}
	if (!is_worth_telling(who.pid, flags & 15, answers) || !filter_passes(&who, flow))
		return 0;
	rec = rec_begin(struct rec_dns_answer, REC_DNS_ANSWER, hook);
	if (!rec)
		return 0;
	rec->who = who;
	rec->flow = *flow;
	/* As the socket sees it: the answer's source is the name server. */
	__builtin_memcpy(rec->flow.saddr, packet->daddr, 16);
	__builtin_memcpy(rec->flow.daddr, packet->saddr, 16);
	rec->flow.sport = packet->dport;
	rec->flow.dport = packet->sport;
	rec->flow.family = packet->family;
	rec->inode = inode;
	rec->rcode = flags & 15;
	rec->answers = answers;
	rec->in_lookup = in_lookup;
	/* What lies behind a short message is not its own, and goes into no record. */
	length = message->length;
	barrier_var(length);
	if (length > DNS_BYTES)
		length = DNS_BYTES;
	if (!bpf_probe_read_kernel(rec->data, length, message->begin))
		rec->length = length;
	rec_submit(rec);
	return 0;
}

static __always_inline bool may_be_answer(u16 dport)
{
	return !dport || dport == bpf_htons(DNS_PORT);
}

/*
 * Where the message lies. A driver may leave all but the headers in pages, and
 * so may who sends by sendfile(): what then stands in the head is some earlier
 * packet. Up to the tail it is this one's, and UDP has cut off any padding.
 */
static __always_inline bool message_find(struct message *message, const struct sk_buff *skb)
{
	u32 offset = BPF_CORE_READ(skb, transport_header) + UDP_HEADER;
	u32 tail = BPF_CORE_READ(skb, tail);

	if (tail < offset + DNS_HEADER)
		return false;
	message->begin = BPF_CORE_READ(skb, head) + offset;
	message->length = tail - offset;
	return true;
}

static __always_inline int answer_probe(const struct sock *sk, const struct sk_buff *skb, u16 hook)
{
	struct message message = {};
	struct packet packet = {};
	struct rec_flow flow = {};

	if (!packet_read(&packet, skb) || packet.protocol != IPPROTO_UDP ||
	    packet.sport != DNS_PORT || !message_find(&message, skb))
		return 0;
	flow_probe(&flow, sk);
	return answer_emit(sk, &packet, &message, &flow, flow_probe_inode(sk), hook);
}

/*
 * Fires for every datagram and stream of the machine: all but port 53 leave on
 * the first lines. The newest in the queue is the one that is announced
 * (__udp_enqueue_schedule_skb).
 */
SEC("?tp_btf/sk_data_ready")
int BPF_PROG(dns_answer__tp_btf, const struct sock *sk)
{
	if (sk->sk_protocol != IPPROTO_UDP || !may_be_answer(sk->__sk_common.skc_dport) ||
	    !sk->sk_receive_queue.qlen)
		return 0;
	return answer_probe(sk, BPF_CORE_READ(sk, sk_receive_queue.prev), HOOK_DATA_READY);
}

/* The same by the functions that queue them; IPv6 may be no part of the kernel. */
#define UDP_QUEUE_PROGRAMS(part, function, fentry_hook, kprobe_hook)                      \
	SEC("?fentry/" #function)                                                         \
	int BPF_PROG(dns_answer__fentry__##part, struct sock *sk, struct sk_buff *skb)    \
	{                                                                                 \
		return may_be_answer(sk->__sk_common.skc_dport) ?                         \
			       answer_probe(sk, skb, fentry_hook) : 0;                    \
	}                                                                                 \
	SEC("?kprobe/" #function)                                                         \
	int BPF_KPROBE(dns_answer__kprobe__##part, struct sock *sk, struct sk_buff *skb)  \
	{                                                                                 \
		return may_be_answer(BPF_CORE_READ(sk, __sk_common.skc_dport)) ?          \
			       answer_probe(sk, skb, kprobe_hook) : 0;                    \
	}

UDP_QUEUE_PROGRAMS(v4, udp_queue_rcv_one_skb, HOOK_UDP_QUEUE_FENTRY, HOOK_UDP_QUEUE_KPROBE)
UDP_QUEUE_PROGRAMS(v6_opt, udpv6_queue_rcv_one_skb, HOOK_UDP_QUEUE6_FENTRY, HOOK_UDP_QUEUE6_KPROBE)
