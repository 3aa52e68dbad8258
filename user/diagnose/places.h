/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Failures in another network namespace than connwatch's: which one, and how to
 * get in, so that the commands of the advice can be made to run there.
 */
#ifndef CONNWATCH_PLACES_H
#define CONNWATCH_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/events.h"

struct finding;

enum { PLACES_KEPT = 64 };

/* Zeroed: nothing is known, and no finding is held to be elsewhere. */
struct places {
	uint32_t own;		/* inode; 0: not known */
	struct rec_space kept[PLACES_KEPT];
	uint64_t learned;
};

/*
 * Finds a way into @netns now, with @pid, if not 0, a process that was there. What
 * is not found stays zero. NULL in a replay: it has what the live run found.
 */
typedef void (*place_look_fn)(void *ctx, uint32_t netns, uint32_t pid, struct rec_space *out);

void places_learn(struct places *places, const struct rec_space *rec);
/* Notes in @f that it happened elsewhere, and how to get there. */
void places_mark(const struct places *places, place_look_fn look, void *ctx, struct finding *f);

#endif
