// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * This host's own filters: netfilter drops and rejects, and the reverse path
 * filter. A drop is proof only of the packet that was dropped, so what answered
 * the application must have come of the same one, or nothing may be left.
 */
#include <errno.h>

#include "diagnose/rules.h"

/* A reject sends its answer and drops the packet in one run of the hook. */
#define SAME_RUN_NS 10000000ULL

static bool is_near(uint64_t a, uint64_t b)
{
	return a && b && (a > b ? a - b : b - a) < SAME_RUN_NS;
}

static const struct rec_tcp_end *end(const struct attempt *a)
{
	return &a->rec.tcp_end;
}

/* Over loopback the input chain meets our packets too. */
static bool dropped_near(const struct attempt *a, uint64_t ts_ns)
{
	return is_near(end(a)->drop_out_ns, ts_ns) ||
	       (a->local && is_near(end(a)->drop_in_ns, ts_ns));
}

/* The reset came with the drop, and not from the TCP stack. */
static bool reset_by_reject(const struct attempt *a)
{
	return dropped_near(a, end(a)->reset_ns) && !end(a)->reset_sent_ns;
}

/* icmp_send() has a tracepoint for IPv4 only; either family's error came in again. */
static bool icmp_by_reject(const struct attempt *a)
{
	return !end(a)->reset_ns &&
	       (dropped_near(a, end(a)->icmp_sent_ns) ||
		(attempt_icmp_is_own(a) && dropped_near(a, a->icmp.hdr.ts_ns)));
}

static bool dropped_and_no_answer(const struct attempt *a)
{
	return end(a)->drops_out && !end(a)->reset_ns && !a->has_icmp && !a->has_neigh;
}

/* An answer came and was dropped, or not one packet got out. */
static bool nothing_got_through(const struct attempt *a)
{
	return end(a)->drops_in || end(a)->drops_out > end(a)->retransmits;
}

static bool something_was_dropped(const struct attempt *a)
{
	return end(a)->drops_in || end(a)->drops_out;
}

/* Older than the peer's last word, a drop is of an earlier trouble, and over. */
static bool is_of_this_silence(const struct attempt *a, uint64_t drop_ns)
{
	return drop_ns && end(a)->idle_ns && drop_ns + end(a)->idle_ns >= a->rec.hdr.ts_ns;
}

static bool silenced(const struct attempt *a)
{
	return is_of_this_silence(a, end(a)->drop_in_ns) ||
	       (is_of_this_silence(a, end(a)->drop_out_ns) &&
		end(a)->drops_out > end(a)->retransmits);
}

static bool may_be_silenced(const struct attempt *a)
{
	return is_of_this_silence(a, end(a)->drop_in_ns) ||
	       is_of_this_silence(a, end(a)->drop_out_ns);
}

static bool answer_filtered(const struct attempt *a)
{
	return end(a)->rp_filter_drops;
}

/* A UDP socket's own packets leave no trace but the ICMP error that this host sent itself. */
static bool udp_rejected(const struct attempt *a)
{
	return !a->local && attempt_icmp_is_own(a) && !a->has_neigh;
}

static void tell_device(const struct attempt *a, struct finding *f)
{
	if (end(a)->rp_filter_ifname[0])
		finding_set(f, "device", "%s", end(a)->rp_filter_ifname);
	tell_gave_up_after(a, f);
}

/* What was dropped was no SYN. */
static void tell_packets(const struct attempt *a, struct finding *f)
{
	finding_set(f, "syns", "%u packet%s", end(a)->drops_in + end(a)->drops_out,
		    end(a)->drops_in + end(a)->drops_out == 1 ? "" : "s");
}

static const struct rule table[] = {
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_OBSERVED,
	  reset_by_reject, NULL, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_OBSERVED,
	  icmp_by_reject, NULL, NULL },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_INFERRED,
	  dropped_and_no_answer, NULL, NULL },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, "022", "local-firewall-reject", CONFIDENCE_OBSERVED,
	  icmp_by_reject, NULL, NULL },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, "022", "local-firewall-reject", CONFIDENCE_INFERRED,
	  dropped_and_no_answer, NULL, NULL },
	{ ATTEMPT_CONNECT, EACCES, "022", "local-firewall-reject", CONFIDENCE_OBSERVED,
	  icmp_by_reject, NULL, NULL },
	{ ATTEMPT_CONNECT, EACCES, "022", "local-firewall-reject", CONFIDENCE_INFERRED,
	  dropped_and_no_answer, NULL, NULL },
	{ ATTEMPT_CONNECT, ENETUNREACH, "022", "local-firewall-reject", CONFIDENCE_OBSERVED,
	  icmp_by_reject, NULL, NULL },

	{ ATTEMPT_CONNECT, ETIMEDOUT, "023", "local-firewall-drop", CONFIDENCE_OBSERVED,
	  nothing_got_through, NULL, NULL },
	{ ATTEMPT_CONNECT, ETIMEDOUT, "023", "reverse-path-filter", CONFIDENCE_OBSERVED,
	  answer_filtered, tell_device, NULL },
	{ ATTEMPT_CONNECT, ETIMEDOUT, "023", "local-firewall-drop", CONFIDENCE_INFERRED,
	  something_was_dropped, NULL, NULL },
	{ ATTEMPT_CONNECT, 0, "023", "local-firewall-drop", CONFIDENCE_OBSERVED,
	  nothing_got_through, tell_gave_up_after, "ABANDONED" },
	{ ATTEMPT_CONNECT, 0, "023", "reverse-path-filter", CONFIDENCE_OBSERVED,
	  answer_filtered, tell_device, "ABANDONED" },
	{ ATTEMPT_CONNECT, 0, "023", "local-firewall-drop", CONFIDENCE_INFERRED,
	  something_was_dropped, tell_gave_up_after, "ABANDONED" },

	{ ATTEMPT_CONNECTION, ECONNRESET, "C01", "local-firewall-reset", CONFIDENCE_OBSERVED,
	  reset_by_reject, NULL, NULL },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, "023", "local-firewall-drop", CONFIDENCE_OBSERVED,
	  silenced, tell_packets, NULL },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, "023", "local-firewall-drop", CONFIDENCE_INFERRED,
	  may_be_silenced, tell_packets, NULL },

	{ ATTEMPT_UDP, ECONNREFUSED, "021", "local-firewall-reject", CONFIDENCE_INFERRED,
	  udp_rejected, NULL, NULL },
	{ ATTEMPT_UDP, EHOSTUNREACH, "022", "local-firewall-reject", CONFIDENCE_INFERRED,
	  udp_rejected, NULL, NULL },
	{ ATTEMPT_UDP, EACCES, "022", "local-firewall-reject", CONFIDENCE_INFERRED,
	  udp_rejected, NULL, NULL },
};

const struct rule_table rules_firewall = { table, sizeof(table) / sizeof(table[0]) };
