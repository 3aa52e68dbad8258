/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside host/: what the live and the replayed host each implement. */
#ifndef CONNWATCH_HOST_OPS_H
#define CONNWATCH_HOST_OPS_H

#include "host/host.h"

enum host_result {
	HOST_NONE,	/* nothing known */
	HOST_KEPT,	/* known from before */
	HOST_FRESH,	/* looked up just now */
};

/* Each gets its record with the question filled in and fills in the answer. */
struct host_ops {
	enum host_result (*process)(struct host *host, struct rec_process *rec);
	enum host_result (*owner)(struct host *host, struct rec_owner *rec);
	enum host_result (*holder)(struct host *host, uint32_t pid, struct rec_holder *rec);
	enum host_result (*listener)(struct host *host, struct rec_holder *rec);
	enum host_result (*limits)(struct host *host, uint32_t pid, struct rec_limits *rec);
	enum host_result (*next_hop)(struct host *host, uint32_t pid, struct rec_next_hop *rec);
	enum host_result (*down_link)(struct host *host, uint32_t pid, struct rec_down_link *rec);
	void (*learn)(struct host *host, const struct rec_hdr *answer);	/* NULL: deaf */
	void (*close)(struct host *host);
};

struct host {
	const struct host_ops *ops;
	host_answer_fn tee;
	void *tee_ctx;
};

#endif
