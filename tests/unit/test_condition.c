/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "diagnose/condition.h"
#include "host/host.h"
#include "records.h"
#include "sample.h"

enum { TOLD_MAX = 64 };

struct fixture {
	struct host *host;
	struct conditions *conditions;
	struct finding told[TOLD_MAX];
	size_t count;
};

static void take(void *ctx, struct finding *f)
{
	struct fixture *x = ctx;

	assert_true(x->count < TOLD_MAX);
	x->told[x->count++] = *f;
}

/* A namespace with 100 ephemeral ports: a socket is one per cent. */
static int setup(void **state)
{
	struct rec_limits limits = make_limits(32768, 32867);
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->host = host_open_replay();
	assert_non_null(x->host);
	host_learn(x->host, &limits.hdr);
	x->conditions = conditions_open(x->host, take, x);
	assert_non_null(x->conditions);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	conditions_close(x->conditions);
	host_close(x->host);
	free(x);
	return 0;
}

static struct rec_time_wait at(uint64_t second, uint64_t count)
{
	struct rec_time_wait rec = {
		.hdr = make_hdr(REC_TIME_WAIT, sizeof(rec), HOOK_SET_STATE,
				BASE_NS + second * SECOND_NS),
		.dport = 5432, .netns = TEST_NETNS, .count = count,
	};

	set_addr(rec.saddr, "10.0.0.5");
	set_addr(rec.daddr, "10.0.0.7");
	return rec;
}

/* Feeds and returns how many records that gave. */
static size_t feed(struct fixture *x, struct rec_time_wait rec)
{
	size_t before = x->count;

	conditions_feed(x->conditions, &rec);
	return x->count - before;
}

static const char *value(const struct fixture *x, const char *name)
{
	return finding_get(&x->told[x->count - 1], name);
}

static void test_steps(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(feed(x, at(0, 3)), 0);
	assert_int_equal(feed(x, at(1, 46)), 0);
	assert_int_equal(feed(x, at(2, 1)), 1);	/* 50 */
	assert_string_equal(value(x, "time_wait"), "50");
	assert_string_equal(value(x, "time_wait_share"), "50%");
	assert_int_equal(feed(x, at(3, 29)), 0);
	assert_int_equal(feed(x, at(4, 1)), 1);	/* 80 */
	assert_string_equal(value(x, "time_wait_share"), "80%");
	assert_int_equal(feed(x, at(5, 14)), 0);
	assert_int_equal(feed(x, at(6, 1)), 1);	/* 95 */
	assert_string_equal(value(x, "time_wait_share"), "95%");
	assert_int_equal(feed(x, at(7, 5)), 0);
	assert_int_equal(feed(x, at(8, 50)), 0);
}

/* The evidence names the hook that saw it, not the usual one. */
static void test_hook(void **state)
{
	struct fixture *x = *state;
	struct rec_time_wait raw = at(0, 50);

	raw.hdr.hook = HOOK_SET_STATE_RAW;
	assert_int_equal(feed(x, raw), 1);
	assert_string_equal(x->told[0].evidence[0].hook, "raw_tp/inet_sock_set_state");
	assert_int_equal(feed(x, at(1, 30)), 1);
	assert_string_equal(x->told[1].evidence[0].hook, "tp_btf/inet_sock_set_state");
}

/* A jump over several steps is one record. */
static void test_jump(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(feed(x, at(0, 99)), 1);
	assert_int_equal(feed(x, at(1, 1)), 0);
}

/* Ports that are taken again before their minute is over: what entered is not what is there. */
static void test_used_again(void **state)
{
	struct fixture *x = *state;
	struct rec_limits limits = make_limits(32768, 32867);

	limits.time_wait = 55;
	host_learn(x->host, &limits.hdr);
	assert_int_equal(feed(x, at(0, 90)), 1);
	assert_string_equal(value(x, "time_wait"), "55");
	assert_string_equal(value(x, "time_wait_share"), "55%");
	assert_null(value(x, "seconds_left"));
	assert_int_equal(feed(x, at(1, 900)), 0);
	limits.time_wait = 40;
	host_learn(x->host, &limits.hdr);
	assert_int_equal(feed(x, at(2, 900)), 0);
	limits.time_wait = 80;
	host_learn(x->host, &limits.hdr);
	assert_int_equal(feed(x, at(3, 900)), 1);
}

static void test_record(void **state)
{
	struct fixture *x = *state;
	const struct finding *f = &x->told[0];
	char text[ENDPOINT_TEXT_SIZE];

	assert_int_equal(feed(x, at(0, 60)), 1);
	assert_int_equal(f->type, FINDING_CONDITION);
	assert_int_equal(f->count, 1);
	assert_int_equal(f->time_ns, BASE_NS);
	assert_string_equal(f->entry->code, "028");
	assert_string_equal(f->cause->id, "time-wait-buildup");
	assert_int_equal(f->confidence, CONFIDENCE_OBSERVED);
	assert_string_equal(f->error_type, "TIME_WAIT");
	assert_int_equal(f->netns, TEST_NETNS);
	assert_int_equal(f->ip_version, 4);
	assert_string_equal(endpoint_text(&f->destination, text, sizeof(text)), "10.0.0.7:5432");
	assert_string_equal(endpoint_text(&f->source, text, sizeof(text)), "10.0.0.5");
	assert_string_equal(value(x, "ports_total"), "100");
	assert_string_equal(value(x, "local_port_range"), "32768-32867");
	assert_string_equal(value(x, "rate"), "6.0");
	/* 40 free ports at 6 a second */
	assert_non_null(value(x, "seconds_left"));
	assert_in_range(atoi(value(x, "seconds_left")), 6, 10);
	assert_int_equal(f->process.pid, 0);
}

/* Slower than they leave TIME_WAIT again: it will never be full. */
static void test_slow_growth(void **state)
{
	struct fixture *x = *state;
	size_t told = 0;

	for (uint64_t second = 0; second < 60; second++)
		told += feed(x, at(second, 1));
	assert_int_equal(told, 1);
	assert_string_equal(value(x, "rate"), "1.0");
	assert_null(value(x, "seconds_left"));
}

/* After 60 s a socket is gone: what was told may be told again. */
static void test_decay(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(feed(x, at(0, 96)), 1);
	assert_int_equal(feed(x, at(59, 4)), 0);	/* 100 */
	assert_int_equal(feed(x, at(62, 40)), 0);	/* 44 */
	assert_int_equal(feed(x, at(63, 6)), 1);	/* 50 */
	assert_string_equal(value(x, "time_wait"), "50");
	assert_int_equal(feed(x, at(1000, 49)), 0);
	assert_int_equal(feed(x, at(1000, 2)), 1);	/* 51 */
	assert_string_equal(value(x, "time_wait"), "51");
	/* A swing around the step is told once. */
	assert_int_equal(feed(x, at(1030, 43)), 1);	/* 94: the next step */
	assert_int_equal(feed(x, at(1061, 8)), 0);	/* 51 */
}

/* A steady load far from the limit is no condition, however long it goes on. */
static void test_steady(void **state)
{
	struct fixture *x = *state;

	for (uint64_t second = 0; second < 1000; second++)
		if (second % 2)
			assert_int_equal(feed(x, at(second, 1)), 0);
}

static void test_apart(void **state)
{
	struct fixture *x = *state;
	struct rec_time_wait others[4] = { at(0, 30), at(0, 30), at(0, 30), at(0, 30) };
	struct rec_limits limits = make_limits(32768, 32867);

	limits.netns++;
	host_learn(x->host, &limits.hdr);
	assert_int_equal(feed(x, at(0, 30)), 0);
	others[0].dport++;
	set_addr(others[1].daddr, "10.0.0.8");
	set_addr(others[2].saddr, "10.0.0.6");
	others[3].netns++;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(feed(x, others[i]), 0);
	assert_int_equal(feed(x, at(0, 20)), 1);
}

/* The port range could not be read: nothing can be said of its share. */
static void test_no_limits(void **state)
{
	struct fixture *x = *state;
	struct rec_limits unread = make_limits(0, 0);
	struct rec_time_wait rec = at(0, 60000);

	rec.netns++;
	assert_int_equal(feed(x, rec), 0);
	unread.netns = rec.netns;
	host_learn(x->host, &unread.hdr);
	assert_int_equal(feed(x, rec), 0);
	/* No range at all, as a damaged recording may have it. */
	unread = make_limits(40000, 30000);
	unread.netns = rec.netns;
	host_learn(x->host, &unread.hdr);
	assert_int_equal(feed(x, rec), 0);
	unread = make_limits(40000, 39999);
	unread.netns = rec.netns;
	host_learn(x->host, &unread.hdr);
	assert_int_equal(feed(x, rec), 0);
}

/* More pairs than are kept: the quiet ones make room, the busy one is kept. */
static void test_many_pairs(void **state)
{
	struct fixture *x = *state;
	struct rec_time_wait rec;

	assert_int_equal(feed(x, at(0, 10)), 0);
	for (uint64_t i = 0; i < 3000; i++) {
		rec = at(1 + i / 100, 1);
		rec.dport = 1 + i;
		if (rec.dport != 5432)
			assert_int_equal(feed(x, rec), 0);
		if (i % 100 == 0)
			assert_int_equal(feed(x, at(1 + i / 100, 1)), 0);
	}
	/* 10 of the beginning, one in each of 30 seconds */
	assert_int_equal(feed(x, at(31, 9)), 0);
	assert_int_equal(feed(x, at(31, 1)), 1);
}

/* Records of one second that arrive out of order do no harm. */
static void test_time_backwards(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(feed(x, at(10, 20)), 0);
	assert_int_equal(feed(x, at(9, 20)), 0);
	assert_int_equal(feed(x, at(10, 10)), 1);
	assert_string_equal(value(x, "time_wait"), "50");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_steps),
		TEST(test_hook),
		TEST(test_jump),
		TEST(test_used_again),
		TEST(test_record),
		TEST(test_slow_growth),
		TEST(test_decay),
		TEST(test_steady),
		TEST(test_apart),
		TEST(test_no_limits),
		TEST(test_many_pairs),
		TEST(test_time_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
