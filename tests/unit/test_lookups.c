// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Look-ups: one failure, one record, whoever saw it; names and messages from hostile servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "diagnose/dns.h"
#include "diagnose/lookups.h"
#include "records.h"

enum { SEEN_MAX = 16 };

struct fixture {
	struct lookups lookups;
	struct attempt seen[SEEN_MAX];
	size_t count;
};

static void see(void *ctx, struct attempt *attempt)
{
	struct fixture *x = ctx;

	if (x->count < SEEN_MAX)
		x->seen[x->count] = *attempt;
	x->count++;
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	if (!x)
		return -1;
	x->lookups.fn = see;
	x->lookups.ctx = x;
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static bool take(struct fixture *x, const void *record)
{
	return lookups_take(&x->lookups, record);
}

static void answer(struct fixture *x, const char *name, uint16_t type, uint16_t rcode,
		   uint16_t answers, uint64_t ts_ns, bool in_lookup)
{
	union record rec = { 0 };

	rec.dns_answer = make_dns_answer(name, type, rcode, answers, ts_ns);
	rec.dns_answer.in_lookup = in_lookup;
	assert_true(take(x, &rec));
}

static void lookup(struct fixture *x, const char *name, int error, uint16_t family, uint64_t ts_ns)
{
	union record rec = { 0 };

	rec.name_lookup = make_name_lookup(name, error, ts_ns);
	rec.name_lookup.family = family;
	assert_true(take(x, &rec));
}

/* A and AAAA, the name and its expansions by the search list: the libc's one word. */
static void test_one_record(void **state)
{
	struct fixture *x = *state;

	answer(x, "api.corp.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 500, true);
	answer(x, "api.corp.example", DNS_TYPE_AAAA, DNS_NXDOMAIN, 0, BASE_NS - 400, true);
	answer(x, "api", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 300, true);
	lookup(x, "api", EAI_NONAME, 0, BASE_NS);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 1);
	assert_true(x->seen[0].lookup.has_answer);
	assert_int_equal(x->seen[0].lookup.rcode, DNS_NXDOMAIN);
	assert_false(x->seen[0].lookup.by_wire);
}

/* Answers about other names, or before the look-up began, explain nothing. */
static void test_others(void **state)
{
	struct fixture *x = *state;

	answer(x, "other.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 500, true);
	answer(x, "apix.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 500, true);
	answer(x, "api.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 2 * SECOND_NS, true);
	lookup(x, "api.example", EAI_NONAME, 0, BASE_NS);
	assert_int_equal(x->count, 1);
	assert_false(x->seen[0].lookup.has_answer);
}

/* What nobody answered is no name that does not exist, whatever was said of others beside it. */
static void test_try_again(void **state)
{
	struct fixture *x = *state;

	answer(x, "api.example.corp", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 500, true);
	answer(x, "api.example", DNS_TYPE_AAAA, DNS_NOERROR, 0, BASE_NS - 400, true);
	lookup(x, "api.example", EAI_AGAIN, 0, BASE_NS);
	assert_int_equal(x->count, 1);
	assert_false(x->seen[0].lookup.has_answer);
	answer(x, "api.example.corp", DNS_TYPE_A, DNS_SERVFAIL, 0, BASE_NS - 300, true);
	lookup(x, "api.example", EAI_AGAIN, 0, BASE_NS);
	assert_int_equal(x->count, 2);
	assert_int_equal(x->seen[1].lookup.rcode, DNS_SERVFAIL);
}

/* Cut short: whoever asked asks again by TCP, which nobody sees. */
static void test_truncated(void **state)
{
	struct fixture *x = *state;
	union record rec = { 0 };

	for (int in_lookup = 0; in_lookup < 2; in_lookup++) {
		rec.dns_answer = make_dns_answer("api.example", DNS_TYPE_A, DNS_NOERROR, 0,
						 BASE_NS - 500);
		rec.dns_answer.data[2] |= 2;
		rec.dns_answer.in_lookup = in_lookup;
		assert_true(take(x, &rec));
	}
	answer(x, "api.example", DNS_TYPE_AAAA, DNS_NOERROR, 0, BASE_NS - 400, false);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 0);
	lookup(x, "api.example", EAI_NONAME, 0, BASE_NS);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].lookup.type, DNS_TYPE_AAAA);
}

/* One call for each family, as some programs make: one look-up. */
static void test_families(void **state)
{
	struct fixture *x = *state;

	lookup(x, "api.example", EAI_NONAME, AF_INET6, BASE_NS);
	lookup(x, "api.example", EAI_NONAME, AF_INET, BASE_NS + MS_NS);
	assert_int_equal(x->count, 1);
	lookup(x, "api.example", EAI_NONAME, AF_INET, BASE_NS + 2 * MS_NS);
	assert_int_equal(x->count, 1);
	lookup(x, "api.example", EAI_NONAME, AF_INET6, BASE_NS + 3 * SECOND_NS);
	assert_int_equal(x->count, 2);
	/* No IPv6 records is no failure; wrong arguments are none either. */
	lookup(x, "four.example", -5, AF_INET6, BASE_NS + 4 * SECOND_NS);
	lookup(x, "four.example", EAI_BADFLAGS, 0, BASE_NS + 4 * SECOND_NS);
	assert_int_equal(x->count, 2);
}

/* A program that asks by itself, until nothing better came. */
static void test_by_wire(void **state)
{
	struct fixture *x = *state;

	answer(x, "api.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS, false);
	answer(x, "api.example", DNS_TYPE_AAAA, DNS_NXDOMAIN, 0, BASE_NS + MS_NS, false);
	lookups_expire(&x->lookups, BASE_NS + 500 * MS_NS);
	assert_int_equal(x->count, 0);
	assert_true(lookups_deadline(&x->lookups) > BASE_NS);
	lookups_expire(&x->lookups, BASE_NS + 2 * SECOND_NS);
	assert_int_equal(x->count, 1);
	assert_true(x->seen[0].lookup.by_wire);
	assert_int_equal(lookups_deadline(&x->lookups), 0);
	/* A search list that finds it in the end. */
	answer(x, "db.corp.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS, false);
	answer(x, "db.example", DNS_TYPE_A, DNS_NOERROR, 1, BASE_NS + MS_NS, false);
	/* Addresses of one family only. */
	answer(x, "four.example", DNS_TYPE_AAAA, DNS_NOERROR, 0, BASE_NS, false);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 1);
	answer(x, "none.example", DNS_TYPE_AAAA, DNS_NOERROR, 0, BASE_NS, false);
	answer(x, "none.example", DNS_TYPE_A, DNS_NOERROR, 0, BASE_NS, false);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 2);
}

/* musl's sockets are not connected: its answers have no process until the libc speaks. */
static void test_unknown_process(void **state)
{
	struct fixture *x = *state;
	union record rec = { 0 };

	rec.dns_answer = make_dns_answer("api.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 500);
	memset(&rec.dns_answer.who, 0, sizeof(rec.dns_answer.who));
	rec.dns_answer.inode = 77;
	assert_true(take(x, &rec));
	lookup(x, "api.example", EAI_NONAME, 0, BASE_NS);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].lookup.rcode, DNS_NXDOMAIN);
}

static void test_refused(void **state)
{
	struct fixture *x = *state;
	union record rec = { 0 };

	rec.udp_error = make_udp_error(ECONNREFUSED, BASE_NS - 1000);
	rec.udp_error.flow.dport = 53;
	rec.udp_error.who = make_who(4312, "curl");
	assert_false(take(x, &rec));	/* not in a look-up: told by itself */
	rec.udp_error.in_lookup = 1;
	assert_true(take(x, &rec));
	lookup(x, "api.example", EAI_AGAIN, 0, BASE_NS);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].lookup.refused, ECONNREFUSED);
	rec.udp_error.flow.dport = 54;
	assert_false(take(x, &rec));
}

static void answers(struct fixture *x, const char *name, uint16_t rcode, uint16_t count,
		    uint64_t ts_ns)
{
	answer(x, name, DNS_TYPE_A, rcode, count, ts_ns, false);
	answer(x, name, DNS_TYPE_AAAA, rcode, count, ts_ns + 10000, false);
}

/* Who asks again and again by itself: each look-up once, told while it goes on. */
static void test_repeats(void **state)
{
	struct fixture *x = *state;
	uint64_t ts_ns = BASE_NS;

	for (int i = 0; i < 12; i++, ts_ns += 300 * MS_NS) {
		answers(x, "api.one.missing", DNS_NXDOMAIN, 0, ts_ns);
		lookups_expire(&x->lookups, ts_ns + 20000);
		assert_true(x->count + 8 > (size_t)i);
	}
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 12);
	/* Without a pause a look-up lies on either side of a second's end: no more, no fewer. */
	x->count = 0;
	for (int i = 0; i < 600; i++, ts_ns += 7 * MS_NS) {
		answer(x, "api.one.missing", DNS_TYPE_A, DNS_NXDOMAIN, 0, ts_ns, false);
		lookups_expire(&x->lookups, ts_ns + 3 * MS_NS);
		answer(x, "api.one.missing", DNS_TYPE_AAAA, DNS_NXDOMAIN, 0, ts_ns + 3 * MS_NS,
		       false);
		lookups_expire(&x->lookups, ts_ns + 6 * MS_NS);
	}
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 600);
	/* A server in trouble is asked again, and then the next. */
	x->count = 0;
	for (int i = 0; i < 2; i++)
		answers(x, "db.example", DNS_SERVFAIL, 0, ts_ns + (uint64_t)i * MS_NS);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 1);
	/* No addresses of either family, twice. */
	x->count = 0;
	answers(x, "none.example", DNS_NOERROR, 0, ts_ns + SECOND_NS);
	answers(x, "none.example", DNS_NOERROR, 0, ts_ns + SECOND_NS + MS_NS);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 2);
}

/* The same message twice: the question had been sent again. */
static void test_sent_twice(void **state)
{
	struct fixture *x = *state;

	answer(x, "api.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS, false);
	answer(x, "api.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS, false);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 1);
}

/* Names that begin alike are as different as others, and one that is found helps no other. */
static void test_first_labels(void **state)
{
	struct fixture *x = *state;

	answers(x, "api.one.missing", DNS_NXDOMAIN, 0, BASE_NS);
	answers(x, "api.two.missing", DNS_NXDOMAIN, 0, BASE_NS + MS_NS);
	answers(x, "api.three.missing", DNS_NXDOMAIN, 0, BASE_NS + 2 * MS_NS);
	answers(x, "api.good", DNS_NOERROR, 1, BASE_NS + 3 * MS_NS);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 3);
}

/* What search lists make of a name; the name itself is asked first, last, or not at all. */
static void test_search_lists(void **state)
{
	struct fixture *x = *state;

	answers(x, "db.ns.svc.cluster.local", DNS_NXDOMAIN, 0, BASE_NS);
	answers(x, "db.svc.cluster.local", DNS_NXDOMAIN, 0, BASE_NS + MS_NS);
	answers(x, "db.other.net", DNS_NXDOMAIN, 0, BASE_NS + 2 * MS_NS);
	answers(x, "db", DNS_NXDOMAIN, 0, BASE_NS + 3 * MS_NS);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 1);
	assert_string_equal(x->seen[0].rec.name_lookup.name, "db");
	answers(x, "api.example", DNS_NXDOMAIN, 0, BASE_NS);
	answers(x, "api.example.corp.net", DNS_NXDOMAIN, 0, BASE_NS + MS_NS);
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 2);
	assert_string_equal(x->seen[1].rec.name_lookup.name, "api.example");
	/* Found in the end, each time. */
	for (int i = 0; i < 9; i++) {
		uint64_t ts_ns = BASE_NS + (uint64_t)i * 300 * MS_NS;

		answers(x, "www.example.ns.svc.local", DNS_NXDOMAIN, 0, ts_ns);
		answers(x, "www.example.svc.local", DNS_NXDOMAIN, 0, ts_ns + MS_NS);
		lookups_expire(&x->lookups, ts_ns + 2 * MS_NS);
		answers(x, "www.example", DNS_NOERROR, 1, ts_ns + 2 * MS_NS);
	}
	lookups_expire(&x->lookups, UINT64_MAX);
	assert_int_equal(x->count, 2);
}

/* Answers to others prove nothing about this process. */
static void test_kinship(void **state)
{
	struct fixture *x = *state;
	union record rec = { 0 };

	rec.dns_answer = make_dns_answer("api.example", DNS_TYPE_A, DNS_NXDOMAIN, 0, BASE_NS - 500);
	rec.dns_answer.in_lookup = 1;
	rec.dns_answer.flow.netns++;
	assert_true(take(x, &rec));
	lookup(x, "api.example", EAI_NONAME, 0, BASE_NS);
	assert_int_equal(x->count, 1);
	assert_false(x->seen[0].lookup.has_answer);
	/* Another thread's. */
	rec.dns_answer.flow.netns--;
	rec.dns_answer.who.tid++;
	assert_true(take(x, &rec));
	lookup(x, "api.example", EAI_NONAME, 0, BASE_NS);
	assert_false(x->seen[1].lookup.has_answer);
	/* Another process': the host has to say whether it asks for others. */
	rec.dns_answer.who = make_who(500, "resolved");
	assert_true(take(x, &rec));
	lookup(x, "api.example", EAI_NONAME, 0, BASE_NS);
	assert_true(x->seen[2].lookup.has_answer);
	assert_false(x->seen[2].lookup.is_own);
	assert_int_equal(x->seen[2].lookup.answered_pid, 500);
	/* Its own comes first, whatever it says. */
	answer(x, "api.example", DNS_TYPE_A, DNS_SERVFAIL, 0, BASE_NS - 600, true);
	lookup(x, "api.example", EAI_NONAME, 0, BASE_NS);
	assert_true(x->seen[3].lookup.is_own);
	assert_int_equal(x->seen[3].lookup.rcode, DNS_SERVFAIL);
}

/* What another thread's query met is not this thread's. */
static void test_refused_thread(void **state)
{
	struct fixture *x = *state;
	union record rec = { 0 };

	rec.udp_error = make_udp_error(ECONNREFUSED, BASE_NS - 1000);
	rec.udp_error.who = make_who(4312, "curl");
	rec.udp_error.who.tid = 4313;
	rec.udp_error.in_lookup = 1;
	assert_true(take(x, &rec));
	lookup(x, "api.example", EAI_AGAIN, 0, BASE_NS);
	assert_int_equal(x->seen[0].lookup.refused, 0);
}

/* Several processes ask family by family at once. */
static void test_families_beside(void **state)
{
	struct fixture *x = *state;

	for (int family = 0; family < 2; family++)
		for (uint32_t pid = 1; pid <= 3; pid++) {
			union record rec = { 0 };

			rec.name_lookup = make_name_lookup("api.example", EAI_NONAME,
							   BASE_NS + MS_NS * (uint64_t)family);
			rec.name_lookup.who.pid = pid;
			rec.name_lookup.family = family ? AF_INET : AF_INET6;
			assert_true(take(x, &rec));
		}
	assert_int_equal(x->count, 3);
}

/* More questions than there is room for: none is lost, the oldest are judged early. */
static void test_full(void **state)
{
	struct fixture *x = *state;
	char name[32];

	for (int i = 0; i < LOOKUP_PENDING_MAX + 4; i++) {
		snprintf(name, sizeof(name), "host%d.example", i);
		answer(x, name, DNS_TYPE_A, DNS_SERVFAIL, 0, BASE_NS + (uint64_t)i, false);
	}
	assert_int_equal(x->count, 4);
}

/* Every way to be cut short, loops and labels beyond the end: no question, and no crash. */
static void test_hostile(void **state)
{
	struct rec_dns_answer good = make_dns_answer("a.b.example", DNS_TYPE_A, 3, 0, BASE_NS);
	char name[NAME_LEN];
	uint16_t type;

	(void)state;
	assert_true(dns_question(&good, name, &type));
	assert_string_equal(name, "a.b.example");
	assert_int_equal(type, DNS_TYPE_A);
	for (uint16_t length = 0; length < good.length; length++) {
		struct rec_dns_answer *rec = malloc(sizeof(*rec));

		assert_non_null(rec);
		*rec = good;
		rec->length = length;
		assert_false(dns_question(rec, name, &type));
		free(rec);
	}
	for (int byte = 0; byte < 256; byte++)
		for (int at = 12; at < 26; at++) {
			struct rec_dns_answer rec = good;

			rec.data[at] = (uint8_t)byte;
			if (dns_question(&rec, name, &type))
				assert_true(strlen(name) < NAME_LEN);
		}
	good.data[12] = 0xc0;	/* a pointer to itself */
	good.data[13] = 12;
	assert_false(dns_question(&good, name, &type));
}

static void test_expansions(void **state)
{
	(void)state;
	assert_true(dns_is_expansion("api.corp.example", "api"));
	assert_true(dns_is_expansion("API.example", "api.example."));
	assert_false(dns_is_expansion("apix.example", "api"));
	assert_false(dns_is_expansion("api", "api.example"));
	assert_false(dns_is_expansion("", ""));
	assert_false(dns_is_expansion("api", ""));
	assert_true(dns_is_next_in_search("db.ns.svc.local", "db.svc.local"));
	assert_true(dns_is_next_in_search("a.b.NS.svc.local", "a.b.svc.local."));
	assert_false(dns_is_next_in_search("db.svc.local", "db.ns.svc.local"));
	assert_false(dns_is_next_in_search("db.xsvc.local", "db.svc.local"));
	assert_false(dns_is_next_in_search("api.one.missing", "api.good"));
	assert_false(dns_is_next_in_search("api.one.missing", "api"));
	assert_false(dns_is_next_in_search("dbx.svc.local", "db.local"));
	assert_false(dns_is_next_in_search("", ""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_record), TEST(test_others), TEST(test_families), TEST(test_by_wire),
		TEST(test_one_record), TEST(test_others), TEST(test_try_again), TEST(test_by_wire),
		TEST(test_one_record), TEST(test_others), TEST(test_truncated), TEST(test_by_wire),
		TEST(test_unknown_process), TEST(test_refused), TEST(test_full),
		TEST(test_repeats), TEST(test_sent_twice), TEST(test_first_labels),
		TEST(test_search_lists), TEST(test_kinship), TEST(test_refused_thread),
		TEST(test_families_beside),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_expansions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
