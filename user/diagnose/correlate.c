// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/correlate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/icmp.h"
#include "diagnose/recent.h"
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
	struct waiting *pool;		/* free entries */
	struct waiting *first;
	struct waiting **last;
	struct waiting *buckets[WAIT_BUCKETS];
	struct waiting entries[WAITING_MAX];
};

struct correlator *correlator_open(struct host *host, attempt_fn fn, void *ctx)
{
	struct correlator *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->host = host;
	c->fn = fn;
	c->ctx = ctx;
	c->last = &c->first;
	for (size_t i = 0; i < WAITING_MAX; i++) {
		c->entries[i].next = c->pool;
		c->pool = &c->entries[i];
	}
	return c;
}

void correlator_close(struct correlator *c)
{
	free(c);
}

/* FNV-1a over the 4-tuple, which is the same seen from either end. */
static unsigned int tuple_hash(const struct rec_flow *flow)
{
	unsigned int hash = 2166136261u;
	const uint8_t *bytes[] = { flow->saddr, flow->daddr };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < 16; i++)
			hash = (hash ^ bytes[k][i]) * 16777619u;
	hash = (hash ^ flow->sport) * 16777619u;
	hash = (hash ^ flow->dport) * 16777619u;
	return hash % WAIT_BUCKETS;
}

static bool tuple_equal(const struct rec_flow *a, const struct rec_flow *b)
{
	return a->sport == b->sport && a->dport == b->dport && addr_equal(a->saddr, b->saddr) &&
	       addr_equal(a->daddr, b->daddr);
}

static void bucket_remove(struct correlator *c, struct waiting *w)
{
	struct waiting **at = &c->buckets[tuple_hash(&w->attempt.flow)];

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

static void ask_next_hop(struct correlator *c, struct attempt *a)
{
	if (a->next_hop_asked)
		return;
	a->next_hop_asked = true;
	a->has_next_hop = host_next_hop(c->host, a->flow.daddr, a->flow.netns, &a->who,
					&a->next_hop);
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
	ask_next_hop(c, a);
	if (a->has_next_hop)
		set_neighbour(a, recent_neighbour(&c->recent, a, a->next_hop.addr));
}

/* When nothing more is to come and the routing table did not tell: one on the same device. */
static void join_gateway(struct correlator *c, struct attempt *a)
{
	if (may_be_neighbour(a) && !a->has_neigh && !a->has_next_hop)
		set_neighbour(a, recent_gateway(&c->recent, a));
}

static bool is_given_up(const struct attempt *a)
{
	return a->kind == ATTEMPT_CONNECT && !a->error && !a->local;
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
	if (a->kind == ATTEMPT_NEIGHBOUR)
		return FACT_WAIT_NS;
	if (a->has_neigh || (a->has_icmp && icmp_is_last(a)))
		return 0;
	return may_be_neighbour(a) || may_be_icmp(a) ? FACT_WAIT_NS : 0;
}

static void join_owner(struct correlator *c, struct attempt *a, uint64_t inode)
{
	struct rec_owner owner;

	if (!a->who.pid && inode && host_owner(c->host, inode, &owner))
		a->who = owner.who;
}

/* The facts that are looked up rather than waited for. */
static void join_host(struct correlator *c, struct attempt *a)
{
	switch (a->kind) {
	case ATTEMPT_CONNECT:
		join_owner(c, a, a->rec.tcp_end.inode);
		if (a->error == ECONNREFUSED && a->local && a->rec.tcp_end.reset_sent_ns)
			a->has_listener = host_listener(c->host, &a->flow, &a->listener);
		if (is_given_up(a) && !a->has_icmp)
			ask_next_hop(c, a);
		break;
	case ATTEMPT_CONNECTION:
		join_owner(c, a, a->rec.tcp_end.inode);
		break;
	case ATTEMPT_UDP:
		join_owner(c, a, a->rec.udp_error.inode);
		break;
	case ATTEMPT_CONNECT_CALL:
		if (a->error == EADDRNOTAVAIL)
			a->has_limits = host_limits(c->host, a->flow.netns, &a->who, &a->limits);
		if (a->error == ENETUNREACH || a->error == ENETDOWN)
			a->has_down_link = host_down_link(c->host, a->flow.daddr, a->flow.netns,
							  &a->who, &a->down_link);
		break;
	case ATTEMPT_BIND:
	case ATTEMPT_LISTEN:
		if (a->error == EADDRINUSE)
			a->has_holder = host_holder(c->host, &a->flow, &a->who,
						    a->rec.call_return.inode, &a->holder);
		if (a->error == EACCES)
			a->has_limits = host_limits(c->host, a->flow.netns, &a->who, &a->limits);
		break;
	default:
		break;
	}
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

static void conclude(struct correlator *c, struct attempt *a)
{
	join_gateway(c, a);
	join_host(c, a);
	if (a->has_neigh)
		count_waited(c, &a->neigh);
	c->fn(c->ctx, a);
}

static void release(struct correlator *c, struct waiting *w)
{
	if (is_inbound(w))
		bucket_remove(c, w);
	if (!w->taken)
		conclude(c, &w->attempt);
	w->next = c->pool;
	c->pool = w;
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
		struct waiting **bucket = &c->buckets[tuple_hash(&a->flow)];

		w->bucket_next = *bucket;
		*bucket = w;
	}
}

/* The caller is on this machine: the refusal is told by its own record. */
static void take_inbound(struct correlator *c, const struct rec_flow *flow)
{
	struct waiting *w = c->buckets[tuple_hash(flow)];

	for (; w; w = w->bucket_next)
		if (!w->taken && tuple_equal(&w->attempt.flow, flow)) {
			w->taken = true;
			return;
		}
}

/* A fact that attempts may be waiting for has come; one that knows enough leaves with its turn. */
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

static bool is_local(const struct rec_flow *flow)
{
	return flow->loopback || addr_is_loopback(flow->daddr) ||
	       (!addr_is_unspecified(flow->saddr) && addr_equal(flow->saddr, flow->daddr));
}

/* include/linux/err.h: MAX_ERRNO. A number beyond is none that a kernel gives. */
enum { ERRNO_MAX = 4095 };

static int errno_or_none(int error)
{
	return error > 0 && error <= ERRNO_MAX ? error : 0;
}

/* include/uapi/linux/icmp.h, net/ipv4/icmp.c: icmp_err_convert, for what a reject rule sends. */
static int icmp_error(unsigned int type, unsigned int code)
{
	enum { DEST_UNREACH = 3, NET_UNREACH = 0, PORT_UNREACH = 3, NET_ANO = 9 };

	if (type != DEST_UNREACH)
		return 0;
	if (code == PORT_UNREACH)
		return ECONNREFUSED;
	return code == NET_UNREACH || code == NET_ANO ? ENETUNREACH : EHOSTUNREACH;
}

static void attempt_from_tcp(struct attempt *a, const union record *rec)
{
	bool connecting = rec->tcp_end.old_state == 2; /* TCP_SYN_SENT */

	a->kind = connecting ? ATTEMPT_CONNECT : ATTEMPT_CONNECTION;
	a->who = rec->tcp_end.who;
	a->flow = rec->tcp_end.flow;
	a->error = errno_or_none(rec->tcp_end.sk_err);
	/* This host's own reject: SO_ERROR told it, which clears it, and the application closed. */
	if (connecting && !a->error && !rec->tcp_end.sk_err_soft && rec->tcp_end.icmp_sent_ns)
		a->error = icmp_error(rec->tcp_end.icmp_type, rec->tcp_end.icmp_code);
	a->local = is_local(&a->flow);
}

static void attempt_from_call(struct attempt *a, const union record *rec, enum attempt_kind kind)
{
	a->kind = kind;
	a->who = rec->call_return.who;
	a->flow = rec->call_return.flow;
	a->error = rec->call_return.ret >= -ERRNO_MAX ? errno_or_none(-rec->call_return.ret) : 0;
	a->local = kind != ATTEMPT_CONNECT_CALL || is_local(&a->flow);
}

/* Fills *@a from a kernel record; false when it is no operation's end. */
static bool attempt_from_record(struct attempt *a, const union record *rec)
{
	memset(a, 0, sizeof(*a));
	a->rec = *rec;
	switch (rec->hdr.kind) {
	case REC_TCP_END:
		attempt_from_tcp(a, rec);
		return true;
	case REC_CONNECT_RETURN:
		attempt_from_call(a, rec, ATTEMPT_CONNECT_CALL);
		return true;
	case REC_BIND_RETURN:
		attempt_from_call(a, rec, ATTEMPT_BIND);
		return true;
	case REC_LISTEN_RETURN:
		attempt_from_call(a, rec, ATTEMPT_LISTEN);
		return true;
	case REC_UDP_ERROR:
		a->kind = ATTEMPT_UDP;
		a->who = rec->udp_error.who;
		a->flow = rec->udp_error.flow;
		a->error = errno_or_none(rec->udp_error.err);
		a->local = is_local(&a->flow);
		return true;
	case REC_NEIGH_FAILED:
		a->kind = ATTEMPT_NEIGHBOUR;
		memcpy(a->flow.daddr, rec->neigh_failed.addr, 16);
		memcpy(a->flow.ifname, rec->neigh_failed.ifname, sizeof(a->flow.ifname));
		a->flow.family = rec->neigh_failed.family;
		a->flow.netns = rec->neigh_failed.netns;
		a->flow.ifindex = rec->neigh_failed.ifindex;
		return true;
	case REC_RESET_SENT:
		a->kind = ATTEMPT_INBOUND;
		a->flow = rec->reset_sent.flow;
		a->error = ECONNREFUSED;
		return true;
	default:
		return false;
	}
}

void correlator_feed(struct correlator *c, const union record *rec)
{
	struct attempt a;
	uint64_t ns;

	correlator_expire(c, rec->hdr.ts_ns);
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
	if (a.kind == ATTEMPT_CONNECT)
		take_inbound(c, &a.flow);
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
	while (c->first && (c->first->taken || c->first->deadline_ns <= now_ns))
		release_first(c);
}

uint64_t correlator_deadline(const struct correlator *c)
{
	return c->first ? c->first->deadline_ns : 0;
}
