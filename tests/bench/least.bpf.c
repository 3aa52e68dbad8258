// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that can name the process of a connection whenever it fails, on connwatch's own
 * tracepoints: whoever opens or accepts one is remembered, and looked up at its end; a failure is
 * counted with its equals. What that takes is the floor of connwatch's BPF time. It knows nothing
 * of causes, has no filters, and tells nobody.
 */
#define __VMLINUX_H__ /* tells bpf_tracing.h to use the kernel's register names */
#include "vmlinux/types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/config.h"

char LICENSE[] SEC("license") = "GPL";

struct owner {
	u32 pid;		/* 0: the socket is gone, the next in its place takes this over */
	u32 tid;
	u32 uid;
	u32 reserved;
	u64 cgroup_id;
	u64 since_ns;
	char comm[EVENTS_COMM_LEN];
};

struct failure {
	u8 daddr[16];
	u32 pid;
	u32 netns;
	s32 err;
	u16 dport;
	u16 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONNS_MAX);
	__type(key, u64);
	__type(value, struct owner);
} owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, REPEATS_MAX);
	__type(key, struct failure);
	__type(value, u64);
} failures SEC(".maps");

static __always_inline void remember(u64 sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct owner owner = {
		.pid = task->tgid, .tid = task->pid, .uid = (u32)bpf_get_current_uid_gid(),
		.cgroup_id = bpf_get_current_cgroup_id(), .since_ns = bpf_ktime_get_ns(),
	};
	const u64 *comm = (const void *)task->comm;
	struct owner *old;

	((u64 *)owner.comm)[0] = comm[0];
	((u64 *)owner.comm)[1] = comm[1];
	old = bpf_map_lookup_elem(&owners, &sk);
	if (old)
		*old = owner;
	else
		bpf_map_update_elem(&owners, &sk, &owner, BPF_ANY);
}

static __always_inline void count(const struct tcp_sock *tp, const struct owner *owner)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct net *net = sk->__sk_common.skc_net.net;
	struct failure failure = { .pid = owner->pid, .netns = net->ns.inum, .err = sk->sk_err,
				   .dport = sk->__sk_common.skc_dport };
	u64 one = 1, *times;

	*(u32 *)failure.daddr = sk->__sk_common.skc_daddr;
	times = bpf_map_lookup_elem(&failures, &failure);
	if (times)
		__sync_fetch_and_add(times, 1);
	else
		bpf_map_update_elem(&failures, &failure, &one, BPF_ANY);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(least_state, struct sock *arg, int oldstate, int newstate)
{
	u64 sk = (u64)arg;
	struct tcp_sock *tp;
	struct owner *owner;

	if (newstate == TCP_SYN_SENT)
		remember(sk);
	if (newstate != TCP_CLOSE || oldstate == TCP_LISTEN || oldstate == TCP_LAST_ACK)
		return 0;
	owner = bpf_map_lookup_elem(&owners, &sk);
	tp = owner && owner->pid ? bpf_skc_to_tcp_sock(arg) : NULL;
	if (tp && tp->inet_conn.icsk_inet.sk.sk_err)
		count(tp, owner);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(least_gone, struct sock *arg)
{
	u64 sk = (u64)arg;
	struct owner *owner = bpf_map_lookup_elem(&owners, &sk);

	if (owner)
		owner->pid = 0;
	return 0;
}

/* The socket behind the new descriptor: no tracepoint of accept() names it. */
static __always_inline int accepted(long fd)
{
	struct file **files, *file = NULL;
	struct socket *socket;
	struct sock *sk;

	if (fd < 0)
		return 0;
	files = bpf_get_current_task_btf()->files->fdt->fd;
	bpf_probe_read_kernel(&file, sizeof(file), &files[(u32)fd]);
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (sk && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
		remember((u64)sk);
	return 0;
}

SEC("tp/syscalls/sys_exit_accept")
int least_accept(struct syscall_trace_exit *ctx)
{
	return accepted(ctx->ret);
}

SEC("tp/syscalls/sys_exit_accept4")
int least_accept4(struct syscall_trace_exit *ctx)
{
	return accepted(ctx->ret);
}
