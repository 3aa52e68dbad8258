// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/spaces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "host/netns.h"

static struct space *find_space(struct spaces *spaces, uint32_t netns)
{
	for (size_t i = 0; i < SPACES_MAX; i++)
		if (spaces->spaces[i].netns == netns)
			return &spaces->spaces[i];
	return NULL;
}

static void close_space(struct space *space)
{
	const int fds[] = { space->icmp4_fd, space->icmp6_fd, space->netstat_fd };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	space->netns = 0;
}

#define REFUSED_NS 5000000000ULL

static void refuse(struct spaces *spaces, uint32_t netns, int err)
{
	spaces->err = err;
	spaces->refused[spaces->refused_count++ % SPACES_REFUSED_KEPT] =
		(struct refusal){ netns, now_ns() + REFUSED_NS };
}

static bool was_refused(const struct spaces *spaces, uint32_t netns)
{
	for (size_t i = 0; i < SPACES_REFUSED_KEPT; i++)
		if (spaces->refused[i].netns == netns && spaces->refused[i].until_ns > now_ns())
			return true;
	return false;
}

struct opening {
	struct spaces *spaces;
	struct space *space;
};

static int open_there(void *ctx)
{
	struct opening *opening = ctx;

	return opening->spaces->open(opening->spaces->ctx, opening->space);
}

/* For netns_each(): takes in one that is new. */
static bool add_space(void *ctx, uint32_t netns, const char *path)
{
	struct spaces *spaces = ctx;
	struct opening opening = { spaces, find_space(spaces, 0) };
	struct space *space = opening.space;
	bool own = !strcmp(path, "/proc/self/ns/net");
	int err;

	if (!netns || (spaces->only && netns != spaces->only) || find_space(spaces, netns) ||
	    was_refused(spaces, netns))
		return true;
	if (!space || spaces_count(spaces) + spaces->keep_free >= SPACES_MAX) {
		spaces->full = true;
		spaces->err = -ENOSPC;
		return false;
	}
	*space = (struct space){ .netns = netns, .icmp4_fd = -1, .icmp6_fd = -1,
				 .netstat_fd = -1 };
	err = own ? open_there(&opening) : netns_run_at(path, open_there, &opening);
	/* A name that does not fit is found again by a walk. */
	if (strlen(path) < sizeof(space->path))
		snprintf(space->path, sizeof(space->path), "%s", path);
	if (err) {
		close_space(space);
		refuse(spaces, netns, err);
	}
	/* Who may not enter one may not enter the next. */
	return err != -EPERM;
}

size_t spaces_open(struct spaces *spaces, uint32_t only, space_open_fn open, void *ctx)
{
	spaces->only = only;
	spaces->open = open;
	spaces->ctx = ctx;
	spaces->keep_free = SPACES_SPARE;
	netns_each(add_space, spaces);
	spaces->keep_free = 0;
	return spaces_count(spaces);
}

void spaces_close(struct spaces *spaces)
{
	for (size_t i = 0; i < SPACES_MAX; i++)
		if (spaces->spaces[i].netns)
			close_space(&spaces->spaces[i]);
}

size_t spaces_count(const struct spaces *spaces)
{
	size_t count = 0;

	for (size_t i = 0; i < SPACES_MAX; i++)
		count += spaces->spaces[i].netns != 0;
	return count;
}

void spaces_add(struct spaces *spaces, uint32_t netns, uint32_t pid)
{
	char path[64];

	if (!netns || find_space(spaces, netns) || was_refused(spaces, netns) ||
	    (spaces->only && netns != spaces->only))
		return;
	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	if (pid && netns_inode(path) == netns)
		add_space(spaces, netns, path);
	else
		netns_each(add_space, spaces);
	/* Gone, or full: not to be looked for again with every record. */
	if (!find_space(spaces, netns) && !was_refused(spaces, netns))
		refuse(spaces, netns, spaces->err);
}

void spaces_find_new(struct spaces *spaces)
{
	if (spaces->only)
		return;
	spaces->keep_free = SPACES_SPARE;
	netns_each_named(add_space, spaces);
	spaces->keep_free = 0;
}

static bool mark_seen(void *ctx, uint32_t netns, const char *path)
{
	struct space *space = find_space(ctx, netns);

	if (!space || space->seen)
		return true;
	space->seen = true;
	if (strlen(path) < sizeof(space->path))
		snprintf(space->path, sizeof(space->path), "%s", path);
	return true;
}

void spaces_prune(struct spaces *spaces)
{
	bool all_seen = true;

	for (size_t i = 0; i < SPACES_MAX; i++) {
		struct space *space = &spaces->spaces[i];

		space->seen = space->netns && netns_inode(space->path) == space->netns;
		all_seen &= !space->netns || space->seen;
	}
	if (all_seen)
		return;
	/* Where it was seen it is not any more: somewhere else? */
	netns_each(mark_seen, spaces);
	for (size_t i = 0; i < SPACES_MAX; i++)
		if (spaces->spaces[i].netns && !spaces->spaces[i].seen)
			close_space(&spaces->spaces[i]);
}
