/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ways to addresses as the live host looks them up: kept a moment, and not too many. */
#ifndef CONNWATCH_WAYS_H
#define CONNWATCH_WAYS_H

#include <stdint.h>

#include "host/host_ops.h"

enum { WAYS_KEPT = 64 };

struct kept_next_hop {
	struct rec_next_hop rec;
	uint64_t looked_ns;
};

struct kept_down_link {
	struct rec_down_link rec;
	uint64_t looked_ns;
};

/* Zeroed: nothing known. */
struct ways {
	struct kept_next_hop next_hops[WAYS_KEPT];
	struct kept_down_link down_links[WAYS_KEPT];
	uint64_t credit_ns;	/* time saved up for looks */
	uint64_t looked_ns;
};

/* As struct host_ops; @pid: a process in the namespace, or 0. */
enum host_result ways_next_hop(struct ways *ways, uint32_t pid, struct rec_next_hop *rec);
enum host_result ways_down_link(struct ways *ways, uint32_t pid, struct rec_down_link *rec);

#endif
