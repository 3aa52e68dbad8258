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

static __always_inline void connect_succeeded(const struct sock *sk)
{
	struct conn *conn = conn_find((u64)sk);
	struct rec_flow flow = {};

	flow_fill(&flow, sk);
	if (conn) {
		conn->established_ns = bpf_ktime_get_ns();
		if (!filter_passes(&conn->who, &flow))
			return;
	}
	destination_count(&flow);
}

/* An answer older than the connection was another's with the same ports. */
static __always_inline void answers_join(struct rec_tcp_end *rec)
{
	struct host_answer *answer = host_answer_find(&rec->flow);

	if (!answer)
		return;
	if (answer->reset_ns >= rec->started_ns) {
		rec->reset_sent_ns = answer->reset_ns;
		rec->reset_sent_hook = answer->reset_hook;
	}
	if (answer->icmp_ns >= rec->started_ns) {
		rec->icmp_sent_ns = answer->icmp_ns;
		rec->icmp_type = answer->icmp_type;
		rec->icmp_code = answer->icmp_code;
	}
	/* A packet is counted with its socket or here, never both. */
	if (answer->drop_in_ns >= rec->started_ns && answer->drop_in_ns) {
		rec->drops_in += answer->drops_in;
		rec->drop_in_ns = answer->drop_in_ns;
	}
}

static __always_inline void end_emit(const struct sock *sk, struct conn *conn, int oldstate)
{
	struct rec_tcp_end *rec = rec_begin(struct rec_tcp_end, REC_TCP_END, HOOK_SET_STATE);
	struct tcp_sock *tp;

	if (!rec)
		return;
	flow_fill(&rec->flow, sk);
	flow_fill_device(&rec->flow, sk);
	/* skc_num was cleared with the port's release, inet_sport was not. */
	tp = bpf_skc_to_tcp_sock((void *)sk);
	if (tp) {
		rec->flow.sport = bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
		rec->retransmits = tp->total_retrans;
	}
	rec->sk_err = sk->sk_err;
	rec->sk_err_soft = sk->sk_err_soft;
	rec->old_state = oldstate;
	rec->watched = config.watched;
	rec->inode = flow_fill_inode(sk);
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
		rec->accepted = conn->accepted;
		/* connect() called again will return the same error once more. */
		conn->reported_err = rec->sk_err;
		conn->inode = rec->inode;
	}
	answers_join(rec);
	if (filter_passes(&rec->who, &rec->flow))
		bpf_ringbuf_submit(rec, 0);
	else
		bpf_ringbuf_discard(rec, 0);
}

static __always_inline void connect_ended(const struct sock *sk)
{
	struct conn *conn = conn_find((u64)sk);
	struct socket *socket = sk->sk_socket;

	/*
	 * Still SS_UNCONNECTED: inside connect(), whose return value says what
	 * went wrong. __inet_stream_connect() moves the socket on only after the
	 * protocol's own connect succeeded.
	 */
	if (!sk->sk_err && socket && socket->state == SS_UNCONNECTED) {
		if (conn)
			conn->port_search_failed = 1;
		return;
	}
	end_emit(sk, conn, TCP_SYN_SENT);
	if (!sk->sk_err)
		conn_forget((u64)sk);
}

static __always_inline void connection_ended(const struct sock *sk, int oldstate)
{
	int err = sk->sk_err;

	if (!err && (oldstate == TCP_FIN_WAIT2 || oldstate == TCP_CLOSING)) {
		struct rec_flow flow = {};

		flow_fill(&flow, sk);
		time_wait_count(&flow);
	}
	/*
	 * EPIPE: the peer had closed in order before it sent the reset. No
	 * socket: the application had closed, nobody is there to see an error.
	 * ECONNABORTED: somebody here destroyed the socket (ss -K).
	 */
	if (err && err != EPIPE && err != ECONNABORTED && sk->sk_socket)
		end_emit(sk, conn_find((u64)sk), oldstate);
	conn_forget((u64)sk);
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state__tp_btf, const struct sock *sk, int oldstate, int newstate)
{
	if (newstate != TCP_CLOSE && newstate != TCP_SYN_SENT && oldstate != TCP_SYN_SENT)
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (newstate == TCP_SYN_SENT) {
		connect_started(sk);
	} else if (oldstate == TCP_SYN_SENT) {
		if (newstate == TCP_CLOSE)
			connect_ended(sk);
		else if (newstate == TCP_ESTABLISHED)
			connect_succeeded(sk);
	} else if (oldstate == TCP_ESTABLISHED || oldstate == TCP_CLOSE_WAIT ||
		   oldstate == TCP_FIN_WAIT1 || oldstate == TCP_FIN_WAIT2 ||
		   oldstate == TCP_CLOSING || oldstate == TCP_LAST_ACK) {
		connection_ended(sk, oldstate);
	}
	return 0;
}
