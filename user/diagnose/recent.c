// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/recent.h"

#include <errno.h>
#include <string.h>

#include "hash.h"

/* How long a neighbour's failure explains the attempts that end after it. */
#define NEIGHBOUR_FRESH_NS 1000000000ULL
/* The same for an ICMP error about a socket whose beginning is not known: UDP, old connections. */
#define ICMP_FRESH_NS 1000000000ULL
/* A full queue is told of twice a second at most, and counters are read once in one. */
#define QUEUE_FRESH_NS 1000000000ULL
/* A client that rejects a certificate hangs up at once, but may print first, or ask its user. */
#define HANDSHAKE_FRESH_NS 30000000000ULL
/* The same where it is not known since when the connection is open: its ports may be used again. */
#define HANDSHAKE_FRESH_UNSURE_NS 5000000000ULL
/* An established connection dies of it only after its retransmissions. */
#define ICMP_CONNECTION_FRESH_NS 130000000000ULL

void recent_add_neighbour(struct recent *r, const struct rec_neigh_failed *neigh)
{
	r->neighbours[r->neighbour_count++ % NEIGHBOURS_KEPT] = *neigh;
}

void recent_add_icmp(struct recent *r, const struct rec_icmp_received *icmp)
{
	r->icmps[r->icmp_count++ % ICMPS_KEPT] = *icmp;
}

void recent_add_handshake(struct recent *r, const struct rec_tls_failed *rec)
{
	r->handshakes[r->handshake_count++ % HANDSHAKES_KEPT] = *rec;
}

static bool neighbour_is_fresh(const struct rec_neigh_failed *n, const struct attempt *a)
{
	return n->netns == a->flow.netns && n->hdr.ts_ns + NEIGHBOUR_FRESH_NS >= a->rec.hdr.ts_ns;
}

/* Counts from the newest: @i is 1 to the number that is kept. */
#define NEWEST(array, count, kept, i) (&(array)[((count) - (i)) % (kept)])

const struct rec_neigh_failed *recent_neighbour(const struct recent *r, const struct attempt *a,
						const uint8_t *addr)
{
	for (size_t i = 1; i <= r->neighbour_count && i <= NEIGHBOURS_KEPT; i++) {
		const struct rec_neigh_failed *n =
			NEWEST(r->neighbours, r->neighbour_count, NEIGHBOURS_KEPT, i);

		if (neighbour_is_fresh(n, a) && addr_equal(n->addr, addr))
			return n;
	}
	return NULL;
}

const struct rec_neigh_failed *recent_gateway(const struct recent *r, const struct attempt *a)
{
	for (size_t i = 1; i <= r->neighbour_count && i <= NEIGHBOURS_KEPT; i++) {
		const struct rec_neigh_failed *n =
			NEWEST(r->neighbours, r->neighbour_count, NEIGHBOURS_KEPT, i);

		if (neighbour_is_fresh(n, a) && n->ifindex == a->flow.ifindex &&
		    n->family == a->flow.family)
			return n;
	}
	return NULL;
}

static uint64_t fresh_since(const struct attempt *a)
{
	uint64_t end = a->rec.hdr.ts_ns;
	uint64_t fresh = ICMP_FRESH_NS;

	if (a->kind == ATTEMPT_CONNECT && a->rec.tcp_end.started_ns)
		return a->rec.tcp_end.started_ns;
	if (a->kind == ATTEMPT_CONNECTION)
		fresh = ICMP_CONNECTION_FRESH_NS;
	return end > fresh ? end - fresh : 0;
}

/* UDP: @flow of a socket that is not bound to an address of its own has none. */
static bool icmp_has_flow(const struct rec_icmp_received *icmp, const struct rec_flow *flow)
{
	const struct rec_flow *about = &icmp->flow;

	return about->netns == flow->netns && about->protocol == flow->protocol &&
	       about->sport == flow->sport && about->dport == flow->dport &&
	       addr_equal(about->daddr, flow->daddr) &&
	       (addr_is_unspecified(flow->saddr) || addr_equal(about->saddr, flow->saddr));
}

bool icmp_is_about(const struct rec_icmp_received *icmp, const struct attempt *a)
{
	return icmp_has_flow(icmp, &a->flow) && icmp->hdr.ts_ns >= fresh_since(a);
}

const struct rec_icmp_received *recent_icmp(const struct recent *r, const struct attempt *a)
{
	for (size_t i = 1; i <= r->icmp_count && i <= ICMPS_KEPT; i++) {
		const struct rec_icmp_received *icmp =
			NEWEST(r->icmps, r->icmp_count, ICMPS_KEPT, i);

		if (icmp_is_about(icmp, a))
			return icmp;
	}
	return NULL;
}

static bool is_other_end(const struct rec_flow *a, const struct rec_flow *b)
{
	return a->sport == b->dport && a->dport == b->sport && addr_equal(a->saddr, b->daddr) &&
	       addr_equal(a->daddr, b->saddr);
}

const struct rec_tls_failed *recent_handshake(const struct recent *r, const struct attempt *a)
{
	uint64_t since = a->rec.tcp_end.established_ns;
	uint64_t fresh = since ? HANDSHAKE_FRESH_NS : HANDSHAKE_FRESH_UNSURE_NS;

	if (a->kind != ATTEMPT_CONNECTION || a->error != ECONNRESET || !a->rec.tcp_end.accepted)
		return NULL;
	for (size_t i = 1; i <= r->handshake_count && i <= HANDSHAKES_KEPT; i++) {
		const struct rec_tls_failed *rec =
			NEWEST(r->handshakes, r->handshake_count, HANDSHAKES_KEPT, i);

		/* Ports come again: the handshake was in this connection's time. */
		if (rec->hdr.ts_ns + fresh >= a->rec.hdr.ts_ns && rec->hdr.ts_ns >= since &&
		    is_other_end(&rec->flow, &a->flow))
			return rec;
	}
	return NULL;
}

/* sshd sees the connection's end when ssh, which told first, has ended. */
#define LOGIN_FRESH_NS 10000000000ULL

void recent_add_login(struct recent *r, const struct rec_ssh_denied *login)
{
	r->logins[r->login_count++ % LOGINS_KEPT] = *login;
}

bool recent_has_login(const struct recent *r, const struct rec_ssh_denied *login)
{
	const struct rec_flow *server = &login->flow;

	for (size_t i = 1; i <= r->login_count && i <= LOGINS_KEPT; i++) {
		const struct rec_ssh_denied *told =
			NEWEST(r->logins, r->login_count, LOGINS_KEPT, i);

		if (told->hdr.ts_ns + LOGIN_FRESH_NS >= login->hdr.ts_ns &&
		    told->flow.family && told->flow.sport == server->dport &&
		    told->flow.dport == server->sport &&
		    addr_equal(told->flow.saddr, server->daddr) &&
		    addr_equal(told->flow.daddr, server->saddr))
			return true;
	}
	return false;
}

void recent_add_queue(struct recent *r, const struct rec_queue_full *rec)
{
	r->queues[r->queue_count++ % QUEUES_KEPT] = *rec;
}

static bool may_be_its_queue(const struct rec_queue_full *rec, const struct attempt *a)
{
	uint64_t since = a->rec.tcp_end.started_ns ? a->rec.tcp_end.started_ns : a->rec.hdr.ts_ns;

	return rec->queue == QUEUE_ACCEPT && rec->flow.sport == a->flow.dport &&
	       rec->hdr.ts_ns + QUEUE_FRESH_NS >= since &&
	       (addr_is_unspecified(rec->flow.saddr) ||
		addr_equal(rec->flow.saddr, a->flow.daddr));
}

const struct rec_queue_full *recent_queue(const struct recent *r, const struct attempt *a,
					  size_t index)
{
	for (size_t i = 1; i <= r->queue_count && i <= QUEUES_KEPT; i++) {
		const struct rec_queue_full *rec =
			NEWEST(r->queues, r->queue_count, QUEUES_KEPT, i);

		if (may_be_its_queue(rec, a) && index-- == 0)
			return rec;
	}
	return NULL;
}

static const struct recent_named *find_named(const struct recent *r,
					     const struct rec_domain *domain)
{
	for (size_t i = 1; i <= r->named_count && i <= NAMED_KEPT; i++) {
		const struct recent_named *named = NEWEST(r->named, r->named_count, NAMED_KEPT, i);

		if (named->pid == domain->pid && addr_equal(named->addr, domain->addr))
			return named;
	}
	return NULL;
}

bool recent_had_name(struct recent *r, const struct attempt *a, const struct rec_domain *domain)
{
	const struct recent_named *before = find_named(r, domain);
	struct recent_named now = { .pid = domain->pid, .name_hash = hash_text(domain->name) };

	if (before && before->name_hash == now.name_hash)
		return true;
	if (domain->looked_up_ns > a->rec.hdr.ts_ns)
		return false;
	memcpy(now.addr, domain->addr, sizeof(now.addr));
	r->named[r->named_count++ % NAMED_KEPT] = now;
	return true;
}
