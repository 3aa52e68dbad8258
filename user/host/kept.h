/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Answers that are kept for a while, and a budget for looking up others: a flood
 * of failures asks the same again and again, and must not make the watch spend
 * its time on looks.
 */
#ifndef CONNWATCH_KEPT_H
#define CONNWATCH_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnose/decode.h"

enum { ANSWERS_KEPT = 512 };

struct kept_answer {
	uint64_t until_ns;	/* CLOCK_MONOTONIC; 0: empty */
	union record rec;
};

/* Zeroed: nothing known. */
struct kept {
	struct kept_answer answers[ANSWERS_KEPT];
	int64_t credit_ns;	/* time saved up for looks, or overdrawn */
	uint64_t counted_ns;
};

/* Copies the answer to the question in @rec into it; false when there is none that is fresh. */
bool kept_find(const struct kept *kept, struct rec_hdr *rec, uint64_t now_ns);
/* Keeps @rec until @until_ns, in place of another if need be. */
void kept_store(struct kept *kept, const struct rec_hdr *rec, uint64_t until_ns);

/*
 * That nothing listens on a port is so for every address: a scan of many needs no look
 * for each. True: that is the answer to @rec, which asks about any address
 * (REC_LISTENER; all else: false) and stands for it as it is.
 */
bool kept_find_nobody(const struct kept *kept, const struct rec_hdr *rec, uint64_t now_ns);
void kept_store_nobody(struct kept *kept, const struct rec_holder *rec, uint64_t until_ns);

/* Whether the budget allows a look: a twentieth of the time, saved up for a burst. */
bool kept_may_look(struct kept *kept, uint64_t now_ns);
/* The look took that long. */
void kept_looked(struct kept *kept, uint64_t duration_ns);

#endif
