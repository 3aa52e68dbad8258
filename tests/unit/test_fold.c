/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "diagnose/fold.h"
#include "records.h"
#include "sample.h"

enum { KEPT_MAX = 32, WINDOWS_MAX = 4096 };

struct fixture {
	struct folder *folder;
	struct finding kept[KEPT_MAX];	/* the first that came out */
	size_t emitted;
	uint64_t sum;			/* of their counts */
};

static void take(void *ctx, struct finding *f)
{
	struct fixture *x = ctx;

	if (x->emitted < KEPT_MAX)
		x->kept[x->emitted] = *f;
	x->emitted++;
	x->sum += f->count;
	assert_true(f->count >= 1);
	if (f->count > 1)
		assert_true(f->first_ns <= f->last_ns);
	/* An emitted finding may be changed. */
	memset(f->summary, 'x', 3);
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->folder = folder_open(take, x);
	assert_non_null(x->folder);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	folder_close(x->folder);
	free(x);
	return 0;
}

static struct finding at(uint64_t ms)
{
	struct finding f = sample_finding("021", "peer-reset");

	f.time_ns = SAMPLE_TIME_NS + ms * MS_NS;
	return f;
}

static void offer(struct fixture *x, struct finding f)
{
	folder_offer(x->folder, &f);
}

static void test_alone(void **state)
{
	struct fixture *x = *state;

	offer(x, at(0));
	assert_int_equal(x->emitted, 1);
	assert_int_equal(x->kept[0].count, 1);
	assert_int_equal(x->kept[0].time_ns, SAMPLE_TIME_NS);
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 1);
	assert_int_equal(folder_folded(x->folder), 0);
	assert_int_equal(folder_deadline(x->folder), 0);
}

static void test_first_at_once_rest_at_the_end(void **state)
{
	struct fixture *x = *state;

	offer(x, at(0));
	for (uint64_t ms = 100; ms <= 900; ms += 100)
		offer(x, at(ms));
	assert_int_equal(x->emitted, 1);
	assert_int_equal(folder_deadline(x->folder), SAMPLE_TIME_NS + SECOND_NS);
	folder_expire(x->folder, SAMPLE_TIME_NS + SECOND_NS - 1);
	assert_int_equal(x->emitted, 1);
	folder_expire(x->folder, SAMPLE_TIME_NS + SECOND_NS);
	assert_int_equal(x->emitted, 2);
	assert_int_equal(x->kept[0].count, 1);
	assert_int_equal(x->kept[1].count, 9);
	assert_int_equal(x->kept[1].first_ns, SAMPLE_TIME_NS + 100 * MS_NS);
	assert_int_equal(x->kept[1].last_ns, SAMPLE_TIME_NS + 900 * MS_NS);
	assert_string_equal(x->kept[1].entry->code, "021");
	assert_int_equal(x->kept[1].process.pid, 4312);
	assert_int_equal(folder_deadline(x->folder), 0);
	/* Eight of the ten have no record of their own. */
	assert_int_equal(folder_folded(x->folder), 8);
}

/* What is to several addresses is not what has none. */
static void test_many_addresses(void **state)
{
	struct fixture *x = *state;
	struct finding none = at(0), many = at(1);

	none.destination.has_ip = many.destination.has_ip = false;
	memset(none.destination.ip, 0, sizeof(none.destination.ip));
	memset(many.destination.ip, 0, sizeof(many.destination.ip));
	many.many_addresses = true;
	many.count = 1000;
	offer(x, none);
	offer(x, many);
	assert_int_equal(x->emitted, 2);
	offer(x, many);
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 3);
	assert_true(x->kept[2].many_addresses);
	assert_int_equal(x->sum, 2001);
}

/* The next one of a kind opens a second of its own: at once again. */
static void test_next_second(void **state)
{
	struct fixture *x = *state;

	offer(x, at(0));
	offer(x, at(500));
	offer(x, at(1000));
	assert_int_equal(x->emitted, 3);
	assert_int_equal(x->kept[1].time_ns, SAMPLE_TIME_NS + 500 * MS_NS);
	assert_int_equal(x->kept[2].time_ns, SAMPLE_TIME_NS + 1000 * MS_NS);
	offer(x, at(1999));
	assert_int_equal(x->emitted, 3);
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 4);
}

/* Time goes by with the others' findings, too. */
static void test_expires_by_another(void **state)
{
	struct fixture *x = *state;
	struct finding other = at(1000);

	offer(x, at(0));
	offer(x, at(1));
	other.destination.port = 444;
	offer(x, other);
	assert_int_equal(x->emitted, 3);
	assert_int_equal(x->kept[1].destination.port, 443);
	assert_int_equal(x->kept[2].destination.port, 444);
}

/* One with @change is not folded with one without it. */
static void assert_apart(struct fixture *x, struct finding changed)
{
	size_t before;

	folder_expire(x->folder, UINT64_MAX);
	before = x->emitted;
	offer(x, at(0));
	offer(x, changed);
	assert_int_equal(x->emitted, before + 2);
}

static void test_different_keys(void **state)
{
	struct fixture *x = *state;
	struct finding f = at(1);

	f.entry = catalog_find_code("023");
	f.cause = catalog_find_cause("023", "no-reply");
	assert_apart(x, f);
	f = at(1);
	f.cause = catalog_find_cause("021", "no-listener");
	assert_apart(x, f);
	f = at(1);
	f.process.pid++;
	assert_apart(x, f);
	f = at(1);
	f.destination.ip[15]++;
	assert_apart(x, f);
	f = at(1);
	f.destination.port++;
	assert_apart(x, f);
	f = at(1);
	f.netns++;
	assert_apart(x, f);
	f = at(1);
	f.operation = "send";
	assert_apart(x, f);
	f = at(1);
	f.error_type = "ABANDONED";
	assert_apart(x, f);
	f = at(1);
	f.direction = DIRECTION_LOCAL;
	assert_apart(x, f);
	f = at(1);
	f.type = FINDING_CONDITION;
	assert_apart(x, f);
	f = at(1);
	f.transport = "udp";
	assert_apart(x, f);
	f = at(1);
	snprintf(f.destination.domain, sizeof(f.destination.domain), "other.example");
	assert_apart(x, f);
}

static void assert_apart_of(struct fixture *x, struct finding a, struct finding b)
{
	size_t before;

	folder_expire(x->folder, UINT64_MAX);
	before = x->emitted;
	offer(x, a);
	offer(x, b);
	assert_int_equal(x->emitted, before + 2);
}

static void assert_together(struct fixture *x, struct finding a, struct finding b)
{
	size_t before;

	folder_expire(x->folder, UINT64_MAX);
	before = x->emitted;
	offer(x, a);
	offer(x, b);
	assert_int_equal(x->emitted, before + 1);
}

/* The source port of a client is new each time; thread, duration and details do not matter. */
static void test_same_keys(void **state)
{
	struct fixture *x = *state;
	struct finding f = at(1);

	f.source.port++;
	f.process.tid++;
	f.duration_ms = 99;
	f.confidence = CONFIDENCE_INFERRED;
	assert_together(x, at(0), f);
}

static struct finding inbound(const char *from, uint16_t port)
{
	static uint16_t client;
	struct finding f = at(0);

	memset(&f.process, 0, sizeof(f.process));
	f.direction = DIRECTION_INBOUND;
	sample_set_endpoint(&f.source, from, 40000 + client++);
	f.destination.port = port;
	return f;
}

/* A scan: one record for its source, whatever ports it tries. */
static void test_refused_callers(void **state)
{
	struct fixture *x = *state;
	size_t before;

	assert_together(x, inbound("192.0.2.1", 22), inbound("192.0.2.1", 23));
	folder_expire(x->folder, UINT64_MAX);
	before = x->emitted;
	offer(x, inbound("192.0.2.1", 22));
	offer(x, inbound("192.0.2.2", 22));
	assert_int_equal(x->emitted, before + 2);
}

static struct finding link_local(const char *ip, const char *interface)
{
	struct finding f = at(0);

	sample_set_ip(&f.destination, ip);
	snprintf(f.interface, sizeof(f.interface), "%s", interface);
	return f;
}

/* fe80::1 is another host on each link; 10.0.0.1 is not. */
static void test_link_local(void **state)
{
	struct fixture *x = *state;

	assert_apart_of(x, link_local("fe80::1", "eth0"), link_local("fe80::1", "eth1"));
	assert_apart_of(x, link_local("169.254.0.1", "eth0"), link_local("169.254.0.1", "eth1"));
	assert_together(x, link_local("fe80::1", "eth0"), link_local("fe80::1", "eth0"));
	assert_together(x, link_local("10.0.0.1", "eth0"), link_local("10.0.0.1", "eth1"));
}

/* The one record of a scan tells no port as if it were all of them. */
static void test_ports_of_a_scan(void **state)
{
	struct fixture *x = *state;
	struct finding f;

	offer(x, inbound("192.0.2.1", 9000));
	for (uint16_t port = 9001; port < 9030; port++) {
		offer(x, inbound("192.0.2.1", port));
		offer(x, inbound("192.0.2.1", port));
	}
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 2);
	assert_int_equal(x->kept[0].destination.port, 9000);
	assert_int_equal(x->kept[1].count, 58);
	assert_int_equal(x->kept[1].port_count, 29);
	assert_false(x->kept[1].destination.has_port);
	assert_false(x->kept[1].source.has_port);
	assert_true(x->kept[1].destination.has_ip);
	assert_true(x->kept[1].source.has_ip);
	/* One port hit hard is that port. */
	for (int i = 0; i < 5; i++)
		offer(x, inbound("192.0.2.1", 22));
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 4);
	assert_int_equal(x->kept[3].destination.port, 22);
	assert_int_equal(x->kept[3].port_count, 0);
	/* Several of our addresses. */
	for (int i = 0; i < 3; i++) {
		f = inbound("192.0.2.1", 22);
		f.destination.ip[15] = i;
		offer(x, f);
	}
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 6);
	assert_false(x->kept[5].destination.has_ip);
	assert_true(x->kept[5].destination.has_port);
	/* Some were counted where their ports are not known: so many and not more cannot be said. */
	for (uint16_t port = 1; port < 10; port++)
		offer(x, inbound("192.0.2.1", port));
	f = inbound("192.0.2.1", 0);
	f.destination.has_port = false;
	f.count = 1000;
	offer(x, f);
	offer(x, inbound("192.0.2.1", 11));
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 8);
	assert_int_equal(x->kept[7].count, 1009);
	assert_int_equal(x->kept[7].port_count, 0);
	assert_false(x->kept[7].destination.has_port);
}

/* More scans at once than are counted: no number, and nothing lost. */
static void test_many_scans(void **state)
{
	struct fixture *x = *state;
	struct finding f;

	for (int source = 0; source < 200; source++)
		for (uint16_t port = 1; port <= 4; port++) {
			f = inbound("192.0.2.0", port);
			f.source.ip[15] = source;
			offer(x, f);
		}
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, 400);
	assert_int_equal(x->sum, 800);
	assert_int_equal(x->kept[0].destination.port, 1);
	offer(x, inbound("192.0.2.0", 1));
	for (uint16_t port = 2; port <= 4; port++)
		offer(x, inbound("192.0.2.0", port));
	x->emitted = 0;
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->kept[0].port_count, 3);
}

static struct finding bind_of(uint16_t port)
{
	struct finding f = at(0);

	f.operation = "bind";
	memset(&f.destination, 0, sizeof(f.destination));
	sample_set_endpoint(&f.source, "0.0.0.0", port);
	return f;
}

/* bind has no destination: what was asked for counts. */
static void test_local_ends(void **state)
{
	struct fixture *x = *state;
	size_t before;

	assert_together(x, bind_of(80), bind_of(80));
	folder_expire(x->folder, UINT64_MAX);
	before = x->emitted;
	offer(x, bind_of(80));
	offer(x, bind_of(81));
	assert_int_equal(x->emitted, before + 2);
}

static struct finding numbered(uint32_t number, uint64_t ns)
{
	struct finding f = at(0);

	f.process.pid = 1 + number;
	f.time_ns += ns;
	return f;
}

/* More seconds open than fit: the oldest ends early, and every failure is in some count. */
static void test_table_overflow(void **state)
{
	struct fixture *x = *state;
	enum { PIDS = WINDOWS_MAX * 2 + 7, REPEATS = 3 };

	for (uint32_t pid = 0; pid < PIDS; pid++)
		for (uint64_t i = 0; i < REPEATS; i++)
			offer(x, numbered(pid, pid * 10 + i));
	assert_int_equal(x->emitted, PIDS + PIDS - WINDOWS_MAX);
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->emitted, PIDS * 2);
	assert_int_equal(x->sum, PIDS * REPEATS);
	assert_int_equal(folder_folded(x->folder), PIDS);
}

/* Whatever comes in whatever order: nothing is lost and nothing counted twice. */
static void test_sums_at_random(void **state)
{
	struct fixture *x = *state;
	uint64_t time_ns = 0, offers = 0;

	srand(20261120);
	for (int round = 0; round < 200000; round++) {
		uint32_t pid = rand() % (round % 3 ? 50 : 6000);

		time_ns += rand() % 2000000;
		if (rand() % 100 == 0)
			folder_expire(x->folder, SAMPLE_TIME_NS + time_ns);
		/* What waited in between comes a little late. */
		offer(x, numbered(pid, rand() % 10 ? time_ns :
					time_ns - (time_ns < 50 * MS_NS ? 0 : 50 * MS_NS)));
		offers++;
		assert_true(x->sum <= offers);
	}
	folder_expire(x->folder, UINT64_MAX);
	assert_int_equal(x->sum, offers);
	assert_int_equal(x->emitted + folder_folded(x->folder), offers);
	assert_int_equal(folder_deadline(x->folder), 0);
}

static void test_close_with_open_window(void **state)
{
	struct fixture *x = *state;

	offer(x, at(0));
	offer(x, at(1));
	assert_int_equal(x->emitted, 1);
	folder_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_alone),
		TEST(test_first_at_once_rest_at_the_end),
		TEST(test_next_second),
		TEST(test_expires_by_another),
		TEST(test_different_keys),
		TEST(test_same_keys),
		TEST(test_refused_callers),
		TEST(test_link_local),
		TEST(test_ports_of_a_scan),
		TEST(test_many_scans),
		TEST(test_many_addresses),
		TEST(test_local_ends),
		TEST(test_table_overflow),
		TEST(test_sums_at_random),
		TEST(test_close_with_open_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
