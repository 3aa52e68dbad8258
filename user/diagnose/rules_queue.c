// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listeners that cannot take more: their accept and SYN queues. */
#include <errno.h>
#include <string.h>

#include "diagnose/rules.h"

/* What tcp_v4_syn_recv_sock() and tcp_conn_request() call full: include/net/sock.h. */
static bool is_full(uint32_t depth, uint32_t limit)
{
	return depth > limit;
}

/* The listener is full now, at the end of the attempt; the SYN's own drop leaves no trace. */
static bool queue_is_full(const struct attempt *a)
{
	return a->has_queue && is_full(a->queue.depth, a->queue.limit);
}

static bool reset_by_overflow(const struct attempt *a)
{
	return a->rec.tcp_end.backlog_reset_ns && a->rec.tcp_end.reset_ns;
}

static const struct rec_queue_full *full(const struct attempt *a)
{
	return &a->rec.queue_full;
}

static bool listener_is_known(const struct attempt *a)
{
	return full(a)->queue == QUEUE_ACCEPT && full(a)->flow.sport;
}

static bool accept_queue(const struct attempt *a)
{
	return full(a)->queue == QUEUE_ACCEPT;
}

/* The request was answered with a cookie and needs no place in the queue. */
static bool cookies_help(const struct attempt *a)
{
	return full(a)->queue == QUEUE_SYN && full(a)->hdr.hook != HOOK_NETSTAT &&
	       a->has_limits && a->limits.syncookies;
}

/* Nobody could look whether cookies are on. */
static bool cookies_may_help(const struct attempt *a)
{
	return full(a)->queue == QUEUE_SYN && full(a)->hdr.hook != HOOK_NETSTAT && !a->has_limits;
}

static void tell_listener(struct finding *f, const struct rec_flow *flow,
			  const struct rec_who *who)
{
	struct endpoint e = { .has_ip = true, .has_port = true, .port = flow->sport };
	char text[ENDPOINT_TEXT_SIZE];

	memcpy(e.ip, flow->saddr, sizeof(e.ip));
	finding_set(f, "listener", "%s", endpoint_text(&e, text, sizeof(text)));
	if (!who->pid)
		return;
	finding_set(f, "listener_pid", "%u", who->pid);
	finding_set(f, "listener_name", "%s", who->comm);
}

static void tell_depth(struct finding *f, uint32_t depth, uint32_t limit)
{
	finding_set(f, "queue_depth", "%u", depth);
	finding_set(f, "queue_limit", "%u", limit);
}

/* listen() cuts its argument to net.core.somaxconn (net/socket.c). */
static void tell_queue(const struct attempt *a, struct finding *f)
{
	const struct rec_queue_full *r = full(a);

	if (!r->flow.sport)
		return;
	tell_listener(f, &r->flow, &a->who);
	tell_depth(f, r->depth, r->limit);
	if (a->has_limits && a->limits.somaxconn)
		finding_set(f, "queue_limit_by", "%s", r->limit >= a->limits.somaxconn ?
			    "net.core.somaxconn" : "the listen() backlog");
}

static void tell_queue_of_attempt(const struct attempt *a, struct finding *f)
{
	tell_listener(f, &a->queue.flow, &a->queue.who);
	tell_depth(f, a->queue.depth, a->queue.limit);
	finding_add_related(f, "C02");
	tell_gave_up_after(a, f);
}

static void tell_overflow(const struct attempt *a, struct finding *f)
{
	tell_depth(f, a->rec.tcp_end.queue_depth, a->rec.tcp_end.queue_limit);
	finding_add_related(f, "C02");
}

static const struct rule table[] = {
	{ ATTEMPT_CONNECT, ETIMEDOUT, "023", "accept-queue-full", CONFIDENCE_INFERRED,
	  queue_is_full, tell_queue_of_attempt, NULL },
	{ ATTEMPT_CONNECT, 0, "023", "accept-queue-full", CONFIDENCE_INFERRED,
	  queue_is_full, tell_queue_of_attempt, "ABANDONED" },
	{ ATTEMPT_CONNECTION, ECONNRESET, "C01", "backlog-reset", CONFIDENCE_OBSERVED,
	  reset_by_overflow, tell_overflow, NULL },

	{ ATTEMPT_QUEUE, 0, NULL, NULL, CONFIDENCE_UNKNOWN, cookies_help, NULL, NULL },
	{ ATTEMPT_QUEUE, 0, "C02", "accept-queue-full", CONFIDENCE_OBSERVED,
	  listener_is_known, tell_queue, "BACKLOG_FULL" },
	/* The counter rose and no queue is full any more: true, but whose it was is gone. */
	{ ATTEMPT_QUEUE, 0, "C02", "unexplained", CONFIDENCE_UNKNOWN,
	  accept_queue, NULL, "BACKLOG_FULL" },
	{ ATTEMPT_QUEUE, 0, "C02", "syn-queue-full", CONFIDENCE_INFERRED,
	  cookies_may_help, tell_queue, "BACKLOG_FULL" },
	{ ATTEMPT_QUEUE, 0, "C02", "syn-queue-full", CONFIDENCE_OBSERVED,
	  NULL, tell_queue, "BACKLOG_FULL" },
};

const struct rule_table rules_queue = { table, sizeof(table) / sizeof(table[0]) };
