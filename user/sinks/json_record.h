/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The NDJSON records as JSON trees; ndjson.c makes lines of them, schema.c describes them. */
#ifndef CONNWATCH_SINKS_JSON_RECORD_H
#define CONNWATCH_SINKS_JSON_RECORD_H

#include <jansson.h>
#include <stdint.h>

#include "sinks/sink.h"

struct finding;

/* How json_dumpb() and its kin are to write a record. */
#define JSON_RECORD_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))

/* All return a new reference, or NULL when memory is short. Foreign strings are sanitised. */
json_t *json_record_start(const struct start_info *info, uint64_t seq);
json_t *json_record_finding(const struct finding *f, uint64_t seq);
json_t *json_record_lost(const struct lost_info *info, uint64_t seq);
json_t *json_record_summary(const struct summary_info *info, uint64_t seq);

/* "2026-11-20T23:30:01.123456789Z" (RFC 3339), from nanoseconds since the epoch. Returns @buf. */
const char *json_record_time(uint64_t time_ns, char *buf, size_t size);

/*
 * Makes @record smaller by the mildest step that still changes something:
 * evidence details first, then advice, then long fields and lists; marks it
 * with "truncated": true. Returns false when nothing is left to take.
 */
bool json_record_shrink(json_t *record);

#endif
