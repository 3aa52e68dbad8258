// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/queues.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "clock.h"
#include "kernel/hooks.h"
#include "kernel/sockets.h"

enum { NETSTAT_BYTES = 16384 };

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

/* How many requests the listener dropped since it was last asked. */
static uint32_t listener_rise(struct spaces *spaces, const struct socket_row *row)
{
	struct listener_drops *known;
	uint32_t rise = row->drops;

	for (size_t i = 0; i < LISTENERS_KNOWN; i++) {
		known = &spaces->listeners[i];
		if (known->inode == row->inode) {
			rise -= known->drops;
			known->drops = row->drops;
			return rise;
		}
	}
	known = &spaces->listeners[spaces->listener_count++ % LISTENERS_KNOWN];
	*known = (struct listener_drops){ row->inode, row->drops };
	return rise;
}

/* Of which queue the drops were, if both counters rose: of what is full at the moment. */
static int rise_queue(const struct queue_rise *rise, const struct socket_row *row)
{
	if (!rise->left[SPACE_SYN_QUEUE_DROPS])
		return SPACE_LISTEN_OVERFLOWS;
	if (!rise->left[SPACE_LISTEN_OVERFLOWS])
		return SPACE_SYN_QUEUE_DROPS;
	return row->depth <= row->limit && row->half_open >= row->limit ? SPACE_SYN_QUEUE_DROPS :
									  SPACE_LISTEN_OVERFLOWS;
}

static void rec_begin(struct rec_queue_full *rec, int counter, uint64_t count)
{
	static const uint32_t queues[SPACE_COUNTERS] = {
		[SPACE_LISTEN_OVERFLOWS] = QUEUE_ACCEPT, [SPACE_SYN_QUEUE_DROPS] = QUEUE_SYN,
	};

	memset(rec, 0, sizeof(*rec));
	rec->hdr = (struct rec_hdr){ .size = sizeof(*rec), .kind = REC_QUEUE_FULL,
				     .hook = HOOK_NETSTAT, .ts_ns = now_ns() };
	rec->queue = queues[counter];
	rec->count = count;
}

/* What it was when it dropped: the accept queue is full with one above its limit. */
static uint32_t full_depth(const struct socket_row *row, int counter)
{
	uint32_t depth = counter == SPACE_LISTEN_OVERFLOWS ? row->depth : row->half_open;
	uint32_t full = row->limit + (counter == SPACE_LISTEN_OVERFLOWS);

	return depth > full ? depth : full;
}

void queues_take_row(struct queue_rise *rise, const struct socket_row *row)
{
	uint32_t count = listener_rise(rise->spaces, row);
	struct rec_queue_full *rec = &rise->recs[rise->count];
	int counter = rise_queue(rise, row);

	if (!count || rise->count == LISTENERS_TOLD_MAX)
		return;
	rise->count++;
	rec_begin(rec, counter, count);
	rec->flow = row->flow;
	rec->who = row->who;
	rec->inode = row->inode;
	rec->depth = full_depth(row, counter);
	rec->limit = row->limit;
}

void queues_share(struct queue_rise *rise)
{
	for (size_t i = 0; i < rise->count; i++) {
		struct rec_queue_full *rec = &rise->recs[i];
		uint64_t *left = &rise->left[rec->queue == QUEUE_ACCEPT ? SPACE_LISTEN_OVERFLOWS :
								  SPACE_SYN_QUEUE_DROPS];

		/* A listener drops for other reasons as well. */
		if (rec->count > *left)
			rec->count = *left;
		*left -= rec->count;
	}
}

static void take_row(void *ctx, const struct socket_row *row)
{
	queues_take_row(ctx, row);
}

/* Those who dropped after the walk had passed them are found by the next. */
static void keep_for_next(struct space *space, struct queue_rise *rise)
{
	for (int i = 0; i < SPACE_COUNTERS; i++) {
		uint64_t next = rise->left[i] < rise->during[i] ? rise->left[i] : rise->during[i];

		rise->left[i] -= next;
		space->counters[i] -= next;
	}
}

/* Told when the walk is over: who is told may begin another. */
static void tell_rise(const struct space *space, const struct queue_rise *rise,
		      queues_record_fn fn, void *ctx)
{
	for (size_t i = 0; i < rise->count; i++)
		if (rise->recs[i].count)
			fn(ctx, &rise->recs[i].hdr);
	for (int i = 0; i < SPACE_COUNTERS; i++) {
		struct rec_queue_full rec;

		if (!rise->left[i])
			continue;
		rec_begin(&rec, i, rise->left[i]);
		rec.flow.netns = space->netns;
		fn(ctx, &rec.hdr);
	}
}

/* Whether there is anything to look for: at first what listeners have dropped so far. */
static bool take_counters(struct space *space, struct queue_rise *rise, bool begun)
{
	uint64_t counters[SPACE_COUNTERS];
	bool rose = false;

	if (!read_counters(space, counters))
		return false;
	for (int i = 0; i < SPACE_COUNTERS; i++) {
		uint64_t more = counters[i] - space->counters[i];

		rose |= more != 0;
		rise->left[i] += space->counted ? more : 0;
		rise->during[i] += begun ? more : 0;
		space->counters[i] = counters[i];
	}
	return rose;
}

void queues_poll(struct spaces *spaces, struct hooks *hooks, queues_record_fn fn, void *ctx)
{
	for (size_t i = 0; i < SPACES_MAX; i++) {
		struct space *space = &spaces->spaces[i];
		struct queue_rise rise = { .spaces = spaces };
		struct sockets_query query = { .mode = SOCKETS_DROPPED, .netns = space->netns };

		if (!space->netns)
			continue;
		if (take_counters(space, &rise, false)) {
			sockets_find(hooks, &query, take_row, &rise);
			take_counters(space, &rise, true);
			queues_share(&rise);
			keep_for_next(space, &rise);
			if (space->counted)
				tell_rise(space, &rise, fn, ctx);
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
	int map = hooks->loaded.maps[MAP_LISTENERS];
	struct listener_key key, next;
	const void *previous = NULL;
	struct listener listener;

	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		uint64_t rise;

		if (bpf_map_get_next_key(map, previous, &next))
			break;
		key = next;
		previous = &key;
		if (bpf_map_lookup_elem(map, &key, &listener))
			continue;
		rise = queues_rise(&held, &key, &listener);
		if (rise)
			tell_held(&key, &listener, rise, fn, ctx);
	}
	queues_end_round(&held);
}
