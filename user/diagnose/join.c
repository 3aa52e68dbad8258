// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/join.h"

#include <errno.h>
#include <string.h>

#include "diagnose/lookups.h"
#include "host/host.h"

void join_next_hop(struct host *host, struct attempt *a)
{
	if (a->next_hop_asked)
		return;
	a->next_hop_asked = true;
	a->has_next_hop = host_next_hop(host, a->flow.daddr, a->flow.netns, &a->who, &a->next_hop);
}

static bool is_given_up(const struct attempt *a)
{
	return a->kind == ATTEMPT_CONNECT && !a->error && !a->local;
}

static void join_owner(struct host *host, struct attempt *a, uint64_t inode)
{
	struct rec_owner owner;

	if (!a->who.pid && inode && host_owner(host, inode, &owner))
		a->who = owner.who;
}

static void join_listener(struct host *host, struct attempt *a, const struct rec_flow *asked)
{
	a->has_listener = host_listener(host, asked, &a->who, &a->listener);
}

static void join_refusing_listener(struct host *host, struct attempt *a)
{
	struct rec_flow asked = a->flow;

	if (a->rec.tcp_end.refused_port) {
		memcpy(asked.daddr, a->rec.tcp_end.refused_addr, sizeof(asked.daddr));
		asked.dport = a->rec.tcp_end.refused_port;
	}
	join_listener(host, a, &asked);
}

enum answer { NO, YES, UNKNOWN };

/* Whether the listener takes connections to the attempt's destination: that is its namespace's. */
static enum answer listens_at(struct host *host, const struct rec_queue_full *full,
			      const struct attempt *a)
{
	struct rec_address address;

	/* Every namespace has a 127.0.0.1 of its own. */
	if (a->local)
		return full->flow.netns == a->flow.netns ? YES : NO;
	if (addr_equal(full->flow.saddr, a->flow.daddr) ||
	    host_address(host, a->flow.daddr, full->flow.netns, &full->who, &address))
		return YES;
	return address.hdr.unknown ? UNKNOWN : NO;
}

/* A listener anywhere on this machine whose queue was seen to be full while the SYNs were sent. */
static void join_full_queue(struct host *host, const struct recent *recent, struct attempt *a)
{
	const struct rec_queue_full *full, *found = NULL;

	/* One that is full now was not emptied since. */
	if (a->has_queue && a->queue.depth > a->queue.limit)
		return;
	for (size_t i = 0; (full = recent_queue(recent, a, i)); i++) {
		enum answer its;

		if (found && full->flow.netns == found->flow.netns)
			continue;
		its = listens_at(host, full, a);
		if (its == NO)
			continue;
		/* Networks that use the same addresses: which of them the SYNs went to is open. */
		if (found || its == UNKNOWN)
			return;
		found = full;
	}
	if (!found)
		return;
	a->has_queue = true;
	a->queue = (struct rec_queue){ .hdr.hook = found->hdr.hook, .flow = found->flow,
				       .who = found->who, .depth = found->depth,
				       .limit = found->limit };
}

/* By a stack of this host, as its own reset says; or by nobody knows whom, on this host. */
static bool is_refused_here(const struct attempt *a)
{
	const struct rec_tcp_end *r = &a->rec.tcp_end;

	return a->error == ECONNREFUSED &&
	       (r->reset_sent_ns ||
		(a->local && r->reset_ns && !(r->watched & WATCHED_RESETS_SENT)));
}

void join_host(struct host *host, struct recent *recent, struct attempt *a)
{
	switch (a->kind) {
	case ATTEMPT_CONNECT:
		join_owner(host, a, a->rec.tcp_end.inode);
		if (is_refused_here(a))
			join_refusing_listener(host, a);
		if (is_given_up(a) && !a->has_icmp)
			join_next_hop(host, a);
		/* Its SYNs over loopback met no firewall: did the listener's queue take them? */
		if (a->local && (!a->error || a->error == ETIMEDOUT))
			a->has_queue = host_queue(host, &a->flow, &a->queue);
		if (!a->error || a->error == ETIMEDOUT)
			join_full_queue(host, recent, a);
		break;
	case ATTEMPT_INBOUND:
		join_listener(host, a, &a->flow);
		break;
	case ATTEMPT_CONNECTION:
		join_owner(host, a, a->rec.tcp_end.inode);
		break;
	case ATTEMPT_UDP:
		join_owner(host, a, a->rec.udp_error.inode);
		break;
	case ATTEMPT_LOOKUP:
		lookups_join_host(host, a);
		break;
	case ATTEMPT_QUEUE:
		join_owner(host, a, a->rec.queue_full.inode);
		a->rec.queue_full.who = a->who;
		recent_add_queue(recent, &a->rec.queue_full);
		a->has_limits = host_limits(host, a->flow.netns, &a->who, &a->limits);
		break;
	case ATTEMPT_CONNECT_CALL:
		if (a->error == EADDRNOTAVAIL)
			a->has_limits = host_limits(host, a->flow.netns, &a->who, &a->limits);
		if (a->error == ENETUNREACH && !(a->rec.call_return.flags & CALL_ROUTE_FACT))
			join_next_hop(host, a);
		if (a->error == ENETUNREACH || a->error == ENETDOWN)
			a->has_down_link = host_down_link(host, a->flow.daddr, a->flow.netns,
							  &a->who, &a->down_link);
		break;
	case ATTEMPT_BIND:
	case ATTEMPT_LISTEN:
		if (a->error == EADDRINUSE)
			/* Only listen() is refused to a socket that has the port itself. */
			a->has_holder = host_holder(host, &a->flow, &a->who,
						    a->kind == ATTEMPT_LISTEN ?
							    a->rec.call_return.inode : 0,
						    &a->holder);
		if (a->error == EADDRNOTAVAIL)
			a->has_address = host_address(host, a->flow.saddr, a->flow.netns,
						      &a->who, &a->address);
		if (a->error == EACCES)
			a->has_limits = host_limits(host, a->flow.netns, &a->who, &a->limits);
		break;
	default:
		break;
	}
}
