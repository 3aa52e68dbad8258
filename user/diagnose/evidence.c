// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The facts of an attempt as evidence: what was seen, by which hook, when. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/dns.h"
#include "diagnose/icmp.h"
#include "diagnose/rules.h"
#include "diagnose/tls.h"

static const char *error_name(int error)
{
	const char *name = error > INT_MIN ? strerrorname_np(abs(error)) : NULL;

	return name ? name : "unknown";
}

static const char *value_or_unknown(const struct finding *f, const char *name)
{
	const char *text = finding_get(f, name);

	return text ? text : "?";
}

static void collect_listener(const struct attempt *a, struct finding *f)
{
	const char *fact = a->has_listener ? "listener-elsewhere" : "listener-now";
	const char *hook = hook_name(a->listener.hook);
	const char *listener = value_or_unknown(f, "listener");

	if (a->listener.who.pid)
		finding_add_evidence(f, fact, hook, NAN, "%s, pid %s %s", listener,
				     value_or_unknown(f, "listener_pid"),
				     value_or_unknown(f, "listener_name"));
	else
		finding_add_evidence(f, fact, hook, NAN, "%s, of no process that was found",
				     listener);
}

static void collect_tcp(const struct attempt *a, struct finding *f)
{
	const struct rec_tcp_end *r = &a->rec.tcp_end;
	const char *hook = hook_name(r->hdr.hook);

	if (r->retransmits)
		finding_add_evidence(f, a->kind == ATTEMPT_CONNECT ? "syn-retransmitted" :
				     "retransmitted", hook, NAN, "%u times", r->retransmits);
	if (r->drops_out)
		finding_add_evidence(f, "netfilter-drop-output", hook_name(HOOK_KFREE_SKB), NAN,
				     "%u of its own packets", r->drops_out);
	if (r->drops_in)
		finding_add_evidence(f, "netfilter-drop-input", hook_name(HOOK_KFREE_SKB), NAN,
				     "%u packets for it", r->drops_in);
	if (r->rp_filter_drops)
		finding_add_evidence(f, "reverse-path-filter-drop", hook_name(HOOK_KFREE_SKB), NAN,
				     "%u packets for it%s%s", r->rp_filter_drops,
				     r->rp_filter_ifname[0] ? " on " : "", r->rp_filter_ifname);
	if (r->icmp_sent_ns)
		finding_add_evidence(f, "icmp-sent", hook_name(HOOK_ICMP_SEND),
				     attempt_ms(a, r->icmp_sent_ns),
				     "type %u code %u, by this host", r->icmp_type, r->icmp_code);
	if (r->reset_sent_ns)
		finding_add_evidence(f, "reset-sent", hook_name(r->reset_sent_hook),
				     attempt_ms(a, r->reset_sent_ns),
				     "no socket for this segment on this host%s%s",
				     finding_get(f, "nat_dst") ? ", sent by NAT to " : "",
				     finding_get(f, "nat_dst") ? finding_get(f, "nat_dst") : "");
	if (a->has_listener || a->listener.takes)
		collect_listener(a, f);
	if (r->idle_ns >= 1000000000ULL)
		finding_add_evidence(f, "idle", hook, NAN, "nothing from the peer for %.0f s",
				     (double)r->idle_ns / 1e9);
	if (r->backlog_reset_ns)
		finding_add_evidence(f, "listener-reset", hook_name(HOOK_SEND_RESET),
				     attempt_ms(a, r->backlog_reset_ns), "accept queue %u of %u",
				     r->queue_depth, r->queue_limit);
	if (a->has_queue)
		finding_add_evidence(f, "accept-queue", hook_name(a->queue.hdr.hook), NAN,
				     "%u of %u", a->queue.depth, a->queue.limit);
	if (r->reset_ns)
		finding_add_evidence(f, "reset-received",
				     hook_name(r->hdr.hook == HOOK_SET_STATE_RAW ?
						       HOOK_RECEIVE_RESET_RAW :
						       HOOK_RECEIVE_RESET),
				     attempt_ms(a, r->reset_ns), NULL);
	if (!r->sk_err && r->icmp_err)
		finding_add_evidence(f, "soft-error", hook_name(HOOK_ERROR_REPORT), NAN, "%s (%d)",
				     error_name(r->icmp_err), r->icmp_err);
	if (r->sk_err)
		finding_add_evidence(f, "socket-error", hook, attempt_ms(a, r->hdr.ts_ns),
				     "%s (%d)", error_name(r->sk_err), r->sk_err);
	else
		finding_add_evidence(f, a->error ? "connect-closed" : "connect-given-up", hook,
				     attempt_ms(a, r->hdr.ts_ns),
				     a->error ? "SYN_SENT left, its error fetched before" :
						"SYN_SENT left without an error");
	if (r->sk_err && r->sk_err_soft && r->sk_err_soft != r->sk_err)
		finding_add_evidence(f, "soft-error", hook, NAN, "%s (%d)",
				     error_name(r->sk_err_soft), r->sk_err_soft);
}

static void collect_route(const struct rec_call_return *r, struct finding *f)
{
	static const char *const types[] = { [6] = "blackhole", [7] = "unreachable",
					     [8] = "prohibit" };

	if (!(r->flags & CALL_ROUTE_FACT))
		return;
	if (r->route_err)
		finding_add_evidence(f, "route-lookup", hook_name(r->route_hook), NAN,
				     "table %u: %s", r->route_table,
				     r->route_err == -EAGAIN ? "no match" :
							       error_name(r->route_err));
	else
		finding_add_evidence(f, "route-lookup", hook_name(r->route_hook), NAN,
				     "table %u: %s", r->route_table,
				     r->route_type >= 6 && r->route_type <= 8 ?
					     types[r->route_type] : "?");
}

static void collect_holder(const struct attempt *a, struct finding *f)
{
	const char *address = finding_get(f, "holder_addr");
	const char *state = finding_get(f, "holder_state");
	const char *holder = finding_get(f, "holder");

	finding_add_evidence(f, "port-held", hook_name(a->holder.hook), NAN, "%s %s%s%s",
			     address ? address : "?", state ? state : "?", holder ? ", " : "",
			     holder ? holder : "");
}

static void collect_call(const struct attempt *a, struct finding *f)
{
	const struct rec_call_return *r = &a->rec.call_return;

	collect_route(r, f);
	if (r->flags & CALL_PORT_SEARCH_FAILED)
		finding_add_evidence(f, r->flags & CALL_PORT_BOUND ? "connection-exists" :
				     "port-search-failed",
				     hook_name(r->flags & CALL_PORT_SEARCH_RAW ?
						       HOOK_SET_STATE_RAW : HOOK_SET_STATE), NAN,
				     "SYN_SENT entered and left within connect()");
	if (a->has_holder)
		collect_holder(a, f);
	if (a->has_address)
		finding_add_evidence(f, "address-present", hook_name(a->address.hdr.hook), NAN,
				     a->address.flags & ADDRESS_TENTATIVE ?
					     "duplicate address detection has not passed" :
					     "an address of this host");
	if (r->flags & CALL_MAY_BIND_LOW && a->error == EACCES)
		finding_add_evidence(f, "capability-held", hook_name(r->hdr.hook), NAN,
				     "CAP_NET_BIND_SERVICE");
	finding_add_evidence(f, "call-returned", hook_name(r->hdr.hook), NAN, "%s (%d)",
			     error_name(a->error), r->ret);
}

static void collect_neighbour(const struct attempt *a, const struct rec_neigh_failed *n,
			      struct finding *f)
{
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, n->addr, sizeof(e.ip));
	finding_add_evidence(f, "neighbour-failed", hook_name(n->hdr.hook),
			     attempt_ms(a, n->hdr.ts_ns), "%s on %s, %u probes",
			     endpoint_ip_text(&e, text, sizeof(text)),
			     n->ifname[0] ? n->ifname : "?", n->probes);
}

static void collect_icmp(const struct attempt *a, struct finding *f)
{
	const struct rec_icmp_received *icmp = &a->icmp;
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, icmp->sender, sizeof(e.ip));
	finding_add_evidence(f, "icmp-received", hook_name(icmp->hdr.hook),
			     attempt_ms(a, icmp->hdr.ts_ns), "type %u code %u (%s) from %s%s",
			     icmp->type, icmp->code, icmp_meaning_name(icmp_meaning(icmp)),
			     endpoint_ip_text(&e, text, sizeof(text)),
			     attempt_icmp_is_own(a) ? ", this host" : "");
}

/* include/uapi/linux/neighbour.h */
static const char *neighbour_state_name(unsigned int state)
{
	return state & 0x01 ? "INCOMPLETE" : state & 0x02 ? "REACHABLE" : state & 0x04 ? "STALE" :
	       state & 0x08 ? "DELAY" : state & 0x10 ? "PROBE" : state & 0x20 ? "FAILED" :
	       state & 0x40 ? "NOARP" : state & 0x80 ? "PERMANENT" : "NONE";
}

static void collect_next_hop(const struct rec_next_hop *hop, struct finding *f)
{
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, hop->addr, sizeof(e.ip));
	finding_add_evidence(f, "next-hop", hook_name(hop->hdr.hook), NAN, "%s on %s%s%s",
			     endpoint_ip_text(&e, text, sizeof(text)), hop->ifname,
			     hop->has_neigh ? ", neighbour " : "",
			     hop->has_neigh ? neighbour_state_name(hop->neigh_state) : "");
}

static void collect_down_link(const struct rec_down_link *link, struct finding *f)
{
	finding_add_evidence(f, "interface-down", hook_name(link->hdr.hook), NAN, "%s: %s, %s",
			     link->ifname,
			     link->flags & DOWN_LINK_NO_CARRIER ? "no carrier" :
								  "administratively down",
			     link->flags & DOWN_LINK_COVERS ? "its prefix covers the destination" :
							      "no other interface is up");
}

static void collect_tls(const struct attempt *a, struct finding *f)
{
	static const char *const connections[] = {
		[TLS_BY_DESCRIPTOR] = "the session's descriptor",
		[TLS_THE_ONLY_ONE] = "the only connection the process had opened",
		[TLS_THE_NEWEST] = "the newest of the process's connections",
	};
	const struct rec_tls_failed *r = &a->rec.tls_failed;
	const char *name = tls_code_name(r);
	double ms = attempt_ms(a, r->hdr.ts_ns);

	finding_add_evidence(f, r->flags & TLS_BY_APPLICATION ? "certificate-rejected" :
			     "certificate-verify-failed", hook_name(r->hdr.hook), ms,
			     r->library == TLS_GNUTLS ? "GnuTLS status 0x%x%s%s%s" :
							"OpenSSL code %u%s%s%s",
			     r->code, *name ? " (" : "", name, *name ? ")" : "");
	if (r->flags & TLS_CLOSED_UNSENT)
		finding_add_evidence(f, "session-ended", hook_name(r->hdr.hook), ms,
				     "nothing was sent after the verification");
	if (r->connection > TLS_NO_CONNECTION && r->connection <= TLS_THE_NEWEST)
		finding_add_evidence(f, "connection-found", hook_name(r->hdr.hook), NAN, "%s",
				     connections[r->connection]);
}

static void collect_lookup(const struct attempt *a, struct finding *f)
{
	const struct rec_name_lookup *r = &a->rec.name_lookup;
	const struct lookup_facts *l = &a->lookup;

	if (l->refused)
		finding_add_evidence(f, "query-undeliverable", hook_name(l->refused_hook),
				     attempt_ms(a, l->refused_ns), "%s (%d)",
				     error_name(l->refused), l->refused);
	if (l->has_answer)
		finding_add_evidence(f, "name-server-answer", hook_name(l->hook),
				     attempt_ms(a, l->answer_ns), "%s%s for %s (type %u)%s",
				     dns_rcode_name(l->rcode), l->rcode ? "" : ", no records",
				     l->question, l->type,
				     l->is_own ? "" : l->answered_pid ? ", to a local resolver" :
						      ", to a socket in this namespace");
	if (!l->by_wire)
		finding_add_evidence(f, "lookup-failed", hook_name(r->hdr.hook),
				     attempt_ms(a, r->hdr.ts_ns), "%s (%d)",
				     dns_lookup_error_name(r->error), r->error);
}

static void collect_ssh(const struct rec_ssh_denied *r, struct finding *f)
{
	const char *hook = hook_name(r->hdr.hook);

	if (r->flags & SSH_SERVER) {
		finding_add_evidence(f, r->flags & SSH_KEY_FAILED ? "key-refused" : "key-not-taken",
				     hook, NAN, r->flags & SSH_KEY_FAILED ?
					     "sshd wrote of a key that failed" :
					     "sshd named a key, and no login followed");
		return;
	}
	finding_add_evidence(f, "login-refused", hook, NAN, "the server still accepts %.80s",
			     r->methods);
	if (r->flags & SSH_PROMPTS_SEEN)
		finding_add_evidence(f, r->flags & SSH_PASSWORD_TRIED ? "password-asked" :
				     "no-password-asked", hook, NAN, NULL);
}

static bool is_before(const struct evidence *x, const struct evidence *y)
{
	/* Facts without a time keep their place before those with one. */
	return x->has_at && y->has_at ? x->at_ms < y->at_ms : !x->has_at && y->has_at;
}

/* By insertion: few, and those of one time keep the order in which they were collected. */
static void sort_by_time(struct finding *f)
{
	for (size_t i = 1; i < f->evidence_count; i++) {
		struct evidence moved = f->evidence[i];
		size_t at = i;

		for (; at && is_before(&moved, &f->evidence[at - 1]); at--)
			f->evidence[at] = f->evidence[at - 1];
		f->evidence[at] = moved;
	}
}

void evidence_collect(const struct attempt *a, struct finding *f)
{
	switch (a->kind) {
	case ATTEMPT_CONNECT:
	case ATTEMPT_CONNECTION:
		collect_tcp(a, f);
		break;
	case ATTEMPT_CONNECT_CALL:
	case ATTEMPT_BIND:
	case ATTEMPT_LISTEN:
		collect_call(a, f);
		break;
	case ATTEMPT_UDP:
		if (a->rec.udp_error.icmp_sent_ns)
			finding_add_evidence(f, "icmp-sent", hook_name(HOOK_ICMP_SEND), NAN,
					     "by this host");
		finding_add_evidence(f, "socket-error", hook_name(a->rec.hdr.hook), NAN, "%s (%d)",
				     error_name(a->error), a->error);
		break;
	case ATTEMPT_NEIGHBOUR:
		collect_neighbour(a, &a->rec.neigh_failed, f);
		break;
	case ATTEMPT_LOOKUP:
		collect_lookup(a, f);
		break;
	case ATTEMPT_QUEUE:
		finding_add_evidence(f, a->rec.queue_full.queue == QUEUE_ACCEPT ?
				     "accept-queue-full" : "syn-queue-full",
				     hook_name(a->rec.hdr.hook), NAN, "%llu requests dropped",
				     (unsigned long long)a->rec.queue_full.count);
		break;
	case ATTEMPT_TLS:
		collect_tls(a, f);
		break;
	case ATTEMPT_SSH:
		collect_ssh(&a->rec.ssh_denied, f);
		break;
	case ATTEMPT_INBOUND:
		finding_add_evidence(f, "reset-sent", hook_name(a->rec.hdr.hook), NAN,
				     "no socket for this SYN on this host");
		if (a->has_listener)
			collect_listener(a, f);
		break;
	}
	if (a->has_neigh)
		collect_neighbour(a, &a->neigh, f);
	if (a->has_icmp)
		collect_icmp(a, f);
	if (a->has_next_hop)
		collect_next_hop(&a->next_hop, f);
	if (a->has_down_link)
		collect_down_link(&a->down_link, f);
	sort_by_time(f);
}
