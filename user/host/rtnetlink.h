/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Questions to the routing, neighbour and link tables of the current network namespace. */
#ifndef CONNWATCH_RTNETLINK_H
#define CONNWATCH_RTNETLINK_H

#include <stdbool.h>

#include "bpf/events.h"

/*
 * Fills in the way to @rec->daddr: next hop, device and what the neighbour
 * table has of it. False when there is no route or the kernel does not say.
 */
bool rtnetlink_next_hop(struct rec_next_hop *rec);

/*
 * Fills in the interface that is down and would lead to @rec->daddr: one whose
 * address has a prefix that covers it, or else the only one of a namespace in
 * which no other but loopback is up. False when there is none.
 */
bool rtnetlink_down_link(struct rec_down_link *rec);

/* Fills in whether the namespace has @rec->addr. False when it has not. */
bool rtnetlink_address(struct rec_address *rec);

#endif
