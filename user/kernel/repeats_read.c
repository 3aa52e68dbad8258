// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Failures that the kernel counted in a flood (repeat.bpf.c), read off their maps: hooks.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf/config.h"
#include "clock.h"
#include "kernel/hooks.h"

enum { AT_ONCE = 256, SLOTS = 2 * 2 * REPEATS_MAX };

/* So long unused, an entry is in no program's hands: a program runs for microseconds. */
#define IDLE_NS 3000000000ULL

/* How much of each counter has been told, by the entry's id; 0: a free slot. */
struct told {
	uint64_t ids[SLOTS];
	uint64_t held[SLOTS];
};

/* Each map, and whether the addresses of what an entry of it counts differ. */
static const struct {
	enum loaded_map map;
	bool many_addresses;
} repeats_maps[] = { { MAP_REPEATS, false }, { MAP_WIDE_REPEATS, true } };

struct repeats_read {
	hooks_repeats_fn fn;
	void *ctx;
	struct repeat_key keys[AT_ONCE];
	struct repeat values[AT_ONCE];
	struct told *told, *now;	/* as of the last reading, as of this one */
};

void repeats_read_close(struct repeats_read *read)
{
	if (!read)
		return;
	free(read->told);
	free(read->now);
	free(read);
}

/* The slot of @id, or the free one where it belongs: at most half of them are taken. */
static size_t slot_of(const struct told *told, uint64_t id)
{
	size_t slot = (id * 0x9e3779b97f4a7c15ULL >> 32) % SLOTS;

	while (told->ids[slot] && told->ids[slot] != id)
		slot = (slot + 1) % SLOTS;
	return slot;
}

static uint64_t told_before(const struct repeats_read *read, uint64_t id)
{
	return read->told ? read->told->held[slot_of(read->told, id)] : 0;
}

static void remember(struct repeats_read *read, uint64_t id, uint64_t held)
{
	size_t slot;

	if (!read->now)
		read->now = calloc(1, sizeof(*read->now));
	if (!read->now)
		return;
	slot = slot_of(read->now, id);
	read->now->ids[slot] = id;
	read->now->held[slot] = held;
}

/*
 * A counter goes down when one that was counted is told after all: that may be
 * yet to come. What fn() cannot take now is offered again.
 */
static void take(struct repeats_read *read, const struct repeat *repeat, bool many_addresses)
{
	uint64_t before = told_before(read, repeat->id), held = repeat->held;

	if (!held && !before)
		return;
	if ((int64_t)(held - before) <= 0 ||
	    !read->fn(read->ctx, repeat, many_addresses, held - before))
		held = before;
	remember(read, repeat->id, held);
}

static bool is_told(const struct repeats_read *read, const struct repeat *repeat)
{
	return !repeat->held ||
	       (read->now && read->now->held[slot_of(read->now, repeat->id)] == repeat->held);
}

/* Who was told meanwhile took time: one that was counted since must not go with the entry. */
static void forget_unused(int fd, const struct repeat_key *key, const struct repeat *seen)
{
	struct repeat now;

	if (!bpf_map_lookup_elem(fd, key, &now) && now.last_ns == seen->last_ns &&
	    now.held == seen->held)
		bpf_map_delete_elem(fd, key);
}

static void read_map(struct repeats_read *read, int fd, bool many_addresses)
{
	uint64_t idle = now_ns() - IDLE_NS;
	uint32_t batch, count;
	void *from = NULL;
	int err;

	do {
		count = AT_ONCE;
		err = bpf_map_lookup_batch(fd, from, &batch, read->keys, read->values, &count,
					   NULL);
		from = &batch;
		if (err && err != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++) {
			take(read, &read->values[i], many_addresses);
			if (read->values[i].last_ns < idle && is_told(read, &read->values[i]))
				forget_unused(fd, &read->keys[i], &read->values[i]);
		}
	} while (!err);
}

void hooks_each_repeats(struct hooks *hooks, hooks_repeats_fn fn, void *ctx)
{
	struct repeats_read *read = hooks->repeats_read;

	if (!read)
		read = hooks->repeats_read = calloc(1, sizeof(*read));
	if (!read)
		return;
	read->fn = fn;
	read->ctx = ctx;
	for (size_t i = 0; i < sizeof(repeats_maps) / sizeof(repeats_maps[0]); i++)
		read_map(read, hooks->loaded.maps[repeats_maps[i].map],
			 repeats_maps[i].many_addresses);
	free(read->told);
	read->told = read->now;
	read->now = NULL;
}
