/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What failures that the kernel counted in a flood stand for: the finding of the
 * last record with their repeat_id, less what may not be the same of them all.
 */
#ifndef CONNWATCH_REPEATS_H
#define CONNWATCH_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/events.h"

struct finding;
struct repeats;

/* NULL: no memory. */
struct repeats *repeats_open(void);
void repeats_close(struct repeats *repeats);
/* What the record with @id gave; NULL: it is no failure, or not asked for. */
void repeats_learn(struct repeats *repeats, uint64_t id, const struct finding *f);
/* The clock that findings have their times from went forward by @step_ns, or back. */
void repeats_clock_stepped(struct repeats *repeats, int64_t step_ns);
bool repeats_know(const struct repeats *repeats, uint64_t id);

enum repeats_answer {
	REPEATS_NONE,		/* no failures, or not asked for */
	REPEATS_ALIKE,		/* the finding is that of them all */
	REPEATS_MIXED,		/* some are as above, some are not: nobody knows how many */
};

/* Makes @f of @rec. To be called only for an id that is known. */
enum repeats_answer repeats_take(struct repeats *repeats, const struct rec_repeats *rec,
				 struct finding *f);

#endif
