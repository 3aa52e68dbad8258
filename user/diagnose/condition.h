/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * States that lead to failures: TIME_WAIT sockets that use up the ephemeral
 * ports towards one destination.
 */
#ifndef CONNWATCH_CONDITION_H
#define CONNWATCH_CONDITION_H

#include "bpf/events.h"

struct finding;
struct host;
struct conditions;

/* @f.time_ns is on the records' clock. */
typedef void (*condition_fn)(void *ctx, struct finding *f);

struct conditions *conditions_open(struct host *host, condition_fn fn, void *ctx);
void conditions_close(struct conditions *c);
void conditions_feed(struct conditions *c, const struct rec_time_wait *rec);

#endif
