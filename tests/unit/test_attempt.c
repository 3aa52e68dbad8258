// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which name a connection was for, when a process has one address for several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "diagnose/attempt.h"
#include "records.h"

enum { STARTED_MS = 60000 };

/* Times in ms after BASE_NS; 0: none. The connect began at STARTED_MS. */
static bool is_named(const char *name, uint64_t looked_up_ms, uint64_t other_ms)
{
	struct attempt a = { .kind = ATTEMPT_CONNECT };
	struct rec_domain domain = {
		.hdr = make_hdr(REC_DOMAIN, sizeof(domain), 0, 0), .pid = 4312,
		.looked_up_ns = looked_up_ms ? BASE_NS + looked_up_ms * MS_NS : 0,
		.other_ns = other_ms ? BASE_NS + other_ms * MS_NS : 0,
	};

	snprintf(domain.name, sizeof(domain.name), "%s", name);
	a.rec.tcp_end = make_tcp_end(ECONNREFUSED, BASE_NS + STARTED_MS * MS_NS);
	a.rec.tcp_end.started_ns = BASE_NS + STARTED_MS * MS_NS;
	return attempt_is_named(&a, &domain);
}

static void test_one_name(void **state)
{
	(void)state;
	assert_true(is_named("api.example", 10, 0));
	assert_true(is_named("api.example", STARTED_MS + 10, 0));
	assert_true(is_named("api.example", 0, 0));	/* an older recording */
	assert_false(is_named("", 0, 0));
}

/* It is what was looked up just before, and nothing else was: else nobody knows. */
static void test_several_names(void **state)
{
	(void)state;
	assert_true(is_named("api.example", STARTED_MS - 10, STARTED_MS - 5000));
	assert_false(is_named("api.example", STARTED_MS - 10, STARTED_MS - 20));
	assert_false(is_named("api.example", STARTED_MS - 5000, STARTED_MS - 9000));
	assert_false(is_named("api.example", STARTED_MS + 10, STARTED_MS - 9000));
}

static void test_addresses(void **state)
{
	(void)state;
	assert_false(is_named("127.0.0.1", 10, 0));
	assert_false(is_named("fd00::7", 10, 0));
	assert_true(is_named("127.0.0.1.example", 10, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_name), cmocka_unit_test(test_several_names),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
