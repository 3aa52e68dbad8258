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
static __always_inline u64 answers_since(const struct rec_tcp_end *rec)
{
	return rec->started_ns ? rec->started_ns : rec->hdr.ts_ns - ANSWER_FRESH_NS;
}

static __always_inline void answers_join(struct rec_tcp_end *rec)
{
	struct host_answer *answer = host_answer_find(&rec->flow);
	u64 since = answers_since(rec);

	if (!answer)
		return;
	if (answer->icmp_ns >= since) {
		rec->icmp_sent_ns = answer->icmp_ns;
		rec->icmp_type = answer->icmp_type;
		rec->icmp_code = answer->icmp_code;
	}
	if (answer->backlog_reset_ns >= since) {
		rec->backlog_reset_ns = answer->backlog_reset_ns;
		rec->queue_depth = answer->queue_depth;
		rec->queue_limit = answer->queue_limit;
	}
	/* A packet is counted with its socket or here, never both. */
	if (answer->drop_in_ns >= since) {
		rec->drops_in += answer->drops_in;
		rec->drop_in_ns = answer->drop_in_ns;
	}
}

static __always_inline void refusal_join(struct rec_tcp_end *rec, const struct refused_syn *syn)
{
	if (!syn || syn->netns != rec->flow.netns || syn->ts_ns < answers_since(rec))
		return;
	rec->reset_sent_ns = syn->ts_ns;
	rec->reset_sent_hook = syn->hook;
	__builtin_memcpy(rec->refused_addr, syn->daddr, sizeof(rec->refused_addr));
	rec->refused_port = syn->dport;
}

/*
 * How long nothing had come from the peer: neither data nor an acknowledgement.
 * The reset itself is acted upon before it would count (tcp_validate_incoming).
 */
static __always_inline u64 idle_ns(const struct tcp_sock *tp)
{
	u32 now = bpf_jiffies64();
	u32 data = now - tp->inet_conn.icsk_ack.lrcvtime, ack = now - tp->rcv_tstamp;

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

/*
 * Who reports one namespace only must know when a caller that it refused is
 * another one's of this machine: that is then told there, and not as inbound.
 */
static __always_inline bool refused_where_we_look(const struct refused_syn *refused)
{
	return refused && config.netns && refused->netns == config.netns;
}

static __always_inline void end_emit(const struct tcp_sock *tp, const struct rec_flow *flow,
				     const struct transition *t)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct refused_syn *refused = NULL;
	struct conn *conn = t->conn;
	struct rec_who nobody = {};
	struct rec_tcp_end *rec;
	u64 inode = flow_fill_socket_inode(t->socket);
	bool wanted;

	if (conn) {
		/* connect() called again will return the same error once more. */
		conn->reported_err = t->err;
		conn->inode = inode;
	}
	/* Unacknowledged is the SYN itself, whose number is the initial one. */
	if (t->oldstate == TCP_SYN_SENT)
		refused = refused_syn_find(tp->snd_una);
	wanted = filter_passes(conn ? &conn->who : &nobody, flow);
	if (!wanted && !refused_where_we_look(refused))
		return;
	rec = rec_begin(struct rec_tcp_end, REC_TCP_END, HOOK_SET_STATE);
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
	rec->accepted = t->accepted;
	rec->watched = config.watched;
	rec->inode = inode;
	if (t->oldstate == TCP_SYN_SENT)
		rec->isn = tp->snd_una;
	else
		rec->idle_ns = idle_ns(tp);
	if (conn)
		conn_join(rec, conn);
	answers_join(rec);
	refusal_join(rec, refused);
	bpf_ringbuf_submit(rec, 0);
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
 * application had closed, nobody is there to see an error. Shut down for
 * receiving while the peer's FIN is awaited: data that still comes makes this
 * host itself abort (tcp_rcv_state_process, TCPABORTONDATA).
 */
static __always_inline bool connection_is_failure(const struct sock *sk, const struct transition *t)
{
	bool finishing = t->oldstate == TCP_FIN_WAIT1 || t->oldstate == TCP_FIN_WAIT2;

	return t->err && t->err != EPIPE && t->socket &&
	       !(finishing && (sk->sk_shutdown & RCV_SHUTDOWN));
}

#define STATE_BIT(state) (1u << (state))
/* States whose way to CLOSE leaves nothing to tell: LISTEN and what never was a connection. */
#define STATES_CONNECTED                                                                     \
	(STATE_BIT(TCP_ESTABLISHED) | STATE_BIT(TCP_SYN_SENT) | STATE_BIT(TCP_SYN_RECV) |    \
	 STATE_BIT(TCP_FIN_WAIT1) | STATE_BIT(TCP_FIN_WAIT2) | STATE_BIT(TCP_CLOSE_WAIT) |   \
	 STATE_BIT(TCP_LAST_ACK) | STATE_BIT(TCP_CLOSING))
/* By then both sides had closed: a reset takes nothing from the application. */
#define STATES_OVER (STATE_BIT(TCP_LAST_ACK) | STATE_BIT(TCP_CLOSING))

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
	/* A child keeps its listener's backlog (sk_clone copies it); who connects has none. */
	t.accepted = sk->sk_max_ack_backlog || (t.conn && t.conn->accepted);
	/*
	 * A TIME_WAIT socket takes over (tcp_time_wait): this is where it begins.
	 * On the listener's side it holds no port of the ephemeral range.
	 */
	if (!t.err && !t.accepted &&
	    (from & (STATE_BIT(TCP_FIN_WAIT2) | STATE_BIT(TCP_CLOSING))))
		time_wait_count(&flow);
	/* Somebody here destroyed the socket (ss -K). */
	if (t.err == ECONNABORTED) {
		conn_forget((u64)sk);
	} else if (from & STATE_BIT(TCP_SYN_SENT)) {
		if (!connect_is_failure(&t))
			return 0;
		end_emit(tp, &flow, &t);
		/* The entry of an error stays until connect() has handed it out. */
		if (t.err)
			return 0;
	} else if (!(from & STATES_OVER) && connection_is_failure(sk, &t)) {
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
