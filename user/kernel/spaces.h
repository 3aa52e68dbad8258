/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The network namespaces that are looked into from user space: those that have
 * a process or a name, and those that records name. What is opened inside one
 * keeps it alive, so spaces_prune() has to be called now and then.
 */
#ifndef CONNWATCH_SPACES_H
#define CONNWATCH_SPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SPACES_MAX = 64,
	SPACES_SPARE = 16,	/* of these only for namespaces where something fails */
	SPACES_REFUSED_KEPT = 16,
	LISTENERS_KNOWN = 256,
};

/* Counters of the namespace that are watched for a rise (see queues.h). */
enum space_counter { SPACE_LISTEN_OVERFLOWS, SPACE_SYN_QUEUE_DROPS, SPACE_COUNTERS };

struct space {
	uint32_t netns;			/* inode; 0: free */
	char path[64];			/* where it was last seen */
	int icmp4_fd, icmp6_fd;		/* raw sockets; -1: none */
	int netstat_fd;			/* its /proc/net/netstat; -1: none */
	uint64_t counters[SPACE_COUNTERS];
	bool counted;			/* counters hold a first reading */
	bool seen;			/* in the walk of spaces_prune() */
};

/*
 * What is opened in a namespace that is new; it runs inside it. 0 or a negative
 * errno, then the namespace is left alone for a while.
 */
typedef int (*space_open_fn)(void *ctx, struct space *space);

/* How many requests a listener had dropped when its namespace was last looked at. */
struct listener_drops {
	uint64_t inode;			/* 0: free */
	uint32_t drops;
};

/* Numbers of namespaces are used again: a refusal holds for seconds. */
struct refusal {
	uint32_t netns;
	uint64_t until_ns;		/* CLOCK_MONOTONIC */
};

struct spaces {
	uint32_t only;			/* this namespace only, 0: any */
	int err;			/* of the last one that could not be opened */
	bool full;			/* there were more than are taken in */
	size_t keep_free;		/* places that are not for what is only there */
	struct refusal refused[SPACES_REFUSED_KEPT];
	size_t refused_count;		/* ever */
	space_open_fn open;
	void *ctx;
	struct listener_drops listeners[LISTENERS_KNOWN];
	size_t listener_count;		/* ever */
	struct space spaces[SPACES_MAX];
};

/* Takes in what is there now: @only, or with 0 all. Returns how many that are. */
size_t spaces_open(struct spaces *spaces, uint32_t only, space_open_fn open, void *ctx);
void spaces_close(struct spaces *spaces);
size_t spaces_count(const struct spaces *spaces);
/* A record named this namespace: take it in. @pid: a process in it, or 0. */
void spaces_add(struct spaces *spaces, uint32_t netns, uint32_t pid);
/* Takes in what was given a name since: the first failure there is to be explained, too. */
void spaces_find_new(struct spaces *spaces);
/* Lets go of those that have neither a process nor a name any more. */
void spaces_prune(struct spaces *spaces);

#endif
