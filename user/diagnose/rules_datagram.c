// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ICMP errors on UDP sockets, neighbours, and callers from outside. */
#include <errno.h>

#include "diagnose/icmp.h"
#include "diagnose/rules.h"

static bool has_neighbour(const struct attempt *a)
{
	return a->has_neigh;
}

static bool listens_elsewhere(const struct attempt *a)
{
	return a->has_listener;
}

/* To a port of this host the ICMP error comes from here as well: then nothing is odd about it. */
static bool rejected_on_the_way(const struct attempt *a)
{
	return !a->local && a->rec.udp_error.icmp_sent_ns;
}

static const struct rule table[] = {
	{ ATTEMPT_UDP, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_INFERRED,
	  rejected_on_the_way, NULL, NULL },
	/* Seen is the ICMP error; that no socket is there, and no firewall, is not. */
	{ ATTEMPT_UDP, ECONNREFUSED, "021", "udp-port-closed", CONFIDENCE_INFERRED,
	  NULL, tell_icmp_sender, NULL },
	{ ATTEMPT_UDP, EHOSTUNREACH, "022", "neighbour-failed", CONFIDENCE_INFERRED,
	  has_neighbour, tell_neighbour, NULL },
	{ ATTEMPT_UDP, ENETUNREACH, "026", "icmp-net-unreachable", CONFIDENCE_INFERRED,
	  NULL, NULL, NULL },
	/* The path's packet size changed: the kernel tells, nothing failed. */
	{ ATTEMPT_UDP, EMSGSIZE, NULL, NULL, CONFIDENCE_UNKNOWN, NULL, NULL, NULL },
	{ ATTEMPT_NEIGHBOUR, 0, "029", "neighbour-no-reply", CONFIDENCE_OBSERVED,
	  NULL, tell_neighbour, "NEIGHBOUR_FAILED" },
	/* A look, made when it was over. */
	{ ATTEMPT_INBOUND, ECONNREFUSED, "021", "wrong-address", CONFIDENCE_INFERRED,
	  listens_elsewhere, tell_found_listener, NULL },
	{ ATTEMPT_INBOUND, ECONNREFUSED, "021", "no-listener", CONFIDENCE_INFERRED,
	  NULL, NULL, NULL },
};

const struct rule_table rules_datagram = { table, sizeof(table) / sizeof(table[0]) };
