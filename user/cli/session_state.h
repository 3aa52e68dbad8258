/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of a session, shared by session.c (open, close) and session_loop.c (records, loop). */
#ifndef CONNWATCH_SESSION_STATE_H
#define CONNWATCH_SESSION_STATE_H

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "bpf/events.h"
#include "cli/session.h"

#define SECOND_NS 1000000000ULL

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
	uint64_t start_ns;
	uint64_t wall_offset_ns;
	uint64_t next_poll_ns;		/* of counters and tables */
	uint64_t lost_told[LOST_STAGES];
	unsigned int taken;		/* records since the loop last looked around */
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

#endif
