/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"
#include "diagnose/pipeline.h"
#include "host/host.h"
#include "records.h"

enum { KEPT_MAX = 64 };

#define WALL_NS UINT64_C(1795217301000000000)

/* Remembers what it is given; with @fail set, every member returns that. */
struct capture {
	struct sink sink;
	struct finding kept[KEPT_MAX];
	size_t findings;
	uint64_t failures;	/* sum of their counts */
	uint64_t conditions;
	uint64_t lost;
	size_t lost_records;
	char lost_stages[64];	/* of each record, "ring output " */
	struct summary_info summary;
	size_t summaries;
	size_t calls;
	int fail;
};

static int take_finding(struct sink *s, const struct finding *f)
{
	struct capture *c = (struct capture *)s;

	if (c->findings < KEPT_MAX)
		c->kept[c->findings] = *f;
	c->findings++;
	c->calls++;
	if (f->type == FINDING_FAILURE)
		c->failures += f->count;
	else
		c->conditions += f->count;
	/* All that a sink relies on. */
	assert_non_null(f->entry);
	assert_non_null(f->cause);
	assert_true(f->summary[0]);
	assert_non_null(f->error_type);
	return c->fail;
}

static int take_lost(struct sink *s, const struct lost_info *info)
{
	struct capture *c = (struct capture *)s;

	assert_non_null(info->stage);
	c->calls++;
	if (c->fail)
		return c->fail;
	c->lost += info->count;
	c->lost_records++;
	if (c->lost_records < 5)
		strcat(strcat(c->lost_stages, info->stage), " ");
	return 0;
}

static int take_summary(struct sink *s, const struct summary_info *info)
{
	struct capture *c = (struct capture *)s;

	c->summary = *info;
	c->summaries++;
	c->calls++;
	return c->fail;
}

static const struct sink_ops capture_ops = {
	.name = "capture", .finding = take_finding, .lost = take_lost, .summary = take_summary,
};

struct fixture {
	struct capture capture;
	struct host *host;
	struct pipeline *pipeline;
	struct pipeline_options options;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->capture.sink.ops = &capture_ops;
	x->host = host_open_replay();
	x->options = (struct pipeline_options){ .fold = true, .wall_offset_ns = WALL_NS,
						.start_ns = BASE_NS };
	x->pipeline = pipeline_open(&x->options, x->host, &x->capture.sink);
	assert_non_null(x->pipeline);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	pipeline_close(x->pipeline);
	host_close(x->host);
	free(x);
	return 0;
}

/* Starts again with x->options. */
static void reopen(struct fixture *x)
{
	pipeline_close(x->pipeline);
	memset(&x->capture, 0, sizeof(x->capture));
	x->capture.sink.ops = &capture_ops;
	x->pipeline = pipeline_open(&x->options, x->host, &x->capture.sink);
	assert_non_null(x->pipeline);
}

static int feed(struct fixture *x, const void *record)
{
	return pipeline_feed(x->pipeline, record, ((const struct rec_hdr *)record)->size);
}

static int finish(struct fixture *x, uint64_t now_ns)
{
	return pipeline_finish(x->pipeline, now_ns, NULL, 0);
}

static struct rec_tcp_end refused(uint32_t pid, uint64_t ts_ns)
{
	struct rec_tcp_end rec = make_tcp_end(ECONNREFUSED, ts_ns);

	rec.who.pid = pid;
	rec.reset_ns = ts_ns - 1000;
	return rec;
}

static void test_one(void **state)
{
	struct fixture *x = *state;
	struct rec_process process = { .hdr = make_hdr(REC_PROCESS, sizeof(process), 0, 0),
				       .pid = 4312, .executable = "/usr/bin/curl",
				       .cgroup = "/system.slice/app.service" };
	struct rec_tcp_end tcp = refused(4312, BASE_NS + 5);
	const struct finding *f = &x->capture.kept[0];

	assert_int_equal(feed(x, &process), 0);
	assert_int_equal(feed(x, &tcp), 0);
	assert_int_equal(x->capture.findings, 1);
	assert_string_equal(f->entry->code, "021");
	assert_string_equal(f->cause->id, "peer-reset");
	assert_int_equal(f->time_ns, WALL_NS + BASE_NS + 5);
	assert_string_equal(f->process.executable, "/usr/bin/curl");
	assert_string_equal(f->process.cgroup, "/system.slice/app.service");
	assert_string_equal(f->process.unit, "app.service");
	assert_true(f->advice_count > 0);
	assert_true(pipeline_has_findings(x->pipeline));
	assert_int_equal(finish(x, BASE_NS + 3 * SECOND_NS), 0);
	assert_int_equal(x->capture.findings, 1);
	assert_int_equal(x->capture.summaries, 1);
	assert_int_equal(x->capture.summary.failures, 1);
	assert_true(x->capture.summary.seconds == 3);
	assert_int_equal(x->capture.summary.time_ns, WALL_NS + BASE_NS + 3 * SECOND_NS);
}

static void test_nothing(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(pipeline_deadline(x->pipeline), 0);
	assert_int_equal(pipeline_tick(x->pipeline, BASE_NS + SECOND_NS), 0);
	assert_int_equal(finish(x, BASE_NS + SECOND_NS), 0);
	assert_int_equal(x->capture.calls, 1);
	assert_int_equal(x->capture.summary.failures, 0);
	assert_false(pipeline_has_findings(x->pipeline));
	assert_false(pipeline_is_done(x->pipeline));
}

static struct rec_repeats repeats(uint64_t id, uint64_t count, bool many_ports)
{
	return (struct rec_repeats){
		.hdr = make_hdr(REC_REPEATS, sizeof(struct rec_repeats), 0, BASE_NS + 1000),
		.repeat_id = id, .count = count, .many_ports = many_ports,
	};
}

/* A refusal that the kernel will count the repeats of. */
static struct rec_tcp_end flooded(uint64_t id)
{
	struct rec_tcp_end rec = refused(4312, BASE_NS);

	rec.repeat_id = id;
	return rec;
}

static void test_repeats(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = flooded(9);
	struct rec_repeats same = repeats(9, 1000, false);
	const struct finding *f = &x->capture.kept[1];

	assert_false(pipeline_knows_repeat(x->pipeline, 9));
	feed(x, &tcp);
	assert_true(pipeline_knows_repeat(x->pipeline, 9));
	feed(x, &same);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 1001);
	assert_int_equal(x->capture.findings, 2);
	assert_int_equal(f->count, 1000);
	assert_string_equal(f->cause->id, "peer-reset");
	assert_int_equal(f->confidence, CONFIDENCE_OBSERVED);
	assert_true(f->destination.has_port);
	assert_string_equal(f->evidence[f->evidence_count - 1].fact, "counted");
	assert_int_equal(x->capture.summary.failures, 1001);
	assert_int_equal(x->capture.lost, 0);
}

/* The kernel makes no more of its records, and memory is for those that go on. */
static void test_repeats_that_are_over(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = flooded(9), later = refused(4312, BASE_NS + 31 * SECOND_NS);

	later.repeat_id = 10;
	feed(x, &tcp);
	assert_true(pipeline_knows_repeat(x->pipeline, 9));
	feed(x, &later);
	finish(x, BASE_NS + 32 * SECOND_NS);
	assert_false(pipeline_knows_repeat(x->pipeline, 9));
	assert_true(pipeline_knows_repeat(x->pipeline, 10));
}

/* What was not seen of every single one is not said of them. */
static void test_repeats_of_many_ports(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = flooded(9);
	struct rec_repeats others = repeats(9, 1000, true);
	const struct finding *f = &x->capture.kept[1];

	feed(x, &tcp);
	feed(x, &others);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 1001);
	assert_int_equal(f->count, 1000);
	assert_false(f->destination.has_port);
	assert_int_equal(f->confidence, CONFIDENCE_INFERRED);
	assert_int_equal(f->evidence_count, 1);
}

static struct rec_repeats wide_repeats(uint64_t id, uint64_t count)
{
	struct rec_repeats rec = repeats(id, count, false);

	rec.many_addresses = 1;
	return rec;
}

static void test_repeats_of_many_addresses(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = flooded(9);
	struct rec_repeats others = wide_repeats(9, 1000);
	const struct finding *f = &x->capture.kept[1];

	feed(x, &tcp);
	feed(x, &others);
	others.many_ports = 1;
	feed(x, &others);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 2001);
	assert_int_equal(f->count, 1000);
	assert_true(f->many_addresses);
	assert_false(f->destination.has_ip);
	assert_false(f->source.has_ip);
	assert_false(f->source.has_port);
	assert_true(f->destination.has_port);
	assert_string_equal(f->interface, "");
	assert_int_equal(f->process.pid, 4312);
	assert_int_equal(f->direction, DIRECTION_OUTBOUND);
	assert_int_equal(f->ip_version, 4);
	assert_int_equal(f->confidence, CONFIDENCE_INFERRED);
	assert_int_equal(f->evidence_count, 1);
	assert_string_equal(f->evidence[0].detail, "in the kernel, for several addresses");
	assert_null(strchr(f->summary, '?'));
	f = &x->capture.kept[2];
	assert_false(f->destination.has_port);
	assert_string_equal(f->evidence[0].detail, "in the kernel, for several addresses and ports");
	assert_int_equal(x->capture.summary.destinations_failing, 1);
	assert_int_equal(x->capture.summary.destinations[0].failures, 1);
	assert_int_equal(x->capture.lost, 0);
}

/* A bind that fails has no other end: its own port is the one that is counted by. */
static void test_repeats_of_binds(void **state)
{
	struct fixture *x = *state;
	struct rec_call_return call = make_call(REC_BIND_RETURN, EADDRNOTAVAIL, BASE_NS);
	struct rec_repeats others = wide_repeats(9, 1000);
	const struct finding *f = &x->capture.kept[1];

	call.repeat_id = 9;
	feed(x, &call);
	feed(x, &others);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 1001);
	assert_string_equal(f->operation, "bind");
	assert_false(f->source.has_ip);
	assert_true(f->source.has_port);
	assert_false(f->destination.has_port);
	assert_null(strchr(f->summary, '?'));
}

/* What the others were is known no better than what those were that came along. */
static void test_repeats_that_differ(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end one = flooded(9), other = flooded(9);
	struct rec_repeats many = wide_repeats(9, 1000);
	const struct finding *f = &x->capture.kept[2];

	other.who.pid = 1;
	other.flow = make_flow(IPPROTO_TCP, "2001:db8::7", 41234, "2001:db8::9", 443);
	feed(x, &one);
	feed(x, &other);
	feed(x, &many);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 1002);
	assert_int_equal(f->process.pid, 0);
	assert_int_equal(f->ip_version, 0);
	assert_string_equal(f->transport, "tcp");
	assert_string_equal(f->cause->id, "peer-reset");
}

/* A number that may be of others as well is none of what was asked for; nor is it silent. */
static void test_repeats_that_may_not_pass(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end one = flooded(9), other = flooded(9);
	struct rec_repeats wide = wide_repeats(9, 1000), ports = repeats(9, 50, true);

	other.who.pid = 1;
	x->options.filter.pid = 4312;
	reopen(x);
	feed(x, &other);
	feed(x, &wide);		/* nobody's that was asked for */
	assert_int_equal(x->capture.lost, 0);
	feed(x, &one);
	feed(x, &other);
	feed(x, &wide);
	assert_int_equal(x->capture.failures, 1);
	assert_int_equal(x->capture.lost, 1000);

	x->options.filter = (struct filter){ .has_addr = true };
	reopen(x);
	feed(x, &one);
	feed(x, &wide);
	assert_int_equal(x->capture.failures, 1);
	assert_int_equal(x->capture.lost, 1000);

	x->options.filter = (struct filter){ .ports = { 443 }, .port_count = 1 };
	reopen(x);
	feed(x, &one);
	feed(x, &ports);
	assert_int_equal(x->capture.failures, 1);
	assert_int_equal(x->capture.lost, 50);
	x->options.ports_filtered = true;
	reopen(x);
	feed(x, &one);
	feed(x, &ports);
	feed(x, &wide);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 1051);
	assert_int_equal(x->capture.lost, 0);
}

static void test_repeats_of_two_causes(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end one = flooded(9), other = flooded(9);
	struct rec_repeats mixed = repeats(9, 5, false);
	const struct finding *f = &x->capture.kept[2];

	other.reset_sent_ns = BASE_NS - 1000;
	other.hdr.ts_ns += 1;
	feed(x, &one);
	feed(x, &other);
	feed(x, &mixed);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 7);
	assert_string_equal(f->entry->code, "021");
	assert_string_equal(f->cause->id, "unexplained");
	assert_int_equal(f->confidence, CONFIDENCE_UNKNOWN);
}

/* The wall clock is set by so much before the first flood begins, and again when it has. */
static void told_whole(struct fixture *x, int64_t before_s, int64_t after_s)
{
	struct rec_tcp_end tcp = flooded(9), other = flooded(10);
	struct rec_repeats same = repeats(9, 1000, false);

	x->options.fold = false;
	reopen(x);
	pipeline_set_wall_offset(x->pipeline, WALL_NS + (uint64_t)before_s * SECOND_NS);
	feed(x, &tcp);
	pipeline_set_wall_offset(x->pipeline, WALL_NS + (uint64_t)(before_s + after_s) * SECOND_NS);
	feed(x, &other);	/* makes room of what is over */
	feed(x, &same);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.failures, 1002);
	assert_int_equal(x->capture.lost, 0);
	for (size_t i = 0; i < x->capture.findings; i++)
		assert_true(x->capture.kept[i].first_ns <= x->capture.kept[i].last_ns);
}

/* A flood is not over because the wall clock was set. */
static void test_repeats_over_a_step_of_the_clock(void **state)
{
	told_whole(*state, 0, 3600);
	told_whole(*state, 0, -5);
	told_whole(*state, -5, 0);
}

/* Their record was lost, and what it would have said of them with it. */
static void test_repeats_of_a_lost_record(void **state)
{
	struct fixture *x = *state;
	struct rec_repeats unknown = repeats(9, 1000, false);

	feed(x, &unknown);
	assert_int_equal(x->capture.lost, 1000);
	assert_string_equal(x->capture.lost_stages, "repeats ");
	assert_int_equal(x->capture.findings, 0);
}

static void test_repeats_of_what_was_not_asked_for(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = flooded(9);
	struct rec_repeats same = repeats(9, 1000, false);

	x->options.filter.pid = 1;
	reopen(x);
	feed(x, &tcp);
	feed(x, &same);
	finish(x, BASE_NS + SECOND_NS);
	assert_int_equal(x->capture.findings, 0);
	assert_int_equal(x->capture.lost, 0);
}

/* Nobody reads: what has no room is counted, and said once there is room. */
static void test_no_room(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end one = refused(1, BASE_NS), other = refused(2, BASE_NS);

	x->capture.fail = -ENOBUFS;
	assert_int_equal(feed(x, &one), 0);
	assert_int_equal(feed(x, &other), 0);
	x->capture.fail = 0;
	assert_int_equal(pipeline_tick(x->pipeline, BASE_NS + 3 * SECOND_NS), 0);
	assert_int_equal(x->capture.lost, 2);
	assert_int_equal(finish(x, BASE_NS + 4 * SECOND_NS), 0);
	assert_int_equal(x->capture.lost, 2);
	assert_int_equal(x->capture.summary.lost, 2);
	assert_int_equal(x->capture.summary.failures, 2);
}

static struct rec_lost lost_at(uint32_t stage, uint64_t count)
{
	return (struct rec_lost){ .hdr = make_hdr(REC_LOST, sizeof(struct rec_lost), 0, BASE_NS),
				  .stage = stage, .count = count };
}

/* What waits for room is told as what it is, and so is the summary of it. */
static void test_no_room_for_losses(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = refused(1, BASE_NS);
	struct rec_lost lost = lost_at(LOST_RING, 3);
	const struct summary_info *summary = &x->capture.summary;

	x->capture.fail = -ENOBUFS;
	assert_int_equal(feed(x, &lost), 0);
	assert_int_equal(feed(x, &tcp), 0);
	x->capture.fail = 0;
	assert_int_equal(finish(x, BASE_NS + 3 * SECOND_NS), 0);
	assert_string_equal(x->capture.lost_stages, "ring output ");
	assert_int_equal(x->capture.lost, 4);
	assert_int_equal(summary->lost, 4);
	assert_int_equal(summary->loss_count, 2);
	assert_string_equal(summary->losses[0].stage, "ring");
	assert_int_equal(summary->losses[0].count, 3);
	assert_false(summary->losses[0].in_totals);
	assert_string_equal(summary->losses[1].stage, "output");
	assert_int_equal(summary->losses[1].count, 1);
	assert_true(summary->losses[1].in_totals);
	assert_int_equal(summary->failures, 1);
}

/* No failure, so none of the losses. */
static void test_no_room_for_a_condition(void **state)
{
	struct fixture *x = *state;
	struct rec_limits limits = make_limits(32768, 32867);
	struct rec_time_wait tw = { .dport = 5432, .netns = TEST_NETNS, .count = 10 };
	uint64_t now = BASE_NS;

	set_addr(tw.saddr, "10.0.0.5");
	set_addr(tw.daddr, "10.0.0.7");
	feed(x, &limits);
	x->capture.fail = -ENOBUFS;
	for (int i = 0; i < 10; i++) {
		now += SECOND_NS;
		tw.hdr = make_hdr(REC_TIME_WAIT, sizeof(tw), HOOK_SET_STATE, now);
		assert_int_equal(feed(x, &tw), 0);
	}
	x->capture.fail = 0;
	assert_int_equal(finish(x, now + SECOND_NS), 0);
	assert_true(x->capture.summary.conditions > 0);
	assert_int_equal(x->capture.summary.conditions_lost, x->capture.conditions);
	assert_int_equal(x->capture.summary.lost, 0);
	assert_int_equal(x->capture.lost_records, 0);
}

/* Without a process nothing is of the tree that was asked for; else only that is missing. */
static void test_table_full(void **state)
{
	struct fixture *x = *state;
	struct rec_lost lost = lost_at(LOST_TABLE, 5);

	for (int tree = 0; tree < 2; tree++) {
		x->options.tree = tree;
		reopen(x);
		feed(x, &lost);
		feed(x, &lost);
		finish(x, BASE_NS + SECOND_NS);
		assert_int_equal(x->capture.summary.connections_evicted, tree ? 0 : 10);
		assert_int_equal(x->capture.summary.lost, tree ? 10 : 0);
		assert_string_equal(x->capture.lost_stages, tree ? "table table " : "");
	}
}

/* Whatever of them was asked for: it was one table that they had room in. */
static void test_destinations_of_a_full_table(void **state)
{
	struct fixture *x = *state;
	struct rec_destination ok = { .hdr = make_hdr(REC_DESTINATION, sizeof(ok), 0, BASE_NS),
				      .successes = 2 };

	x->options.filter = (struct filter){ .ports = { 443 }, .port_count = 1 };
	for (int more = 0; more < 2; more++) {
		reopen(x);
		for (int i = 0; i < DESTINATIONS_MAX - 1 + more; i++) {
			ok.dport = i ? 80 : 443;
			feed(x, &ok);
		}
		finish(x, BASE_NS + SECOND_NS);
		assert_int_equal(x->capture.summary.connections_ok, 2);
		assert_int_equal(x->capture.summary.connections_ok_at_least, more);
	}
}

static struct rec_destinations_evicted evicted(uint64_t count)
{
	return (struct rec_destinations_evicted){
		.hdr = make_hdr(REC_DESTINATIONS_EVICTED, sizeof(struct rec_destinations_evicted),
				0, BASE_NS),
		.count = count,
	};
}

/* A full table that forgot nothing: what it has is all. */
static void test_full_table_that_forgot_nothing(void **state)
{
	struct fixture *x = *state;
	struct rec_destination ok = { .hdr = make_hdr(REC_DESTINATION, sizeof(ok), 0, BASE_NS),
				      .dport = 80, .successes = 1 };
	struct rec_destinations_evicted none = evicted(0);

	for (int i = 0; i < DESTINATIONS_MAX + 100; i++)
		feed(x, &ok);
	feed(x, &none);
	finish(x, BASE_NS + SECOND_NS);
	assert_false(x->capture.summary.connections_ok_at_least);
	assert_int_equal(x->capture.summary.destinations_evicted, 0);
	assert_false(x->capture.summary.destinations_cut);
}

/*
 * Forgotten successes are no lost failures, under `run` neither. That nothing else was
 * reached is then no reason to suspect this host.
 */
static void test_destinations_evicted(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = make_tcp_end(ETIMEDOUT, BASE_NS);

	for (int round = 0; round < 4; round++) {
		bool any = round & 1;
		struct rec_destinations_evicted some = evicted(any ? 5 : 0);

		x->options.tree = round >> 1;
		reopen(x);
		feed(x, &tcp);
		feed(x, &some);
		finish(x, BASE_NS + SECOND_NS);
		assert_int_equal(x->capture.summary.destinations_failing, 1);
		assert_int_equal(x->capture.summary.destinations_evicted, any ? 5 : 0);
		assert_int_equal(x->capture.summary.connections_ok_at_least, any);
		assert_int_equal(x->capture.summary.destinations_cut, any);
		assert_int_equal(x->capture.summary.blame_host, !any);
		assert_int_equal(x->capture.summary.lost, 0);
		assert_string_equal(x->capture.lost_stages, "");
	}
}

/* What is no record, or of no known kind, is counted; the rest goes on. */
static void test_skipped(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = refused(1, BASE_NS), cut = tcp, odd = tcp;

	odd.hdr.kind = 999;
	assert_int_equal(pipeline_feed(x->pipeline, "", 0), 0);
	assert_int_equal(pipeline_feed(x->pipeline, &cut, sizeof(cut) - 1), 0);
	assert_int_equal(feed(x, &odd), 0);
	assert_int_equal(feed(x, &tcp), 0);
	assert_int_equal(pipeline_skipped(x->pipeline), 3);
	assert_int_equal(x->capture.findings, 1);
}

/*
 * Any mixture: sum of count plus lost is what was fed. Fixed seed. All of these
 * are failures of their own; inbound ones get no caller.
 */
static void feed_mixture(struct fixture *x, uint64_t *fed, uint64_t *lost)
{
	uint64_t now = BASE_NS;

	srand(20261120);
	for (int i = 0; i < 50000; i++) {
		struct rec_tcp_end tcp = refused(1 + rand() % 40, now);
		struct rec_tcp_end unreachable = make_tcp_end(EHOSTUNREACH, now);
		struct rec_call_return bind = make_call(REC_BIND_RETURN, EADDRINUSE, now);
		struct rec_reset_sent reset = make_reset_sent(1 + rand() % 60000, now);
		struct rec_lost gone = { .hdr = make_hdr(REC_LOST, sizeof(gone), 0, now),
					 .stage = LOST_RING, .count = rand() % 5 };
		const void *const records[] = { &tcp, &unreachable, &bind, &reset, &gone };
		int kind = rand() % 5;

		assert_int_equal(feed(x, records[kind]), 0);
		if (kind == 4)
			*lost += gone.count;
		else
			(*fed)++;
		now += rand() % 3000000;
		if (rand() % 50 == 0)
			pipeline_tick(x->pipeline, now);
	}
	assert_int_equal(finish(x, now), 0);
}

static void test_sums(void **state)
{
	struct fixture *x = *state;

	for (int fold = 0; fold < 2; fold++) {
		uint64_t fed = 0, lost = 0;

		x->options.fold = fold;
		reopen(x);
		feed_mixture(x, &fed, &lost);
		assert_int_equal(x->capture.failures, fed);
		assert_int_equal(x->capture.lost, lost);
		assert_int_equal(x->capture.summary.failures, fed);
		assert_int_equal(x->capture.summary.lost, lost);
		assert_int_equal(x->capture.summary.folded, fed - x->capture.findings);
		if (fold)
			assert_true(x->capture.findings < fed);
		else
			assert_int_equal(x->capture.findings, fed);
	}
}

static void test_fold_and_deadline(void **state)
{
	struct fixture *x = *state;

	for (uint64_t i = 0; i < 10; i++) {
		struct rec_tcp_end tcp = refused(7, BASE_NS + i * MS_NS);

		assert_int_equal(feed(x, &tcp), 0);
	}
	assert_int_equal(x->capture.findings, 1);
	assert_int_equal(pipeline_deadline(x->pipeline), BASE_NS + SECOND_NS);
	assert_int_equal(pipeline_tick(x->pipeline, BASE_NS + SECOND_NS - 1), 0);
	assert_int_equal(x->capture.findings, 1);
	assert_int_equal(pipeline_tick(x->pipeline, BASE_NS + SECOND_NS), 0);
	assert_int_equal(x->capture.findings, 2);
	assert_int_equal(x->capture.kept[1].count, 9);
	assert_int_equal(x->capture.kept[1].first_ns, WALL_NS + BASE_NS + MS_NS);
	assert_int_equal(x->capture.kept[1].last_ns, WALL_NS + BASE_NS + 9 * MS_NS);
	assert_int_equal(pipeline_deadline(x->pipeline), 0);
}

/* The earlier of what waits and what is folded. */
static void test_two_deadlines(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = refused(7, BASE_NS);
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS + MS_NS);
	uint64_t deadline;

	feed(x, &tcp);
	feed(x, &reset);
	deadline = pipeline_deadline(x->pipeline);
	assert_in_range(deadline, BASE_NS + MS_NS, BASE_NS + 200 * MS_NS);
	pipeline_tick(x->pipeline, deadline);
	assert_int_equal(x->capture.findings, 2);
	assert_int_equal(pipeline_deadline(x->pipeline), BASE_NS + SECOND_NS);
}

/*
 * The records of counters and tables tell the time as well: a replay has no
 * other clock, and must not tell in another order than the live run did.
 */
static void test_time_by_any_record(void **state)
{
	struct fixture *x = *state;
	uint64_t after = BASE_NS + 2 * SECOND_NS;
	struct rec_lost lost = { .hdr = make_hdr(REC_LOST, sizeof(lost), 0, after) };
	struct rec_time_wait tw = { .hdr = make_hdr(REC_TIME_WAIT, sizeof(tw), 0, after) };
	struct rec_destination ok = { .hdr = make_hdr(REC_DESTINATION, sizeof(ok), 0, after) };
	const void *const clocks[] = { &lost, &tw, &ok };

	for (size_t i = 0; i < 3; i++) {
		struct rec_tcp_end tcp = refused(7, BASE_NS);
		struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);

		reopen(x);
		feed(x, &tcp);
		feed(x, &tcp);
		feed(x, &reset);
		assert_int_equal(x->capture.findings, 1);
		feed(x, clocks[i]);
		assert_int_equal(x->capture.findings, 3);
		assert_int_equal(finish(x, after), 0);
	}
}

/* What still waits at the end is told, before the summary. */
static void test_finish_lets_out(void **state)
{
	struct fixture *x = *state;
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);
	struct rec_tcp_end tcp = make_tcp_end(EHOSTUNREACH, BASE_NS);

	feed(x, &reset);
	feed(x, &tcp);
	assert_int_equal(x->capture.findings, 0);
	assert_int_equal(finish(x, BASE_NS + MS_NS), 0);
	assert_int_equal(x->capture.findings, 2);
	assert_int_equal(x->capture.summary.failures, 2);
}

/* The first error stays, and the sink is not touched again. */
static void test_sink_error(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = refused(7, BASE_NS), other = refused(8, BASE_NS + 1);
	struct rec_lost lost = { .hdr = make_hdr(REC_LOST, sizeof(lost), 0, BASE_NS), .count = 1 };

	x->capture.fail = -EPIPE;
	assert_int_equal(feed(x, &tcp), -EPIPE);
	x->capture.fail = -ENOSPC;
	assert_int_equal(feed(x, &other), -EPIPE);
	assert_int_equal(feed(x, &lost), -EPIPE);
	assert_int_equal(pipeline_feed(x->pipeline, "", 0), -EPIPE);
	assert_int_equal(pipeline_tick(x->pipeline, BASE_NS + 2 * SECOND_NS), -EPIPE);
	assert_int_equal(finish(x, BASE_NS + 3 * SECOND_NS), -EPIPE);
	assert_int_equal(x->capture.calls, 1);
}

static void test_sink_error_in_lost_and_summary(void **state)
{
	struct fixture *x = *state;
	struct rec_lost lost = { .hdr = make_hdr(REC_LOST, sizeof(lost), 0, BASE_NS), .count = 1 };

	x->capture.fail = -ENOSPC;
	assert_int_equal(feed(x, &lost), -ENOSPC);
	assert_int_equal(finish(x, BASE_NS), -ENOSPC);
	assert_int_equal(x->capture.calls, 1);
	reopen(x);
	x->capture.fail = -ENOSPC;
	assert_int_equal(finish(x, BASE_NS), -ENOSPC);
	assert_int_equal(x->capture.calls, 1);
}

static void test_record_limit(void **state)
{
	struct fixture *x = *state;

	x->options.record_limit = 3;
	x->options.fold = false;
	reopen(x);
	for (uint32_t i = 0; i < 10; i++) {
		struct rec_tcp_end tcp = refused(1 + i, BASE_NS + i);

		assert_int_equal(pipeline_is_done(x->pipeline), i >= 3);
		assert_int_equal(feed(x, &tcp), 0);
	}
	assert_int_equal(x->capture.findings, 3);
	assert_int_equal(finish(x, BASE_NS), 0);
	assert_int_equal(x->capture.findings, 3);
	assert_int_equal(x->capture.summaries, 1);
}

/* What the user did not ask for is in no record and no total. */
static void test_filter(void **state)
{
	struct fixture *x = *state;
	struct rec_process process = { .hdr = make_hdr(REC_PROCESS, sizeof(process), 0, 0),
				       .pid = 8, .cgroup = "/a/b" };
	struct rec_tcp_end seven = refused(7, BASE_NS), eight = refused(8, BASE_NS);

	x->options.filter.pid = 7;
	reopen(x);
	feed(x, &seven);
	feed(x, &eight);
	assert_int_equal(finish(x, BASE_NS), 0);
	assert_int_equal(x->capture.findings, 1);
	assert_int_equal(x->capture.kept[0].process.pid, 7);
	assert_int_equal(x->capture.summary.failures, 1);

	x->options.filter = (struct filter){ .cgroup = "/a" };
	reopen(x);
	feed(x, &process);
	feed(x, &seven);
	feed(x, &eight);
	assert_int_equal(x->capture.findings, 1);
	assert_int_equal(x->capture.kept[0].process.pid, 8);
}

static void test_condition_and_scope(void **state)
{
	struct fixture *x = *state;
	struct rec_limits limits = make_limits(32768, 32867);
	struct rec_time_wait tw = { .hdr = make_hdr(REC_TIME_WAIT, sizeof(tw), 0, BASE_NS),
				    .dport = 443, .netns = TEST_NETNS, .count = 50 };
	struct rec_destination ok = { .hdr = make_hdr(REC_DESTINATION, sizeof(ok), 0, BASE_NS),
				      .dport = 443, .netns = TEST_NETNS, .successes = 13 };
	struct rec_tcp_end tcp = refused(7, BASE_NS);

	set_addr(tw.saddr, "10.0.0.5");
	set_addr(tw.daddr, "10.0.0.9");
	set_addr(ok.daddr, "10.0.0.9");
	feed(x, &limits);
	feed(x, &tw);
	feed(x, &tcp);
	feed(x, &ok);
	assert_int_equal(finish(x, BASE_NS), 0);
	assert_int_equal(x->capture.conditions, 1);
	assert_int_equal(x->capture.failures, 1);
	assert_int_equal(x->capture.kept[0].time_ns, WALL_NS + BASE_NS);
	assert_int_equal(x->capture.summary.conditions, 1);
	assert_int_equal(x->capture.summary.connections_ok, 13);
	assert_int_equal(x->capture.summary.destinations_tried, 2);
	assert_int_equal(x->capture.summary.destinations_failing, 1);
	assert_int_equal(x->capture.summary.destinations_dead, 1);
}

/* Counters know no process: with a filter for some, nobody says how many succeeded. */
static void test_scope_of_some(void **state)
{
	struct fixture *x = *state;
	static const struct {
		struct filter filter;
		bool live, known;
	} cases[] = {
		{ { .port_count = 0 }, false, true },	{ { .pid = 7 }, true, true },
		{ { .pid = 7 }, false, false },		{ { .name = "curl" }, true, true },
		{ { .name = "curl" }, false, false },	{ { .cgroup = "/" }, true, false },
		{ { .cgroup = "/" }, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rec_destination ok = {
			.hdr = make_hdr(REC_DESTINATION, sizeof(ok), 0, BASE_NS),
			.dport = 443, .netns = TEST_NETNS, .successes = 13,
		};
		struct rec_tcp_end tcp = refused(7, BASE_NS);

		set_addr(ok.daddr, "10.0.0.9");
		x->options.filter = cases[i].filter;
		x->options.tasks_filtered = cases[i].live;
		reopen(x);
		feed(x, &tcp);
		feed(x, &ok);
		assert_int_equal(finish(x, BASE_NS), 0);
		assert_int_equal(x->capture.summary.successes_unknown, !cases[i].known);
		assert_int_equal(x->capture.summary.destinations_tried != 0, cases[i].known);
		assert_int_equal(x->capture.summary.connections_ok, cases[i].known ? 13 : 0);
	}
}

/* Numbers that no kernel counts, out of a file. */
static void test_hostile_counts(void **state)
{
	struct fixture *x = *state;
	struct rec_repeats repeats = {
		.hdr = make_hdr(REC_REPEATS, sizeof(repeats), 0, BASE_NS), .repeat_id = 9,
	};
	struct rec_tcp_end tcp = refused(7, BASE_NS);

	tcp.repeat_id = 9;
	feed(x, &tcp);
	feed(x, &repeats);	/* none */
	repeats.count = ~0ULL - 5;
	feed(x, &repeats);
	assert_int_equal(finish(x, BASE_NS), 0);
	assert_true(x->capture.summary.failures > 1);
	assert_true(x->capture.summary.failures < 1ULL << 53);
	for (size_t i = 0; i < x->capture.findings; i++)
		assert_true(x->capture.kept[i].count < 1ULL << 53);
}

/* A recording begins with connwatch's own namespace, and has the ways into others. */
static void test_elsewhere(void **state)
{
	struct fixture *x = *state;
	struct rec_space own = { .hdr = make_hdr(REC_SPACE, sizeof(own), 0, BASE_NS),
				 .netns = TEST_NETNS + 1, .flags = SPACE_OWN };
	struct rec_space there = { .hdr = make_hdr(REC_SPACE, sizeof(there), 0, 0),
				   .netns = TEST_NETNS, .name = "web" };
	struct rec_tcp_end tcp = refused(7, BASE_NS);

	feed(x, &own);
	feed(x, &there);
	feed(x, &tcp);
	assert_int_equal(finish(x, BASE_NS), 0);
	assert_true(x->capture.kept[0].elsewhere);
	assert_string_equal(x->capture.kept[0].netns_name, "web");
	own.netns = TEST_NETNS;
	feed(x, &own);
	tcp = refused(8, BASE_NS + 2 * SECOND_NS);
	feed(x, &tcp);
	assert_int_equal(finish(x, BASE_NS + 2 * SECOND_NS), 0);
	assert_int_equal(x->capture.findings, 2);
	assert_false(x->capture.kept[1].elsewhere);
}

/* record has no sink: everything is judged all the same, for the host's answers. */
static void test_no_sink(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = refused(7, BASE_NS);
	struct rec_lost lost = { .hdr = make_hdr(REC_LOST, sizeof(lost), 0, BASE_NS), .count = 1 };
	struct pipeline *p = pipeline_open(&x->options, x->host, NULL);

	assert_int_equal(pipeline_feed(p, &tcp, sizeof(tcp)), 0);
	assert_int_equal(pipeline_feed(p, &lost, sizeof(lost)), 0);
	assert_true(pipeline_has_findings(p));
	assert_int_equal(pipeline_finish(p, BASE_NS, NULL, 0), 0);
	pipeline_close(p);
	pipeline_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one),
		TEST(test_nothing),
		TEST(test_skipped),
		TEST(test_no_room),
		TEST(test_no_room_for_losses),
		TEST(test_no_room_for_a_condition),
		TEST(test_table_full),
		TEST(test_destinations_of_a_full_table),
		TEST(test_full_table_that_forgot_nothing),
		TEST(test_destinations_evicted),
		TEST(test_repeats),
		TEST(test_repeats_of_many_ports),
		TEST(test_repeats_that_are_over),
		TEST(test_repeats_of_many_addresses),
		TEST(test_repeats_of_binds),
		TEST(test_repeats_that_differ),
		TEST(test_repeats_that_may_not_pass),
		TEST(test_repeats_of_two_causes),
		TEST(test_repeats_over_a_step_of_the_clock),
		TEST(test_repeats_of_a_lost_record),
		TEST(test_repeats_of_what_was_not_asked_for),
		TEST(test_sums),
		TEST(test_fold_and_deadline),
		TEST(test_two_deadlines),
		TEST(test_time_by_any_record),
		TEST(test_finish_lets_out),
		TEST(test_sink_error),
		TEST(test_sink_error_in_lost_and_summary),
		TEST(test_record_limit),
		TEST(test_filter),
		TEST(test_condition_and_scope),
		TEST(test_scope_of_some),
		TEST(test_hostile_counts),
		TEST(test_elsewhere),
		TEST(test_no_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
