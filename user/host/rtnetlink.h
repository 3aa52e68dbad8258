/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Questions to the routing, neighbour and link tables of the current network namespace. */
#ifndef CONNWATCH_RTNETLINK_H
#define CONNWATCH_RTNETLINK_H

#include "bpf/events.h"

/*
 * All return 0 when the kernel answered, also that there is no such thing, or a
 * negative errno: then nothing is known.
 */

/*
 * Fills in the way to @rec->daddr: next hop, device and what the neighbour
 * table has of it. ifindex 0: there is no route.
 */
int rtnetlink_next_hop(struct rec_next_hop *rec);

/*
 * Fills in the interface that is down and would lead to @rec->daddr: one whose
 * address has a prefix that covers it, or else the only one of a namespace in
 * which no other but loopback is up. ifindex 0: there is none.
 */
int rtnetlink_down_link(struct rec_down_link *rec);

/* Fills in whether the namespace has @rec->addr. */
int rtnetlink_address(struct rec_address *rec);

#endif
