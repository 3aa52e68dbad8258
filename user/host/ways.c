// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/ways.h"

#include <errno.h>
#include <time.h>

#include "host/address.h"
#include "host/netns.h"
#include "host/rtnetlink.h"

/* A neighbour or a link changes within seconds; a burst of failures asks within milliseconds. */
#define KEEP_NS 100000000ULL
/* A look costs some 100 us: no more than one in that time over the long run. */
#define LOOK_PAUSE_NS 10000000ULL
#define LOOKS_BURST 32

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static bool may_look(struct ways *ways, uint64_t now)
{
	ways->credit_ns += now - ways->looked_ns;
	ways->looked_ns = now;
	if (ways->credit_ns > LOOKS_BURST * LOOK_PAUSE_NS)
		ways->credit_ns = LOOKS_BURST * LOOK_PAUSE_NS;
	if (ways->credit_ns < LOOK_PAUSE_NS)
		return false;
	ways->credit_ns -= LOOK_PAUSE_NS;
	return true;
}

static size_t place(const uint8_t *daddr, uint32_t netns)
{
	return (netns ^ daddr[15] ^ (unsigned int)daddr[14] << 3) % WAYS_KEPT;
}

static int look_for_next_hop(void *ctx)
{
	return rtnetlink_next_hop(ctx) ? 0 : -ENOENT;
}

static int look_for_down_link(void *ctx)
{
	return rtnetlink_down_link(ctx) ? 0 : -ENOENT;
}

enum host_result ways_next_hop(struct ways *ways, uint32_t pid, struct rec_next_hop *rec)
{
	struct kept_next_hop *kept = &ways->next_hops[place(rec->daddr, rec->netns)];
	uint64_t now = now_ns();

	if (kept->looked_ns && now - kept->looked_ns < KEEP_NS && kept->rec.netns == rec->netns &&
	    addr_equal(kept->rec.daddr, rec->daddr)) {
		*rec = kept->rec;
		return rec->ifindex ? HOST_KEPT : HOST_NONE;
	}
	if (!rec->netns || !may_look(ways, now))
		return HOST_NONE;
	netns_run(rec->netns, pid, look_for_next_hop, rec);
	kept->rec = *rec;
	kept->looked_ns = now;
	return rec->ifindex ? HOST_FRESH : HOST_NONE;
}

enum host_result ways_down_link(struct ways *ways, uint32_t pid, struct rec_down_link *rec)
{
	struct kept_down_link *kept = &ways->down_links[place(rec->daddr, rec->netns)];
	uint64_t now = now_ns();

	if (kept->looked_ns && now - kept->looked_ns < KEEP_NS && kept->rec.netns == rec->netns &&
	    addr_equal(kept->rec.daddr, rec->daddr)) {
		*rec = kept->rec;
		return rec->ifindex ? HOST_KEPT : HOST_NONE;
	}
	if (!rec->netns || !may_look(ways, now))
		return HOST_NONE;
	netns_run(rec->netns, pid, look_for_down_link, rec);
	kept->rec = *rec;
	kept->looked_ns = now;
	return rec->ifindex ? HOST_FRESH : HOST_NONE;
}
