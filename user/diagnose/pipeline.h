/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The whole way of a record: decode, correlate, diagnose, filter, fold, sinks.
 * The same for a live run and a replay: the only clock is the records'.
 */
#ifndef CONNWATCH_PIPELINE_H
#define CONNWATCH_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnose/filter.h"
#include "diagnose/places.h"
#include "sinks/sink.h"

struct host;
struct pipeline;

struct pipeline_options {
	struct filter filter;
	bool fold;
	bool ports_filtered;		/* by the kernel's programs: so is what they counted */
	bool tasks_filtered;		/* pid and name, likewise */
	bool tree;			/* only a tree's failures are told: none without process */
	uint64_t record_limit;		/* stop after that many findings are out; 0: never */
	bool lose_output;		/* for tests: as if every other finding found no room */
	uint64_t wall_offset_ns;	/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t start_ns;		/* CLOCK_MONOTONIC of the first moment watched */
	place_look_fn look_place;	/* NULL: from the records */
	void *look_ctx;
};

/* @host and @sink stay the caller's; @sink may be NULL. NULL: no memory. */
struct pipeline *pipeline_open(const struct pipeline_options *options, struct host *host,
			       struct sink *sink);
void pipeline_close(struct pipeline *p);

/*
 * One record as it came. Bytes that are no record, or of a kind that is not
 * known, are counted and skipped. 0, or the negative errno of the sink, which
 * every later call returns too.
 */
int pipeline_feed(struct pipeline *p, const void *data, size_t size);
/* Whether a rec_repeats of that id would be told: the record that it refers to came by. */
bool pipeline_knows_repeat(const struct pipeline *p, uint64_t id);
/* Time went by without a record. */
int pipeline_tick(struct pipeline *p, uint64_t now_ns);

/* The wall clock was set: CLOCK_REALTIME - CLOCK_MONOTONIC is now @wall_offset_ns. */
void pipeline_set_wall_offset(struct pipeline *p, uint64_t wall_offset_ns);
/* Nothing comes any more: lets everything out and writes the summary. */
int pipeline_finish(struct pipeline *p, uint64_t now_ns, const struct signal_status *signals,
		    size_t signal_count);

/* CLOCK_MONOTONIC time by which pipeline_tick() should be called, 0: no need. */
uint64_t pipeline_deadline(const struct pipeline *p);
/* The record limit has been reached. */
bool pipeline_is_done(const struct pipeline *p);
/* Some finding went out. */
bool pipeline_has_findings(const struct pipeline *p);
/* Records that could not be read. */
uint64_t pipeline_skipped(const struct pipeline *p);

#endif
