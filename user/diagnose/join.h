/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The facts of an attempt that are looked up rather than waited for. */
#ifndef CONNWATCH_JOIN_H
#define CONNWATCH_JOIN_H

#include "diagnose/attempt.h"
#include "diagnose/recent.h"

struct host;

/* The way to the attempt's destination; asked once. */
void join_next_hop(struct host *host, struct attempt *a);
/* Everything else that the attempt's kind and error ask for; @recent learns of full queues. */
void join_host(struct host *host, struct recent *recent, struct attempt *a);

#endif
