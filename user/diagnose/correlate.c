// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/correlate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/icmp.h"
#include "diagnose/join.h"
#include "diagnose/lookups.h"
#include "diagnose/recent.h"
#include "hash.h"
#include "host/host.h"

enum {
	WAITING_MAX = 1024,
	WAIT_BUCKETS = 1024,
};

/*
 * A neighbour's failure and the errors it causes leave the kernel in one timer
 * run; an ICMP error lies in its raw socket before the error it causes, but is
 * read from there on its own.
 */
#define FACT_WAIT_NS 20000000ULL
/* The reset has to reach its caller, over a veth at most. */
#define INBOUND_WAIT_NS 50000000ULL
/*
 * Between hanging up and letting go of its session, which decides what it was, a client on a busy
 * machine may do much. Those behind it wait as well: the server is seldom on this machine.
 */
#define HANDSHAKE_WAIT_NS 250000000ULL

struct waiting {
	struct attempt attempt;
	uint64_t deadline_ns;
	struct waiting *next;		/* in order of arrival */
	struct waiting *bucket_next;	/* inbound: others with the same hash */
	bool taken;			/* its caller turned up: drop it when due */
};

struct correlator {
	struct host *host;
	attempt_fn fn;
	void *ctx;
	struct recent recent;
	struct lookups lookups;
	struct waiting *pool;		/* free entries, but for those not used yet */
	size_t used;
	struct waiting *first;
	struct waiting **last;
	struct waiting *buckets[WAIT_BUCKETS];
	struct waiting entries[WAITING_MAX];
};

static void conclude(void *ctx, struct attempt *a);

struct correlator *correlator_open(struct host *host, attempt_fn fn, void *ctx)
{
	struct correlator *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->host = host;
	c->fn = fn;
	c->ctx = ctx;
	c->last = &c->first;
	lookups_init(&c->lookups, conclude, c);
	return c;
}

void correlator_close(struct correlator *c)
{
	free(c);
}

/* The initial sequence number of the attempt's SYN; 0: not known. */
static uint32_t isn_of(const struct attempt *a)
{
	return a->kind == ATTEMPT_INBOUND ? a->rec.reset_sent.isn :
	       a->kind == ATTEMPT_CONNECT ? a->rec.tcp_end.isn : 0;
}

/*
 * What is the same of a SYN seen from either end: its sequence number, or in
 * older recordings its 4-tuple, which address translation changes.
 */
static unsigned int syn_hash(const struct attempt *a)
{
	const struct rec_flow *flow = &a->flow;
	uint64_t hash = HASH_BEGIN;

	if (isn_of(a))
		return isn_of(a) % WAIT_BUCKETS;
	hash = hash_bytes(hash, flow->saddr, sizeof(flow->saddr));
	hash = hash_bytes(hash, flow->daddr, sizeof(flow->daddr));
	hash = hash_bytes(hash, &flow->sport, sizeof(flow->sport));
	hash = hash_bytes(hash, &flow->dport, sizeof(flow->dport));
	return hash % WAIT_BUCKETS;
}

static bool syn_equal(const struct attempt *a, const struct attempt *b)
{
	const struct rec_flow *x = &a->flow, *y = &b->flow;

	if (isn_of(a) || isn_of(b))
		return isn_of(a) == isn_of(b);
	return x->sport == y->sport && x->dport == y->dport && addr_equal(x->saddr, y->saddr) &&
	       addr_equal(x->daddr, y->daddr);
}

static void bucket_remove(struct correlator *c, struct waiting *w)
{
	struct waiting **at = &c->buckets[syn_hash(&w->attempt)];

	while (*at && *at != w)
		at = &(*at)->bucket_next;
	if (*at)
		*at = w->bucket_next;
}

static bool is_inbound(const struct waiting *w)
{
	return w->attempt.kind == ATTEMPT_INBOUND;
}

static bool is_socket_error(const struct attempt *a)
{
	return a->kind == ATTEMPT_CONNECT || a->kind == ATTEMPT_CONNECTION ||
	       a->kind == ATTEMPT_UDP;
}

static bool may_be_neighbour(const struct attempt *a)
{
	return is_socket_error(a) && a->error == EHOSTUNREACH;
}

/* Errors that an ICMP error gives a socket, or may be about to; a reset explains itself. */
static bool may_be_icmp(const struct attempt *a)
{
	if (!is_socket_error(a))
		return false;
	if (a->kind != ATTEMPT_UDP && (a->rec.tcp_end.reset_ns || a->rec.tcp_end.reset_sent_ns))
		return false;
	switch (a->error) {
	case 0:
		return a->kind == ATTEMPT_CONNECT;
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
	/* net/ipv4/icmp.c: codes 7, 8, 2, 5 */
	case EHOSTDOWN:
	case ENONET:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
		return true;
	default:
		return false;
	}
}

/*
 * An ICMP error that meets a locked socket stays soft: the socket goes on. Yet
 * IPv4 queues it as well and poll() says so (tcp_v4_err, commit 45af29ca761c);
 * SO_ERROR then hands it out and clears it. So a connect that was given up with
 * an ICMP error behind it and none in the socket did fail, for its caller.
 */
static bool was_fetched(const struct attempt *a)
{
	return a->kind == ATTEMPT_CONNECT && !a->error && a->has_icmp &&
	       !a->rec.tcp_end.sk_err_soft && a->flow.family == 4;
}

static void join_icmp(struct correlator *c, struct attempt *a)
{
	const struct rec_icmp_received *icmp = may_be_icmp(a) ? recent_icmp(&c->recent, a) : NULL;

	if (!icmp)
		return;
	a->icmp = *icmp;
	a->has_icmp = true;
	if (was_fetched(a))
		a->error = icmp_errno(icmp);
}

static void set_neighbour(struct attempt *a, const struct rec_neigh_failed *neigh)
{
	a->has_neigh = neigh != NULL;
	if (neigh)
		a->neigh = *neigh;
}

/*
 * The neighbour that the attempt failed at: the destination itself, or the next
 * hop as the routing table has it, asked only when some neighbour failed there.
 */
static void join_neighbour(struct correlator *c, struct attempt *a)
{
	if (!may_be_neighbour(a) || a->has_neigh)
		return;
	set_neighbour(a, recent_neighbour(&c->recent, a, a->flow.daddr));
	if (a->has_neigh || !recent_gateway(&c->recent, a))
		return;
	join_next_hop(c->host, a);
	if (a->has_next_hop)
		set_neighbour(a, recent_neighbour(&c->recent, a, a->next_hop.addr));
}

/* When nothing more is to come and the routing table did not tell: one on the same device. */
static void join_gateway(struct correlator *c, struct attempt *a)
{
	if (may_be_neighbour(a) && !a->has_neigh && !a->has_next_hop)
		set_neighbour(a, recent_gateway(&c->recent, a));
}

/*
 * Whether the ICMP error that is known is the one that ended the attempt. An
 * older one was soft and the last may still be in its raw socket; a neighbour's
 * failure makes this host tell itself by ICMP, and comes as well.
 */
static bool icmp_is_last(const struct attempt *a)
{
	return a->icmp.hdr.ts_ns + FACT_WAIT_NS / 2 >= a->rec.hdr.ts_ns &&
	       !(may_be_neighbour(a) && attempt_icmp_is_own(a));
}

/* What is still missing could come: an attempt that knows enough does not wait. */
static uint64_t wait_ns(const struct attempt *a)
{
	if (a->kind == ATTEMPT_INBOUND)
		return INBOUND_WAIT_NS;
	if (a->may_be_handshake)
		return HANDSHAKE_WAIT_NS;
	if (a->kind == ATTEMPT_NEIGHBOUR)
		return FACT_WAIT_NS;
	if (a->has_neigh || (a->has_icmp && icmp_is_last(a)))
		return 0;
	return may_be_neighbour(a) || may_be_icmp(a) ? FACT_WAIT_NS : 0;
}

/* This attempt waited for the neighbour whose own record is still to come. */
static void count_waited(struct correlator *c, const struct rec_neigh_failed *neigh)
{
	for (struct waiting *w = c->first; w; w = w->next)
		if (w->attempt.kind == ATTEMPT_NEIGHBOUR &&
		    w->attempt.rec.hdr.ts_ns == neigh->hdr.ts_ns &&
		    addr_equal(w->attempt.rec.neigh_failed.addr, neigh->addr)) {
			w->attempt.waited++;
			return;
		}
}

static void conclude(void *ctx, struct attempt *a)
{
	struct correlator *c = ctx;

	join_gateway(c, a);
	join_host(c->host, &c->recent, a);
	if (attempt_is_outgoing(a) && a->who.pid)
		a->has_domain = host_domain(c->host, a->flow.daddr, a->who.pid, &a->domain) &&
				attempt_is_named(a, &a->domain) &&
				recent_had_name(&c->recent, a, &a->domain);
	if (a->has_neigh)
		count_waited(c, &a->neigh);
	c->fn(c->ctx, a);
}

static void give_back(struct correlator *c, struct waiting *w)
{
	w->next = c->pool;
	c->pool = w;
}

static void release(struct correlator *c, struct waiting *w)
{
	if (is_inbound(w))
		bucket_remove(c, w);
	if (!w->taken)
		conclude(c, &w->attempt);
	give_back(c, w);
}

static void release_first(struct correlator *c)
{
	struct waiting *w = c->first;

	c->first = w->next;
	if (!c->first)
		c->last = &c->first;
	release(c, w);
}

/* A full table lets its oldest go early: it is judged on what is known by then. */
static void wait_for(struct correlator *c, const struct attempt *a, uint64_t ns)
{
	struct waiting *w;

	if (!c->pool && c->used < WAITING_MAX)
		give_back(c, &c->entries[c->used++]);
	if (!c->pool)
		release_first(c);
	w = c->pool;
	c->pool = w->next;
	w->attempt = *a;
	w->deadline_ns = a->rec.hdr.ts_ns + ns;
	w->taken = false;
	w->next = NULL;
	*c->last = w;
	c->last = &w->next;
	if (is_inbound(w)) {
		struct waiting **bucket = &c->buckets[syn_hash(a)];

		w->bucket_next = *bucket;
		*bucket = w;
	}
}

/* The caller is on this machine: the refusal is told by its own record. */
static void take_inbound(struct correlator *c, const struct attempt *caller)
{
	struct waiting *w = c->buckets[syn_hash(caller)];

	for (; w; w = w->bucket_next)
		if (!w->taken && syn_equal(&w->attempt, caller)) {
			w->taken = true;
			return;
		}
}

/* Attempts may be waiting for this fact; one that now knows enough leaves with its turn. */
static void fact_came(struct correlator *c, uint64_t now_ns)
{
	for (struct waiting *w = c->first; w; w = w->next) {
		if (is_inbound(w) || !wait_ns(&w->attempt))
			continue;
		join_neighbour(c, &w->attempt);
		join_icmp(c, &w->attempt);
		if (!wait_ns(&w->attempt))
			w->deadline_ns = now_ns;
	}
}

/* The server's end of a handshake that is told by its client. */
static bool is_handshakes_end(struct correlator *c, struct attempt *a)
{
	const struct rec_tls_failed *handshake = recent_handshake(&c->recent, a);

	a->may_be_handshake = handshake && (handshake->flags & TLS_UNDECIDED);
	return handshake && !a->may_be_handshake;
}

/* False: a hint only. */
static bool handshake_came(struct correlator *c, const struct rec_tls_failed *rec)
{
	recent_add_handshake(&c->recent, rec);
	if (rec->flags & TLS_UNDECIDED)
		return false;
	for (struct waiting *w = c->first; w; w = w->next)
		if (w->attempt.may_be_handshake && is_handshakes_end(c, &w->attempt))
			w->taken = true;
	return true;
}

/* False: the server's end of a login that its client has told, or of a pipe to a client here. */
static bool login_came(struct correlator *c, const struct rec_ssh_denied *rec)
{
	if (rec->flags & SSH_SERVER)
		return rec->flow.family && !recent_has_login(&c->recent, rec);
	recent_add_login(&c->recent, rec);
	return true;
}

void correlator_feed(struct correlator *c, const union record *rec)
{
	struct attempt a;
	uint64_t ns;

	correlator_expire(c, rec->hdr.ts_ns);
	if (lookups_take(&c->lookups, rec))
		return;
	if (rec->hdr.kind == REC_ICMP_RECEIVED) {
		recent_add_icmp(&c->recent, &rec->icmp_received);
		fact_came(c, rec->hdr.ts_ns);
		return;
	}
	if (!attempt_from_record(&a, rec))
		return;
	if (a.kind == ATTEMPT_NEIGHBOUR) {
		recent_add_neighbour(&c->recent, &rec->neigh_failed);
		fact_came(c, rec->hdr.ts_ns);
	}
	if (a.kind == ATTEMPT_TLS && !handshake_came(c, &rec->tls_failed))
		return;
	if (a.kind == ATTEMPT_SSH && !login_came(c, &rec->ssh_denied))
		return;
	if (is_handshakes_end(c, &a))
		return;
	if (a.kind == ATTEMPT_CONNECT)
		take_inbound(c, &a);
	join_neighbour(c, &a);
	join_icmp(c, &a);
	ns = wait_ns(&a);
	if (ns)
		wait_for(c, &a, ns);
	else
		conclude(c, &a);
}

void correlator_expire(struct correlator *c, uint64_t now_ns)
{
	lookups_expire(&c->lookups, now_ns);
	while (c->first && (c->first->taken || c->first->deadline_ns <= now_ns))
		release_first(c);
}

uint64_t correlator_deadline(const struct correlator *c)
{
	uint64_t first = c->first ? c->first->deadline_ns : 0;
	uint64_t lookup = lookups_deadline(&c->lookups);

	return !first || (lookup && lookup < first) ? lookup : first;
}
