// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose file a socket is: a walk over every open file, run by user space once
 * at start (connections older than connwatch) and when a socket's owner or the
 * holder of a port is asked for. Costs nothing between the walks.
 */
#include "bpf/flow.bpf.h"

struct sockets_query sockets_query = {};

static __always_inline void who_from_task(struct rec_who *who, struct task_struct *task)
{
	who->pid = task->tgid;
	who->tid = task->pid;
	who->uid = task->cred->uid.val;
	for (int i = 0; i < EVENTS_COMM_LEN; i++)
		who->comm[i] = task->comm[i];
	who->comm[EVENTS_COMM_LEN - 1] = 0;
}

static __always_inline bool is_wanted(u64 inode)
{
	for (u32 i = 0; i < SOCKETS_WANTED_MAX; i++) {
		if (i >= sockets_query.count)
			return false;
		if (sockets_query.inodes[i] == inode)
			return true;
	}
	return false;
}

static __always_inline void seed(const struct sock *sk, struct task_struct *task, u64 inode)
{
	u8 state = sk->__sk_common.skc_state;

	/* Of a Multipath TCP socket only the subflows are told of, and they have no file. */
	if (sk->sk_protocol == IPPROTO_MPTCP)
		return;
	if (sk->sk_protocol == IPPROTO_UDP) {
		struct udp_owner owner = { .inode = inode };

		who_from_task(&owner.who, task);
		udp_owner_store((u64)sk, &owner);
	} else if (state != TCP_CLOSE && state != TCP_LISTEN && !conn_find((u64)sk)) {
		struct conn conn = {};

		who_from_task(&conn.who, task);
		conn_store((u64)sk, &conn);
	}
}

/* Requests in the SYN queue of a listener. */
static __always_inline u32 half_open(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	return tp ? tp->inet_conn.icsk_accept_queue.qlen.counter : 0;
}

static __always_inline bool is_full_listener(struct sock *sk)
{
	struct net *net = sk->__sk_common.skc_net.net;

	return sk->__sk_common.skc_state == TCP_LISTEN && net->ns.inum == sockets_query.netns &&
	       (sk->sk_ack_backlog > sk->sk_max_ack_backlog ||
		half_open(sk) >= sk->sk_max_ack_backlog);
}

static __always_inline bool holds_port(const struct sock *sk)
{
	struct net *net = sk->__sk_common.skc_net.net;

	return sk->__sk_common.skc_num == sockets_query.port &&
	       protocol_number(sk->sk_protocol) == sockets_query.protocol &&
	       net->ns.inum == sockets_query.netns;
}

static __always_inline bool is_asked_for(struct sock *sk, u64 inode)
{
	switch (sockets_query.mode) {
	case SOCKETS_BY_INODE:
		return is_wanted(inode);
	case SOCKETS_FULL:
		return is_full_listener(sk);
	default:
		return holds_port(sk);
	}
}

SEC("?iter/task_file")
int sockets__iter(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_row row = {};
	struct socket *socket;
	struct sock *sk;
	u16 family;

	if (!task || !file)
		return 0;
	socket = (void *)bpf_sock_from_file((void *)file);
	if (!socket || !(sk = socket->sk))
		return 0;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_UDP &&
	    sk->sk_protocol != IPPROTO_MPTCP)
		return 0;
	row.inode = file->f_inode->i_ino;
	if (sockets_query.mode == SOCKETS_SEED) {
		seed(sk, task, row.inode);
		return 0;
	}
	if (!is_asked_for(sk, row.inode))
		return 0;
	row.sk = (u64)sk;
	row.state = sk->__sk_common.skc_state;
	row.depth = sk->sk_ack_backlog;
	row.limit = sk->sk_max_ack_backlog;
	row.half_open = half_open(sk);
	row.v6only = BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_ipv6only);
	who_from_task(&row.who, task);
	flow_fill(&row.flow, sk);
	bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
	return 0;
}
