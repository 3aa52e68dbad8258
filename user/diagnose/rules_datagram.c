// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ICMP errors on UDP sockets, neighbours, and callers from outside. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "diagnose/rules.h"

static bool has_neighbour(const struct attempt *a)
{
	return a->has_neigh;
}

/* To a port of this host the ICMP error comes from here as well: then nothing is odd about it. */
static bool rejected_on_the_way(const struct attempt *a)
{
	return !a->local && a->rec.udp_error.icmp_sent_ns;
}

static void tell_neighbour(const struct attempt *a, struct finding *f)
{
	const struct rec_neigh_failed *neigh =
		a->kind == ATTEMPT_NEIGHBOUR ? &a->rec.neigh_failed : &a->neigh;
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, neigh->addr, sizeof(e.ip));
	finding_set(f, "next_hop", "%s", endpoint_ip_text(&e, text, sizeof(text)));
	if (neigh->ifname[0])
		finding_set(f, "device", "%s", neigh->ifname);
	if (neigh->probes)
		finding_set(f, "probes", "%u", neigh->probes);
	if (a->kind != ATTEMPT_NEIGHBOUR)
		finding_add_related(f, "029");
}

static const struct rule table[] = {
	{ ATTEMPT_UDP, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_INFERRED,
	  rejected_on_the_way, NULL, NULL },
	{ ATTEMPT_UDP, ECONNREFUSED, "021", "udp-port-closed", CONFIDENCE_OBSERVED,
	  NULL, NULL, NULL },
	{ ATTEMPT_UDP, EHOSTUNREACH, "022", "neighbour-failed", CONFIDENCE_INFERRED,
	  has_neighbour, tell_neighbour, NULL },
	{ ATTEMPT_UDP, ENETUNREACH, "026", "icmp-net-unreachable", CONFIDENCE_INFERRED,
	  NULL, NULL, NULL },
	/* The path's packet size changed: the kernel tells, nothing failed. */
	{ ATTEMPT_UDP, EMSGSIZE, NULL, NULL, CONFIDENCE_UNKNOWN, NULL, NULL, NULL },
	{ ATTEMPT_NEIGHBOUR, 0, "029", "neighbour-no-reply", CONFIDENCE_OBSERVED,
	  NULL, tell_neighbour, "NEIGHBOUR_FAILED" },
	{ ATTEMPT_INBOUND, ECONNREFUSED, "021", "no-listener", CONFIDENCE_OBSERVED,
	  NULL, NULL, NULL },
};

const struct rule_table rules_datagram = { table, sizeof(table) / sizeof(table[0]) };
