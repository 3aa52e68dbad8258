/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every layer's programs share. core.bpf.c and conns.bpf.c own the maps; the others
 * reach them through the functions below. They are __hidden, which makes them
 * static for the verifier: their arguments keep what the caller knew of them,
 * so a reservation or a map value can be returned and a size stays a constant.
 *
 * Tables are keyed by the address of the struct sock as a number.
 */
#ifndef CONNWATCH_CORE_BPF_H
#define CONNWATCH_CORE_BPF_H

#define __VMLINUX_H__ /* tells bpf_tracing.h to use the kernel's register names */
#include "vmlinux/types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/config.h"
#include "bpf/events.h"

/* Both begin at a multiple of four; __builtin_memcpy() would go byte by byte. */
static __always_inline void addr_copy(u8 *to, const u8 *from)
{
	for (int i = 0; i < 4; i++)
		((u32 *)to)[i] = ((const u32 *)from)[i];
}

/* A TCP connection of a process of this machine: opened (from SYN_SENT on) or accepted. */
struct conn {
	struct rec_who who;
	u64 started_ns;		/* 0: older than connwatch, or accepted */
	u64 established_ns;
	u64 reset_ns;
	u64 inode;		/* valid once reported_err is set */
	s32 reported_err;	/* the failure that was already reported; 0: none */
	u32 port_search_failed;	/* left SYN_SENT inside connect(), without an error: enum hook_id */
	u32 drops_out;		/* its own packets that netfilter dropped on this host */
	u32 drops_in;		/* packets for it that netfilter dropped on this host */
	s32 icmp_err;		/* an ICMP error was queued for it while it was connecting */
	u32 rp_filter_drops;	/* replies for it that the reverse path filter discarded */
	u64 drop_out_ns;	/* the newest of drops_out */
	u64 drop_in_ns;
	char rp_filter_ifname[EVENTS_IFNAME_LEN];
	u32 accepted;		/* it came in */
	u32 spare;		/* nobody's: its socket is gone; last (tests/bench/map_entries.c) */
};

/*
 * A SYN that this host's TCP refused, by its initial sequence number: address
 * translation changes everything else about it on the way.
 */
struct refused_syn {
	u64 ts_ns;
	u8 daddr[16];
	u16 dport;
	u16 hook;
	u32 netns;
	u8 saddr[16];
	u8 told;		/* by a record of its own, as if its caller were elsewhere */
	u8 held;		/* the same, but counted in a flood: enum repeat_where */
	u16 reserved;
	u32 isn;
	u32 writers;		/* processors that are at it */
	u32 more_reserved;
};

/* A packet that met something on this host but no socket, by the 4-tuple its caller has. */
struct tuple_key {
	u8 saddr[16];
	u8 daddr[16];
	u16 sport;
	u16 dport;
	u32 netns;
};

struct host_answer {
	u64 icmp_ns;		/* an ICMP error was sent about it */
	u8 icmp_type;
	u8 icmp_code;
	u16 reserved;
	u32 drops_in;		/* netfilter dropped the answer, or over loopback its SYN */
	u64 drop_in_ns;
	u64 backlog_reset_ns;	/* a listener reset it because its accept queue was full */
	u32 queue_depth;
	u32 queue_limit;
};

/* What a thread's own route look-up ran into; read back when its call returns. */
struct thread_fact {
	u64 ts_ns;
	u8 daddr[16];
	u32 table;
	s32 err;
	u16 hook;
	u8 type;
	u8 reserved[5];
};

/*
 * Helpers that not every kernel has. Since 5.11 the task itself can be had, and
 * read without a call for every member; since 5.15 the registers that it came
 * into the kernel with.
 */
enum bpf_func_id___later {
	BPF_FUNC_get_current_task_btf___later = 158,
	BPF_FUNC_task_pt_regs___later = 175,
};

/* The current task to read from, or NULL. */
static __always_inline struct task_struct *task_current(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id___later,
					  BPF_FUNC_get_current_task_btf___later) ?
		       bpf_get_current_task_btf() : NULL;
}

extern const volatile struct bpf_config config;

/*
 * Every way through a program is walked by the verifier to its end, unless it
 * comes to where another way was with no less known. So what two ways make
 * different without need costs time at start: constants, and branches.
 */

/* Zero; the verifier does not know, and takes it for whatever another way has there. */
extern __u32 unknown_zero;

/* 0 or 1 without a branch. The barrier keeps the compiler from making one. */
static __always_inline u32 is_negative(u64 value)
{
	barrier_var(value);
	return value >> 63;
}

static __always_inline u32 is_set(u64 value)
{
	return is_negative(value | -value);
}

/*
 * Room for one record of @size bytes (a constant), or NULL. The caller tests it
 * and counts: verifiers before 6.4 follow the NULL branch of a pointer that was
 * tested in another function with the reference still held.
 */
__hidden void *core_reserve(u64 size);
__hidden void core_ring_full(void);
__hidden bool core_ring_is_half_full(void);
__hidden void core_tree_full(void);
__hidden void core_table_full(void);
/* For tests: whether this one is lost on purpose. */
__hidden bool core_loses_table(void);

/* A zeroed record with its header filled, or NULL: counted as lost. The caller submits it. */
#define rec_begin(type, kind_, hook_)                      \
	({                                                 \
		type *rec_ = core_reserve(sizeof(type));   \
		if (rec_) {                                \
			__builtin_memset(rec_, 0, sizeof(*rec_)); \
			rec_->hdr.size = sizeof(*rec_);    \
			rec_->hdr.kind = (kind_);          \
			rec_->hdr.hook = (hook_);          \
			rec_->hdr.ts_ns = bpf_ktime_get_ns(); \
		} else {                                   \
			core_ring_full();                  \
		}                                          \
		rec_;                                      \
	})

/*
 * How the record wakes user space (BPF_RB_*): not again within a millisecond,
 * after which whoever was woken looks once more by itself (session_loop.c).
 */
__hidden u64 core_wake_flags(u64 now_ns);

#define rec_submit(rec_) bpf_ringbuf_submit(rec_, core_wake_flags((rec_)->hdr.ts_ns))

enum repeat_where {
	REPEAT_TOLD,		/* nowhere: a record is to be made */
	REPEAT_COUNTED,		/* with those of the same address */
	REPEAT_COUNTED_WIDE,	/* with those that are equal but for their address */
};

/*
 * In a flood the first of equal failures each second are told one by one, the
 * further ones counted (repeat.bpf.c): where this one was. @now: CLOCK_MONOTONIC,
 * ns. *@id, zeroed by the caller, is the record's repeat_id.
 */
__hidden enum repeat_where repeat_take(const struct repeat_key *key, u16 port, u64 now,
				       u64 *id);
/* One that was counted @where is told after all, by another record. */
__hidden void repeat_give_back(const struct repeat_key *key, u32 where);

/* 4 or 6: an IPv4 address is held as a mapped one. */
static __always_inline u8 addr_family(const u8 *addr)
{
	const u32 *words = (const u32 *)addr;

	return 4 + 2 * is_set(words[0] | words[1] | (words[2] ^ bpf_htonl(0xffff)));
}

/* Refused SYNs that came in are equal by their source, whatever the port. */
static __always_inline void repeat_key_inbound(struct repeat_key *key, const u8 *saddr, u32 netns)
{
	addr_copy(key->addr, saddr);
	key->netns = netns;
	key->kind = REC_RESET_SENT;
	key->protocol = IPPROTO_TCP;
	key->family = addr_family(saddr);
}

/* The current task. Only in process context: in softirq it is whoever was running. */
__hidden void who_fill(struct rec_who *who);
/* The same for a caller that has the task: task_current(), NULL included. */
__hidden void who_fill_task(struct rec_who *who, const struct task_struct *task);

/* Whether the filters that can run in the kernel let this operation through. */
__hidden bool filter_passes(const struct rec_who *who, const struct rec_flow *flow);

/*
 * The connect() that this processor is in the middle of: most end before their
 * thread was switched away, and then the system call's exit need not search for
 * the socket by its descriptor.
 */
struct connecting {
	u64 task;		/* 0: none */
	u64 switches;		/* of that task, until then */
	u64 sk;
};
__hidden void connecting_begin(u64 sk, const struct task_struct *task);
/* The socket of the current task's connect(), or 0 when that is not known. */
__hidden u64 connecting_end(const struct task_struct *task);

__hidden struct conn *conn_find(u64 sk);
/*
 * The same, but only while that connection goes on. An entry whose failure was
 * told waits for connect() to hand the error out; its address may by then be
 * another socket's, which must not get its process.
 */
__hidden struct conn *conn_find_live(u64 sk);
__hidden void conn_store(u64 sk, const struct conn *conn);
__hidden void conn_forget(u64 sk);

/* All is said of it; the next connect() of the socket begins another, tcp_gone ends it. */
static __always_inline void conn_settle(struct conn *conn)
{
	conn->reported_err = 0;
	conn->started_ns = 0;
}

/* What is known of the connection, for the record of its end. */
static __always_inline void conn_join(struct rec_tcp_end *rec, struct conn *conn)
{
	rec->who = conn->who;
	rec->started_ns = conn->started_ns;
	rec->established_ns = conn->established_ns;
	rec->reset_ns = conn->reset_ns;
	rec->drops_out = conn->drops_out;
	rec->drops_in = conn->drops_in;
	rec->drop_out_ns = conn->drop_out_ns;
	rec->drop_in_ns = conn->drop_in_ns;
	rec->rp_filter_drops = conn->rp_filter_drops;
	__builtin_memcpy(rec->rp_filter_ifname, conn->rp_filter_ifname,
			 sizeof(rec->rp_filter_ifname));
	rec->icmp_err = conn->icmp_err;
}

/*
 * Owners of connected UDP sockets, evicted oldest first; the inode tells
 * whether the address is still the same socket's.
 */
struct udp_owner {
	struct rec_who who;	/* pid 0: not known */
	u64 inode;
	u32 queued;		/* length of its error queue when last reported */
	u32 in_lookup;		/* connected by a thread that was resolving a name */
};
__hidden struct udp_owner *udp_owner_find(u64 sk);
__hidden void udp_owner_store(u64 sk, const struct udp_owner *owner);

__hidden void thread_fact_store(const struct thread_fact *fact);
/* This thread's last fact if it is fresh and about @daddr, else NULL. */
__hidden struct thread_fact *thread_fact_find(const u8 *daddr);
__hidden void thread_fact_drop(void);

/* This thread's last fact about any address if it is fresh, else NULL. */
__hidden struct thread_fact *thread_fact_last(void);

/* How far back an answer may be an operation's whose start is not known. */
#define ANSWER_FRESH_NS 2000000000ULL

__hidden void refused_syn_store(u32 isn, const struct refused_syn *syn);
__hidden struct refused_syn *refused_syn_find(u32 isn);

/* What this host itself answered to segments of this flow, or NULL. */
__hidden struct host_answer *host_answer_find(const struct rec_flow *flow);
/* The same, made where there is none yet; NULL: no room. */
__hidden struct host_answer *host_answer_take(const struct rec_flow *flow);

/* Whether the current thread is in getaddrinfo() or its kin: lookup.bpf.c. */
__hidden bool thread_in_lookup(void);

/* Whether the process is a member of the tree: process.bpf.c. */
__hidden bool tree_has(u32 tgid);

__hidden void destination_count(const struct rec_flow *flow);
__hidden void time_wait_count(const struct rec_flow *flow);

#endif
