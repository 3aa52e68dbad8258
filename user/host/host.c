// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/host.h"

#include <stdlib.h>
#include <string.h>

#include "host/host_ops.h"

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

static void header(struct rec_hdr *hdr, uint16_t kind, uint16_t size)
{
	hdr->kind = kind;
	hdr->size = size;
}

/* Only what was newly found is worth a record: what is kept was written before. */
static bool answered(struct host *host, enum host_result result, const struct rec_hdr *answer)
{
	if (result == HOST_FRESH && host->tee)
		host->tee(host->tee_ctx, answer);
	return result != HOST_NONE;
}

bool host_process(struct host *host, const struct rec_who *who, struct rec_process *out)
{
	memset(out, 0, sizeof(*out));
	header(&out->hdr, REC_PROCESS, sizeof(*out));
	out->pid = who->pid;
	out->cgroup_id = who->cgroup_id;
	return answered(host, host->ops->process(host, out), &out->hdr);
}

bool host_owner(struct host *host, uint64_t inode, struct rec_owner *out)
{
	memset(out, 0, sizeof(*out));
	header(&out->hdr, REC_OWNER, sizeof(*out));
	out->inode = inode;
	return answered(host, host->ops->owner(host, out), &out->hdr);
}

bool host_holder(struct host *host, const struct rec_flow *asked, const struct rec_who *asker,
		 uint64_t inode, struct rec_holder *out)
{
	memset(out, 0, sizeof(*out));
	header(&out->hdr, REC_HOLDER, sizeof(*out));
	memcpy(out->addr, asked->saddr, sizeof(out->addr));
	out->port = asked->sport;
	out->protocol = asked->protocol;
	out->v6_socket = asked->v6_socket;
	out->netns = asked->netns;
	out->not_inode = inode;
	return answered(host, host->ops->holder(host, asker->pid, out), &out->hdr);
}

bool host_listener(struct host *host, const struct rec_flow *refused, struct rec_holder *out)
{
	memset(out, 0, sizeof(*out));
	header(&out->hdr, REC_LISTENER, sizeof(*out));
	memcpy(out->addr, refused->daddr, sizeof(out->addr));
	out->port = refused->dport;
	out->protocol = refused->protocol;
	out->netns = refused->netns;
	return answered(host, host->ops->listener(host, out), &out->hdr);
}

bool host_limits(struct host *host, uint32_t netns, const struct rec_who *who,
		 struct rec_limits *out)
{
	memset(out, 0, sizeof(*out));
	header(&out->hdr, REC_LIMITS, sizeof(*out));
	out->netns = netns;
	return answered(host, host->ops->limits(host, who->pid, out), &out->hdr);
}

bool host_next_hop(struct host *host, const uint8_t *daddr, uint32_t netns,
		   const struct rec_who *who, struct rec_next_hop *out)
{
	memset(out, 0, sizeof(*out));
	header(&out->hdr, REC_NEXT_HOP, sizeof(*out));
	memcpy(out->daddr, daddr, sizeof(out->daddr));
	out->netns = netns;
	return answered(host, host->ops->next_hop(host, who->pid, out), &out->hdr);
}

bool host_down_link(struct host *host, const uint8_t *daddr, uint32_t netns,
		    const struct rec_who *who, struct rec_down_link *out)
{
	memset(out, 0, sizeof(*out));
	header(&out->hdr, REC_DOWN_LINK, sizeof(*out));
	memcpy(out->daddr, daddr, sizeof(out->daddr));
	out->netns = netns;
	return answered(host, host->ops->down_link(host, who->pid, out), &out->hdr);
}
