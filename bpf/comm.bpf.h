/* SPDX-License-Identifier: GPL-2.0-only */
/* What the current process goes by. */
#ifndef CONNWATCH_COMM_BPF_H
#define CONNWATCH_COMM_BPF_H

#include "bpf/core.bpf.h"

/* Since 5.11 the task itself can be had, and read without probing. */
enum bpf_func_id___task {
	BPF_FUNC_get_current_task_btf___task = 158,
};

/*
 * The name of the process' first thread: that of another thread says little of
 * it. Read by its address where that is allowed: newer verifiers take a
 * millisecond for every pointer that is followed, on every way through a
 * program. Where the task cannot be had, the thread's own.
 */
static __always_inline void comm_fill(char comm[EVENTS_COMM_LEN])
{
	struct task_struct *task = (void *)bpf_get_current_task(), *leader;

	if (config.may_read) {
		leader = BPF_CORE_READ(task, group_leader);
		bpf_core_read(comm, EVENTS_COMM_LEN, &leader->comm);
	} else if (bpf_core_enum_value_exists(enum bpf_func_id___task,
					      BPF_FUNC_get_current_task_btf___task)) {
		leader = ((struct task_struct *)bpf_get_current_task_btf())->group_leader;
		for (int i = 0; i < EVENTS_COMM_LEN; i++)
			comm[i] = leader->comm[i];
	} else {
		bpf_get_current_comm(comm, EVENTS_COMM_LEN);
	}
	comm[EVENTS_COMM_LEN - 1] = 0;
}

#endif
