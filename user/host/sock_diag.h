/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP sockets of the current network namespace by sock_diag(7), which knows them
 * by their state: a question costs what it finds, however many sockets are open.
 * What it does not know is whose they are.
 */
#ifndef CONNWATCH_SOCK_DIAG_H
#define CONNWATCH_SOCK_DIAG_H

#include <stdint.h>

#include "bpf/events.h"
#include "kernel/sockets.h"

/*
 * Looks for a TIME_WAIT socket on local port @rec->port that stands in the way
 * of @rec->addr, and fills in @rec->flow and @rec->state; state 0: there is none.
 * Such sockets are no process's, so no walk over files finds them. 0, or a
 * negative errno: nothing is known.
 */
int sock_diag_timewait(struct rec_holder *rec);

/*
 * Calls @fn for every socket that listens on local port @port (host byte order),
 * on whatever address; of a row, its inode, state, v6only and the flow's saddr,
 * sport, v6_socket and ifindex are set. 0, or a negative errno: nothing is known.
 */
int sock_diag_listeners(uint16_t port, sockets_row_fn fn, void *ctx);

#endif
