// SPDX-License-Identifier: GPL-2.0-only
/* The shared maps, the loss counters and the filters: see core.bpf.h. */
#include "bpf/task.bpf.h"
#include "bpf/core.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct bpf_config config = {};

/* Counted here, read by user space through the mapped .bss; index enum lost_stage. */
__u64 lost[LOST_STAGES] = {};

__u32 unknown_zero;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, UDP_OWNERS_MAX);
	__type(key, u64);
	__type(value, struct udp_owner);
} udp_owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, THREAD_FACTS_MAX);
	__type(key, u32);
	__type(value, struct thread_fact);
} thread_facts SEC(".maps");


static __always_inline void lost_add(enum lost_stage stage)
{
	__sync_fetch_and_add(&lost[stage], 1);
}

/* For tests of what happens then. */
static __always_inline bool lose(enum lost_stage stage)
{
	static u64 chances;

	return (config.lose & 1 << stage) && (chances++ & 1);
}

__hidden void *core_reserve(u64 size)
{
	if (lose(LOST_RING))
		return NULL;
	return bpf_ringbuf_reserve(&records, size, 0);
}

__hidden void core_ring_full(void)
{
	lost_add(LOST_RING);
}

__hidden bool core_ring_is_half_full(void)
{
	return bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > RING_BYTES / 2;
}

__hidden void core_tree_full(void)
{
	lost_add(LOST_TREE);
}

__hidden void core_table_full(void)
{
	lost_add(LOST_TABLE);
}

__hidden bool core_loses_table(void)
{
	return lose(LOST_TABLE);
}

#define WAKE_GAP_NS 1000000ULL

static u64 woken_ns;

__hidden u64 core_wake_flags(u64 now_ns)
{
	if (now_ns - woken_ns < WAKE_GAP_NS)
		return BPF_RB_NO_WAKEUP;
	woken_ns = now_ns;
	return BPF_RB_FORCE_WAKEUP;
}

__hidden void who_fill_task(struct rec_who *who, const struct task_struct *task)
{
	if (task)
		who_from_current(who, task);
	else
		who_ask(who);
	who->member = config.tree && tree_has(who->pid);
	who->cgroup_id = bpf_get_current_cgroup_id();
}

__hidden void who_fill(struct rec_who *who)
{
	/* It is in many programs, and none of them is a busy one: see who_from_current(). */
	who_fill_task(who, config.may_read ? NULL : task_current());
}

static __always_inline bool comm_matches(const struct rec_who *who)
{
	for (int i = 0; i < EVENTS_COMM_LEN; i++) {
		if (who->comm[i] != config.comm[i])
			return false;
		if (!who->comm[i])
			return true;
	}
	return true;
}

static __always_inline bool port_matches(const struct rec_flow *flow)
{
	for (u32 i = 0; i < CONFIG_PORTS_MAX; i++) {
		if (i >= config.port_count)
			break;
		if (flow->dport == config.ports[i] || flow->sport == config.ports[i])
			return true;
	}
	return false;
}

/*
 * An operation whose process is not known passes: user space may still find
 * out whose the socket is, and applies every filter again. Not so for a tree:
 * its members' sockets are all younger than connwatch, so each has its process,
 * unless the table was full, which is counted.
 */
__hidden bool filter_passes(const struct rec_who *who, const struct rec_flow *flow)
{
	if (config.netns && flow->netns && flow->netns != config.netns)
		return false;
	if (config.port_count && !port_matches(flow))
		return false;
	if (!who->pid)
		return !config.tree;
	if (config.pid && who->pid != config.pid)
		return false;
	if (config.has_comm && !comm_matches(who))
		return false;
	return !config.tree || who->member;
}

__hidden struct udp_owner *udp_owner_find(u64 sk)
{
	return bpf_map_lookup_elem(&udp_owners, &sk);
}

__hidden void udp_owner_store(u64 sk, const struct udp_owner *owner)
{
	if (config.tree && !owner->who.member) {
		bpf_map_delete_elem(&udp_owners, &sk);
		return;
	}
	bpf_map_update_elem(&udp_owners, &sk, owner, BPF_ANY);
}

/*
 * A synchronous error comes back within the call that met it, so an older fact
 * of the same thread about the same address is another call's.
 */
#define THREAD_FACT_FRESH_NS 10000000ULL

__hidden void thread_fact_store(const struct thread_fact *fact)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();

	bpf_map_update_elem(&thread_facts, &tid, fact, BPF_ANY);
}

__hidden struct thread_fact *thread_fact_last(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();
	struct thread_fact *fact = bpf_map_lookup_elem(&thread_facts, &tid);

	if (!fact || bpf_ktime_get_ns() - fact->ts_ns > THREAD_FACT_FRESH_NS)
		return NULL;
	return fact;
}

__hidden struct thread_fact *thread_fact_find(const u8 *daddr)
{
	struct thread_fact *fact = thread_fact_last();
	const u32 *a, *b = (const u32 *)daddr;

	if (!fact)
		return NULL;
	a = (const u32 *)fact->daddr;
	/* One branch: each more is a way that the verifier walks to the program's end. */
	return (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) ? NULL : fact;
}

__hidden void thread_fact_drop(void)
{
	u32 tid = (u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&thread_facts, &tid);
}
