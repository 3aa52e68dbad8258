/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "sample.h"

static void test_values(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
					     "l", "m", "n", "o", "p", "q", "r" };
	struct finding f = { 0 };

	(void)state;
	assert_null(finding_get(&f, "next_hop"));
	finding_set(&f, "next_hop", "10.0.0.%d", 1);
	finding_set(&f, "device", "eth0");
	finding_set(&f, "next_hop", "10.0.0.%d", 2);
	assert_string_equal(finding_get(&f, "next_hop"), "10.0.0.2");
	assert_string_equal(finding_get(&f, "device"), "eth0");
	assert_int_equal(f.value_count, 2);
	for (size_t i = 0; i < 18; i++)
		finding_set(&f, names[i], "%zu", i);
	assert_int_equal(f.value_count, FINDING_VALUES_MAX);
	assert_string_equal(finding_get(&f, "n"), "13");
	assert_null(finding_get(&f, "o"));
	finding_set(&f, "a", "still changed when full");
	assert_string_equal(finding_get(&f, "a"), "still changed when full");
}

static void test_value_is_cut(void **state)
{
	struct finding f = { 0 };

	(void)state;
	finding_set(&f, "a", "%0200d", 1);
	assert_int_equal(strlen(finding_get(&f, "a")), sizeof(f.values[0].text) - 1);
}

static void test_evidence(void **state)
{
	struct finding f = { 0 };

	(void)state;
	finding_add_evidence(&f, "one", "hook/a", -0.5, "pid %d", 7);
	finding_add_evidence(&f, "two", "hook/b", NAN, NULL);
	assert_true(f.evidence[0].has_at);
	assert_true(f.evidence[0].at_ms == -0.5);
	assert_string_equal(f.evidence[0].detail, "pid 7");
	assert_false(f.evidence[1].has_at);
	assert_string_equal(f.evidence[1].detail, "");
	for (int i = 0; i < 20; i++)
		finding_add_evidence(&f, "more", "hook/c", 1, NULL);
	assert_int_equal(f.evidence_count, FINDING_EVIDENCE_MAX);
	assert_string_equal(f.evidence[0].fact, "one");
}

static void test_related(void **state)
{
	struct finding f = { 0 };

	(void)state;
	finding_add_related(&f, "029");
	finding_add_related(&f, "029");
	assert_int_equal(f.related_count, 1);
	finding_add_related(&f, "021");
	finding_add_related(&f, "022");
	finding_add_related(&f, "023");
	finding_add_related(&f, "024");
	assert_int_equal(f.related_count, FINDING_RELATED_MAX);
}

static void assert_endpoint(const struct endpoint *e, const char *ip, const char *text)
{
	char buf[ENDPOINT_TEXT_SIZE];

	assert_string_equal(endpoint_ip_text(e, buf, sizeof(buf)), ip);
	assert_string_equal(endpoint_text(e, buf, sizeof(buf)), text);
}

static void test_endpoints(void **state)
{
	struct endpoint e = { 0 };

	(void)state;
	assert_endpoint(&e, "", "");
	e.has_port = true;
	e.port = 80;
	assert_endpoint(&e, "", ":80");
	sample_set_ip(&e, "10.0.0.7");
	assert_endpoint(&e, "10.0.0.7", "10.0.0.7:80");
	sample_set_endpoint(&e, "2001:db8::1", 65535);
	assert_endpoint(&e, "2001:db8::1", "[2001:db8::1]:65535");
	e.has_port = false;
	assert_endpoint(&e, "2001:db8::1", "2001:db8::1");
	sample_set_endpoint(&e, "1111:2222:3333:4444:5555:6666:7777:8888", 65535);
	assert_endpoint(&e, "1111:2222:3333:4444:5555:6666:7777:8888",
			"[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
}

static void test_durations(void **state)
{
	static const struct {
		double ms;
		const char *text;
	} cases[] = {
		{ 0, "0.00 ms" },	{ 0.04, "0.04 ms" },	{ 0.31, "0.3 ms" },
		{ 9.96, "10 ms" },	{ 312.4, "312 ms" },	{ 999.7, "1.0 s" },
		{ 5000, "5.0 s" },	{ 9990, "10 s" },	{ 127012, "127 s" },
		{ 900000, "15 min" },	{ 7200000, "2.0 h" },	{ -1, "0.00 ms" },
		{ NAN, "0.00 ms" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(duration_text(cases[i].ms, buf, sizeof(buf)), cases[i].text);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(confidence_name(CONFIDENCE_UNKNOWN), "unknown");
	assert_string_equal(confidence_name(CONFIDENCE_INFERRED), "inferred");
	assert_string_equal(confidence_name(CONFIDENCE_OBSERVED), "observed");
	assert_null(direction_name(DIRECTION_NONE));
	assert_string_equal(direction_name(DIRECTION_OUTBOUND), "outbound");
	assert_string_equal(direction_name(DIRECTION_INBOUND), "inbound");
	assert_string_equal(direction_name(DIRECTION_LOCAL), "local");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	  cmocka_unit_test(test_value_is_cut),
		cmocka_unit_test(test_evidence),  cmocka_unit_test(test_related),
		cmocka_unit_test(test_endpoints), cmocka_unit_test(test_durations),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
