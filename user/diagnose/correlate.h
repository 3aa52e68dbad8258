/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Joining the facts of one operation into an attempt. Some facts arrive just
 * after the record they explain (a neighbour's failure after the connects that
 * waited for it) or tell that a record is not one of its own (the caller of a
 * refused SYN is on this machine): such records wait a few milliseconds. Time
 * is the records' own, so a replay waits alike.
 */
#ifndef CONNWATCH_CORRELATE_H
#define CONNWATCH_CORRELATE_H

#include <stdint.h>

#include "diagnose/attempt.h"

struct host;
struct correlator;

typedef void (*attempt_fn)(void *ctx, const struct attempt *attempt);

/* @host stays the caller's. NULL: no memory. */
struct correlator *correlator_open(struct host *host, attempt_fn fn, void *ctx);
void correlator_close(struct correlator *c);

/* Takes one decoded kernel record. */
void correlator_feed(struct correlator *c, const union record *rec);
/* Lets go what has waited long enough at @now_ns (CLOCK_MONOTONIC). */
void correlator_expire(struct correlator *c, uint64_t now_ns);
/* When the next waiting attempt is due, 0 when none waits. */
uint64_t correlator_deadline(const struct correlator *c);

#endif
