/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "diagnose/stats.h"
#include "records.h"
#include "sample.h"

static int setup(void **state)
{
	*state = stats_open();
	assert_non_null(*state);
	return 0;
}

static int teardown(void **state)
{
	stats_close(*state);
	return 0;
}

/* One failed connect to @ip:443 by @name. */
static void add(struct stats *stats, const char *ip, const char *name)
{
	struct finding f = sample_finding("021", "peer-reset");

	sample_set_endpoint(&f.destination, ip, 443);
	snprintf(f.process.name, sizeof(f.process.name), "%s", name);
	stats_add(stats, &f);
}

static void add_ok(struct stats *stats, const char *ip, uint16_t port, uint64_t count)
{
	uint8_t addr[16];

	set_addr(addr, ip);
	stats_add_successes(stats, addr, port, count);
}

static struct summary_info summarise(struct stats *stats)
{
	struct summary_info info = { 0 };

	stats_summarise(stats, &info);
	return info;
}

static void test_nothing(void **state)
{
	struct summary_info info = summarise(*state);

	assert_int_equal(info.failures, 0);
	assert_int_equal(info.conditions, 0);
	assert_int_equal(info.connections_ok, 0);
	assert_int_equal(info.code_count, 0);
	assert_int_equal(info.process_count, 0);
	assert_int_equal(info.destination_count, 0);
	assert_int_equal(info.destinations_tried, 0);
	assert_int_equal(info.destinations_failing, 0);
}

/* "1 of 14 destinations fails" */
static void test_one_of_many(void **state)
{
	struct stats *stats = *state;
	struct summary_info info;

	for (uint16_t port = 1; port <= 13; port++)
		add_ok(stats, "10.0.0.8", port, 3);
	add(stats, "10.0.0.7", "curl");
	add(stats, "10.0.0.7", "curl");
	add_ok(stats, "10.0.0.7", 443, 5);
	info = summarise(stats);
	assert_int_equal(info.destinations_tried, 14);
	assert_int_equal(info.destinations_failing, 1);
	assert_int_equal(info.destinations_dead, 0);
	assert_int_equal(info.destination_count, 1);
	assert_string_equal(info.destinations[0].destination, "10.0.0.7:443");
	assert_int_equal(info.destinations[0].failures, 2);
	assert_int_equal(info.destinations[0].attempts, 7);
	assert_int_equal(info.connections_ok, 13 * 3 + 5);
	assert_int_equal(info.failures, 2);
}

/* Failures of two destinations for one reason; whether the summary sends one to this host. */
static const struct blame_case {
	const char *code;
	const char *cause;
	int error;
	enum direction direction;
	const char *icmp_sender;
	uint32_t syn_retransmits;
	uint64_t successes;
	bool blames_host;
} blame_cases[] = {
	{ "026", "no-route", ENETUNREACH, DIRECTION_OUTBOUND, NULL, 0, 0, true },
	{ "022", "neighbour-failed", EHOSTUNREACH, DIRECTION_OUTBOUND, NULL, 0, 0, true },
	{ "023", "no-reply", ETIMEDOUT, DIRECTION_OUTBOUND, NULL, 6, 0, true },
	{ "023", "no-reply", 0, DIRECTION_OUTBOUND, NULL, 1, 0, true },
	/* given up before a packet was even repeated */
	{ "023", "no-reply", 0, DIRECTION_OUTBOUND, NULL, 0, 0, false },
	/* who refuses was reached */
	{ "021", "peer-reset", ECONNREFUSED, DIRECTION_OUTBOUND, NULL, 0, 0, false },
	{ "022", "icmp-prohibited", EHOSTUNREACH, DIRECTION_OUTBOUND, "10.0.0.9", 0, 0, false },
	/* never left this host, or was dropped before the way began */
	{ "023", "accept-queue-full", ETIMEDOUT, DIRECTION_LOCAL, NULL, 6, 0, false },
	{ "023", "local-firewall-drop", ETIMEDOUT, DIRECTION_OUTBOUND, NULL, 6, 0, false },
	/* one did connect */
	{ "026", "no-route", ENETUNREACH, DIRECTION_OUTBOUND, NULL, 0, 1, false },
};

static void assert_blame(const struct blame_case *c)
{
	struct stats *stats = stats_open();
	struct summary_info info = { 0 };

	assert_non_null(stats);
	for (int i = 1; i <= 2; i++) {
		struct finding f = sample_finding(c->code, c->cause);

		f.error = c->error;
		f.syn_retransmits = c->syn_retransmits;
		f.direction = c->direction;
		f.destination.port = i;
		if (c->icmp_sender)
			finding_set(&f, "icmp_sender", "%s", c->icmp_sender);
		stats_add(stats, &f);
	}
	if (c->successes)
		add_ok(stats, "10.0.0.7", 2, c->successes);
	stats_summarise(stats, &info);
	assert_int_equal(info.destinations_failing, 2);
	assert_int_equal(info.destinations_dead, c->successes ? 1 : 2);
	if (info.blame_host != c->blames_host)
		fail_msg("%s %s", c->code, c->cause);
	stats_close(stats);
}

static void test_blames_host(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(blame_cases) / sizeof(blame_cases[0]); i++)
		assert_blame(&blame_cases[i]);
}

/* "all 14 fail" */
static void test_all(void **state)
{
	struct stats *stats = *state;
	struct summary_info info;
	char ip[24];

	for (int i = 1; i <= 14; i++)
		for (int k = 0; k < i; k++) {
			snprintf(ip, sizeof(ip), "10.0.0.%d", i);
			add(stats, ip, "curl");
		}
	info = summarise(stats);
	assert_int_equal(info.destinations_tried, 14);
	assert_int_equal(info.destinations_failing, 14);
	assert_int_equal(info.destinations_dead, 14);
	assert_false(info.destinations_cut);
	/* The worst first, not all of them. */
	assert_int_equal(info.destination_count, 5);
	assert_string_equal(info.destinations[0].destination, "10.0.0.14:443");
	assert_string_equal(info.destinations[4].destination, "10.0.0.10:443");
	assert_int_equal(info.destinations[4].failures, 10);
}

static void test_what_is_no_destination(void **state)
{
	struct stats *stats = *state;
	struct finding f = sample_finding("027", "held-by-listener");
	struct summary_info info;

	f.operation = "bind";
	stats_add(stats, &f);
	f = sample_finding("021", "no-listener");
	f.direction = DIRECTION_INBOUND;
	stats_add(stats, &f);
	f = sample_finding("C01", "peer-reset");
	f.operation = "receive";
	stats_add(stats, &f);
	f = sample_finding("029", "neighbour-no-reply");
	f.operation = "neighbour";
	stats_add(stats, &f);
	f = sample_finding("026", "no-route");
	f.destination.has_ip = false;
	stats_add(stats, &f);
	info = summarise(stats);
	assert_int_equal(info.failures, 5);
	assert_int_equal(info.destinations_tried, 0);
	assert_int_equal(info.destinations_failing, 0);
}

static void test_conditions_are_no_failures(void **state)
{
	struct stats *stats = *state;
	struct finding f = sample_finding("028", "time-wait-buildup");
	struct summary_info info;

	f.type = FINDING_CONDITION;
	stats_add(stats, &f);
	info = summarise(stats);
	assert_int_equal(info.failures, 0);
	assert_int_equal(info.conditions, 1);
	assert_int_equal(info.code_count, 0);
	assert_int_equal(info.destinations_tried, 0);
}

static void test_codes_and_processes(void **state)
{
	struct stats *stats = *state;
	struct finding f = sample_finding("023", "no-reply");
	uint64_t sum = 0;
	struct summary_info info;

	add(stats, "10.0.0.7", "curl");
	add(stats, "10.0.0.7", "nginx");
	add(stats, "10.0.0.7", "nginx");
	memset(&f.process, 0, sizeof(f.process));
	f.count = 4;
	stats_add(stats, &f);
	info = summarise(stats);
	assert_int_equal(info.failures, 7);
	assert_int_equal(info.code_count, 2);
	for (size_t i = 0; i < info.code_count; i++)
		sum += info.codes[i].count;
	assert_int_equal(sum, info.failures);
	assert_string_equal(info.codes[0].name, "021");
	assert_string_equal(info.codes[0].title, "Connection refused");
	assert_int_equal(info.codes[0].count, 3);
	assert_int_equal(info.codes[1].count, 4);
	/* The busiest first; who is not known is not in it. */
	assert_int_equal(info.process_count, 2);
	assert_int_equal(info.process_failures, 3);
	assert_string_equal(info.processes[0].name, "nginx");
	assert_int_equal(info.processes[0].count, 2);
	assert_string_equal(info.processes[1].name, "curl");
	assert_string_equal(info.processes[1].title, "");
}

/* Far more than is kept: the totals stay right, and nothing hangs. */
static void test_flood(void **state)
{
	struct stats *stats = *state;
	struct finding f = sample_finding("021", "peer-reset");
	struct summary_info info;
	char name[16];

	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "p%u", i % 1000);
		memcpy(f.process.name, name, sizeof(name));
		f.destination.ip[14] = i >> 8;
		f.destination.ip[15] = i;
		stats_add(stats, &f);
	}
	add_ok(stats, "192.0.2.1", 1, 7);
	info = summarise(stats);
	assert_int_equal(info.failures, 20000);
	assert_int_equal(info.codes[0].count, 20000);
	assert_int_equal(info.connections_ok, 7);
	assert_int_equal(info.process_count, 256);
	assert_int_equal(info.process_failures, 20000);
	assert_true(info.destination_count <= 5);
	assert_true(info.destinations_failing <= info.destinations_tried);
	assert_true(info.destinations_tried >= 1000);
	assert_true(info.destinations_cut);
	assert_false(info.blame_host);
}

/* Several addresses are none: they count as failures, and the list is not all. */
static void test_many_addresses(void **state)
{
	struct finding f = sample_finding("021", "peer-reset");
	struct stats *stats = *state;
	struct summary_info info;

	f.error = ECONNREFUSED;
	stats_add(stats, &f);
	f.many_addresses = true;
	f.destination = (struct endpoint){ .has_port = true, .port = 443 };
	f.count = 1000;
	stats_add(stats, &f);
	info = summarise(stats);
	assert_int_equal(info.failures, 1001);
	assert_int_equal(info.process_failures, 1001);
	assert_int_equal(info.destinations_tried, 1);
	assert_int_equal(info.destinations_failing, 1);
	assert_int_equal(info.destinations[0].failures, 1);
	assert_int_equal(info.destinations_unnamed, 1000);
	assert_false(info.destinations_cut);
	assert_false(info.blame_host);
}

/* Nothing comes back from anywhere: that is this host's way out, however many are only counted. */
static void test_many_unanswered(void **state)
{
	struct finding f = sample_finding("023", "no-reply");
	struct stats *stats = *state;

	f.error = ETIMEDOUT;
	stats_add(stats, &f);
	f.destination.ip[15]++;
	stats_add(stats, &f);
	f.many_addresses = true;
	f.destination = (struct endpoint){ .has_port = true, .port = 443 };
	f.count = 1000;
	stats_add(stats, &f);
	assert_true(summarise(stats).blame_host);
	f = sample_finding("021", "peer-reset");
	f.error = ECONNREFUSED;
	f.many_addresses = true;
	f.destination = (struct endpoint){ .has_port = true, .port = 443 };
	stats_add(stats, &f);
	assert_false(summarise(stats).blame_host);
}

/* The same port of IPv4 and IPv6, and of two addresses, are destinations of their own. */
static void test_apart(void **state)
{
	struct stats *stats = *state;
	struct summary_info info;

	add(stats, "10.0.0.7", "curl");
	add(stats, "2001:db8::7", "curl");
	add(stats, "2001:db8::7", "curl");
	add_ok(stats, "10.0.0.7", 444, 1);
	info = summarise(stats);
	assert_int_equal(info.destinations_tried, 3);
	assert_int_equal(info.destinations_failing, 2);
	assert_string_equal(info.destinations[0].destination, "[2001:db8::7]:443");
	assert_string_equal(info.destinations[1].destination, "10.0.0.7:443");
}

/* Ports that any table of a power of two puts together. */
static void test_collisions(void **state)
{
	struct stats *stats = *state;
	struct summary_info info;

	for (uint32_t port = 5; port < 65536; port += 4096)
		add_ok(stats, "10.0.0.7", port, 1);
	for (uint8_t last = 1; last <= 200; last++) {
		char ip[24];

		snprintf(ip, sizeof(ip), "10.0.1.%u", last);
		add_ok(stats, ip, 5, 1);
	}
	info = summarise(stats);
	assert_int_equal(info.destinations_tried, 16 + 200);
	assert_int_equal(info.connections_ok, 16 + 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_one_of_many),
		TEST(test_blames_host),
		TEST(test_all),
		TEST(test_what_is_no_destination),
		TEST(test_conditions_are_no_failures),
		TEST(test_codes_and_processes),
		TEST(test_flood),
		TEST(test_many_addresses),
		TEST(test_many_unanswered),
		TEST(test_apart),
		TEST(test_collisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
