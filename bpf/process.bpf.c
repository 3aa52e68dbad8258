// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process tree of `connwatch run`. Whether a process is a member is asked when
 * it does something and kept with that (who_fill), because its last connection may
 * fail after it; so it is listed until it is gone and no longer.
 */
#include "bpf/core.bpf.h"

/*
 * When each member started. Not of the kind that evicts: a member that does
 * nothing for long is one all the same.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TREE_MAX);
	__type(key, u32);
	__type(value, u64);
} tree SEC(".maps");

__hidden bool tree_has(u32 tgid)
{
	return bpf_map_lookup_elem(&tree, &tgid);
}

/* Takes the child of a member in; any other process with that pid leaves the tree. */
static __always_inline void follow(u32 parent, u32 child, u64 started_ns)
{
	if (parent == child)
		return;
	if (!tree_has(parent))
		bpf_map_delete_elem(&tree, &child);
	else if (bpf_map_update_elem(&tree, &child, &started_ns, BPF_ANY))
		core_tree_full();
}

static __always_inline void forget(u32 pid, u64 started_ns)
{
	u64 *member = bpf_map_lookup_elem(&tree, &pid);

	/* Its number may be another member's by now. */
	if (member && (!*member || *member == started_ns))
		bpf_map_delete_elem(&tree, &pid);
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(process_tree__tp_btf, struct task_struct *parent, struct task_struct *child)
{
	follow(parent->tgid, child->tgid, child->start_time);
	return 0;
}

/*
 * Reaped, and the last look at its descriptors over. Of threads only the one that
 * bears the process's number counts: the last to go, and the one that execve() keeps.
 */
SEC("?tp_btf/sched_process_free")
int BPF_PROG(process_tree__tp_btf__free, struct task_struct *task)
{
	if (task->pid == task->tgid)
		forget(task->tgid, task->start_time);
	return 0;
}
