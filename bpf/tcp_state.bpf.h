/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP sockets: who opens a connection, and how it ends. One program on the
 * state tracepoint serves all of it, because that tracepoint fires eight to ten
 * times in the life of a loopback connection and every program on it costs.
 *
 * Which kind of pointer the socket is, is the including file's to say: TCP_READ
 * and TCP_FLOW are READ_DIRECT and flow_fill, or READ_PROBE and flow_probe
 * (flow.bpf.h), TCP_TASK is task_current() or NULL, TCP_HOOK the hook that its
 * records name.
 */
#ifndef CONNWATCH_TCP_STATE_BPF_H
#define CONNWATCH_TCP_STATE_BPF_H

#include "bpf/tcp_end.bpf.h"

/* Process context: a connect() or a TCP Fast Open send is under way. */
static __always_inline int connect_started(u64 sk)
{
	struct conn conn = { .started_ns = bpf_ktime_get_ns() };
	struct task_struct *task = TCP_TASK;

	who_fill_task(&conn.who, task);
	conn_store(sk, &conn);
	connecting_begin(sk, task);
	return 0;
}

static __always_inline int connect_succeeded(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct conn *conn = conn_find_live((u64)sk);
	struct rec_flow flow = {};

	TCP_FLOW()(&flow, sk);
	if (conn)
		conn->established_ns = TCP_READ(tp, tcp_clock_cache);
	/* One without an entry is not of the tree: conn_store(). */
	if (conn ? filter_passes(&conn->who, &flow) : !config.tree)
		destination_count(&flow);
	return 0;
}

/*
 * A connect that ends. Without an error and still SS_UNCONNECTED it is inside
 * connect(), whose return value says what went wrong: __inet_stream_connect()
 * moves the socket on only after the protocol's own connect succeeded.
 * Otherwise no error means that the application gave up.
 */
static __always_inline bool connect_is_failure(const struct transition *t)
{
	if (t->err || !t->socket || TCP_READ(t->socket, state) != SS_UNCONNECTED)
		return true;
	if (t->conn)
		t->conn->port_search_failed = TCP_HOOK;
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
	       !(finishing && (TCP_READ(sk, sk_shutdown) & RCV_SHUTDOWN));
}

#define STATE_BIT(state) (1u << (state))
/* States whose way to CLOSE leaves nothing to tell: LISTEN and what never was a connection. */
#define STATES_CONNECTED                                                                     \
	(STATE_BIT(TCP_ESTABLISHED) | STATE_BIT(TCP_SYN_SENT) | STATE_BIT(TCP_SYN_RECV) |    \
	 STATE_BIT(TCP_FIN_WAIT1) | STATE_BIT(TCP_FIN_WAIT2) | STATE_BIT(TCP_CLOSE_WAIT) |   \
	 STATE_BIT(TCP_LAST_ACK) | STATE_BIT(TCP_CLOSING))
/* By then both sides had closed: a reset takes nothing from the application. */
#define STATES_OVER (STATE_BIT(TCP_LAST_ACK) | STATE_BIT(TCP_CLOSING))
/* The last acknowledgement is no news, and the socket is about to go (tcp_gone). */
#define STATES_TOLD (STATES_CONNECTED & ~STATE_BIT(TCP_LAST_ACK))

static __always_inline bool end_is_failure(const struct sock *sk, const struct transition *t,
					   u32 from)
{
	/* Somebody here destroyed the socket (ss -K). */
	if (t->err == ECONNABORTED)
		return false;
	if (from & STATE_BIT(TCP_SYN_SENT))
		return connect_is_failure(t);
	return !(from & STATES_OVER) && connection_is_failure(sk, t);
}

/*
 * Whether the entry goes now. That of a connect's error stays until connect() has
 * handed it out; that of a socket which the application has left goes with it
 * (tcp_gone). Without a branch: see unknown_zero.
 */
static __always_inline u32 end_forgets(const struct transition *t, u32 from)
{
	u32 has_socket = (t->socket ? 1 : 0) ^ unknown_zero;
	u32 is_awaited = is_set(from & STATE_BIT(TCP_SYN_SENT)) & is_set(t->err) &
			 is_set(t->err ^ ECONNABORTED);

	return has_socket & ~is_awaited;
}

static __always_inline int connection_ended(const struct tcp_sock *tp, int oldstate)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct transition t = { .oldstate = oldstate };
	u32 from = STATE_BIT(oldstate & 31);
	struct rec_flow flow = {};
	u32 forgets;

	t.conn = conn_find_live((u64)sk);
	t.socket = TCP_READ(sk, sk_socket);
	t.err = TCP_READ(sk, sk_err);
	forgets = end_forgets(&t, from);
	TCP_FLOW()(&flow, sk);
	/* skc_num was cleared with the port's release, inet_sport was not. */
	flow.sport = bpf_ntohs(TCP_READ(tp, inet_conn.icsk_inet.inet_sport));
	/* A child keeps its listener's backlog (sk_clone copies it); who connects has none. */
	t.accepted = TCP_READ(sk, sk_max_ack_backlog) || (t.conn && t.conn->accepted);
	/*
	 * A TIME_WAIT socket takes over (tcp_time_wait): this is where it begins.
	 * On the listener's side it holds no port of the ephemeral range.
	 */
	if (!t.err && !t.accepted &&
	    (from & (STATE_BIT(TCP_FIN_WAIT2) | STATE_BIT(TCP_CLOSING))))
		time_wait_count(&flow);
	if (end_is_failure(sk, &t, from))
		end_emit(tp, &flow, &t);
	else if ((from & STATE_BIT(TCP_SYN_SENT)) && !t.err)
		return 0;
	if (forgets & 1)
		conn_forget((u64)sk);
	return 0;
}

#endif
