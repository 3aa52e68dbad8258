// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/queues.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "connwatch.skel.h"
#include "kernel/hooks.h"
#include "kernel/sockets.h"

enum { NETSTAT_BYTES = 16384, LISTENERS_TOLD_MAX = 16 };

static const char *const counter_names[SPACE_COUNTERS] = {
	[SPACE_LISTEN_OVERFLOWS] = "ListenOverflows",
	[SPACE_SYN_QUEUE_DROPS] = "TCPReqQFullDrop",
};

/* Two lines begin with "TcpExt:": the names, and under each its value. */
bool queues_parse_netstat(char *text, uint64_t counters[SPACE_COUNTERS])
{
	char *names = strstr(text, "TcpExt:"), *values, *name, *value, *names_at, *values_at;
	bool found = false;

	values = names ? strstr(names + 1, "TcpExt:") : NULL;
	if (!values || !strchr(names, '\n') || strchr(names, '\n') > values)
		return false;
	*strchr(names, '\n') = '\0';
	values[strcspn(values, "\n")] = '\0';
	memset(counters, 0, sizeof(*counters) * SPACE_COUNTERS);
	name = strtok_r(names, " ", &names_at);
	value = strtok_r(values, " ", &values_at);
	for (; name && value; name = strtok_r(NULL, " ", &names_at),
			      value = strtok_r(NULL, " ", &values_at))
		for (int i = 0; i < SPACE_COUNTERS; i++)
			if (!strcmp(name, counter_names[i])) {
				counters[i] = strtoull(value, NULL, 10);
				found = true;
			}
	return found;
}

static bool read_counters(const struct space *space, uint64_t counters[SPACE_COUNTERS])
{
	static char text[NETSTAT_BYTES];
	size_t length = 0;
	ssize_t n = 1;

	while (space->netstat_fd >= 0 && n > 0 && length < sizeof(text) - 1) {
		n = pread(space->netstat_fd, text + length, sizeof(text) - 1 - length,
			  (off_t)length);
		length += n > 0 ? (size_t)n : 0;
	}
	text[length] = '\0';
	return length && queues_parse_netstat(text, counters);
}

struct search {
	struct rec_queue_full recs[LISTENERS_TOLD_MAX];
	size_t count;
	uint32_t queue;
};

static void take_listener(void *ctx, const struct socket_row *row)
{
	struct search *search = ctx;
	bool accept_full = row->depth > row->limit;
	struct rec_queue_full *rec = &search->recs[search->count];

	if (search->count == LISTENERS_TOLD_MAX ||
	    (search->queue == QUEUE_ACCEPT ? !accept_full : row->half_open < row->limit))
		return;
	/* Several processes may share one listener. */
	for (size_t i = 0; i < search->count; i++)
		if (search->recs[i].inode == row->inode)
			return;
	rec->flow = row->flow;
	rec->who = row->who;
	rec->inode = row->inode;
	rec->depth = search->queue == QUEUE_ACCEPT ? row->depth : row->half_open;
	rec->limit = row->limit;
	search->count++;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Who had how much of it the counter does not say: of several listeners each gets one. */
static void tell_rise(const struct space *space, struct hooks *hooks, uint32_t queue,
		      uint64_t rise, queues_record_fn fn, void *ctx)
{
	struct sockets_query query = { .mode = SOCKETS_FULL, .netns = space->netns };
	struct search search = { .queue = queue };

	sockets_find(hooks, &query, take_listener, &search);
	for (size_t i = 0; i < search.count || !i; i++) {
		struct rec_queue_full *rec = &search.recs[i];

		rec->hdr = (struct rec_hdr){ .size = sizeof(*rec), .kind = REC_QUEUE_FULL,
					     .hook = HOOK_NETSTAT, .ts_ns = now_ns() };
		rec->flow.netns = space->netns;
		rec->queue = queue;
		rec->count = search.count <= 1 ? rise : 1;
		fn(ctx, &rec->hdr);
	}
}

void queues_poll(struct spaces *spaces, struct hooks *hooks, queues_record_fn fn, void *ctx)
{
	static const uint32_t queues[SPACE_COUNTERS] = {
		[SPACE_LISTEN_OVERFLOWS] = QUEUE_ACCEPT, [SPACE_SYN_QUEUE_DROPS] = QUEUE_SYN,
	};

	for (size_t i = 0; i < SPACES_MAX; i++) {
		struct space *space = &spaces->spaces[i];
		uint64_t counters[SPACE_COUNTERS];

		if (!space->netns || !read_counters(space, counters))
			continue;
		for (int k = 0; k < SPACE_COUNTERS; k++) {
			if (space->counted && counters[k] > space->counters[k])
				tell_rise(space, hooks, queues[k], counters[k] - space->counters[k],
					  fn, ctx);
			space->counters[k] = counters[k];
		}
		space->counted = true;
	}
}

static bool is_same(const struct listener_key *a, const struct listener_key *b)
{
	return a->sk == b->sk && a->inode == b->inode;
}

uint64_t queues_rise(struct queues_held *held, const struct listener_key *key,
		     const struct listener *listener)
{
	struct queues_seen *seen = held->seen;
	uint64_t before;

	while (seen < &held->seen[held->count] && !is_same(&seen->key, key))
		seen++;
	if (seen == &held->seen[held->count]) {
		if (held->count == LISTENERS_MAX)
			return 0;
		held->count++;
		*seen = (struct queues_seen){ .key = *key };
	}
	/* The entry went, for lack of room, and came again. */
	before = seen->first_ns == listener->first_ns ? seen->held : 0;
	seen->first_ns = listener->first_ns;
	seen->held = listener->held;
	seen->met = true;
	return listener->held - before;
}

void queues_end_round(struct queues_held *held)
{
	size_t kept = 0;

	for (size_t i = 0; i < held->count; i++)
		if (held->seen[i].met) {
			held->seen[kept] = held->seen[i];
			held->seen[kept++].met = false;
		}
	held->count = kept;
}

static void tell_held(const struct listener_key *key, const struct listener *listener,
		      uint64_t count, queues_record_fn fn, void *ctx)
{
	struct rec_queue_full rec = {
		.hdr = { .size = sizeof(rec), .kind = REC_QUEUE_FULL,
			 .hook = (uint16_t)listener->hook, .ts_ns = listener->held_ns },
		.flow = listener->flow, .inode = key->inode, .count = count,
		.depth = listener->depth, .limit = listener->limit, .queue = listener->queue,
	};

	fn(ctx, &rec.hdr);
}

void queues_drain(struct hooks *hooks, queues_record_fn fn, void *ctx)
{
	static struct queues_held held;
	struct bpf_map *map = hooks->skeleton->maps.listeners;
	struct listener_key key, next;
	const void *previous = NULL;
	struct listener listener;

	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		uint64_t rise;

		if (bpf_map__get_next_key(map, previous, &next, sizeof(next)))
			break;
		key = next;
		previous = &key;
		if (bpf_map__lookup_elem(map, &key, sizeof(key), &listener, sizeof(listener), 0))
			continue;
		rise = queues_rise(&held, &key, &listener);
		if (rise)
			tell_held(&key, &listener, rise, fn, ctx);
	}
	queues_end_round(&held);
}
