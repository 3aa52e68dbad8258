/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space tells the kernel programs before they are loaded, and the
 * sizes both sides share.
 */
#ifndef CONNWATCH_CONFIG_H
#define CONNWATCH_CONFIG_H

#include "bpf/events.h"

#define CONFIG_PORTS_MAX 16
#define SOCKETS_WANTED_MAX 32

enum {
	RING_BYTES = 1024 * 1024,
	CONNS_MAX = 65536,	/* connections whose process is remembered */
	CONNS_LOCAL_FREE = 128,	/* on top, for what each processor keeps free (bpf_lru_list.c) */
	CONNS_SPARE_MAX = 8192,	/* of them, kept for the next socket in the same place */
	UDP_OWNERS_MAX = 8192,
	THREAD_FACTS_MAX = 4096,
	HOST_ANSWERS_MAX = 8192,
	REFUSED_SYNS_MAX = 8192,
	REFUSED_SYNS_NEAR = 256, /* of them, looked at first */
	DESTINATIONS_MAX = 4096,
	TIME_WAITS_MAX = 4096,
	LOOKUPS_MAX = 4096,	/* threads in getaddrinfo() */
	NAMES_MAX = 4096,	/* addresses that look-ups gave */
	LISTENERS_MAX = 1024,	/* whose queues overflow */
	ROOTS_MAX = 256,	/* root directories known to have programs */
	STARTS_BYTES = 16384,	/* programs that started, see program_start */
	TLS_SESSIONS_MAX = 1024, /* whose handshake goes on, mostly */
	TLS_THREADS_MAX = 1024,
	SSH_LOGINS_MAX = 1024,	/* processes of ssh and sshd that wrote of a login */
	SSH_DISTANCES_MAX = 512,
	REPEATS_AFTER = 256,	/* equal failures a second are told one by one */
	REPEATS_WIDE = 2,	/* so many times that, of those equal but for their address */
	REPEATS_NAMED = 32,	/* after so many a flood is made known by its id */
	REPEATS_RENAMED = 8,	/* so many of each second's first do that again */
	REPEATS_IN_HURRY = 64,	/* and after so many counted, if the ring is half full */
	REPEATS_MAX = 4096,	/* of either kind */
	TREE_MAX = 16384,	/* processes of `connwatch run` at a time */
};

struct bpf_config {
	__u32 pid;		/* report this process only, 0: any */
	__u32 netns;		/* this network namespace only, 0: any */
	__u32 port_count;
	__u16 ports[CONFIG_PORTS_MAX];
	__u8 tree;		/* processes of the tree map only */
	__u8 has_comm;
	__u8 watched;		/* WATCHED_*: which facts have a hook */
	__u8 lose;		/* bits of enum lost_stage: every other one is lost on purpose */
	__u32 tick_ns;		/* length of a jiffy */
	__u32 repeats_after;	/* equal failures a second that are told one by one, 0: all */
	__u32 repeats_wide;	/* the same, to whatever address; 0: only equal ones are counted */
	__u32 may_read;		/* lockdown allows bpf_probe_read_kernel() */
	__u32 conns_size;	/* of the table: CONNS_MAX and what processors keep to themselves */
	char comm[EVENTS_COMM_LEN];
};

/* Keys and values of the maps that user space reads. */
struct destination_key {
	__u8 daddr[16];
	__u16 dport;
	__u16 reserved;
	__u32 netns;
};

/* Who was given which address; the value is the name that was asked for. */
struct name_key {
	__u8 addr[16];
	__u32 tgid;
	__u32 reserved;
};

struct name_value {
	char name[128];		/* longer ones are not kept */
	__u64 looked_up_ns;	/* see rec_domain */
	__u64 other_ns;
};

struct time_wait_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 dport;
	__u16 reserved;
	__u32 netns;
};

/* A listener; a later one in the same place of memory has another inode. */
struct listener_key {
	__u64 sk;
	__u64 inode;
};

/* What its full queues refused; after a first one is told, the next ones are counted. */
struct listener {
	__u64 first_ns;		/* of the entry */
	__u64 told_ns;
	__u64 held;		/* counted and not told, ever */
	__u64 held_ns;		/* the newest of those */
	struct rec_flow flow;
	__u32 depth;		/* of the newest */
	__u32 limit;
	__u32 queue;		/* QUEUE_* */
	__u32 hook;		/* enum hook_id */
};

/* What a datagram socket is connected for, as far as its port says: see rules_call.c. */
enum repeat_use {
	REPEAT_USE_ANY, REPEAT_USE_PROBE, REPEAT_USE_NAMES,
};

/* What makes failures equal in a flood; all of it must be set. */
struct repeat_key {
	__u8 addr[16];		/* the other end's, or what was to be bound; 0: whatever it is */
	__u32 pid;
	__u32 netns;
	__s32 err;
	__u32 facts;		/* whatever a cause could be made of */
	__u8 kind;		/* enum rec_kind */
	__u8 protocol;
	__u8 family;		/* 4, 6 */
	__u8 use;		/* enum repeat_use */
	__u32 more_facts;
};

struct repeat {
	__u64 id;
	__u64 second;		/* which one, of REPEAT_SECOND_SHIFT */
	__u64 last_ns;
	__u64 held;		/* counted and not told, ever */
	__u32 told;		/* in this second */
	__u16 port;		/* of the first */
	__u8 many_ports;
	__u8 named;		/* a record with the id was made */
};

/* A second is 2^30 ns here: kernel programs do not divide when they need not. */
#define REPEAT_SECOND_SHIFT 30

/* A program was started (execve): a hint where to look for libraries, so one may be lost. */
struct program_start {
	__u32 pid;
	__u32 new_root;		/* the first that was seen with its root directory */
};

/*
 * The formats of messages that tell how a login went, as OpenSSH 8.4 to 10 has
 * them. AGAIN, the prompts and what PAM says: something else than a key was
 * tried, or asked for.
 */
#define SSH_FORMAT_LIST(X)                                                                 \
	X(NONE, "")                                                                        \
	/* made by vasprintf() */                                                          \
	X(KEY, "%s %s%s%s")                                                                \
	X(CERTIFICATE, "%s %s ID %s (serial %llu) CA %s %s%s%s")                           \
	X(PASSWORD_PROMPT, "%s@%s's password: ")                                           \
	X(QUESTION_PROMPT, "(%s@%s) %s")                                                   \
	/* written by vsnprintf() */                                                       \
	X(DENIED, "%s@%s: Permission denied (%s).")                                        \
	X(LOGIN, "%s %s%s%s for %s%.100s from %.200s port %d ssh2%s%s")                    \
	X(PREAUTH, "%s [preauth]")                                                         \
	X(PREAUTH_9_8, "%s [%s]")                                                          \
	X(AGAIN, "Permission denied, please try again.")                                   \
	X(PAM, "PAM: %s for %s%.100s from %.100s")                                         \
	X(PAM_ERROR, "error: PAM: %s for %s%.100s from %.100s")

enum ssh_format {
#define SSH_FORMAT_ENUM(id, text) SSH_FORMAT_##id,
	SSH_FORMAT_LIST(SSH_FORMAT_ENUM)
#undef SSH_FORMAT_ENUM
	SSH_FORMATS
};

/* How the socket iterator is told what to do on its next run. */
enum sockets_mode {
	SOCKETS_SEED,		/* remember whose every open connection is */
	SOCKETS_BY_INODE,	/* print the sockets with the wanted inodes */
	SOCKETS_BY_PORT,	/* print the sockets bound to one local port */
	SOCKETS_DROPPED,	/* print the listeners of a namespace that ever dropped a request */
};

struct sockets_query {
	__u32 mode;
	__u32 netns;
	__u16 port;
	__u8 protocol;
	__u8 count;
	__u32 reserved;
	__u64 inodes[SOCKETS_WANTED_MAX];
};

#endif
