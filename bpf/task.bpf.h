/* SPDX-License-Identifier: GPL-2.0-only */
/* The current task: whose process it is, and what that goes by. */
#ifndef CONNWATCH_TASK_BPF_H
#define CONNWATCH_TASK_BPF_H

#include "bpf/core.bpf.h"

/*
 * Two loads, not one for every byte: the verifier lets an array be read across
 * its members. The compiler does so only through pointers of their own.
 */
static __always_inline void comm_copy(char comm[EVENTS_COMM_LEN], const struct task_struct *task)
{
	const u64 *from = (const void *)task->comm;
	u64 *to = (void *)comm;

	for (int i = 0; i < EVENTS_COMM_LEN / 8; i++)
		to[i] = from[i];
	comm[EVENTS_COMM_LEN - 1] = 0;
}

/*
 * The name is that of the process' first thread: another thread's says little
 * of it. No pointer of the task is followed where memory may be read by address:
 * newer verifiers search all of the kernel's types for each one, some five
 * milliseconds of the time to start.
 */
static __always_inline void comm_of_process(char comm[EVENTS_COMM_LEN],
					    const struct task_struct *task)
{
	struct task_struct *leader;

	if (task->pid == task->tgid) {
		comm_copy(comm, task);
	} else if (config.may_read) {
		leader = BPF_CORE_READ(task, group_leader);
		bpf_core_read(comm, EVENTS_COMM_LEN, &leader->comm);
		comm[EVENTS_COMM_LEN - 1] = 0;
	} else {
		comm_copy(comm, task->group_leader);
	}
}

/* @task: task_current(). */
static __always_inline void who_from_current(struct rec_who *who, const struct task_struct *task)
{
	who->pid = task->tgid;
	who->tid = task->pid;
	who->uid = (u32)bpf_get_current_uid_gid();
	comm_of_process(who->comm, task);
}

/* By calls, which take longer and nothing of the verifier's time. */
static __always_inline void who_ask(struct rec_who *who)
{
	u64 id = bpf_get_current_pid_tgid();

	who->pid = id >> 32;
	who->tid = (u32)id;
	who->uid = (u32)bpf_get_current_uid_gid();
	if (config.may_read) {
		struct task_struct *task = (void *)bpf_get_current_task();
		struct task_struct *leader = BPF_CORE_READ(task, group_leader);

		bpf_core_read(who->comm, EVENTS_COMM_LEN, &leader->comm);
	} else {
		bpf_get_current_comm(who->comm, EVENTS_COMM_LEN);
	}
	who->comm[EVENTS_COMM_LEN - 1] = 0;
}

#endif
