// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP sockets: who opens a connection, and how it ends. One program on the
 * state tracepoint serves all of it, because that tracepoint fires eight to ten
 * times in the life of a loopback connection and every program on it costs.
 */
#include "bpf/flow.bpf.h"

/* Process context: a connect() or a TCP Fast Open send is under way. */
static __always_inline void connect_started(const struct sock *sk)
{
	struct conn conn = { .started_ns = bpf_ktime_get_ns() };

	who_fill(&conn.who);
	conn_store((u64)sk, &conn);
}

/* An answer older than the connection was another's with the same ports. */
static __always_inline void answers_join(struct rec_tcp_end *rec)
{
	struct host_answer *answer = host_answer_find(&rec->flow);
	u64 since = rec->started_ns;

	if (!answer)
		return;
	if (!since)
		since = rec->hdr.ts_ns - ANSWER_FRESH_NS;
	if (answer->reset_ns >= since) {
		rec->reset_sent_ns = answer->reset_ns;
		rec->reset_sent_hook = answer->reset_hook;
	}
	if (answer->icmp_ns >= since) {
		rec->icmp_sent_ns = answer->icmp_ns;
		rec->icmp_type = answer->icmp_type;
		rec->icmp_code = answer->icmp_code;
	}
	/* A packet is counted with its socket or here, never both. */
	if (answer->drop_in_ns >= since) {
		rec->drops_in += answer->drops_in;
		rec->drop_in_ns = answer->drop_in_ns;
	}
}

/* What a transition that leaves a connection behind asks for. */
struct transition {
	struct conn *conn;
	struct socket *socket;
	int oldstate;
	int err;
};

static __always_inline void end_emit(const struct tcp_sock *tp, const struct rec_flow *flow,
				     const struct transition *t)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct rec_tcp_end *rec = rec_begin(struct rec_tcp_end, REC_TCP_END, HOOK_SET_STATE);
	struct conn *conn = t->conn;

	if (!rec)
		return;
	rec->flow = *flow;
	flow_fill_device(&rec->flow, sk);
	/* skc_num was cleared with the port's release, inet_sport was not. */
	rec->flow.sport = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
	rec->retransmits = tp->total_retrans;
	rec->sk_err = t->err;
	rec->sk_err_soft = sk->sk_err_soft;
	rec->old_state = t->oldstate;
	/* A child keeps its listener's backlog (sk_clone copies it); who connects has none. */
	rec->accepted = sk->sk_max_ack_backlog != 0;
	rec->watched = config.watched;
	rec->inode = flow_fill_socket_inode(t->socket);
	if (conn) {
		rec->who = conn->who;
		rec->started_ns = conn->started_ns;
		rec->established_ns = conn->established_ns;
		rec->reset_ns = conn->reset_ns;
		rec->drops_out = conn->drops_out;
		rec->drops_in = conn->drops_in;
		rec->drop_out_ns = conn->drop_out_ns;
		rec->drop_in_ns = conn->drop_in_ns;
		rec->rp_filter_drops = conn->rp_filter_drops;
		__builtin_memcpy(rec->rp_filter_ifname, conn->rp_filter_ifname,
				 sizeof(rec->rp_filter_ifname));
		/* SO_ERROR hands the soft error out and clears it. */
		if (!rec->sk_err_soft)
			rec->sk_err_soft = conn->soft_err;
		/* connect() called again will return the same error once more. */
		conn->reported_err = t->err;
		conn->inode = rec->inode;
	}
	answers_join(rec);
	if (filter_passes(&rec->who, &rec->flow))
		bpf_ringbuf_submit(rec, 0);
	else
		bpf_ringbuf_discard(rec, 0);
}

static __always_inline void connect_succeeded(struct conn *conn, const struct rec_flow *flow)
{
	if (conn) {
		conn->established_ns = bpf_ktime_get_ns();
		if (!filter_passes(&conn->who, flow))
			return;
	}
	destination_count(flow);
}

/*
 * A connect that ends. Without an error and still SS_UNCONNECTED it is inside
 * connect(), whose return value says what went wrong: __inet_stream_connect()
 * moves the socket on only after the protocol's own connect succeeded.
 * Otherwise no error means that the application gave up.
 */
static __always_inline bool connect_is_failure(const struct transition *t)
{
	if (t->err || !t->socket || t->socket->state != SS_UNCONNECTED)
		return true;
	if (t->conn)
		t->conn->port_search_failed = 1;
	return false;
}

/*
 * EPIPE: the peer had closed in order before it sent the reset. No socket: the
 * application had closed, nobody is there to see an error. ECONNABORTED:
 * somebody here destroyed the socket (ss -K).
 */
static __always_inline bool connection_is_failure(const struct transition *t)
{
	return t->err && t->err != EPIPE && t->err != ECONNABORTED && t->socket;
}

#define STATE_BIT(state) (1u << (state))
/* States whose way to CLOSE leaves nothing to tell: LISTEN and what never was a connection. */
#define STATES_CONNECTED                                                                     \
	(STATE_BIT(TCP_ESTABLISHED) | STATE_BIT(TCP_SYN_SENT) | STATE_BIT(TCP_SYN_RECV) |    \
	 STATE_BIT(TCP_FIN_WAIT1) | STATE_BIT(TCP_FIN_WAIT2) | STATE_BIT(TCP_CLOSE_WAIT) |   \
	 STATE_BIT(TCP_LAST_ACK) | STATE_BIT(TCP_CLOSING))
/* By then both sides had closed: a reset takes nothing from the application. */
#define STATES_OVER (STATE_BIT(TCP_SYN_RECV) | STATE_BIT(TCP_LAST_ACK) | STATE_BIT(TCP_CLOSING))

/*
 * The socket is read through what bpf_skc_to_tcp_sock() returns, which is the
 * same address and NULL for what is no TCP socket: newer verifiers search all
 * of the kernel's types each time a pointer member of a tracepoint's own
 * argument is followed, which took longer than everything else at start.
 */
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state__tp_btf, struct sock *arg, int oldstate, int newstate)
{
	struct tcp_sock *tp;
	struct sock *sk;
	u32 from = STATE_BIT(oldstate & 31), to = STATE_BIT(newstate & 31);
	struct transition t = { .oldstate = oldstate };
	struct rec_flow flow = {};

	if (!((to & STATE_BIT(TCP_CLOSE)) && (from & STATES_CONNECTED)) &&
	    !((from | to) & STATE_BIT(TCP_SYN_SENT)))
		return 0;
	tp = bpf_skc_to_tcp_sock(arg);
	if (!tp)
		return 0;
	sk = &tp->inet_conn.icsk_inet.sk;
	if (to & STATE_BIT(TCP_SYN_SENT)) {
		connect_started(sk);
		return 0;
	}
	t.conn = conn_find_live((u64)sk);
	t.socket = sk->sk_socket;
	t.err = sk->sk_err;
	flow_fill(&flow, sk);
	if (to & STATE_BIT(TCP_ESTABLISHED)) {
		connect_succeeded(t.conn, &flow);
		return 0;
	}
	if (!(to & STATE_BIT(TCP_CLOSE)))
		return 0;
	/* A TIME_WAIT socket takes over (tcp_time_wait): this is where it begins. */
	if (!t.err && (from & (STATE_BIT(TCP_FIN_WAIT2) | STATE_BIT(TCP_CLOSING))))
		time_wait_count(&flow);
	if (from & STATE_BIT(TCP_SYN_SENT)) {
		if (!connect_is_failure(&t))
			return 0;
		end_emit(tp, &flow, &t);
		/* The entry of an error stays until connect() has handed it out. */
		if (t.err)
			return 0;
	} else if (!(from & STATES_OVER) && connection_is_failure(&t)) {
		end_emit(tp, &flow, &t);
	}
	conn_forget((u64)sk);
	return 0;
}

/*
 * The socket's end: what its last state change left behind (an error that the
 * application fetched by SO_ERROR and not by connect()) goes with it.
 */
SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_gone__tp_btf, struct sock *sk)
{
	conn_forget((u64)sk);
	return 0;
}
