// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names that were not resolved. */
#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "diagnose/dns.h"
#include "diagnose/rules.h"

static bool asks_for_others(const struct attempt *a) { return a->lookup.is_name_server; }

/* An answer to another process, or to nobody knows whom, may be to another question. */
static bool answered(const struct attempt *a, unsigned int rcode, bool own)
{
	return a->lookup.has_answer && a->lookup.rcode == rcode && a->lookup.is_own == own;
}

#define ANSWERED(name, rcode)                                                                  \
	static bool name(const struct attempt *a) { return answered(a, rcode, true); }        \
	static bool name##_elsewhere(const struct attempt *a) { return answered(a, rcode, false); }

ANSWERED(no_such_name, DNS_NXDOMAIN)
ANSWERED(no_address, DNS_NOERROR)
ANSWERED(server_failed, DNS_SERVFAIL)
ANSWERED(server_refused, DNS_REFUSED)

static bool undeliverable(const struct attempt *a)
{
	return a->lookup.refused && !a->lookup.has_answer;
}

static int error(const struct attempt *a)
{
	return a->rec.name_lookup.error;
}

/* The least that a libc waits for a name server: resolv.conf(5) counts in whole seconds. */
#define TIMEOUT_LEAST_NS 1000000000ULL

/*
 * The libc says "try again" after its time-outs, but also to an answer or an ICMP
 * error that says no more. Those are watched, not by every kernel's hooks though, and
 * they end a look-up at once.
 */
static bool no_answer(const struct attempt *a)
{
	const struct rec_name_lookup *rec = &a->rec.name_lookup;

	return error(a) == EAI_AGAIN && !a->lookup.has_answer &&
	       rec->hdr.ts_ns - rec->started_ns >= TIMEOUT_LEAST_NS;
}

static bool is_try_again(const struct attempt *a) { return error(a) == EAI_AGAIN; }

static void tell(const struct attempt *a, struct finding *f)
{
	struct endpoint e = { .has_ip = !addr_is_unspecified(a->flow.daddr) };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, a->flow.daddr, sizeof(e.ip));
	if (e.has_ip && a->flow.family)
		finding_set(f, "resolver", "%s", endpoint_ip_text(&e, text, sizeof(text)));
	if (undeliverable(a))
		finding_add_related(f, "021");
}

#define ANSWER(cause, holds, error)                                                                \
	{ ATTEMPT_LOOKUP, 0, "024", cause, CONFIDENCE_OBSERVED, holds, tell, error },              \
	{ ATTEMPT_LOOKUP, 0, "024", cause, CONFIDENCE_INFERRED, holds##_elsewhere, tell, error }

static const struct rule table[] = {
	{ ATTEMPT_LOOKUP, 0, NULL, NULL, CONFIDENCE_UNKNOWN, asks_for_others, NULL, NULL },
	ANSWER("nxdomain", no_such_name, "NXDOMAIN"),
	ANSWER("no-data", no_address, "NODATA"),
	ANSWER("servfail", server_failed, "SERVFAIL"),
	ANSWER("query-refused", server_refused, "REFUSED"),
	{ ATTEMPT_LOOKUP, 0, "024", "resolver-unreachable", CONFIDENCE_OBSERVED, undeliverable,
	  tell, "EAI_AGAIN" },
	{ ATTEMPT_LOOKUP, 0, "024", "resolver-timeout", CONFIDENCE_INFERRED, no_answer, tell,
	  "EAI_AGAIN" },
	{ ATTEMPT_LOOKUP, 0, "024", "unexplained", CONFIDENCE_UNKNOWN, is_try_again, tell,
	  "EAI_AGAIN" },
	{ ATTEMPT_LOOKUP, 0, "024", "unexplained", CONFIDENCE_UNKNOWN, NULL, tell,
	  "EAI_NONAME" },
};

const struct rule_table rules_dns = { table, sizeof(table) / sizeof(table[0]) };
