/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of a session, shared by session.c (open, close) and session_loop.c (records, loop). */
#ifndef CONNWATCH_SESSION_STATE_H
#define CONNWATCH_SESSION_STATE_H

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "bpf/events.h"
#include "cli/session.h"
#include "diagnose/places.h"

#define SECOND_NS 1000000000ULL

/* A way into a namespace, and when it was last seen to lead there. */
struct place {
	struct rec_space space;
	uint64_t seen_ns;
};

struct session {
	struct session_options options;
	struct hooks *hooks;
	struct icmp *icmp;		/* NULL: no raw sockets to be had */
	struct uprobes *uprobes;	/* NULL: none wanted, or none to be had */
	struct ssh_watch *ssh_watch;	/* NULL: likewise */
	struct host *host;
	struct sink *sink;
	struct pipeline *pipeline;
	struct signal_status *signals;
	size_t signal_count;
	uint16_t state_hook;	/* enum hook_id: the one that sees a connection's states */
	uint64_t start_ns;
	uint64_t wall_offset_ns;
	uint64_t next_poll_ns;		/* of counters and tables */
	uint64_t lost_told[LOST_STAGES];
	bool misses_told;
	bool spaces_told;	/* that there are more namespaces than places for them */
	unsigned int taken;		/* records since the loop last looked around */
	struct place places[PLACES_KEPT];
	uint64_t places_kept;
	uint64_t next_walk_ns;
	bool finishing;
	int go_fd;			/* -1: nobody waits */
	int err;			/* of a sink or the tap */
};

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

static inline const char *program(void)
{
	return program_invocation_short_name;
}

/* For hooks_listen(): one record of the ring, @ctx the session. */
int session_take_record(void *ctx, void *data, size_t size);

/* Hands @rec to whoever records. */
void session_tap(struct session *s, const struct rec_hdr *rec);
/* For the pipeline: see place_look_fn; @ctx the session. */
void session_look_place(void *ctx, uint32_t netns, uint32_t pid, struct rec_space *out);
/* Which namespace is connwatch's own, as a record. */
void session_tell_own_place(struct session *s);

#endif
