/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Full queues of listeners where the kernel lets no program see the drop: its
 * counters rise (TcpExt ListenOverflows, TCPReqQFullDrop), and a walk over the
 * sockets of that namespace then finds the listeners whose own count of dropped
 * requests rose (tcp_listendrop(), include/net/tcp.h).
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
 * REC_QUEUE_FULL to @fn for each listener behind a rise since the last call, with
 * its part of it; one without a port for what is no listener's that is still there.
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

enum { LISTENERS_TOLD_MAX = 16 };

/* The rise of a namespace's counters, and whose it is. */
struct queue_rise {
	struct spaces *spaces;
	uint64_t left[SPACE_COUNTERS];	/* that is nobody's yet */
	uint64_t during[SPACE_COUNTERS];	/* of it: since the walk began */
	struct rec_queue_full recs[LISTENERS_TOLD_MAX];
	size_t count;
};

/* Takes in what the listener of @row dropped since it was last asked. */
void queues_take_row(struct queue_rise *rise, const struct socket_row *row);
/* After the last row: gives each record no more than the counters say. */
void queues_share(struct queue_rise *rise);

/*
 * The counters out of the text of /proc/net/netstat, which is changed on the
 * way; false when it has none.
 */
bool queues_parse_netstat(char *text, uint64_t counters[SPACE_COUNTERS]);

#endif
