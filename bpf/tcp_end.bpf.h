/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record of a connection's end: what is known of it, and whether it is one of
 * a flood. TCP_READ, TCP_FLOW and TCP_HOOK: see tcp_state.bpf.h.
 */
#ifndef CONNWATCH_TCP_END_BPF_H
#define CONNWATCH_TCP_END_BPF_H

#include "bpf/flow.bpf.h"

/*
 * How long nothing had come from the peer: neither data nor an acknowledgement.
 * The reset itself is acted upon before it would count (tcp_validate_incoming).
 */
static __always_inline u64 idle_ns(const struct tcp_sock *tp)
{
	u32 now = bpf_jiffies64();
	u32 data = now - TCP_READ(tp, inet_conn.icsk_ack.lrcvtime);
	u32 ack = now - TCP_READ(tp, rcv_tstamp);

	return (u64)(data < ack ? data : ack) * config.tick_ns;
}

/* What a transition that leaves a connection behind asks for. */
struct transition {
	struct conn *conn;
	struct socket *socket;
	int oldstate;
	int err;
	u8 accepted;
};

/* What this host's own hooks know of the connection, looked up once. */
struct answers {
	struct host_answer *host;	/* NULL: none */
	u64 since;	/* an older answer was another's with the same ports */
};

static __always_inline void answers_find(struct answers *answers, const struct rec_flow *flow,
					 const struct transition *t)
{
	const struct conn *conn = t->conn;

	answers->since = conn && conn->started_ns ? conn->started_ns :
						    bpf_ktime_get_ns() - ANSWER_FRESH_NS;
	answers->host = host_answer_find(flow);
}

/* @syn: what refusal_take() found, all zero when nothing. */
static __always_inline bool refused_here(const struct answers *answers,
					 const struct refused_syn *syn,
					 const struct rec_flow *flow)
{
	return syn->ts_ns >= answers->since && syn->netns == flow->netns;
}

static __always_inline void answers_join(struct rec_tcp_end *rec, const struct answers *answers,
					 const struct refused_syn *syn)
{
	const struct host_answer *host = answers->host;

	if (refused_here(answers, syn, &rec->flow)) {
		rec->reset_sent_ns = syn->ts_ns;
		rec->reset_sent_hook = syn->hook;
		addr_copy(rec->refused_addr, syn->daddr);
		rec->refused_port = syn->dport;
	}
	if (!host)
		return;
	if (host->icmp_ns >= answers->since) {
		rec->icmp_sent_ns = host->icmp_ns;
		rec->icmp_type = host->icmp_type;
		rec->icmp_code = host->icmp_code;
	}
	if (host->backlog_reset_ns >= answers->since) {
		rec->backlog_reset_ns = host->backlog_reset_ns;
		rec->queue_depth = host->queue_depth;
		rec->queue_limit = host->queue_limit;
	}
	/* A packet is counted with its socket or here, never both. */
	if (host->drop_in_ns >= answers->since) {
		rec->drops_in += host->drops_in;
		rec->drop_in_ns = host->drop_in_ns;
	}
}

static __always_inline u32 is_since(u64 ns, u64 since)
{
	return !is_negative(ns - since);
}

/* All that sets one cause apart from another: the members that user space judges by. */
static __always_inline u32 end_facts(const struct transition *t, const struct conn *conn,
				     const struct answers *answers)
{
	const struct host_answer *host = answers->host;
	u32 facts = (t->oldstate & 15) | (u32)t->accepted << 4 | is_set(conn->reset_ns) << 5 |
		    is_set(conn->drops_out) << 6 | is_set(conn->drops_in) << 7 |
		    is_set(conn->rp_filter_drops) << 8;
	u32 icmp;

	if (!host)
		return facts;
	icmp = is_since(host->icmp_ns, answers->since);
	return facts | icmp << 9 | is_since(host->backlog_reset_ns, answers->since) << 10 |
	       is_since(host->drop_in_ns, answers->since) << 7 |
	       (icmp * host->icmp_type) << 16 | (icmp * host->icmp_code) << 24;
}

#define IDLE_STEP_SHIFT 33	/* nine seconds: how long it was idle sets causes apart, too */

/* A reset ends the connection at once: its packet's time, which the socket has, is now. */
static __always_inline u64 end_now(const struct tcp_sock *tp, const struct conn *conn)
{
	u64 packet_ns = TCP_READ(tp, tcp_clock_cache);

	return packet_ns && conn->reset_ns == packet_ns ? packet_ns : bpf_ktime_get_ns();
}

/*
 * Whether the end is one of a flood, and was counted. The answers are looked up
 * here and once more for the record: kept, they would double the verifier's way
 * through all that lies between.
 */
static __always_inline bool end_is_repeat(const struct tcp_sock *tp, const struct rec_flow *flow,
					  const struct transition *t,
					  const struct refused_syn *syn, u64 idle, u64 *id)
{
	struct repeat_key key = { .netns = flow->netns, .kind = REC_TCP_END,
				  .protocol = IPPROTO_TCP, .family = flow->family };
	const struct conn *conn = t->conn;
	struct answers answers = {};
	u16 port;

	if (!conn || !config.repeats_after)
		return false;
	answers_find(&answers, flow, t);
	addr_copy(key.addr, flow->daddr);
	key.pid = conn->who.pid;
	key.err = t->err | TCP_READ(tp, inet_conn.icsk_inet.sk.sk_err_soft) << 12;
	key.facts = end_facts(t, conn, &answers);
	if (refused_here(&answers, syn, flow))
		key.facts |= 1u << 11;
	key.more_facts = (u32)conn->icmp_err << 16 | ((idle >> IDLE_STEP_SHIFT) & 0xffff);
	/* This end's where it accepted, the other's else; without a branch: see unknown_zero. */
	port = flow->dport ^ ((flow->sport ^ flow->dport) & -(u16)t->accepted);
	return repeat_take(&key, port, end_now(tp, conn), id) != REPEAT_TOLD;
}

enum { SYN_TOLD = 1, SYN_TOLD_WHERE_WE_LOOK = 2 };

/* Without a branch: see unknown_zero. */
static __always_inline u32 syn_told(const struct refused_syn *refused)
{
	u32 told = is_set(refused->told);
	u32 is_ours = is_set(config.netns) & ~is_set(refused->netns ^ config.netns);

	return told * SYN_TOLD | (told & is_ours) * SYN_TOLD_WHERE_WE_LOOK;
}

/*
 * What the other end of this very SYN gave, if it is on this machine, to @syn:
 * when it was told as a stranger's, user space waits for this record to know
 * better; when it was counted as one, it counts no more. Who reports one
 * namespace only must know as well, when the caller that it refused is another
 * one's. What ends a connection is taken away: its place is the next SYN's.
 */
static __always_inline u32 refusal_take(struct refused_syn *syn, const struct tcp_sock *tp,
					const struct transition *t)
{
	struct refused_syn *refused;
	struct repeat_key key = {};

	if (t->oldstate != TCP_SYN_SENT)
		return unknown_zero;
	/* Unacknowledged is the SYN itself, whose number is the initial one. */
	refused = refused_syn_find(TCP_READ(tp, snd_una));
	if (!refused)
		return unknown_zero;
	*syn = *refused;
	if (t->err != ECONNREFUSED)
		return unknown_zero;
	refused->ts_ns = 0;
	if (syn->held != REPEAT_TOLD) {
		repeat_key_inbound(&key, syn->saddr, syn->netns);
		repeat_give_back(&key, syn->held);
	}
	return syn_told(syn);
}

static __always_inline void end_emit(const struct tcp_sock *tp, const struct rec_flow *flow,
				     const struct transition *t)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	u64 inode = TCP_FLOW(_socket_inode)(t->socket), idle = 0, id = 0;
	struct refused_syn syn = {};
	u32 told = refusal_take(&syn, tp, t);
	struct conn *conn = t->conn;
	struct answers answers = {};
	struct rec_who nobody = {};
	struct rec_tcp_end *rec;

	if (conn) {
		/* connect() called again will return the same error once more. */
		conn->reported_err = t->err;
		conn->inode = inode;
	}
	if (!filter_passes(conn ? &conn->who : &nobody, flow) && !(told & SYN_TOLD_WHERE_WE_LOOK))
		return;
	if (t->oldstate != TCP_SYN_SENT)
		idle = idle_ns(tp);
	if (!(told & SYN_TOLD) && end_is_repeat(tp, flow, t, &syn, idle, &id))
		return;
	rec = rec_begin(struct rec_tcp_end, REC_TCP_END, TCP_HOOK);
	if (!rec)
		return;
	rec->flow = *flow;
	TCP_FLOW(_device)(&rec->flow, sk);
	rec->retransmits = TCP_READ(tp, total_retrans);
	rec->sk_err = t->err;
	rec->sk_err_soft = TCP_READ(sk, sk_err_soft);
	rec->old_state = t->oldstate;
	rec->accepted = t->accepted;
	rec->watched = config.watched;
	rec->inode = inode;
	rec->idle_ns = idle;
	rec->repeat_id = id;
	if (t->oldstate == TCP_SYN_SENT)
		rec->isn = TCP_READ(tp, snd_una);
	if (conn)
		conn_join(rec, conn);
	answers_find(&answers, &rec->flow, t);
	answers_join(rec, &answers, &syn);
	rec_submit(rec);
}

#endif
