// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* TCP connects that failed after their SYN, and connections that broke. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "diagnose/rules.h"

static bool watched(const struct attempt *a, unsigned int facts)
{
	return (a->rec.tcp_end.watched & facts) == facts;
}

static bool local_stack_refused(const struct attempt *a)
{
	return a->rec.tcp_end.reset_sent_ns;
}

/* And a look at the listeners of this host found none on that port. */
static bool nothing_listens(const struct attempt *a)
{
	return local_stack_refused(a) && attempt_looked(&a->listener.hdr) && !a->listener.takes;
}

static bool listens_elsewhere(const struct attempt *a)
{
	return local_stack_refused(a) && a->has_listener;
}

/*
 * A reset on the same host that the TCP stack did not send: a reject rule's. Where
 * drops are watched such a rule shows by its own (rules_firewall.c), so it was none:
 * address translation led into a container, say, whose stack refused.
 */
static bool local_reset_by_another(const struct attempt *a)
{
	return a->local && a->rec.tcp_end.reset_ns && watched(a, WATCHED_RESETS_SENT) &&
	       !watched(a, WATCHED_DROPS) && !a->rec.tcp_end.reset_sent_ns;
}

/* Nobody saw whether the stack sent it; a listener that takes such connections says no. */
static bool local_reset(const struct attempt *a)
{
	return a->local && a->rec.tcp_end.reset_ns && !watched(a, WATCHED_RESETS_SENT) &&
	       !a->listener.takes;
}

/* It came up since, or was led elsewhere, or a firewall rejects: one look does not tell. */
static bool local_reset_where_one_listens(const struct attempt *a)
{
	return a->local && a->rec.tcp_end.reset_ns && a->listener.takes;
}

static bool local_reset_listens_elsewhere(const struct attempt *a)
{
	return local_reset(a) && a->has_listener;
}

static bool remote_reset(const struct attempt *a)
{
	return !a->local && a->rec.tcp_end.reset_ns;
}

static bool remote_reset_no_drop(const struct attempt *a)
{
	return remote_reset(a) && watched(a, WATCHED_DROPS);
}

static bool icmp_by_this_host(const struct attempt *a)
{
	return a->rec.tcp_end.icmp_sent_ns && !a->rec.tcp_end.reset_ns;
}

/* Only an ICMP error gives these errors to a socket whose SYN has left. */
static bool no_own_drop(const struct attempt *a)
{
	return !a->local && watched(a, WATCHED_DROPS) && !a->rec.tcp_end.drops_out &&
	       !attempt_icmp_is_own(a);
}

/* A refusal without a reset can only have come by ICMP; from here it did not. */
static bool icmp_from_elsewhere(const struct attempt *a)
{
	return no_own_drop(a) && !a->rec.tcp_end.reset_ns && a->rec.tcp_end.started_ns &&
	       watched(a, WATCHED_RESETS | WATCHED_DROPS | WATCHED_ICMP_SENT);
}

/* The destination itself, or the gateway that the routing table names for it. */
static bool neighbour_is_next_hop(const struct attempt *a)
{
	return a->has_neigh && (addr_equal(a->neigh.addr, a->flow.daddr) ||
				(a->has_next_hop && addr_equal(a->neigh.addr, a->next_hop.addr)));
}

static bool neighbour_on_the_way(const struct attempt *a)
{
	return a->has_neigh;
}

/* Idle limits of balancers and address translation begin at about a minute. */
#define IDLE_NS 30000000000ULL

static bool reset_after_idle(const struct attempt *a)
{
	return a->rec.tcp_end.reset_ns && a->rec.tcp_end.idle_ns >= IDLE_NS && !a->local;
}

static void tell_idle(const struct attempt *a, struct finding *f)
{
	char text[32];

	finding_set(f, "idle", "%s",
		    duration_text((double)a->rec.tcp_end.idle_ns / 1e6, text, sizeof(text)));
}

/* From the other end, or in its name: this host's own rule would have dropped the packet. */
static bool reset_came_in(const struct attempt *a)
{
	return a->rec.tcp_end.reset_ns && watched(a, WATCHED_DROPS);
}

static bool reset_came(const struct attempt *a)
{
	return a->rec.tcp_end.reset_ns;
}

/* Not so of a keepalive's end, nor of a peer that answers and takes no data. */
static bool sent_in_vain(const struct attempt *a)
{
	return a->rec.tcp_end.retransmits;
}

static bool resets_unwatched(const struct attempt *a)
{
	return !watched(a, WATCHED_RESETS);
}

static bool is_remote(const struct attempt *a)
{
	return !a->local;
}

/* TCP_TIMEOUT_INIT (include/net/tcp.h): a SYN is sent again after it, RFC 6298 section 2. */
#define FIRST_RETRANSMIT_MS 1000.0

/* Until a SYN is sent again nothing says that it was lost; a slow way takes its time. */
static bool answer_is_late(const struct attempt *a)
{
	return a->rec.tcp_end.retransmits ||
	       attempt_ms(a, a->rec.hdr.ts_ns) >= FIRST_RETRANSMIT_MS;	/* false for NAN */
}

static bool no_answer_in_time(const struct attempt *a)
{
	return !a->local && answer_is_late(a);
}

static bool gave_up_early(const struct attempt *a)
{
	return !a->local && a->rec.tcp_end.started_ns && !answer_is_late(a);
}

/* include/uapi/linux/neighbour.h */
enum { NUD_INCOMPLETE_ = 0x01, NUD_FAILED_ = 0x20 };

static bool neighbour_in_state(const struct attempt *a, unsigned int states)
{
	return a->has_next_hop && a->next_hop.has_neigh && (a->next_hop.neigh_state & states);
}

/* The SYNs have not even left: nobody answered for the next hop so far, and it had its time. */
static bool neighbour_is_unresolved(const struct attempt *a)
{
	return neighbour_in_state(a, NUD_FAILED_) ||
	       (neighbour_in_state(a, NUD_INCOMPLETE_) && answer_is_late(a));
}

/* Where address translation on this host had led the SYN when it was refused. */
static void tell_translation(const struct attempt *a, struct finding *f)
{
	const struct rec_tcp_end *end = &a->rec.tcp_end;
	struct endpoint e = { .has_ip = true, .has_port = true, .port = end->refused_port };
	char text[ENDPOINT_TEXT_SIZE];

	if (!end->refused_port || (end->refused_port == a->flow.dport &&
				   addr_equal(end->refused_addr, a->flow.daddr)))
		return;
	memcpy(e.ip, end->refused_addr, sizeof(e.ip));
	finding_set(f, "nat_dst", "%s", endpoint_text(&e, text, sizeof(text)));
	finding_set(f, "nat_port", "%u", end->refused_port);
}

static void tell_unresolved(const struct attempt *a, struct finding *f)
{
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, a->next_hop.addr, sizeof(e.ip));
	finding_set(f, "next_hop", "%s", endpoint_ip_text(&e, text, sizeof(text)));
	if (a->next_hop.ifname[0])
		finding_set(f, "device", "%s", a->next_hop.ifname);
	finding_add_related(f, "029");
}

/* Refused by the stack; what is known of listeners is that nobody looked, or one is there now. */
static void tell_refused(const struct attempt *a, struct finding *f)
{
	tell_translation(a, f);
	if (a->listener.takes)
		tell_found_listener(a, f);
}

static void tell_unresolved_given_up(const struct attempt *a, struct finding *f)
{
	tell_unresolved(a, f);
	tell_gave_up_after(a, f);
}

static void tell_early(const struct attempt *a, struct finding *f)
{
	if (neighbour_in_state(a, NUD_INCOMPLETE_))
		tell_unresolved(a, f);
	tell_gave_up_after(a, f);
}

static const struct rule table[] = {
	/* Refused. */
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "wrong-address", CONFIDENCE_OBSERVED,
	  listens_elsewhere, tell_found_listener, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "no-listener", CONFIDENCE_OBSERVED,
	  nothing_listens, tell_translation, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "no-listener", CONFIDENCE_INFERRED,
	  local_stack_refused, tell_refused, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_INFERRED,
	  local_reset_by_another, NULL, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "wrong-address", CONFIDENCE_INFERRED,
	  local_reset_listens_elsewhere, tell_found_listener, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "no-listener", CONFIDENCE_INFERRED,
	  local_reset, NULL, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "unexplained", CONFIDENCE_UNKNOWN,
	  local_reset_where_one_listens, tell_found_listener, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "peer-reset", CONFIDENCE_OBSERVED,
	  remote_reset_no_drop, NULL, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "peer-reset", CONFIDENCE_INFERRED,
	  remote_reset, NULL, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_INFERRED,
	  icmp_by_this_host, NULL, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "icmp-reject", CONFIDENCE_INFERRED,
	  icmp_from_elsewhere, NULL, NULL },

	/* No way to the host. */
	{ ATTEMPT_CONNECT, EHOSTUNREACH, "022", "neighbour-failed", CONFIDENCE_OBSERVED,
	  neighbour_is_next_hop, tell_neighbour, NULL },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, "022", "neighbour-failed", CONFIDENCE_INFERRED,
	  neighbour_on_the_way, tell_neighbour, NULL },
	{ ATTEMPT_CONNECT, EACCES, "022", "icmp-prohibited", CONFIDENCE_INFERRED,
	  no_own_drop, NULL, NULL },
	{ ATTEMPT_CONNECT, ENETUNREACH, "026", "icmp-net-unreachable", CONFIDENCE_INFERRED,
	  no_own_drop, NULL, NULL },

	/* Nothing came back; the application waited for it, or gave up. */
	{ ATTEMPT_CONNECT, ETIMEDOUT, "023", "no-reply", CONFIDENCE_INFERRED,
	  is_remote, NULL, NULL },
	{ ATTEMPT_CONNECT, 0, "023", "no-reply", CONFIDENCE_INFERRED,
	  neighbour_is_unresolved, tell_unresolved_given_up, "ABANDONED" },
	{ ATTEMPT_CONNECT, 0, "023", "no-reply", CONFIDENCE_INFERRED,
	  no_answer_in_time, tell_gave_up_after, "ABANDONED" },
	{ ATTEMPT_CONNECT, 0, "023", "given-up-early", CONFIDENCE_OBSERVED,
	  gave_up_early, tell_early, "ABANDONED" },
	{ ATTEMPT_CONNECT, 0, "023", "unexplained", CONFIDENCE_UNKNOWN,
	  NULL, tell_gave_up_after, "ABANDONED" },

	/* Established connections. */
	{ ATTEMPT_CONNECTION, ECONNRESET, "C01", "peer-reset-idle", CONFIDENCE_INFERRED,
	  reset_after_idle, tell_idle, NULL },
	{ ATTEMPT_CONNECTION, ECONNRESET, "C01", "peer-reset", CONFIDENCE_OBSERVED,
	  reset_came_in, NULL, NULL },
	{ ATTEMPT_CONNECTION, ECONNRESET, "C01", "peer-reset", CONFIDENCE_INFERRED,
	  reset_came, NULL, NULL },
	{ ATTEMPT_CONNECTION, ECONNRESET, "C01", "peer-reset", CONFIDENCE_INFERRED,
	  resets_unwatched, NULL, NULL },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, "023", "established-timeout", CONFIDENCE_OBSERVED,
	  sent_in_vain, NULL, NULL },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, "023", "established-timeout", CONFIDENCE_INFERRED,
	  NULL, NULL, NULL },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, "022", "neighbour-failed", CONFIDENCE_OBSERVED,
	  neighbour_is_next_hop, tell_neighbour, NULL },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, "022", "neighbour-failed", CONFIDENCE_INFERRED,
	  neighbour_on_the_way, tell_neighbour, NULL },
};

const struct rule_table rules_tcp = { table, sizeof(table) / sizeof(table[0]) };
