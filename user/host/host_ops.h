/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside host/: what the live and the replayed host each implement. */
#ifndef CONNWATCH_HOST_OPS_H
#define CONNWATCH_HOST_OPS_H

#include <stddef.h>

#include "host/host.h"

enum host_result {
	HOST_KEPT,	/* as before: a recording has it */
	HOST_FRESH,	/* looked up just now, with or without success, or could not be */
};

/* Which bytes of an answer's record are its question. */
struct host_question {
	uint16_t kind;
	uint16_t begin;
	uint16_t end;
};

/* NULL: a record of this kind answers nothing. */
const struct host_question *host_question(const struct rec_hdr *rec);
/* As memcmp: 0 when both ask the same. */
int host_question_compare(const struct rec_hdr *a, const struct rec_hdr *b);

struct host_ops {
	/*
	 * @rec has its question filled in and gets its answer, or rec->unknown;
	 * @pid: who asks, 0 nobody.
	 */
	enum host_result (*ask)(struct host *host, uint32_t pid, struct rec_hdr *rec);
	void (*learn)(struct host *host, const struct rec_hdr *answer);	/* NULL: deaf */
	void (*close)(struct host *host);
};

struct host {
	const struct host_ops *ops;
	host_answer_fn tee;
	void *tee_ctx;
};

#endif
