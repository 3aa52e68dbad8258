// SPDX-License-Identifier: GPL-2.0-only
/* Neighbours (ARP, IPv6 neighbour discovery) that did not answer. */
#include "bpf/flow.bpf.h"

/* @reads: memory may be read by its address; if not, the verifier checks each byte's way there. */
static __always_inline void failed_name(struct rec_neigh_failed *rec, const struct net_device *dev,
					bool reads)
{
	if (reads)
		bpf_core_read(rec->ifname, EVENTS_IFNAME_LEN, &dev->name);
	for (int i = 0; !reads && i < EVENTS_IFNAME_LEN; i++)
		rec->ifname[i] = dev->name[i];
}

/* The timer handler runs once a probe; the run that gives up leaves NUD_FAILED. */
static __always_inline struct rec_neigh_failed *failed_begin(struct neighbour *neigh, bool reads)
{
	struct net_device *dev = reads ? BPF_CORE_READ(neigh, dev) : neigh->dev;
	struct rec_flow flow = { .netns = reads ? BPF_CORE_READ(dev, nd_net.net, ns.inum) :
						  dev->nd_net.net->ns.inum };
	struct rec_neigh_failed *rec;
	struct rec_who nobody = {};

	if (!filter_passes(&nobody, &flow))
		return NULL;
	rec = rec_begin(struct rec_neigh_failed, REC_NEIGH_FAILED, HOOK_NEIGH_TIMER);
	if (!rec)
		return NULL;
	rec->state = neigh->nud_state;
	rec->probes = neigh->probes.counter;
	rec->family = (reads ? BPF_CORE_READ(neigh, tbl, family) : neigh->tbl->family) == AF_INET6 ?
			      6 : 4;
	rec->ifindex = reads ? BPF_CORE_READ(dev, ifindex) : dev->ifindex;
	rec->netns = flow.netns;
	failed_name(rec, dev, reads);
	return rec;
}

static __always_inline void failed_submit(struct rec_neigh_failed *rec, const u32 *key)
{
	if (rec->family == 6)
		__builtin_memcpy(rec->addr, key, 16);
	else
		addr_from_v4(rec->addr, key[0]);
	rec_submit(rec);
}

SEC("?tp_btf/neigh_timer_handler")
int BPF_PROG(neigh_failed__tp_btf, struct neighbour *neigh, int err)
{
	struct rec_neigh_failed *rec;
	u32 key[4] = {};

	if (!(neigh->nud_state & NUD_FAILED))
		return 0;
	rec = failed_begin(neigh, true);
	if (!rec)
		return 0;
	/* An IPv4 key ends after four bytes: the rest is another object's. */
	if (rec->family == 6)
		bpf_core_read(key, 16, &neigh->primary_key);
	else
		bpf_core_read(key, 4, &neigh->primary_key);
	failed_submit(rec, key);
	return 0;
}

/* Under lockdown. Older verifiers (5.10) let nobody read a flexible array of bytes so. */
SEC("?tp_btf/neigh_timer_handler")
int BPF_PROG(neigh_failed__tp_btf_typed, struct neighbour *neigh, int err)
{
	struct rec_neigh_failed *rec;
	u32 key[4] = {};
	u8 *bytes = (u8 *)key;

	if (!(neigh->nud_state & NUD_FAILED))
		return 0;
	rec = failed_begin(neigh, false);
	if (!rec)
		return 0;
	for (int i = 0; i < 4; i++)
		bytes[i] = neigh->primary_key[i];
	for (int i = 4; i < 16 && rec->family == 6; i++)
		bytes[i] = neigh->primary_key[i];
	failed_submit(rec, key);
	return 0;
}
