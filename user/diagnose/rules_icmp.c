// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* ICMP errors that came in from somebody else, and gave the socket its error. */
#include <errno.h>

#include "diagnose/icmp.h"
#include "diagnose/rules.h"

/* What this host sent to itself is told by the firewall's and the neighbours' rules. */
static bool came_in(const struct attempt *a, enum icmp_meaning meaning)
{
	return a->has_icmp && !attempt_icmp_is_own(a) && icmp_meaning(&a->icmp) == meaning &&
	       icmp_errno(&a->icmp) == a->error;
}

static bool network_unreachable(const struct attempt *a)
{
	return came_in(a, ICMP_NETWORK);
}

static bool host_unreachable(const struct attempt *a)
{
	return came_in(a, ICMP_HOST);
}

static bool port_unreachable(const struct attempt *a)
{
	return came_in(a, ICMP_PORT);
}

/* Port unreachable is the destination's to say; from another it is a firewall's word. */
static bool port_rejected_on_the_way(const struct attempt *a)
{
	return port_unreachable(a) && !addr_equal(a->icmp.sender, a->flow.daddr);
}

/* Protocol unreachable, source route failed: neither a host nor a network is missing. */
static bool other_error(const struct attempt *a)
{
	return came_in(a, ICMP_PROTOCOL) || came_in(a, ICMP_OTHER);
}

static bool prohibited(const struct attempt *a)
{
	return came_in(a, ICMP_PROHIBITED);
}

/* Soft so far: the socket would have gone on. */
static bool any_came_in(const struct attempt *a)
{
	return a->has_icmp && !attempt_icmp_is_own(a);
}

static void tell_icmp_error(const struct attempt *a, struct finding *f)
{
	tell_icmp_sender(a, f);
	finding_set(f, "icmp_error", "%s", icmp_meaning_name(icmp_meaning(&a->icmp)));
}

static void tell_given_up(const struct attempt *a, struct finding *f)
{
	tell_icmp_error(a, f);
	tell_gave_up_after(a, f);
}

#define ICMP_RULES(kind)                                                                    \
	{ kind, RULE_ANY_ERROR, "026", "icmp-net-unreachable", CONFIDENCE_OBSERVED,         \
	  network_unreachable, tell_icmp_sender, NULL },                                    \
	{ kind, RULE_ANY_ERROR, "022", "icmp-host-unreachable", CONFIDENCE_OBSERVED,        \
	  host_unreachable, tell_icmp_sender, NULL },                                       \
	{ kind, RULE_ANY_ERROR, "022", "icmp-prohibited", CONFIDENCE_OBSERVED,              \
	  prohibited, tell_icmp_sender, NULL },                                             \
	{ kind, RULE_ANY_ERROR, "022", "icmp-unreachable", CONFIDENCE_OBSERVED,             \
	  other_error, tell_icmp_error, NULL }

static const struct rule table[] = {
	ICMP_RULES(ATTEMPT_CONNECT),
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "icmp-reject", CONFIDENCE_OBSERVED,
	  port_unreachable, tell_icmp_sender, NULL },
	{ ATTEMPT_CONNECT, 0, "023", "icmp-unreachable", CONFIDENCE_OBSERVED,
	  any_came_in, tell_given_up, "ABANDONED" },

	ICMP_RULES(ATTEMPT_CONNECTION),
	{ ATTEMPT_CONNECTION, ECONNREFUSED, "021", "icmp-reject", CONFIDENCE_OBSERVED,
	  port_unreachable, tell_icmp_sender, NULL },

	ICMP_RULES(ATTEMPT_UDP),
	{ ATTEMPT_UDP, ECONNREFUSED, "021", "icmp-reject", CONFIDENCE_OBSERVED,
	  port_rejected_on_the_way, tell_icmp_sender, NULL },
};

const struct rule_table rules_icmp = { table, sizeof(table) / sizeof(table[0]) };
