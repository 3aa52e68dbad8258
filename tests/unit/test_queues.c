// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The counters of /proc/net/netstat, whole and damaged; answers that are kept, and their budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/kept.h"
#include "kernel/queues.h"
#include "records.h"

static bool parse(const char *text, uint64_t *counters)
{
	char *copy = strdup(text);
	bool ok;

	assert_non_null(copy);
	ok = queues_parse_netstat(copy, counters);
	free(copy);
	return ok;
}

static void test_netstat(void **state)
{
	uint64_t counters[SPACE_COUNTERS];

	(void)state;
	assert_true(parse("TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPReqQFullDrop\n"
			  "TcpExt: 1 22 333 4444\nIpExt: A B\nIpExt: 9 9\n", counters));
	assert_int_equal(counters[SPACE_LISTEN_OVERFLOWS], 22);
	assert_int_equal(counters[SPACE_SYN_QUEUE_DROPS], 4444);
	/* An older kernel without one of them. */
	assert_true(parse("TcpExt: ListenOverflows X\nTcpExt: 7 8\n", counters));
	assert_int_equal(counters[SPACE_LISTEN_OVERFLOWS], 7);
	assert_int_equal(counters[SPACE_SYN_QUEUE_DROPS], 0);
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"", "TcpExt:", "TcpExt: ListenOverflows", "TcpExt: ListenOverflows\n",
		"TcpExt: ListenOverflows TcpExt: 1", "TcpExt:\nTcpExt:\n", "TcpExt: A\nTcpExt: 1\n",
		"IpExt: ListenOverflows\nIpExt: 1\n", "TcpExt: A ListenOverflows\nTcpExt: 1\n",
	};
	uint64_t counters[SPACE_COUNTERS];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(parse(texts[i], counters));
}

/* The machine the test runs on. */
static void test_live(void **state)
{
	FILE *file = fopen("/proc/net/netstat", "re");
	uint64_t counters[SPACE_COUNTERS];
	static char text[65536];
	size_t n;

	(void)state;
	if (!file)
		skip();
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	assert_true(parse(text, counters));
}

static struct socket_row listener(uint64_t inode, uint32_t drops)
{
	struct socket_row row = { .inode = inode, .drops = drops, .limit = 5 };

	row.flow.sport = (uint16_t)(6000 + inode);
	return row;
}

/* Who dropped is told, by its own count, and not who happens to be full. */
static void test_whose_drops(void **state)
{
	struct spaces *spaces = calloc(1, sizeof(*spaces));
	struct queue_rise first = { .spaces = spaces }, rise = { .spaces = spaces };
	struct socket_row full = listener(1, 40), quick = listener(2, 3);

	(void)state;
	assert_non_null(spaces);
	full.depth = 6;
	/* What they dropped before is nobody's failure now. */
	queues_take_row(&first, &full);
	queues_take_row(&first, &quick);
	queues_share(&first);
	assert_int_equal(first.recs[0].count + first.recs[1].count, 0);
	quick.drops = 9;
	rise.left[SPACE_LISTEN_OVERFLOWS] = 6;
	queues_take_row(&rise, &full);
	queues_take_row(&rise, &quick);
	queues_take_row(&rise, &quick);	/* another process has it, too */
	queues_share(&rise);
	assert_int_equal(rise.count, 1);
	assert_int_equal(rise.recs[0].flow.sport, 6002);
	assert_int_equal(rise.recs[0].count, 6);
	assert_int_equal(rise.recs[0].queue, QUEUE_ACCEPT);
	assert_int_equal(rise.recs[0].depth, 6);
	assert_int_equal(rise.recs[0].limit, 5);
	assert_int_equal(rise.left[SPACE_LISTEN_OVERFLOWS], 0);
	free(spaces);
}

/* More than the counters say is told of nobody, and what no listener dropped stays. */
static void test_drops_and_counters(void **state)
{
	struct spaces *spaces = calloc(1, sizeof(*spaces));
	struct queue_rise rise = { .spaces = spaces, .left = { 3, 10 } };
	struct socket_row accepting = listener(1, 7), flooded = listener(2, 4);

	(void)state;
	assert_non_null(spaces);
	flooded.half_open = 5;
	queues_take_row(&rise, &accepting);
	queues_take_row(&rise, &flooded);
	queues_share(&rise);
	assert_int_equal(rise.count, 2);
	assert_int_equal(rise.recs[0].count, 3);
	assert_int_equal(rise.recs[1].queue, QUEUE_SYN);
	assert_int_equal(rise.recs[1].count, 4);
	assert_int_equal(rise.recs[1].depth, 5);
	assert_int_equal(rise.left[SPACE_LISTEN_OVERFLOWS], 0);
	assert_int_equal(rise.left[SPACE_SYN_QUEUE_DROPS], 6);
	/* A table that is full forgets the oldest, and no more. */
	for (uint64_t i = 0; i < 2 * LISTENERS_KNOWN; i++) {
		struct socket_row row = listener(100 + i, 1);

		queues_take_row(&rise, &row);
	}
	assert_int_equal(rise.count, LISTENERS_TOLD_MAX);
	free(spaces);
}

static void test_kept(void **state)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct rec_process rec = { .hdr = make_hdr(REC_PROCESS, sizeof(rec), 0, 0), .pid = 5 };
	struct rec_process question = rec;

	(void)state;
	assert_non_null(kept);
	assert_false(kept_find(kept, &question.hdr, 100));
	strcpy(rec.executable, "/bin/x");
	kept_store(kept, &rec.hdr, 200);
	assert_true(kept_find(kept, &question.hdr, 199));
	assert_string_equal(question.executable, "/bin/x");
	assert_false(kept_find(kept, &question.hdr, 200));
	question.pid = 6;
	assert_false(kept_find(kept, &question.hdr, 100));
	free(kept);
}

/* Nobody on a port is nobody at any address, for as long as that was said to be good. */
static void test_kept_nobody(void **state)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct rec_holder rec = {
		.hdr = make_hdr(REC_LISTENER, sizeof(rec), 0, 0), .addr = { 1 }, .port = 80,
		.netns = 7,
	};
	struct rec_holder other = rec, asked;

	(void)state;
	assert_non_null(kept);
	assert_false(kept_find_nobody(kept, &rec.hdr, 100));
	kept_store_nobody(kept, &rec, 200);
	other.addr[0] = 2;
	assert_false(kept_find(kept, &other.hdr, 199));
	assert_true(kept_find_nobody(kept, &other.hdr, 199));
	assert_int_equal(other.addr[0], 2);
	assert_false(kept_find_nobody(kept, &other.hdr, 200));
	/* Neither of another port nor another namespace, and nothing else than listeners. */
	asked = rec;
	asked.port = 81;
	assert_false(kept_find_nobody(kept, &asked.hdr, 100));
	asked = rec;
	asked.netns = 8;
	assert_false(kept_find_nobody(kept, &asked.hdr, 100));
	asked = rec;
	asked.hdr.kind = REC_HOLDER;
	assert_false(kept_find_nobody(kept, &asked.hdr, 100));
	/* Somebody, or nobody could look. */
	rec.state = 10;
	kept_store_nobody(kept, &rec, 200);
	assert_false(kept_find_nobody(kept, &other.hdr, 100));
	rec.state = 0;
	rec.hdr.unknown = 1;
	kept_store_nobody(kept, &rec, 200);
	assert_false(kept_find_nobody(kept, &other.hdr, 100));
	free(kept);
}

/* A twentieth of the time, and no more than was saved up. */
static void test_budget(void **state)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	uint64_t now = 1000 * SECOND_NS;
	int looks = 0;

	(void)state;
	assert_non_null(kept);
	assert_true(kept_may_look(kept, now));
	/* One look takes 10 ms: the burst is over after 100 ms. */
	while (kept_may_look(kept, now)) {
		kept_looked(kept, 10 * MS_NS);
		looks++;
	}
	assert_int_equal(looks, 10);
	kept_looked(kept, 50 * MS_NS);
	assert_false(kept_may_look(kept, now + 999 * MS_NS));
	assert_true(kept_may_look(kept, now + 1001 * MS_NS));
	free(kept);
}

/* What the kernel programs counted is fetched once, and of each listener its own. */
static void test_held(void **state)
{
	static struct queues_held held;
	struct listener_key key = { .sk = 4096, .inode = 7 }, other = { .sk = 4096, .inode = 8 };
	struct listener listener = { .first_ns = 1, .held = 0 };

	(void)state;
	assert_int_equal(queues_rise(&held, &key, &listener), 0);
	listener.held = 999;
	assert_int_equal(queues_rise(&held, &key, &listener), 999);
	assert_int_equal(queues_rise(&held, &key, &listener), 0);
	listener.held = 1001;
	assert_int_equal(queues_rise(&held, &key, &listener), 2);
	queues_end_round(&held);
	/* A later listener in the same place of memory. */
	listener.held = 5;
	assert_int_equal(queues_rise(&held, &other, &listener), 5);
	queues_end_round(&held);
	assert_int_equal(held.count, 1);
	/* The table of the kernel had no room, and begins anew. */
	listener = (struct listener){ .first_ns = 2, .held = 6 };
	assert_int_equal(queues_rise(&held, &other, &listener), 6);
	for (uint64_t i = 0; i < 2 * LISTENERS_MAX; i++) {
		key.inode = 1000 + i;
		assert_int_equal(queues_rise(&held, &key, &listener),
				 i < LISTENERS_MAX - 1 ? 6 : 0);
	}
	queues_end_round(&held);
	queues_end_round(&held);
	assert_int_equal(held.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_netstat),	cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_live),	cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_nobody), cmocka_unit_test(test_budget),
		cmocka_unit_test(test_whose_drops), cmocka_unit_test(test_drops_and_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
