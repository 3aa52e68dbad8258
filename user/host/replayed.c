// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A host made of the answers in a recording. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "host/host_ops.h"

/* A recording is foreign input: what it may make us keep is bounded. */
enum { ANSWERS_MAX = 65536 };

struct replayed_host {
	struct host host;
	void *answers;		/* tsearch tree of struct rec_hdr, newest answer to a question */
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return host_question_compare(a, b);
}

/* Decoded records of one kind have one size. */
static void replayed_learn(struct host *host, const struct rec_hdr *answer)
{
	struct replayed_host *self = (struct replayed_host *)host;
	struct rec_hdr *copy, **slot;

	if (!host_question(answer))
		return;
	slot = tfind(answer, &self->answers, compare);
	if (slot) {
		memcpy(*slot, answer, (*slot)->size);
		return;
	}
	if (self->count == ANSWERS_MAX)
		return;
	copy = malloc(answer->size);
	if (!copy)
		return;
	memcpy(copy, answer, answer->size);
	if (!tsearch(copy, &self->answers, compare))
		free(copy);
	else
		self->count++;
}

static enum host_result replayed_ask(struct host *host, uint32_t pid, struct rec_hdr *rec)
{
	struct replayed_host *self = (struct replayed_host *)host;
	struct rec_hdr **slot = tfind(rec, &self->answers, compare);

	(void)pid;
	if (slot)
		memcpy(rec, *slot, rec->size);
	else
		rec->unknown = 1;
	return HOST_KEPT;
}

static void replayed_close(struct host *host)
{
	struct replayed_host *self = (struct replayed_host *)host;

	tdestroy(self->answers, free);
	free(self);
}

static const struct host_ops replayed_ops = {
	.ask = replayed_ask,
	.learn = replayed_learn,
	.close = replayed_close,
};

struct host *host_open_replay(void)
{
	struct replayed_host *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->host.ops = &replayed_ops;
	return &self->host;
}
