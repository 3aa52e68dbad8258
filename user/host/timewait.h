/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TIME_WAIT sockets by sock_diag: they are no process's, so no walk over files finds them. */
#ifndef CONNWATCH_TIMEWAIT_H
#define CONNWATCH_TIMEWAIT_H

#include "bpf/events.h"

/*
 * Looks in the current network namespace for a TIME_WAIT socket on local port
 * @rec->port that stands in the way of @rec->addr, and fills in @rec->flow and
 * @rec->state; state 0: there is none. 0, or a negative errno: nothing is known.
 */
int timewait_find(struct rec_holder *rec);

#endif
