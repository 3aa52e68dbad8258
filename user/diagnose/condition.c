// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/decode.h"
#include "diagnose/finding.h"
#include "host/address.h"
#include "host/host.h"

/* TCP_TIMEWAIT_LEN (include/net/tcp.h): how long a socket stays in TIME_WAIT. */
enum { TIME_WAIT_SECONDS = 60, PAIRS_MAX = 512, RATE_SECONDS = 10 };

#define SECOND_NS 1000000000ULL

/* Shares of the port range at which a record is due, per cent. */
static const unsigned int steps[] = { 50, 80, 95 };
/* A share that far below a step makes the step due again: no record for each swing around it. */
enum { STEP_BACK = 10 };

struct pair {
	struct rec_time_wait key;	/* addresses, port, namespace */
	uint32_t seconds[TIME_WAIT_SECONDS];
	uint64_t last_second;		/* of the newest count */
	size_t steps_told;
	bool used;
};

struct conditions {
	struct host *host;
	condition_fn fn;
	void *ctx;
	struct pair pairs[PAIRS_MAX];
};

struct conditions *conditions_open(struct host *host, condition_fn fn, void *ctx)
{
	struct conditions *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->host = host;
	c->fn = fn;
	c->ctx = ctx;
	return c;
}

void conditions_close(struct conditions *c)
{
	free(c);
}

static bool is_pair(const struct pair *p, const struct rec_time_wait *rec)
{
	return p->used && p->key.dport == rec->dport && p->key.netns == rec->netns &&
	       addr_equal(p->key.saddr, rec->saddr) && addr_equal(p->key.daddr, rec->daddr);
}

/* The pair's own place, or that of the one that has been quiet longest. */
static struct pair *find_pair(struct conditions *c, const struct rec_time_wait *rec)
{
	struct pair *oldest = &c->pairs[0];

	for (size_t i = 0; i < PAIRS_MAX; i++) {
		struct pair *p = &c->pairs[i];

		if (is_pair(p, rec))
			return p;
		if (!p->used || p->last_second < oldest->last_second)
			oldest = p;
		if (!p->used)
			break;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->used = true;
	oldest->key = *rec;
	oldest->last_second = rec->hdr.ts_ns / SECOND_NS;
	return oldest;
}

static void add_count(struct pair *p, uint64_t second, uint64_t count)
{
	uint64_t quiet = second > p->last_second ? second - p->last_second : 0;

	for (uint64_t i = 1; i <= quiet && i <= TIME_WAIT_SECONDS; i++)
		p->seconds[(p->last_second + i) % TIME_WAIT_SECONDS] = 0;
	if (quiet)
		p->last_second = second;
	p->seconds[second % TIME_WAIT_SECONDS] += count;
}

static uint64_t sum_seconds(const struct pair *p, size_t seconds)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < seconds; i++)
		sum += p->seconds[(p->last_second + TIME_WAIT_SECONDS - i) % TIME_WAIT_SECONDS];
	return sum;
}

/* Those of the namespace that are there now: a port may be used again before its time is over. */
static uint64_t at_most_now(const struct rec_limits *limits, uint64_t entered)
{
	return limits->time_wait && limits->time_wait < entered ? limits->time_wait : entered;
}

/* @entered: TIME_WAIT, within its seconds. */
static void tell(struct conditions *c, const struct pair *p, const struct rec_time_wait *rec,
		 const struct rec_limits *limits, uint64_t entered)
{
	uint64_t count = at_most_now(limits, entered);
	uint64_t total = limits->port_high - limits->port_low + 1;
	double rate = (double)sum_seconds(p, RATE_SECONDS) / RATE_SECONDS;
	/* What leaves TIME_WAIT makes room: only a rate above total/60 ever fills the range. */
	double growth = rate - (double)total / TIME_WAIT_SECONDS;
	struct finding f = {
		.type = FINDING_CONDITION, .count = 1, .time_ns = rec->hdr.ts_ns,
		.entry = catalog_find_code("028"),
		.cause = catalog_find_cause("028", "time-wait-buildup"),
		.confidence = CONFIDENCE_OBSERVED, .operation = "connect",
		.direction = DIRECTION_OUTBOUND, .error_type = "TIME_WAIT", .transport = "tcp",
		.ip_version = addr_is_v4(rec->daddr) ? 4 : 6, .netns = rec->netns,
		.source = { .has_ip = true },
		.destination = { .has_ip = true, .has_port = true, .port = rec->dport },
	};

	memcpy(f.source.ip, rec->saddr, sizeof(f.source.ip));
	memcpy(f.destination.ip, rec->daddr, sizeof(f.destination.ip));
	finding_set(&f, "time_wait", "%llu", (unsigned long long)count);
	finding_set(&f, "time_wait_share", "%.0f%%", 100.0 * (double)count / (double)total);
	finding_set(&f, "ports_total", "%llu", (unsigned long long)total);
	finding_set(&f, "local_port_range", "%u-%u", limits->port_low, limits->port_high);
	finding_set(&f, "rate", "%.1f", rate);
	if (growth > 0 && count < total && count == entered)
		finding_set(&f, "seconds_left", "%.0f", (double)(total - count) / rate);
	finding_add_evidence(&f, "time-wait-entered", hook_name(rec->hdr.hook), NAN,
			     "%llu sockets in the last %d s", (unsigned long long)entered,
			     TIME_WAIT_SECONDS);
	c->fn(c->ctx, &f);
}

void conditions_feed(struct conditions *c, const struct rec_time_wait *rec)
{
	struct rec_who nobody = { 0 };
	struct rec_limits limits;
	struct pair *p = find_pair(c, rec);
	uint64_t second = rec->hdr.ts_ns / SECOND_NS, before, count, now, total;
	size_t reached = 0;

	add_count(p, second, 0);
	before = sum_seconds(p, TIME_WAIT_SECONDS);
	add_count(p, second, rec->count);
	count = sum_seconds(p, TIME_WAIT_SECONDS);
	/* Far from any limit that a range could have: do not even ask. */
	if (count < 4 || !host_limits(c->host, rec->netns, &nobody, &limits))
		return;
	if (!limits.port_low || limits.port_high < limits.port_low)
		return;
	total = limits.port_high - limits.port_low + 1;
	before = at_most_now(&limits, before);
	now = at_most_now(&limits, count);
	while (p->steps_told && before * 100 < total * (steps[p->steps_told - 1] - STEP_BACK))
		p->steps_told--;
	while (reached < sizeof(steps) / sizeof(steps[0]) && now * 100 >= total * steps[reached])
		reached++;
	if (reached <= p->steps_told)
		return;
	tell(c, p, rec, &limits, count);
	p->steps_told = reached;
}
