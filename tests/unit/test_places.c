/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "diagnose/places.h"
#include "sample.h"

#define OWN_NETNS 4026531840u
#define OTHER_NETNS 4026532257u

static struct rec_space way(uint32_t netns, const char *name, uint32_t pid)
{
	struct rec_space rec = { .netns = netns, .pid = pid };

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	return rec;
}

static struct places *open_places(void)
{
	struct places *places = calloc(1, sizeof(*places));
	struct rec_space own = { .netns = OWN_NETNS, .flags = SPACE_OWN };

	assert_non_null(places);
	places_learn(places, &own);
	return places;
}

static struct finding in_netns(uint32_t netns)
{
	struct finding f = sample_finding("021", "no-listener");

	f.netns = netns;
	return f;
}

static void test_own(void **state)
{
	struct places *places = open_places();
	struct finding f = in_netns(OWN_NETNS);

	(void)state;
	places_mark(places, NULL, NULL, &f);
	assert_false(f.elsewhere);
	/* Which namespace it was is not known. */
	f = in_netns(0);
	places_mark(places, NULL, NULL, &f);
	assert_false(f.elsewhere);
	/* Nor is connwatch's own: recorded by an older version. */
	memset(places, 0, sizeof(*places));
	f = in_netns(OTHER_NETNS);
	places_mark(places, NULL, NULL, &f);
	assert_false(f.elsewhere);
	free(places);
}

/* A replay knows what was found last. */
static void test_learned(void **state)
{
	struct places *places = open_places();
	struct finding f = in_netns(OTHER_NETNS);
	struct rec_space rec;

	(void)state;
	places_mark(places, NULL, NULL, &f);
	assert_true(f.elsewhere);
	assert_int_equal(f.netns_pid, 0);
	assert_string_equal(f.netns_name, "");
	rec = way(OTHER_NETNS, "", 498);
	places_learn(places, &rec);
	places_mark(places, NULL, NULL, &f);
	assert_int_equal(f.netns_pid, 498);
	rec = way(OTHER_NETNS, "web", 0);
	places_learn(places, &rec);
	places_mark(places, NULL, NULL, &f);
	assert_int_equal(f.netns_pid, 0);
	assert_string_equal(f.netns_name, "web");
	for (uint32_t i = 1; i <= PLACES_KEPT * 3; i++) {
		rec = way(i, "", i);
		places_learn(places, &rec);
	}
	f = in_netns(PLACES_KEPT * 3);
	places_mark(places, NULL, NULL, &f);
	assert_int_equal(f.netns_pid, PLACES_KEPT * 3);
	free(places);
}

static void look(void *ctx, uint32_t netns, uint32_t pid, struct rec_space *out)
{
	*(uint32_t *)ctx = netns;
	*out = way(netns, "", pid);
}

static void test_look(void **state)
{
	struct places *places = open_places();
	struct finding f = in_netns(OTHER_NETNS);
	uint32_t asked = 0;

	(void)state;
	places_mark(places, look, &asked, &f);
	assert_int_equal(asked, OTHER_NETNS);
	assert_int_equal(f.netns_pid, 4312);
	asked = 0;
	f = in_netns(OWN_NETNS);
	places_mark(places, look, &asked, &f);
	assert_int_equal(asked, 0);
	free(places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_learned),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
