/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Look-ups of names: what the libc told its caller is the verdict, and the
 * answers on the wire are its reasons. Programs that ask name servers themselves
 * are judged by the wire alone, once nothing better came for a while.
 */
#ifndef CONNWATCH_LOOKUPS_H
#define CONNWATCH_LOOKUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnose/attempt.h"

enum { LOOKUP_ANSWERS_KEPT = 128, LOOKUP_REFUSALS_KEPT = 32, LOOKUP_PENDING_MAX = 64 };

struct lookup_answer {
	uint64_t ts_ns;
	uint32_t pid;
	uint16_t type;		/* of the question */
	uint16_t rcode;
	uint16_t answers;
	uint16_t hook;
	struct rec_flow flow;
	char name[NAME_LEN];
};

/* A query that could not be delivered, met by a process in getaddrinfo(). */
struct lookup_refusal {
	uint64_t ts_ns;
	uint32_t pid;
	int error;
	uint16_t hook;
	struct rec_flow flow;
};

/* A program's own question without an answer that helps: so far. */
struct lookup_pending {
	struct lookup_answer answer;	/* the one to tell */
	struct rec_who who;
	uint64_t inode;
	uint64_t deadline_ns;		/* 0: free */
	bool no_data_a, no_data_aaaa;
};

struct lookups {
	struct lookup_answer answers[LOOKUP_ANSWERS_KEPT];
	size_t answer_count;		/* ever */
	struct lookup_refusal refusals[LOOKUP_REFUSALS_KEPT];
	size_t refusal_count;
	struct lookup_pending pending[LOOKUP_PENDING_MAX];
	/* The newest failure that was told, for a second call for the other family. */
	struct rec_name_lookup told;
	void (*fn)(void *ctx, struct attempt *attempt);
	void *ctx;
};

/*
 * Takes what belongs to a look-up; @lookups->fn gets what failed. True: the
 * record is done with, and no operation of its own.
 */
bool lookups_take(struct lookups *l, const union record *rec);
/* Judges what has waited long enough. */
void lookups_expire(struct lookups *l, uint64_t now_ns);
/* By when that has to be, 0: nothing waits. */
uint64_t lookups_deadline(const struct lookups *l);

#endif
