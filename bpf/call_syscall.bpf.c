// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect(), bind() and listen() at the system call's exit, for kernels that
 * allow neither fexit nor kprobes. The per-call tracepoint makes the kernel
 * turn other system calls away before any program runs; tp_btf/sys_exit, the
 * last resort where tracefs cannot be had, runs for every one of them.
 * io_uring does not pass here, nor do 32-bit programs (their numbers are others).
 */
#include "bpf/call.bpf.h"

/* The failure of @sk was told, and this connect() hands it out. */
static __always_inline bool is_old_news(u64 sk, long ret)
{
	struct conn *conn = conn_find(sk);

	if (!conn || !conn->reported_err || conn->reported_err != -ret)
		return false;
	conn_settle(conn);
	return true;
}

/*
 * The call has just used the descriptor, so it is within bounds; what another
 * thread made of it meanwhile is at worst not a socket any more.
 */
static __always_inline struct file *file_at(struct file **files, int fd)
{
	struct file *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

static __always_inline struct file **files_of(const struct task_struct *task)
{
	struct files_struct *files = task->files;
	struct fdtable *fdt = files ? files->fdt : NULL;

	return fdt ? fdt->fd : NULL;
}

static __always_inline struct file **files_ask(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, files, fdt, fd);
}

static __always_inline bool is_datagram(int fd)
{
	struct file *file = file_at(files_ask(), fd);
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, type) == SOCK_DGRAM;
}

/* What most calls come to: nothing failed, or what did was told. */
static __always_inline bool connect_is_done(const struct task_struct *task, long ret)
{
	u64 sk = connecting_end(task);

	if (ret && ret != -ECONNABORTED && !call_failed(ret))
		return true;
	return sk && (!ret || is_old_news(sk, ret));
}

static __always_inline int connect_exit(struct pt_regs *regs, long ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };
	struct sockaddr_any sa = {};
	short type = 0;
	struct sock *sk;

	/* A stream's success is told by its state; only datagram sockets go on. */
	if (!ret && !is_datagram((int)SYSCALL_ARG1(regs)))
		return 0;
	sk = call_socket((int)SYSCALL_ARG1(regs), &type);
	if (!ret && type != SOCK_DGRAM)
		return 0;
	if (ret && sk && connect_was_told((u64)sk, flow_probe_inode(sk), ret))
		return 0;
	call_probe_socket(&call, sk);
	if (!call_user_address(&sa, (void *)SYSCALL_ARG2(regs)))
		return 0;
	return connect_finish(&call, &sa);
}

static __always_inline bool bind_is_done(const struct task_struct *task, long ret)
{
	return !bind_matters(ret);
}

static __always_inline int bind_exit(struct pt_regs *regs, long ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };
	struct sockaddr_any sa = {};
	short type;

	if (!call_user_address(&sa, (void *)SYSCALL_ARG2(regs)))
		return 0;
	call_probe_socket(&call, call_socket((int)SYSCALL_ARG1(regs), &type));
	return bind_finish(&call, &sa);
}

static __always_inline bool listen_is_done(const struct task_struct *task, long ret)
{
	return !call_failed(ret);
}

static __always_inline int listen_exit(struct pt_regs *regs, long ret, u16 hook)
{
	struct call call = { .ret = ret, .hook = hook };
	short type;

	call_probe_socket(&call, call_socket((int)SYSCALL_ARG1(regs), &type));
	return listen_finish(&call);
}

/* @ret is the new descriptor. Only what tells a TCP connection is read: this runs for every one. */
static __always_inline int accept_exit(long ret)
{
	struct task_struct *task = task_current();
	struct socket *socket;
	struct file *file;
	struct sock *sk;
	u16 protocol;
	u64 taken;

	if (ret < 0)
		return 0;
	file = file_at(task ? files_of(task) : files_ask(), (int)ret);
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (!sk)
		return 0;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	taken = call_probe_accepted(sk, protocol);
	return taken ? accepted(taken, task) : 0;
}

#define SYSCALL_PROGRAMS(call_, tp_hook, raw_hook)                                        \
	SEC("?tp/syscalls/sys_exit_" #call_)                                              \
	int call_##_return__tp(struct syscall_trace_exit *ctx)                            \
	{                                                                                 \
		struct task_struct *task = bpf_get_current_task_btf();                    \
											  \
		if (call_##_is_done(task, ctx->ret))                                      \
			return 0;                                                         \
		return call_##_exit((void *)bpf_task_pt_regs((void *)task), ctx->ret,     \
				    tp_hook);                                             \
	}                                                                                 \
	SEC("?tp_btf/sys_exit")                                                           \
	int BPF_PROG(call_##_return__sys_exit, struct pt_regs *regs, long ret)            \
	{                                                                                 \
		if (SYSCALL_NR(regs) != __NR_##call_ || SYSCALL_IS_COMPAT(regs) ||        \
		    call_##_is_done(task_current(), ret))                                 \
			return 0;                                                         \
		return call_##_exit(regs, ret, raw_hook);                                 \
	}

SYSCALL_PROGRAMS(connect, HOOK_CONNECT_TP, HOOK_CONNECT_SYS_EXIT)
SYSCALL_PROGRAMS(bind, HOOK_BIND_TP, HOOK_BIND_SYS_EXIT)
SYSCALL_PROGRAMS(listen, HOOK_LISTEN_TP, HOOK_LISTEN_SYS_EXIT)

SEC("?tp/syscalls/sys_exit_accept")
int accept_return__tp__accept(struct syscall_trace_exit *ctx)
{
	return accept_exit(ctx->ret);
}

SEC("?tp/syscalls/sys_exit_accept4")
int accept_return__tp__accept4(struct syscall_trace_exit *ctx)
{
	return accept_exit(ctx->ret);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(accept_return__sys_exit, struct pt_regs *regs, long ret)
{
	int nr = SYSCALL_NR(regs);

	if ((nr != __NR_accept && nr != __NR_accept4) || SYSCALL_IS_COMPAT(regs))
		return 0;
	return accept_exit(ret);
}
