/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which namespaces are looked into: refusals, places that are kept, one namespace alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/netns.h"
#include "kernel/spaces.h"

struct fixture {
	struct spaces spaces;
	uint32_t own;
	int opened;		/* how often somebody tried */
	int answer;		/* what came of it */
};

static int open_space(void *ctx, struct space *space)
{
	struct fixture *x = ctx;

	assert_int_equal(space->netns, x->own);
	x->opened++;
	return x->answer;
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->own = netns_inode("/proc/self/ns/net");
	assert_true(x->own);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void test_one(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(spaces_open(&x->spaces, x->own, open_space, x), 1);
	spaces_add(&x->spaces, x->own, (uint32_t)getpid());
	spaces_find_new(&x->spaces);
	spaces_prune(&x->spaces);
	assert_int_equal(spaces_count(&x->spaces), 1);
	/* Another one is none of those that were asked for. */
	spaces_add(&x->spaces, x->own + 1, (uint32_t)getpid());
	assert_int_equal(x->opened, 1);
	assert_false(x->spaces.full);
	spaces_close(&x->spaces);
	assert_int_equal(spaces_count(&x->spaces), 0);
}

/* Not tried again with every record, but not given up for good either. */
static void test_refused(void **state)
{
	static const int errors[] = { -EPERM, -EMFILE };
	struct fixture *x = *state;

	for (size_t i = 0; i < 2; i++) {
		x->spaces = (struct spaces){ 0 };
		x->opened = 0;
		x->answer = errors[i];
		assert_int_equal(spaces_open(&x->spaces, x->own, open_space, x), 0);
		assert_int_equal(x->spaces.err, errors[i]);
		for (int k = 0; k < 3; k++)
			spaces_add(&x->spaces, x->own, (uint32_t)getpid());
		assert_int_equal(x->opened, 1);
		x->answer = 0;
		for (size_t k = 0; k < SPACES_REFUSED_KEPT; k++)
			x->spaces.refused[k].until_ns = 0;
		spaces_add(&x->spaces, x->own, (uint32_t)getpid());
		assert_int_equal(x->opened, 2);
		assert_int_equal(spaces_count(&x->spaces), 1);
		spaces_close(&x->spaces);
	}
}

/* One that is nowhere any more is let go of; one that is there stays. */
static void test_gone(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(spaces_open(&x->spaces, x->own, open_space, x), 1);
	x->spaces.only = 0;
	x->spaces.spaces[1] = (struct space){ .netns = 1, .path = "/proc/self/ns/none",
					      .icmp4_fd = -1, .icmp6_fd = -1, .netstat_fd = -1 };
	assert_int_equal(spaces_count(&x->spaces), 2);
	spaces_prune(&x->spaces);
	assert_int_equal(spaces_count(&x->spaces), 1);
	spaces_close(&x->spaces);
}

static void occupy(struct spaces *spaces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		spaces->spaces[i] = (struct space){ .netns = (uint32_t)i + 1, .icmp4_fd = -1,
						    .icmp6_fd = -1, .netstat_fd = -1 };
}

/* The last places are for where something fails; when they are taken, that is known. */
static void test_places(void **state)
{
	struct fixture *x = *state;

	occupy(&x->spaces, SPACES_MAX - SPACES_SPARE);
	spaces_open(&x->spaces, x->own, open_space, x);
	assert_int_equal(x->opened, 0);
	assert_true(x->spaces.full);
	spaces_add(&x->spaces, x->own, (uint32_t)getpid());
	assert_int_equal(x->opened, 1);
	spaces_close(&x->spaces);

	x->spaces.full = false;
	occupy(&x->spaces, SPACES_MAX);
	for (int i = 0; i < 3; i++)
		spaces_add(&x->spaces, x->own, (uint32_t)getpid());
	assert_int_equal(x->opened, 1);
	assert_true(x->spaces.full);
	assert_int_equal(x->spaces.err, -ENOSPC);
	spaces_close(&x->spaces);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one), TEST(test_refused), TEST(test_gone), TEST(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
