/* SPDX-License-Identifier: GPL-2.0-only */
/* The current task: whose process it is, and what that goes by. */
#ifndef CONNWATCH_TASK_BPF_H
#define CONNWATCH_TASK_BPF_H

#include "bpf/core.bpf.h"

/* Since 5.15 the registers that the task came into the kernel with can be had, too. */
enum bpf_func_id___regs {
	BPF_FUNC_task_pt_regs___regs = 175,
};

/* Two loads, not one for every byte: the verifier lets an array be read across its members. */
static __always_inline void comm_copy(char comm[EVENTS_COMM_LEN], const struct task_struct *task)
{
	for (int i = 0; i < EVENTS_COMM_LEN; i += 8)
		*(u64 *)&comm[i] = *(const u64 *)&task->comm[i];
	comm[EVENTS_COMM_LEN - 1] = 0;
}

/*
 * The name is that of the process' first thread: another thread's says little
 * of it. Newer verifiers take a millisecond for every pointer that is followed,
 * on every way through a program: this is for the programs that every
 * connection passes, and follows two.
 */
static __always_inline void who_from_task(struct rec_who *who, const struct task_struct *task)
{
	const struct cred *cred = task->cred;

	who->pid = task->tgid;
	who->tid = task->pid;
	/* Never NULL; but kernels built by clang mark it as RCU's, and insist. */
	if (cred)
		who->uid = cred->uid.val;
	comm_copy(who->comm, task->group_leader);
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
