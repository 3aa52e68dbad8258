/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an ICMP destination unreachable of either family means. */
#ifndef CONNWATCH_DIAGNOSE_ICMP_H
#define CONNWATCH_DIAGNOSE_ICMP_H

#include <stdbool.h>

#include "diagnose/attempt.h"
#include "diagnose/finding.h"

enum icmp_meaning {
	ICMP_OTHER,
	ICMP_NETWORK,		/* no route to the network */
	ICMP_HOST,		/* the last hop does not reach the host */
	ICMP_PORT,		/* nobody on the port, or a firewall that says so */
	ICMP_PROHIBITED,	/* a firewall or a route forbids it */
	ICMP_PROTOCOL,		/* the host, or a firewall that says so, does not speak it */
};

/* ICMP_OTHER for a code that gives no such error. */
enum icmp_meaning icmp_meaning(const struct rec_icmp_received *icmp);
/* The kernel's errno for it (net/ipv4/icmp.c icmp_err_convert, icmpv6_err_convert); 0: none. */
int icmp_errno(const struct rec_icmp_received *icmp);
/* "host unreachable"; static. */
const char *icmp_meaning_name(enum icmp_meaning meaning);

/* Gives a finding the value icmp_sender, when the attempt met an ICMP error. */
void tell_icmp_sender(const struct attempt *a, struct finding *f);

#endif
