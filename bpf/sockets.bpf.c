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
	const struct cred *cred = task->cred;

	who->pid = task->tgid;
	who->tid = task->pid;
	if (cred)
		who->uid = cred->uid.val;
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

static __always_inline void seed(const struct socket_row *row, u16 protocol,
				 struct task_struct *task)
{
	/* Of a Multipath TCP socket only the subflows are told of, and they have no file. */
	if (protocol == IPPROTO_MPTCP)
		return;
	if (protocol == IPPROTO_UDP) {
		struct udp_owner owner = { .inode = row->inode };

		who_from_task(&owner.who, task);
		udp_owner_store(row->sk, &owner);
	} else if (row->state != TCP_CLOSE && row->state != TCP_LISTEN && !conn_find(row->sk)) {
		struct conn conn = {};

		who_from_task(&conn.who, task);
		conn_store(row->sk, &conn);
	}
}

static __always_inline bool is_asked_for(const struct socket_row *row)
{
	switch (sockets_query.mode) {
	case SOCKETS_BY_INODE:
		return is_wanted(row->inode);
	case SOCKETS_DROPPED:
		return row->state == TCP_LISTEN && row->flow.netns == sockets_query.netns &&
		       row->drops;
	default:
		return row->flow.sport == sockets_query.port &&
		       row->flow.protocol == sockets_query.protocol &&
		       row->flow.netns == sockets_query.netns;
	}
}

/* @task was tested by the caller: another read of ctx->task would be untested again. */
static __always_inline int visit(struct bpf_iter__task_file *ctx, struct task_struct *task,
				 struct socket_row *row, u16 protocol)
{
	if (sockets_query.mode == SOCKETS_SEED) {
		seed(row, protocol, task);
		return 0;
	}
	if (!is_asked_for(row))
		return 0;
	who_from_task(&row->who, task);
	row->started_ns = task->start_time;
	bpf_seq_write(ctx->meta->seq, row, sizeof(*row));
	return 0;
}

static __always_inline bool is_wanted_protocol(u16 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_MPTCP;
}

SEC("?iter/task_file")
int sockets__iter(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_row row = {};
	struct socket *socket;
	struct tcp_sock *tp;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = (void *)bpf_sock_from_file((void *)file);
	if (!socket || !(sk = socket->sk))
		return 0;
	if (!is_inet_family(sk->__sk_common.skc_family) || !is_wanted_protocol(sk->sk_protocol))
		return 0;
	row.sk = (u64)sk;
	row.inode = file->f_inode->i_ino;
	row.state = sk->__sk_common.skc_state;
	row.depth = sk->sk_ack_backlog;
	row.limit = sk->sk_max_ack_backlog;
	row.drops = sk->sk_drops.counter;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		row.half_open = tp->inet_conn.icsk_accept_queue.qlen.counter;
	row.v6only = BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_ipv6only);
	flow_fill(&row.flow, sk);
	row.flow.ifindex = sk->__sk_common.skc_bound_dev_if;
	return visit(ctx, task, &row, sk->sk_protocol);
}

/* bpf_sock_from_file() came with 5.11; a file of a socket opened by O_PATH has no socket. */
SEC("?iter/task_file")
int sockets__iter_read(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket_row row = {};
	struct socket *socket;
	struct sock *sk;
	u16 protocol;

	if (!task || !file || (file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return 0;
	socket = file->private_data;
	sk = BPF_CORE_READ(socket, sk);
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (!sk || !is_inet_family(BPF_CORE_READ(sk, __sk_common.skc_family)) ||
	    !is_wanted_protocol(protocol))
		return 0;
	row.sk = (u64)sk;
	row.inode = file->f_inode->i_ino;
	row.state = BPF_CORE_READ(sk, __sk_common.skc_state);
	row.depth = BPF_CORE_READ(sk, sk_ack_backlog);
	row.limit = BPF_CORE_READ(sk, sk_max_ack_backlog);
	row.drops = BPF_CORE_READ(sk, sk_drops.counter);
	if (protocol == IPPROTO_TCP)
		row.half_open = BPF_CORE_READ((struct tcp_sock *)sk,
					      inet_conn.icsk_accept_queue.qlen.counter);
	row.v6only = BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only);
	flow_probe(&row.flow, sk);
	row.flow.ifindex = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	return visit(ctx, task, &row, protocol);
}
