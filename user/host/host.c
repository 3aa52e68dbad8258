// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/host.h"

#include <string.h>

#include "host/host_ops.h"

#define QUESTION(kind, type, first, after) \
	{ kind, offsetof(struct type, first), offsetof(struct type, after) }

const struct host_question host_questions[] = {
	QUESTION(REC_PROCESS, rec_process, pid, reserved),
	QUESTION(REC_OWNER, rec_owner, inode, who),
	QUESTION(REC_HOLDER, rec_holder, addr, who),
	QUESTION(REC_LISTENER, rec_holder, addr, who),
	QUESTION(REC_LIMITS, rec_limits, netns, port_low),
	QUESTION(REC_NEXT_HOP, rec_next_hop, daddr, ifindex),
	QUESTION(REC_DOWN_LINK, rec_down_link, daddr, ifindex),
	QUESTION(REC_ADDRESS, rec_address, addr, flags),
	QUESTION(REC_QUEUE, rec_queue, addr, depth),
	QUESTION(REC_DOMAIN, rec_domain, addr, name),
	QUESTION(REC_NAME_SERVER, rec_name_server, pid, serves),
};

const struct host_question *host_question(const struct rec_hdr *rec)
{
	for (size_t i = 0; i < sizeof(host_questions) / sizeof(host_questions[0]); i++)
		if (host_questions[i].kind == rec->kind)
			return &host_questions[i];
	return NULL;
}

int host_question_compare(const struct rec_hdr *a, const struct rec_hdr *b)
{
	const struct host_question *q = host_question(a);

	if (a->kind != b->kind || !q)
		return (a->kind > b->kind) - (a->kind < b->kind);
	return memcmp((const char *)a + q->begin, (const char *)b + q->begin, q->end - q->begin);
}

void host_close(struct host *host)
{
	if (host)
		host->ops->close(host);
}

void host_tee(struct host *host, host_answer_fn fn, void *ctx)
{
	host->tee = fn;
	host->tee_ctx = ctx;
}

void host_learn(struct host *host, const struct rec_hdr *answer)
{
	if (host->ops->learn)
		host->ops->learn(host, answer);
}

/*
 * Only what was newly found is worth a record: what is kept was written before.
 * That nothing was found, or nobody could look, is an answer too, which takes an
 * older one's place.
 */
static void ask(struct host *host, uint32_t pid, struct rec_hdr *rec)
{
	if (host->ops->ask(host, pid, rec) == HOST_FRESH && host->tee)
		host->tee(host->tee_ctx, rec);
}

/* A zeroed record of that kind for a question. */
#define BEGIN(out, kind_)                                  \
	do {                                               \
		memset(out, 0, sizeof(*(out)));            \
		(out)->hdr.kind = (kind_);                 \
		(out)->hdr.size = sizeof(*(out));          \
	} while (0)

bool host_process(struct host *host, const struct rec_who *who, struct rec_process *out)
{
	BEGIN(out, REC_PROCESS);
	out->pid = who->pid;
	ask(host, 0, &out->hdr);
	return out->executable[0] || out->cgroup[0];
}

bool host_owner(struct host *host, uint64_t inode, struct rec_owner *out)
{
	BEGIN(out, REC_OWNER);
	out->inode = inode;
	ask(host, 0, &out->hdr);
	return out->who.pid;
}

bool host_holder(struct host *host, const struct rec_flow *asked, const struct rec_who *asker,
		 uint64_t inode, struct rec_holder *out)
{
	BEGIN(out, REC_HOLDER);
	memcpy(out->addr, asked->saddr, sizeof(out->addr));
	out->port = asked->sport;
	out->protocol = asked->protocol;
	out->v6_socket = asked->v6_socket;
	out->netns = asked->netns;
	out->not_inode = inode;
	ask(host, asker->pid, &out->hdr);
	return out->state;
}

bool host_listener(struct host *host, const struct rec_flow *refused, const struct rec_who *who,
		   struct rec_holder *out)
{
	BEGIN(out, REC_LISTENER);
	memcpy(out->addr, refused->daddr, sizeof(out->addr));
	out->port = refused->dport;
	out->protocol = refused->protocol;
	out->netns = refused->netns;
	ask(host, who->pid, &out->hdr);
	return out->state && !out->takes;
}

bool host_limits(struct host *host, uint32_t netns, const struct rec_who *who,
		 struct rec_limits *out)
{
	BEGIN(out, REC_LIMITS);
	out->netns = netns;
	ask(host, who->pid, &out->hdr);
	return out->port_low;
}

bool host_next_hop(struct host *host, const uint8_t *daddr, uint32_t netns,
		   const struct rec_who *who, struct rec_next_hop *out)
{
	BEGIN(out, REC_NEXT_HOP);
	memcpy(out->daddr, daddr, sizeof(out->daddr));
	out->netns = netns;
	ask(host, who->pid, &out->hdr);
	return out->ifindex;
}

bool host_down_link(struct host *host, const uint8_t *daddr, uint32_t netns,
		    const struct rec_who *who, struct rec_down_link *out)
{
	BEGIN(out, REC_DOWN_LINK);
	memcpy(out->daddr, daddr, sizeof(out->daddr));
	out->netns = netns;
	ask(host, who->pid, &out->hdr);
	return out->ifindex;
}

bool host_address(struct host *host, const uint8_t *addr, uint32_t netns,
		  const struct rec_who *who, struct rec_address *out)
{
	BEGIN(out, REC_ADDRESS);
	memcpy(out->addr, addr, sizeof(out->addr));
	out->netns = netns;
	ask(host, who->pid, &out->hdr);
	return out->flags;
}

bool host_queue(struct host *host, const struct rec_flow *asked, struct rec_queue *out)
{
	BEGIN(out, REC_QUEUE);
	memcpy(out->addr, asked->daddr, sizeof(out->addr));
	out->port = asked->dport;
	out->netns = asked->netns;
	ask(host, 0, &out->hdr);
	return out->flow.sport;
}

bool host_domain(struct host *host, const uint8_t *addr, uint32_t pid, struct rec_domain *out)
{
	BEGIN(out, REC_DOMAIN);
	memcpy(out->addr, addr, sizeof(out->addr));
	out->pid = pid;
	ask(host, pid, &out->hdr);
	return out->name[0];
}

bool host_is_name_server(struct host *host, uint32_t pid, uint32_t netns)
{
	struct rec_name_server rec;

	BEGIN(&rec, REC_NAME_SERVER);
	rec.pid = pid;
	rec.netns = netns;
	ask(host, pid, &rec.hdr);
	return rec.serves;
}
