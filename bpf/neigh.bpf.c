// SPDX-License-Identifier: GPL-2.0-only
/* Neighbours (ARP, IPv6 neighbour discovery) that did not answer. */
#include "bpf/flow.bpf.h"

/* The timer handler runs once a probe; the run that gives up leaves NUD_FAILED. */
SEC("?tp_btf/neigh_timer_handler")
int BPF_PROG(neigh_failed__tp_btf, struct neighbour *neigh, int err)
{
	struct rec_neigh_failed *rec;
	struct net_device *dev;

	if (!(neigh->nud_state & NUD_FAILED))
		return 0;
	rec = rec_begin(struct rec_neigh_failed, REC_NEIGH_FAILED, HOOK_NEIGH_TIMER);
	if (!rec)
		return 0;
	rec->state = neigh->nud_state;
	rec->probes = neigh->probes.counter;
	dev = neigh->dev;
	rec->ifindex = dev->ifindex;
	rec->netns = dev->nd_net.net->ns.inum;
	for (int i = 0; i < EVENTS_IFNAME_LEN; i++)
		rec->ifname[i] = dev->name[i];
	rec->family = neigh->tbl->family == AF_INET6 ? 6 : 4;
	if (rec->family == 6) {
		for (int i = 0; i < 16; i++)
			rec->addr[i] = neigh->primary_key[i];
	} else {
		u8 v4[4];

		for (int i = 0; i < 4; i++)
			v4[i] = neigh->primary_key[i];
		addr_from_v4(rec->addr, *(u32 *)v4);
	}
	bpf_ringbuf_submit(rec, 0);
	return 0;
}
