// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process tree of `connwatch run`. A member stays listed after its exit,
 * because its last connection may fail after it; a recycled pid is struck off.
 */
#include "bpf/core.bpf.h"

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(process_tree__tp_btf, struct task_struct *parent, struct task_struct *child)
{
	tree_follow(parent->tgid, child->tgid);
	return 0;
}
