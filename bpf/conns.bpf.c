// SPDX-License-Identifier: GPL-2.0-only
/* Whose each TCP connection is, and what became known of it: see struct conn. */
#include "bpf/task.bpf.h"

/* Full, it takes room from a connection that no program met for long. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONNS_MAX);
	__type(key, u64);
	__type(value, struct conn);
} conns SEC(".maps");

__u32 conns_held;	/* its entries */
__u32 conns_spare;	/* those whose socket is gone */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct connecting);
} connecting SEC(".maps");

/*
 * Not io_uring nor MSG_FASTOPEN: they do not end by the exit of a connect(), and
 * that of the thread's next one would be taken for theirs.
 */
static __always_inline bool is_in_connect(const struct task_struct *task)
{
	struct pt_regs *regs;

	if (!bpf_core_enum_value_exists(enum bpf_func_id___later, BPF_FUNC_task_pt_regs___later))
		return false;
	regs = (void *)bpf_task_pt_regs((void *)task);
	return SYSCALL_NR(regs) == __NR_connect && !SYSCALL_IS_COMPAT(regs);
}

__hidden void connecting_begin(u64 sk, const struct task_struct *task)
{
	struct connecting *at = bpf_map_lookup_elem(&connecting, &(u32){ 0 });

	if (!at || !task || !is_in_connect(task))
		return;
	at->task = (u64)task;
	at->switches = task->nvcsw + task->nivcsw;
	at->sk = sk;
}

__hidden u64 connecting_end(const struct task_struct *task)
{
	struct connecting *at = bpf_map_lookup_elem(&connecting, &(u32){ 0 });

	if (!at || !task || at->task != (u64)task)
		return 0;
	at->task = 0;
	return at->switches == task->nvcsw + task->nivcsw ? at->sk : 0;
}

__hidden struct conn *conn_find(u64 sk)
{
	struct conn *conn = bpf_map_lookup_elem(&conns, &sk);

	return conn && !conn->spare ? conn : NULL;
}

__hidden struct conn *conn_find_live(u64 sk)
{
	struct conn *conn = bpf_map_lookup_elem(&conns, &sk);

	return conn && !((u32)conn->reported_err | conn->port_search_failed | conn->spare) ? conn :
											     NULL;
}

/*
 * The kernel soon uses a socket's memory for the next one. An entry that stays
 * for that one is taken over by a look-up; to insert and delete takes five times
 * as long. As many may stay as CONNS_SPARE_MAX, give or take a few: processors
 * do not wait for each other. Those whose memory no socket gets again are among
 * them for good.
 */
__hidden void conn_forget(u64 sk)
{
	struct conn *conn = bpf_map_lookup_elem(&conns, &sk);

	if (!conn || conn->spare)
		return;
	conn->spare = 1;
	if (conns_spare < CONNS_SPARE_MAX || bpf_map_delete_elem(&conns, &sk))
		__sync_fetch_and_add(&conns_spare, 1);
	else
		__sync_fetch_and_add(&conns_held, -1);
}

static __always_inline void conn_insert(u64 sk, const struct conn *conn)
{
	if (bpf_map_update_elem(&conns, &sk, conn, BPF_ANY)) {
		core_table_full();
		return;
	}
	/* From there on one may push another out. */
	if (conns_held >= CONNS_MAX)
		core_table_full();
	if (conns_held < config.conns_size)
		__sync_fetch_and_add(&conns_held, 1);
}

__hidden void conn_store(u64 sk, const struct conn *conn)
{
	struct conn *old;

	/*
	 * Where only a tree's members are told of, nobody else's connections may
	 * take the room of theirs.
	 */
	if (config.tree && !conn->who.member) {
		conn_forget(sk);
		return;
	}
	if (core_loses_table()) {
		core_table_full();
		return;
	}
	old = bpf_map_lookup_elem(&conns, &sk);
	if (!old) {
		conn_insert(sk, conn);
		return;
	}
	if (old->spare)
		__sync_fetch_and_add(&conns_spare, -1);
	*old = *conn;
}
