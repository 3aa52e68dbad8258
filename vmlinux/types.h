/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that the BPF programs read, declared small: only the members
 * that are used, relocated by CO-RE (preserve_access_index), so neither their
 * order nor their size matters. Written by hand from the kernel's own headers;
 * scripts/check-core holds every one of them against the BTF of other kernels.
 */
#ifndef CONNWATCH_VMLINUX_TYPES_H
#define CONNWATCH_VMLINUX_TYPES_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef unsigned long size_t;
enum { false = 0, true = 1 };
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h: what of it the programs use */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2, BPF_RB_AVAIL_DATA = 0 };

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define SOCK_DGRAM 2
#define RCV_SHUTDOWN 1
#define IPPROTO_MPTCP 262
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define IFF_LOOPBACK 8
#define NUD_FAILED 0x20

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
};

/* include/uapi/linux/net.h; an enum, for CO-RE holds int and enum apart */
typedef enum {
	SS_FREE = 0,
	SS_UNCONNECTED,
	SS_CONNECTING,
	SS_CONNECTED,
	SS_DISCONNECTING,
} socket_state;

/* include/uapi/asm-generic/errno*.h */
enum {
	EPERM = 1,
	EINTR = 4,
	EAGAIN = 11,
	EACCES = 13,
	EPIPE = 32,
	EBADMSG = 74,
	EADDRINUSE = 98,
	EADDRNOTAVAIL = 99,
	ECONNABORTED = 103,
	EISCONN = 106,
	ETIMEDOUT = 110,
	ECONNREFUSED = 111,
	EALREADY = 114,
	EINPROGRESS = 115,
	ERESTARTSYS = 512,
};

/* include/net/dropreason-core.h; the number is relocated */
enum skb_drop_reason {
	SKB_DROP_REASON_NETFILTER_DROP = 8,
	SKB_DROP_REASON_IP_RPFILTER = 20,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct ns_common {
	unsigned int inum;
};

struct user_namespace {
	struct user_namespace *parent;
};

struct net {
	struct user_namespace *user_ns;
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	char name[16];
	int ifindex;
	unsigned int flags;
	possible_net_t nd_net;
};

struct dst_entry {
	struct net_device *dev;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct sk_buff;

struct sk_buff_head {
	struct sk_buff *prev;
	__u32 qlen;
};

struct sock;

struct socket {
	socket_state state;
	short type;
	struct file *file;
	struct sock *sk;
};

struct sock_common {
	union {
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
	};
	union {
		struct {
			__be16 skc_dport;
			__u16 skc_num;
		};
	};
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

typedef struct {
	int counter;
} atomic_t;

struct sock {
	struct sock_common __sk_common;
	struct dst_entry *sk_dst_cache;
	u32 sk_ack_backlog;
	u32 sk_max_ack_backlog;
	atomic_t sk_drops;
	unsigned int sk_userlocks : 4;
	u16 sk_protocol;
	int sk_err;
	int sk_err_soft;
	u8 sk_shutdown;
	struct sk_buff_head sk_receive_queue;
	struct sk_buff_head sk_error_queue;
	struct socket *sk_socket;
};

struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct request_sock_queue {
	atomic_t qlen;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct request_sock_queue icsk_accept_queue;
	struct {
		__u32 lrcvtime;
	} icsk_ack;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 snd_una;
	u32 rcv_tstamp;
	u32 total_retrans;
	u32 write_seq;
	u64 tcp_clock_cache;
	_Bool is_mptcp;
};

struct mptcp_sock {
	struct sock *first;
};

struct flowi_common {
	__u8 flowic_proto;
};

struct flowi4 {
	struct flowi_common __fl_common;
	__be32 daddr;
};

struct flowi6 {
	struct flowi_common __fl_common;
	struct in6_addr daddr;
};

struct fib_nh_common;

struct fib6_table {
	__u32 tb6_id;
};

struct fib6_result {
	u8 fib6_type;
};

struct neigh_table {
	int family;
};

struct neighbour {
	struct neigh_table *tbl;
	atomic_t probes;
	u8 nud_state;
	struct net_device *dev;
	u8 primary_key[0];
};

struct sk_buff {
	struct sock *sk;
	struct net_device *dev;
	int skb_iif;
	unsigned long _skb_refdst;
	char cb[48];
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	unsigned int tail;	/* sk_buff_data_t: an offset on 64 bits */
	unsigned char *head;
};

/* include/uapi/linux/errqueue.h: the layout is ABI, its place in the socket buffer is not. */
struct sock_extended_err {
	__u32 ee_errno;
	__u8 ee_origin;
	__u8 ee_type;
	__u8 ee_code;
};

struct sock_exterr_skb {
	struct sock_extended_err ee;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct nsproxy {
	struct net *net_ns;
};

typedef struct {
	unsigned int val;
} kuid_t;

/* Two words before 6.3, one of 64 bits since; either begins with the lower 32. */
typedef struct {
	u64 val;
} kernel_cap_t;

struct cred {
	kuid_t uid;
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
};

struct dentry;

struct path {
	struct dentry *dentry;
};

struct fs_struct {
	struct path root;
};

struct task_struct {
	int pid;
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
	const struct cred *cred;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	__u64 start_time;
	unsigned long nvcsw;
	unsigned long nivcsw;
};

struct sockaddr {
	unsigned short sa_family;
	char sa_data[14];
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

/* kernel/trace/trace.h: what syscalls:sys_exit_* hand to a program (not
 * trace_event_raw_sys_exit, whose ret moves on PREEMPT_RT kernels). */
struct syscall_trace_exit {
	long ret;
};

#pragma clang attribute pop

/* Only the registers that carry system call arguments (arch/.../asm/ptrace.h). */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax,
		ip, cs, flags, sp, ss;
} __attribute__((preserve_access_index));
#define __NR_connect 42
#define __NR_accept 43
#define __NR_accept4 288
#define __NR_bind 49
#define __NR_listen 50
#define SYSCALL_NR(regs) ((int)(regs)->orig_ax)
#define SYSCALL_IS_COMPAT(regs) ((regs)->cs == 0x23) /* __USER32_CS */
#define SYSCALL_ARG1(regs) ((regs)->di)
#define SYSCALL_ARG2(regs) ((regs)->si)
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};
struct pt_regs {
	union {
		struct user_pt_regs user_regs;
		struct {
			u64 regs[31];
			u64 sp;
			u64 pc;
			u64 pstate;
		};
	};
	u64 orig_x0;
	s32 syscallno;
} __attribute__((preserve_access_index));
#define __NR_connect 203
#define __NR_accept 202
#define __NR_accept4 242
#define __NR_bind 200
#define __NR_listen 201
#define SYSCALL_NR(regs) ((regs)->syscallno)
#define SYSCALL_IS_COMPAT(regs) ((regs)->pstate & 0x10) /* PSR_MODE32_BIT */
#define SYSCALL_ARG1(regs) ((regs)->orig_x0)
#define SYSCALL_ARG2(regs) ((regs)->regs[1])
#else
#error "add this architecture's system call registers"
#endif

#endif
