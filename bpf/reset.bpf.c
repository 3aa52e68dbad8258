// SPDX-License-Identifier: GPL-2.0-only
/* Resets: received for a socket of ours, and sent by this host on behalf of no socket. */
#include "bpf/packet.bpf.h"

SEC("?tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_reset_received__tp_btf, struct sock *sk)
{
	struct conn *conn = conn_find_live((u64)sk);
	struct tcp_sock *tp = conn ? bpf_skc_to_tcp_sock(sk) : NULL;

	/* The clock was read when the packet came (tcp_mstamp_refresh). */
	if (conn && tp)
		conn->reset_ns = tp->tcp_clock_cache;
	return 0;
}

/*
 * The TCP stack answers a SYN for which it found no socket. (A firewall's
 * reject sends its reset by itself and does not pass here.) The caller's own
 * record will pick the fact up; a SYN that came in from outside gets a record,
 * for its caller may be on no machine of ours.
 */
static __always_inline void inbound_tell(const struct packet *packet, const struct rec_flow *flow,
					 struct refused_syn *syn)
{
	struct repeat_key key = {};
	struct rec_reset_sent *rec;
	u64 id = 0;

	repeat_key_inbound(&key, flow->saddr, flow->netns);
	syn->held = repeat_take(&key, flow->dport, syn->ts_ns, &id);
	if (syn->held != REPEAT_TOLD)
		return;
	rec = rec_begin(struct rec_reset_sent, REC_RESET_SENT, syn->hook);
	if (!rec)
		return;
	syn->told = 1;
	rec->flow = *flow;
	rec->reason = -1;
	rec->syn = 1;
	rec->isn = packet->seq;
	rec->repeat_id = id;
	rec_submit(rec);
}

static __always_inline int syn_refused(const struct packet *packet, const struct rec_flow *flow,
				       u16 hook)
{
	struct refused_syn syn = { .ts_ns = bpf_ktime_get_ns(), .hook = hook,
				   .netns = flow->netns, .dport = flow->dport };
	struct rec_who nobody = {};

	__builtin_memcpy(syn.daddr, flow->daddr, sizeof(syn.daddr));
	__builtin_memcpy(syn.saddr, flow->saddr, sizeof(syn.saddr));
	if (!flow->loopback && filter_passes(&nobody, flow))
		inbound_tell(packet, flow, &syn);
	refused_syn_store(packet->seq, &syn);
	return 0;
}

static __always_inline bool is_syn(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && packet_is_syn(packet);
}

/* net.ipv4.tcp_abort_on_overflow: the last packet of a handshake found the accept queue full. */
static __always_inline int overflow_reset(const struct rec_flow *flow, u32 depth, u32 limit)
{
	struct host_answer *answer = host_answer_take(flow);

	if (!answer)
		return 0;
	answer->backlog_reset_ns = bpf_ktime_get_ns();
	answer->queue_depth = depth;
	answer->queue_limit = limit;
	return 0;
}

/* include/net/sock.h: sk_acceptq_is_full() */
#define ACCEPT_QUEUE_IS_FULL(depth, limit) ((depth) > (limit))

static __always_inline int listener_reset(const struct sock *sk, const struct sk_buff *skb)
{
	u32 depth = sk->sk_ack_backlog, limit = sk->sk_max_ack_backlog;
	struct packet packet = {};
	struct rec_flow flow = {};

	if (!ACCEPT_QUEUE_IS_FULL(depth, limit) || !packet_read(&packet, skb))
		return 0;
	packet_flow(&flow, &packet, skb);
	return overflow_reset(&flow, depth, limit);
}

static __always_inline int listener_reset_probe(const struct sock *sk, const struct rec_flow *flow)
{
	u32 depth = BPF_CORE_READ(sk, sk_ack_backlog);
	u32 limit = BPF_CORE_READ(sk, sk_max_ack_backlog);

	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN ||
	    !ACCEPT_QUEUE_IS_FULL(depth, limit))
		return 0;
	return overflow_reset(flow, depth, limit);
}

/*
 * sk is NULL when no socket was found. Newer verifiers insist on the test;
 * older ones take such a pointer for never NULL and drop it, and then the read
 * through NULL gives 0, which is no TCP state.
 */
#define HAS_SOCKET(sk) ((sk) && (sk)->__sk_common.skc_state)

/*
 * Reading the reason is on purpose: the tracepoint has it only since it also
 * fires without a socket (6.10), and elsewhere this program must not load.
 */
SEC("?tp_btf/tcp_send_reset")
int BPF_PROG(tcp_reset_sent__tp_btf, const struct sock *sk, const struct sk_buff *skb, int reason)
{
	struct packet packet = {};
	struct rec_flow flow = {};

	if (!skb || reason < 0)
		return 0;
	if (HAS_SOCKET(sk))
		return sk->__sk_common.skc_state == TCP_LISTEN ? listener_reset(sk, skb) : 0;
	/* A refusal is what a flood is made of. */
	if (!packet_read_direct(&packet, skb) || !is_syn(&packet))
		return 0;
	packet_flow_direct(&flow, &packet, skb);
	return syn_refused(&packet, &flow, HOOK_SEND_RESET);
}

#define SEND_RESET_PROGRAMS(part, function, fentry_hook, kprobe_hook)                     \
	SEC("?fentry/" #function)                                                         \
	int BPF_PROG(tcp_reset_sent__fentry__##part, const struct sock *sk,               \
		     struct sk_buff *skb)                                                 \
	{                                                                                 \
		struct packet packet = {};                                                \
		struct rec_flow flow = {};                                                \
											  \
		if (HAS_SOCKET(sk))                                                       \
			return sk->__sk_common.skc_state == TCP_LISTEN ?                  \
				       listener_reset(sk, skb) : 0;                       \
		if (!packet_read(&packet, skb) || !is_syn(&packet))                       \
			return 0;                                                         \
		packet_flow(&flow, &packet, skb);                                         \
		return syn_refused(&packet, &flow, fentry_hook);                          \
	}                                                                                 \
	SEC("?kprobe/" #function)                                                         \
	int BPF_KPROBE(tcp_reset_sent__kprobe__##part, const struct sock *sk,             \
		       struct sk_buff *skb)                                               \
	{                                                                                 \
		struct packet packet = {};                                                \
		struct rec_flow flow = {};                                                \
											  \
		if (!packet_read(&packet, skb) || packet.protocol != IPPROTO_TCP)        \
			return 0;                                                         \
		packet_flow(&flow, &packet, skb);                                   \
		if (sk)                                                                   \
			return listener_reset_probe(sk, &flow);                           \
		if (!packet_is_syn(&packet))                                              \
			return 0;                                                         \
		return syn_refused(&packet, &flow, kprobe_hook);                          \
	}

SEND_RESET_PROGRAMS(v4, tcp_v4_send_reset, HOOK_SEND_RESET_FENTRY, HOOK_SEND_RESET_KPROBE)
SEND_RESET_PROGRAMS(v6, tcp_v6_send_reset, HOOK_SEND_RESET6_FENTRY, HOOK_SEND_RESET6_KPROBE)
