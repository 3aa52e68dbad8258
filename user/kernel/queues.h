/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Full queues of listeners where the kernel lets no program see the drop: its
 * counters rise (TcpExt ListenOverflows, TCPReqQFullDrop), and a walk over the
 * sockets of that namespace then finds the listener that is full at the moment.
 */
#ifndef CONNWATCH_QUEUES_H
#define CONNWATCH_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/config.h"
#include "bpf/events.h"
#include "kernel/spaces.h"

struct hooks;

typedef void (*queues_record_fn)(void *ctx, const struct rec_hdr *rec);

/*
 * Reads the counters of every namespace (some 20 us each) and hands a
 * REC_QUEUE_FULL to @fn for each listener behind a rise since the last call; one
 * without a port when none is full any more.
 */
void queues_poll(struct spaces *spaces, struct hooks *hooks, queues_record_fn fn, void *ctx);

/* What of it was fetched of a listener before. */
struct queues_seen {
	struct listener_key key;
	uint64_t first_ns;
	uint64_t held;
	bool met;		/* in this round */
};

/* Zeroed: nothing was fetched yet. */
struct queues_held {
	struct queues_seen seen[LISTENERS_MAX];
	size_t count;
};

/*
 * Hands a REC_QUEUE_FULL to @fn for each listener whose requests the kernel
 * programs counted and did not tell, since the last call.
 */
void queues_drain(struct hooks *hooks, queues_record_fn fn, void *ctx);

/* How many of @listener's requests are new. */
uint64_t queues_rise(struct queues_held *held, const struct listener_key *key,
		     const struct listener *listener);
/* After a round: forgets those that queues_rise() was not asked for. */
void queues_end_round(struct queues_held *held);

/*
 * The counters out of the text of /proc/net/netstat, which is changed on the
 * way; false when it has none.
 */
bool queues_parse_netstat(char *text, uint64_t counters[SPACE_COUNTERS]);

#endif
