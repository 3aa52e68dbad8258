// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Ways into the network namespaces that failures happen in, for the commands of the advice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session_state.h"
#include "host/netns.h"

/* A walk through all processes may take this part of the time, no more. */
enum { WALK_SHARE = 20 };

/* In a flood not every single failure looks whether the way still leads there. */
#define FRESH_NS 100000000ULL

static const char names_path[] = "/run/netns/";

static bool is_there(const struct rec_space *space)
{
	char path[sizeof(names_path) + SPACE_NAME_LEN];

	if (space->name[0])
		snprintf(path, sizeof(path), "%s%s", names_path, space->name);
	else
		snprintf(path, sizeof(path), "/proc/%u/ns/net", space->pid);
	return netns_inode(path) == space->netns;
}

/* For netns_each(): names come first, then processes, the oldest of a namespace before others. */
static bool take_way(void *ctx, uint32_t netns, const char *path)
{
	struct rec_space *space = ctx;
	const char *name = path + sizeof(names_path) - 1;

	if (netns != space->netns)
		return true;
	if (strncmp(path, names_path, sizeof(names_path) - 1))
		space->pid = (uint32_t)strtoul(path + sizeof("/proc/") - 1, NULL, 10);
	/* What begins so is an option for ip(8). */
	else if (name[0] != '-' && strlen(name) < sizeof(space->name))
		strcpy(space->name, name);
	return !space->pid && !space->name[0];
}

static struct place *kept(struct session *s, uint32_t netns)
{
	for (size_t i = 0; i < PLACES_KEPT; i++)
		if (s->places[i].space.netns == netns)
			return &s->places[i];
	return &s->places[s->places_kept++ % PLACES_KEPT];
}

/* @pid: where no walk found a way. */
static void find_way(struct session *s, uint32_t pid, uint64_t now, struct rec_space *space)
{
	if (now >= s->next_walk_ns) {
		netns_each(take_way, space);
		s->next_walk_ns = now + (clock_ns(CLOCK_MONOTONIC) - now) * WALK_SHARE;
	}
	if (space->pid || space->name[0])
		return;
	space->pid = pid;
	if (!pid || !is_there(space))
		space->pid = 0;
}

void session_look_place(void *ctx, uint32_t netns, uint32_t pid, struct rec_space *out)
{
	struct session *s = ctx;
	struct place *place = kept(s, netns);
	struct rec_space space = {
		.hdr = { .size = sizeof(space), .kind = REC_SPACE }, .netns = netns,
	};
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	bool is_known = place->space.netns == netns;

	if (is_known && (now - place->seen_ns < FRESH_NS || is_there(&place->space)))
		space = place->space;
	else
		find_way(s, pid, now, &space);
	/* A replay hears only of what changed. */
	if (s->options.tap && (!is_known || memcmp(&place->space, &space, sizeof(space))))
		session_tap(s, &space.hdr);
	if (!is_known || now - place->seen_ns >= FRESH_NS)
		place->seen_ns = now;
	*out = place->space = space;
}

void session_tell_own_place(struct session *s)
{
	struct rec_space own = {
		.hdr = { .size = sizeof(own), .kind = REC_SPACE, .ts_ns = s->start_ns },
		.netns = netns_inode("/proc/self/ns/net"), .flags = SPACE_OWN,
	};

	session_take_record(s, &own, sizeof(own));
}
