// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues of listeners that are full: seen where the SYN comes in. Kernels that
 * let nobody in there drop it without any tracepoint; user space then reads the
 * namespace's counters (user/kernel/queues.c).
 */
#include "bpf/flow.bpf.h"

/*
 * How often a listener is told of: under a flood every SYN meets the full queue.
 * Those between are counted, and user space fetches them: queues_drain().
 */
#define TELL_PAUSE_NS 500000000ULL

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LISTENERS_MAX);
	__type(key, struct listener_key);
	__type(value, struct listener);
} listeners SEC(".maps");

struct queue {
	u32 depth;
	u32 limit;
	u32 which;		/* QUEUE_* */
};

/* Whether to tell of this request; else it was counted. */
static __always_inline bool is_told_now(const struct listener_key *key, const struct rec_flow *flow,
					const struct queue *queue, u16 hook)
{
	struct listener *listener = bpf_map_lookup_elem(&listeners, key);
	u64 now = bpf_ktime_get_ns();

	if (!listener) {
		struct listener fresh = { .first_ns = now, .told_ns = now, .flow = *flow,
					  .hook = hook };

		bpf_map_update_elem(&listeners, key, &fresh, BPF_NOEXIST);
		return true;
	}
	/* Two processors may both find it due: each tells its own request. */
	if (now - listener->told_ns >= TELL_PAUSE_NS) {
		listener->told_ns = now;
		return true;
	}
	listener->held_ns = now;
	listener->depth = queue->depth;
	listener->limit = queue->limit;
	listener->queue = queue->which;
	__sync_fetch_and_add(&listener->held, 1);
	return false;
}

/*
 * As tcp_conn_request() judges: sk_acceptq_is_full(), inet_csk_reqsk_queue_is_full().
 * Whether a full SYN queue drops or answers with a cookie is the namespace's setting.
 */
static __always_inline bool queue_is_full(struct queue *queue, u32 waiting, u32 half_open,
					  u32 limit)
{
	queue->limit = limit;
	queue->depth = waiting > limit ? waiting : half_open;
	queue->which = waiting > limit ? QUEUE_ACCEPT : QUEUE_SYN;
	return waiting > limit || half_open >= limit;
}

/* The last packet of a handshake needs room in the accept queue alone. */
static __always_inline bool accept_queue_is_full(struct queue *queue, u32 waiting, u32 limit)
{
	*queue = (struct queue){ .depth = waiting, .limit = limit, .which = QUEUE_ACCEPT };
	return waiting > limit;
}

static __always_inline int queue_emit(u64 sk, const struct rec_flow *flow, u64 inode,
				      const struct queue *queue, u16 hook)
{
	struct listener_key key = { .sk = sk, .inode = inode };
	struct rec_queue_full *rec;
	struct rec_who nobody = {};

	if (!filter_passes(&nobody, flow) || !is_told_now(&key, flow, queue, hook))
		return 0;
	rec = rec_begin(struct rec_queue_full, REC_QUEUE_FULL, hook);
	if (!rec)
		return 0;
	rec->flow = *flow;
	rec->inode = inode;
	rec->count = 1;
	rec->depth = queue->depth;
	rec->limit = queue->limit;
	rec->queue = queue->which;
	rec_submit(rec);
	return 0;
}

SEC("?fentry/tcp_conn_request")
int BPF_PROG(queue_full__fentry__request, void *rsk_ops, const void *af_ops, struct sock *arg)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(arg);
	struct rec_flow flow = {};
	struct queue queue;
	struct sock *sk;

	if (!tp)
		return 0;
	sk = &tp->inet_conn.icsk_inet.sk;
	if (!queue_is_full(&queue, sk->sk_ack_backlog,
			   tp->inet_conn.icsk_accept_queue.qlen.counter, sk->sk_max_ack_backlog))
		return 0;
	flow_fill(&flow, sk);
	flow.family = addr_family(flow.saddr);
	return queue_emit((u64)sk, &flow, flow_fill_inode(sk), &queue,
			  HOOK_CONN_REQUEST_FENTRY);
}

SEC("?kprobe/tcp_conn_request")
int BPF_KPROBE(queue_full__kprobe__request, void *rsk_ops, const void *af_ops, struct sock *sk)
{
	struct inet_connection_sock *icsk = (void *)sk;
	struct rec_flow flow = {};
	struct queue queue;

	if (!queue_is_full(&queue, BPF_CORE_READ(sk, sk_ack_backlog),
			   BPF_CORE_READ(icsk, icsk_accept_queue.qlen.counter),
			   BPF_CORE_READ(sk, sk_max_ack_backlog)))
		return 0;
	flow_probe(&flow, sk);
	flow.family = addr_family(flow.saddr);
	return queue_emit((u64)sk, &flow, flow_probe_inode(sk), &queue,
			  HOOK_CONN_REQUEST_KPROBE);
}

/*
 * The queue filled up between a SYN and the end of its handshake. An IPv4
 * packet for an IPv6 socket passes both functions: the inner one tells of it.
 */
#define SYN_RECV_PROGRAMS(part, function, is_other, fentry_hook, kprobe_hook)             \
	SEC("?fentry/" #function)                                                         \
	int BPF_PROG(queue_full__fentry__##part, const struct sock *sk, struct sk_buff *skb) \
	{                                                                                 \
		struct rec_flow flow = {};                                                \
		struct queue queue;                                                       \
											  \
		if (!accept_queue_is_full(&queue, sk->sk_ack_backlog,                     \
					  sk->sk_max_ack_backlog) || is_other(skb->protocol)) \
			return 0;                                                         \
		flow_fill(&flow, sk);                                                     \
		flow.family = addr_family(flow.saddr);                                    \
		return queue_emit((u64)sk, &flow, flow_fill_inode(sk), &queue, fentry_hook); \
	}                                                                                 \
	SEC("?kprobe/" #function)                                                         \
	int BPF_KPROBE(queue_full__kprobe__##part, const struct sock *sk, struct sk_buff *skb) \
	{                                                                                 \
		struct rec_flow flow = {};                                                \
		struct queue queue;                                                       \
											  \
		if (!accept_queue_is_full(&queue, BPF_CORE_READ(sk, sk_ack_backlog),      \
					  BPF_CORE_READ(sk, sk_max_ack_backlog)) ||       \
		    is_other(BPF_CORE_READ(skb, protocol)))                               \
			return 0;                                                         \
		flow_probe(&flow, sk);                                                    \
		flow.family = addr_family(flow.saddr);                                    \
		return queue_emit((u64)sk, &flow, flow_probe_inode(sk), &queue, kprobe_hook); \
	}

#define ETH_P_IP 0x0800
#define NEVER(protocol) false
#define IS_IPV4(protocol) ((protocol) == bpf_htons(ETH_P_IP))

SYN_RECV_PROGRAMS(v4, tcp_v4_syn_recv_sock, NEVER, HOOK_SYN_RECV_FENTRY, HOOK_SYN_RECV_KPROBE)
SYN_RECV_PROGRAMS(v6, tcp_v6_syn_recv_sock, IS_IPV4, HOOK_SYN_RECV6_FENTRY, HOOK_SYN_RECV6_KPROBE)
