// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that start: each may bring libraries that nobody mapped before. User
 * space looks at them at its leisure, and at once when the root directory is
 * new: a container has libraries of its own.
 */
#include "bpf/core.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, STARTS_BYTES);
} program_starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ROOTS_MAX);
	__type(key, u64);
	__type(value, u8);
} roots SEC(".maps");

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(program_started__tp_btf, struct task_struct *task)
{
	u64 root = config.may_read ? (u64)BPF_CORE_READ(task, fs, root.dentry) :
				     (u64)task->fs->root.dentry;
	bool known = bpf_map_lookup_elem(&roots, &root);
	struct program_start *start;
	u8 one = 1;

	if (!known)
		bpf_map_update_elem(&roots, &root, &one, BPF_ANY);
	start = bpf_ringbuf_reserve(&program_starts, sizeof(*start), 0);
	if (!start)
		return 0;
	start->pid = task->tgid;
	start->new_root = !known;
	bpf_ringbuf_submit(start, known ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP);
	return 0;
}
