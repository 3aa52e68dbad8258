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
bool repeats_know(const struct repeats *repeats, uint64_t id);
/*
 * Makes @f of @rec. False: nothing is to be told of them. To be called only for
 * an id that is known.
 */
bool repeats_take(struct repeats *repeats, const struct rec_repeats *rec, struct finding *f);

#endif
