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

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_holders(const struct rec_holder *x, const struct rec_holder *y)
{
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	if (!order)
		order = COMPARE(x->port, y->port);
	if (!order)
		order = COMPARE(x->protocol, y->protocol);
	if (!order)
		order = COMPARE(x->netns, y->netns);
	return order ? order : COMPARE(x->not_inode, y->not_inode);
}

static int compare_ways(const uint8_t *x, uint32_t x_netns, const uint8_t *y, uint32_t y_netns)
{
	int order = memcmp(x, y, 16);

	return order ? order : COMPARE(x_netns, y_netns);
}

static int compare_next_hops(const struct rec_next_hop *x, const struct rec_next_hop *y)
{
	return compare_ways(x->daddr, x->netns, y->daddr, y->netns);
}

static int compare_down_links(const struct rec_down_link *x, const struct rec_down_link *y)
{
	return compare_ways(x->daddr, x->netns, y->daddr, y->netns);
}

/* Two answers are equal when they answer the same question. */
static int compare(const void *a, const void *b)
{
	const struct rec_hdr *x = a, *y = b;

	if (x->kind != y->kind)
		return COMPARE(x->kind, y->kind);
	switch (x->kind) {
	case REC_PROCESS:
		return COMPARE(((struct rec_process *)a)->pid, ((struct rec_process *)b)->pid);
	case REC_OWNER:
		return COMPARE(((struct rec_owner *)a)->inode, ((struct rec_owner *)b)->inode);
	case REC_LIMITS:
		return COMPARE(((struct rec_limits *)a)->netns, ((struct rec_limits *)b)->netns);
	case REC_NEXT_HOP:
		return compare_next_hops(a, b);
	case REC_DOWN_LINK:
		return compare_down_links(a, b);
	default:
		return compare_holders(a, b);
	}
}

static bool is_answer(const struct rec_hdr *hdr)
{
	return hdr->kind == REC_PROCESS || hdr->kind == REC_OWNER || hdr->kind == REC_HOLDER ||
	       hdr->kind == REC_LISTENER || hdr->kind == REC_LIMITS ||
	       hdr->kind == REC_NEXT_HOP || hdr->kind == REC_DOWN_LINK;
}

static void replayed_learn(struct host *host, const struct rec_hdr *answer)
{
	struct replayed_host *self = (struct replayed_host *)host;
	struct rec_hdr *copy, **slot;

	if (!is_answer(answer))
		return;
	slot = tfind(answer, &self->answers, compare);
	if (slot) {
		/* Decoded records of one kind have one size. */
		memcpy(*slot, answer, (*slot)->size);
		return;
	}
	if (self->count == ANSWERS_MAX)
		return;
	copy = malloc(sizeof(struct rec_process) + sizeof(struct rec_holder));
	if (!copy)
		return;
	memcpy(copy, answer, answer->size);
	if (!tsearch(copy, &self->answers, compare))
		free(copy);
	else
		self->count++;
}

static enum host_result look_up(struct host *host, struct rec_hdr *question)
{
	struct replayed_host *self = (struct replayed_host *)host;
	struct rec_hdr **slot = tfind(question, &self->answers, compare);

	if (!slot)
		return HOST_NONE;
	memcpy(question, *slot, question->size);
	return HOST_KEPT;
}

static enum host_result replayed_process(struct host *host, struct rec_process *rec)
{
	return look_up(host, &rec->hdr);
}

static enum host_result replayed_owner(struct host *host, struct rec_owner *rec)
{
	return look_up(host, &rec->hdr);
}

static enum host_result replayed_holder(struct host *host, uint32_t pid, struct rec_holder *rec)
{
	(void)pid;
	return look_up(host, &rec->hdr);
}

static enum host_result replayed_listener(struct host *host, struct rec_holder *rec)
{
	return look_up(host, &rec->hdr);
}

static enum host_result replayed_limits(struct host *host, uint32_t pid, struct rec_limits *rec)
{
	(void)pid;
	return look_up(host, &rec->hdr);
}

static enum host_result replayed_next_hop(struct host *host, uint32_t pid,
					  struct rec_next_hop *rec)
{
	(void)pid;
	return look_up(host, &rec->hdr);
}

static enum host_result replayed_down_link(struct host *host, uint32_t pid,
					   struct rec_down_link *rec)
{
	(void)pid;
	return look_up(host, &rec->hdr);
}

static void replayed_close(struct host *host)
{
	struct replayed_host *self = (struct replayed_host *)host;

	tdestroy(self->answers, free);
	free(self);
}

static const struct host_ops replayed_ops = {
	.process = replayed_process,
	.owner = replayed_owner,
	.holder = replayed_holder,
	.listener = replayed_listener,
	.limits = replayed_limits,
	.next_hop = replayed_next_hop,
	.down_link = replayed_down_link,
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
