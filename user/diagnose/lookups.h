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
#include "host/host.h"

enum {
	LOOKUP_ANSWERS_KEPT = 128,
	LOOKUP_REFUSALS_KEPT = 32,
	LOOKUP_PENDING_MAX = 128,
	LOOKUP_TOLD_KEPT = 16,
};

struct lookup_answer {
	uint64_t ts_ns;
	uint32_t pid;		/* 0: whose socket it came to was not seen */
	uint32_t tid;
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
	uint32_t tid;
	int error;
	uint16_t hook;
	struct rec_flow flow;
};

/* Types of questions that one look-up asks side by side. */
enum lookup_type { LOOKUP_A, LOOKUP_AAAA, LOOKUP_SERVICE, LOOKUP_OTHER, LOOKUP_TYPES };

/* What a program was answered about one name, by type: of two look-ups, two of each it asked. */
struct lookup_counts {
	uint32_t no_name[LOOKUP_TYPES];
	uint32_t no_data[LOOKUP_TYPES];
	uint32_t trouble[LOOKUP_TYPES];	/* any other error, by the first server that had it */
	uint32_t helped[LOOKUP_TYPES];	/* that name, or what a search list made of it */
};

/* A program's own questions about one name that were not answered so far. */
struct lookup_pending {
	struct lookup_answer answer;	/* the one to tell */
	struct lookup_counts counts;
	struct rec_who who;
	uint64_t inode;
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t deadline_ns;		/* 0: free */
	uint32_t message[LOOKUP_TYPES];	/* the last one's identity: a repeated answer is none */
};

struct lookups {
	struct lookup_answer answers[LOOKUP_ANSWERS_KEPT];
	size_t answer_count;		/* ever */
	struct lookup_refusal refusals[LOOKUP_REFUSALS_KEPT];
	size_t refusal_count;
	struct lookup_pending pending[LOOKUP_PENDING_MAX];
	uint64_t due_ns;		/* the first deadline among them, 0: none */
	/* The newest failures that were told, for a second call for the other family. */
	struct rec_name_lookup told[LOOKUP_TOLD_KEPT];
	size_t told_count;
	void (*fn)(void *ctx, struct attempt *attempt);	/* what was not resolved */
	void *ctx;
};

typedef void (*lookup_fn)(void *ctx, struct attempt *attempt);

/* @lookups is zeroed. */
void lookups_init(struct lookups *l, lookup_fn fn, void *ctx);
/*
 * Takes what belongs to a look-up; @lookups->fn gets what failed. True: the
 * record is done with, and no operation of its own.
 */
bool lookups_take(struct lookups *l, const union record *rec);
/* The process of what is told by its socket alone; drops an answer that proves nothing. */
void lookups_join_host(struct host *host, struct attempt *a);
/* Judges what has waited long enough. */
void lookups_expire(struct lookups *l, uint64_t now_ns);
/* By when that has to be, 0: nothing waits. */
uint64_t lookups_deadline(const struct lookups *l);

#endif
