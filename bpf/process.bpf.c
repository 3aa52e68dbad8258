// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process tree of `connwatch run`. Whether a process is a member is asked when
 * it does something and kept with that (who_fill), because its last connection may
 * fail after it; so it is listed until it is gone and no longer.
 */
#include "bpf/core.bpf.h"

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(process_tree__tp_btf, struct task_struct *parent, struct task_struct *child)
{
	tree_follow(parent->tgid, child->tgid, child->start_time);
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
		tree_forget(task->tgid, task->start_time);
	return 0;
}
