// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect(), bind() and listen() that returned an error. The functions the
 * socket layer calls through its proto_ops (inet_stream_connect and its kin)
 * are taken by fexit or kretprobe; where the kernel allows neither, the system
 * call's exit is, which costs a little on every system call of the machine and
 * does not see io_uring.
 */
#include "bpf/call.bpf.h"

__hidden struct sock *call_socket(int fd, short *type)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(fdt, fd);
	struct file *file = NULL;
	struct socket *socket;

	if (fd < 0 || (u32)fd >= BPF_CORE_READ(fdt, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	*type = BPF_CORE_READ(socket, type);
	return BPF_CORE_READ(socket, sk);
}

__hidden bool call_user_address(struct sockaddr_any *sa, const void *user)
{
	/* No more than the family needs: what follows may not be mapped. */
	if (bpf_probe_read_user(sa, 8, user))
		return false;
	if (sa->family == AF_INET6)
		return !bpf_probe_read_user(sa, sizeof(*sa), user);
	return true;
}

static __always_inline u32 return_flags(const struct call *call)
{
	/* No arithmetic on what may be a pointer to the verifier. */
	return (call->sk ? CALL_HAS_SOCKET : 0) |
	       is_set(call->userlocks & SOCK_BINDPORT_LOCK) * CALL_PORT_BOUND |
	       is_set(call->may_bind_low) * CALL_MAY_BIND_LOW |
	       (config.watched & WATCHED_LOOKUPS ? CALL_LOOKUPS_WATCHED : 0) |
	       (thread_in_lookup() ^ unknown_zero) * CALL_IN_LOOKUP;
}

/* Without a branch: see unknown_zero. */
static __always_inline u8 datagram_use(const struct rec_flow *flow)
{
	u32 port = flow->dport, is_other = is_set(flow->protocol ^ IPPROTO_UDP);
	u32 is_probe = 1 ^ (is_set(port) & is_set(port ^ 9) & is_set(port ^ 65535));
	u32 is_names = 1 ^ is_set(port ^ 53);

	return (1 ^ is_other) * (is_probe * REPEAT_USE_PROBE + is_names * REPEAT_USE_NAMES);
}

/* Whether the failure is one of a flood, and was counted. */
static __always_inline bool return_is_repeat(const struct call *call, u16 kind, u32 flags, u32 pid,
					     u32 refused_by, u64 *id)
{
	struct repeat_key key = { .pid = pid, .netns = call->flow.netns, .kind = kind,
				  .err = call->ret, .facts = flags | (u32)call->reuse << 24,
				  .protocol = call->flow.protocol, .family = call->flow.family };
	bool connects = kind == REC_CONNECT_RETURN;

	if (connects)
		key.use = datagram_use(&call->flow);
	addr_copy(key.addr, connects ? call->flow.daddr : call->flow.saddr);
	key.more_facts = refused_by;
	return repeat_take(&key, connects ? call->flow.dport : call->flow.sport,
			   bpf_ktime_get_ns(), id) != REPEAT_TOLD;
}

/* @refused_by, @more: what only the caller knows; the latter are flags. */
static __always_inline struct rec_call_return *
return_begin(const struct call *call, u16 kind, u32 refused_by, u32 more)
{
	struct rec_call_return *rec;
	struct rec_who who = {};
	u64 id = 0;
	u32 flags;

	who_fill(&who);
	if (!filter_passes(&who, &call->flow))
		return NULL;
	flags = return_flags(call) | more;
	if (return_is_repeat(call, kind, flags, who.pid, refused_by, &id))
		return NULL;
	rec = rec_begin(struct rec_call_return, kind, call->hook);
	if (!rec)
		return NULL;
	rec->who = who;
	rec->flow = call->flow;
	rec->inode = call->inode;
	rec->ret = call->ret;
	rec->reuse = call->reuse;
	rec->flags = flags;
	rec->repeat_id = id;
	return rec;
}

__hidden bool connect_was_told(u64 sk, u64 inode, long ret)
{
	struct conn *conn = conn_find(sk);

	if (!conn || !conn->reported_err || conn->reported_err != -ret || conn->inode != inode)
		return false;
	conn_forget(sk);
	return true;
}

/*
 * The error is that of a SYN, yet no state change was seen to end the connection:
 * a program that is running is not entered again (bpf_prog->active), so one that
 * a timer's softirq interrupts misses what the timer does.
 */
static __always_inline bool end_was_missed(const struct call *call, const struct conn *conn)
{
	return conn && conn->started_ns && !conn->reported_err && !conn->port_search_failed &&
	       call->state == TCP_CLOSE;
}

static __always_inline int missed_end_emit(const struct call *call, struct conn *conn)
{
	struct rec_tcp_end *rec = NULL;

	if (filter_passes(&conn->who, &call->flow))
		rec = rec_begin(struct rec_tcp_end, REC_TCP_END, call->hook);
	if (rec) {
		rec->flow = call->flow;
		rec->sk_err = -call->ret;
		rec->old_state = TCP_SYN_SENT;
		rec->watched = config.watched;
		rec->inode = call->inode;
		conn_join(rec, conn);
		rec_submit(rec);
	}
	conn_forget(call->sk);
	return 0;
}

/* Numbers, not what they are read from: see unknown_zero. */
static __always_inline u32 port_search_flag(const struct conn *conn)
{
	u32 failed = 0;

	if (conn)
		failed = is_set(conn->port_search_failed) * CALL_PORT_SEARCH_FAILED |
			 !is_set(conn->port_search_failed ^ HOOK_SET_STATE_RAW) *
				 CALL_PORT_SEARCH_RAW;
	return failed ^ unknown_zero;
}

/* 0: by no look-up that is known. */
static __always_inline u32 refused_by_route(const struct call *call)
{
	const struct thread_fact *fact = thread_fact_find(call->flow.daddr);
	u32 refused_by = 0;

	if (fact)
		refused_by = 1u << 31 | fact->table << 8 | fact->type;
	return refused_by ^ unknown_zero;
}

static __always_inline void route_fact_join(struct rec_call_return *rec, const struct call *call)
{
	const struct thread_fact *fact = thread_fact_find(call->flow.daddr);

	if (!fact)
		return;
	rec->flags |= CALL_ROUTE_FACT;
	rec->route_table = fact->table;
	rec->route_err = fact->err;
	rec->route_hook = fact->hook;
	rec->route_type = fact->type;
}

__hidden int connect_returned(const struct call *call)
{
	struct rec_call_return *rec;
	u32 refused_by, more;
	struct conn *conn;

	if (call->sk && connect_was_told(call->sk, call->inode, call->ret))
		return 0;
	conn = call->sk ? conn_find(call->sk) : NULL;
	if (end_was_missed(call, conn))
		return missed_end_emit(call, conn);
	more = port_search_flag(conn);
	refused_by = refused_by_route(call);
	/*
	 * One block from the reservation to the end: verifiers before 6.4 lose
	 * what a test that was kept over a call had found.
	 */
	rec = return_begin(call, REC_CONNECT_RETURN, refused_by, more);
	if (rec) {
		route_fact_join(rec, call);
		rec_submit(rec);
	}
	if (call->sk)
		conn_forget(call->sk);
	if (refused_by)
		thread_fact_drop();
	return 0;
}

__hidden int connect_told_before(const struct call *call)
{
	if (call->sk)
		conn_forget(call->sk);
	return 0;
}

/* A connected UDP socket hears of ICMP errors, in softirq: remember whose it is. */
__hidden int udp_connected(const struct call *call)
{
	struct udp_owner owner = { .inode = call->inode, .in_lookup = thread_in_lookup() };

	who_fill(&owner.who);
	udp_owner_store(call->sk, &owner);
	return 0;
}

__hidden int bind_returned(const struct call *call)
{
	struct rec_call_return *rec = return_begin(call, REC_BIND_RETURN, 0, 0);

	if (rec)
		rec_submit(rec);
	return 0;
}

__hidden int listen_returned(const struct call *call)
{
	struct rec_call_return *rec = return_begin(call, REC_LISTEN_RETURN, 0, 0);

	if (rec)
		rec_submit(rec);
	return 0;
}

__hidden int accepted(u64 sk, const struct task_struct *task)
{
	struct conn conn = { .established_ns = bpf_ktime_get_ns(), .accepted = 1 };

	who_fill_task(&conn.who, task);
	conn_store(sk, &conn);
	return 0;
}
