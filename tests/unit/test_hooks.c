/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arming and reading on kernels that say no: this program's syscall() stands before
 * the C library's, so that libbpf hears what the test wants it to. Needs root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/config.h"
#include "kernel/hooks.h"

long syscall(long number, ...);

/* What is refused: loads of programs with that prefix, so many of them. */
static const char *refused_program = "";
static int refusals;
static int refused_command = -1;

static bool is_refused(long command, const union bpf_attr *attr)
{
	if (command == refused_command)
		return true;
	if (command != BPF_PROG_LOAD || !*refused_program ||
	    strncmp(attr->prog_name, refused_program, strlen(refused_program)))
		return false;
	return refusals && refusals--;
}

long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	long arg[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && is_refused(arg[0], (const union bpf_attr *)arg[1])) {
		errno = EINVAL;
		return -1;
	}
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return next(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

static bool has_no_memory_files;
static int memory_files;

/* As the C library's, which the code under test would call. */
int memfd_create(const char *name, unsigned int flags)
{
	memory_files++;
	if (has_no_memory_files) {
		errno = ENOSYS;
		return -1;
	}
	return (int)syscall(SYS_memfd_create, name, flags);
}

static struct hooks *arm(char *message, size_t size)
{
	static const char *const layers[] = { "transport" };
	struct hooks_options options = { .layers = layers, .layer_count = 1 };
	struct hooks *hooks = NULL;

	if (geteuid())
		skip();
	if (hooks_arm(&hooks, &options, message, size)) {
		hooks_disarm(hooks);
		return NULL;
	}
	return hooks;
}

/* Whether the tests can do anything here: BPF may be refused altogether. */
static void need_bpf(void)
{
	char message[256];
	struct hooks *hooks;

	refused_program = "";
	refused_command = -1;
	hooks = arm(message, sizeof(message));
	if (!hooks)
		skip();
	hooks_disarm(hooks);
}

/* libbpf asks twice, the second time for the verifier's words. */
static void test_a_refusal_of_the_moment(void **state)
{
	char message[256] = "";
	struct hooks *hooks;

	(void)state;
	need_bpf();
	refused_program = "tcp_state";
	refusals = 2;
	hooks = arm(message, sizeof(message));
	assert_int_equal(refusals, 0);
	assert_string_equal(message, "");
	assert_non_null(hooks);
	hooks_disarm(hooks);
}

static void test_a_refusal_that_lasts(void **state)
{
	char message[256] = "";

	(void)state;
	need_bpf();
	refused_program = "tcp_state";
	refusals = 1000;
	assert_null(arm(message, sizeof(message)));
	assert_non_null(strstr(message, "cannot run connwatch"));
	/* Once more, and not for ever. */
	assert_in_range(refusals, 980, 998);
}

/* Then libbpf goes through all the kernel's types by itself. */
static void test_types_that_cannot_be_kept(void **state)
{
	struct hooks *hooks;
	char message[256];

	(void)state;
	need_bpf();
	for (int i = 0; i < 2; i++) {
		has_no_memory_files = i;
		memory_files = 0;
		hooks = arm(message, sizeof(message));
		assert_non_null(hooks);
		assert_int_equal(memory_files, 1);
		hooks_disarm(hooks);
	}
	has_no_memory_files = false;
}

static void test_objects_are_let_go(void **state)
{
	struct hooks *hooks;
	char message[256];

	(void)state;
	need_bpf();
	hooks = arm(message, sizeof(message));
	assert_non_null(hooks);
	assert_null(hooks->objects[OBJECT_FIRST].skeleton);
	assert_non_null(hooks_program(hooks, "tcp_state__tp_btf"));
	assert_null(hooks_program(hooks, "name_lookup__uprobe__return"));
	assert_int_equal(hooks_lost(hooks, LOST_RING), 0);
	hooks_disarm(hooks);
}

struct told {
	size_t calls;
	uint64_t count;
};

static void take_time_wait(void *ctx, const struct time_wait_key *key, uint64_t count)
{
	struct told *told = ctx;

	told->calls++;
	if (key->dport == 4711)
		told->count += count;
}

/* Linux before 5.14 knows no look-up with removal in hash tables. */
static void test_time_waits_of_old_kernels(void **state)
{
	struct time_wait_key key = { .dport = 4711 };
	uint64_t count = 7;
	struct told told = { 0 };
	struct hooks *hooks;
	char message[256];
	int map;

	(void)state;
	need_bpf();
	hooks = arm(message, sizeof(message));
	assert_non_null(hooks);
	map = hooks->loaded.maps[MAP_TIME_WAITS];
	refused_command = BPF_MAP_LOOKUP_AND_DELETE_ELEM;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(bpf_map_update_elem(map, &key, &count, BPF_ANY), 0);
		hooks_each_time_wait(hooks, take_time_wait, &told);
		refused_command = -1;
	}
	assert_int_equal(told.count, 14);
	assert_true(bpf_map_lookup_elem(map, &key, &count) < 0);
	hooks_disarm(hooks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_refusal_of_the_moment),
		cmocka_unit_test(test_a_refusal_that_lasts),
		cmocka_unit_test(test_types_that_cannot_be_kept),
		cmocka_unit_test(test_objects_are_let_go),
		cmocka_unit_test(test_time_waits_of_old_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
