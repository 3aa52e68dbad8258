/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting for the summary: by code, by process, by destination. */
#ifndef CONNWATCH_STATS_H
#define CONNWATCH_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "sinks/sink.h"

struct finding;
struct stats;

struct stats *stats_open(void);	/* NULL: no memory */
void stats_close(struct stats *stats);

/* One finding as diagnosed, before folding. */
void stats_add(struct stats *stats, const struct finding *f);
/* @count connects to a destination succeeded. */
void stats_add_successes(struct stats *stats, const uint8_t *daddr, uint16_t dport,
			 uint64_t count);
/* Fills the lists and totals; what they point to is the stats' and lasts until the next call. */
void stats_summarise(struct stats *stats, struct summary_info *info);

#endif
