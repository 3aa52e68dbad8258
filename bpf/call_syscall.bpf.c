// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect(), bind() and listen() at the system call's exit, for kernels that
 * allow neither fexit nor kprobes. The per-call tracepoint makes the kernel
 * turn other system calls away before any program runs; tp_btf/sys_exit, the
 * last resort where tracefs cannot be had, runs for every one of them.
 * io_uring does not pass here.
 */
#include "bpf/call.bpf.h"

static __always_inline int connect_exit(struct pt_regs *regs, long ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };
	struct sockaddr_any sa = {};
	short type = 0;
	struct sock *sk;

	if (ret && !call_failed(ret))
		return 0;
	sk = call_socket((int)SYSCALL_ARG1(regs), &type);
	/* A stream's success is told by its state; only datagram sockets go on. */
	if (!ret && type != SOCK_DGRAM)
		return 0;
	call_probe_socket(&call, sk);
	if (!call_user_address(&sa, (void *)SYSCALL_ARG2(regs)))
		return 0;
	return connect_finish(&call, &sa);
}

static __always_inline int bind_exit(struct pt_regs *regs, long ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };
	struct sockaddr_any sa = {};
	short type;

	if (!call_failed(ret) || !call_user_address(&sa, (void *)SYSCALL_ARG2(regs)))
		return 0;
	call_probe_socket(&call, call_socket((int)SYSCALL_ARG1(regs), &type));
	return bind_finish(&call, &sa);
}

static __always_inline int listen_exit(struct pt_regs *regs, long ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };
	short type;

	if (!call_failed(ret))
		return 0;
	call_probe_socket(&call, call_socket((int)SYSCALL_ARG1(regs), &type));
	return listen_finish(&call);
}

#define SYSCALL_PROGRAMS(call_, tp_hook, raw_hook)                                        \
	SEC("?tp/syscalls/sys_exit_" #call_)                                              \
	int call_##_return__tp(struct syscall_trace_exit *ctx)                            \
	{                                                                                 \
		struct task_struct *task = (void *)bpf_get_current_task_btf();            \
											  \
		return call_##_exit((void *)bpf_task_pt_regs((void *)task), ctx->ret,     \
				    tp_hook);                                             \
	}                                                                                 \
	SEC("?tp_btf/sys_exit")                                                           \
	int BPF_PROG(call_##_return__sys_exit, struct pt_regs *regs, long ret)            \
	{                                                                                 \
		if (SYSCALL_NR(regs) != __NR_##call_)                                     \
			return 0;                                                         \
		return call_##_exit(regs, ret, raw_hook);                                 \
	}

SYSCALL_PROGRAMS(connect, HOOK_CONNECT_TP, HOOK_CONNECT_SYS_EXIT)
SYSCALL_PROGRAMS(bind, HOOK_BIND_TP, HOOK_BIND_SYS_EXIT)
SYSCALL_PROGRAMS(listen, HOOK_LISTEN_TP, HOOK_LISTEN_SYS_EXIT)
