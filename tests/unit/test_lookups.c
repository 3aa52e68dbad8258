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

	assert_true(x->count < SEEN_MAX);
	x->seen[x->count++] = *attempt;
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
	lookup(x, "api.example", EAI_AGAIN, 0, BASE_NS);
	assert_int_equal(x->count, 1);
	assert_false(x->seen[0].lookup.has_answer);
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
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_record), TEST(test_others), TEST(test_families), TEST(test_by_wire),
		TEST(test_unknown_process), TEST(test_refused), TEST(test_full),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_expansions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
