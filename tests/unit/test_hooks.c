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
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "kernel/hooks.h"
#include "kernel/kernel_types.h"
#include "kernel/sockets.h"
#include "kernel/uprobe_link.h"

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

static int objects_opened;

int bpf_object__open_skeleton(struct bpf_object_skeleton *skeleton,
			      const struct bpf_object_open_opts *opts)
{
	static int (*next)(struct bpf_object_skeleton *skeleton,
			   const struct bpf_object_open_opts *opts);

	objects_opened++;
	if (!next)
		next = (int (*)(struct bpf_object_skeleton *, const struct bpf_object_open_opts *))
			dlsym(RTLD_NEXT, "bpf_object__open_skeleton");
	return next(skeleton, opts);
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

static struct hooks *arm_as(const struct hooks_options *options, char *message, size_t size)
{
	struct hooks *hooks = NULL;

	if (geteuid())
		skip();
	if (hooks_arm(&hooks, options, message, size)) {
		hooks_disarm(hooks);
		return NULL;
	}
	return hooks;
}

static struct hooks *arm(char *message, size_t size)
{
	static const char *const layers[] = { "transport" };

	return arm_as(&(struct hooks_options){ .layers = layers, .layer_count = 1 }, message, size);
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
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
	int descriptors;

	(void)state;
	need_bpf();
	refused_program = "tcp_state";
	refusals = 1000;
	descriptors = open_descriptors();
	assert_null(arm(message, sizeof(message)));
	assert_int_equal(open_descriptors(), descriptors);
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
	int descriptors = open_descriptors();
	struct hooks *hooks;
	char message[256];

	(void)state;
	need_bpf();
	objects_opened = 0;
	hooks = arm(message, sizeof(message));
	assert_non_null(hooks);
	assert_int_equal(objects_opened, 1);
	assert_null(hooks->objects[OBJECT_FIRST].skeleton);
	assert_non_null(hooks_program(hooks, "tcp_state__tp_btf"));
	assert_null(hooks_program(hooks, "name_lookup__uprobe__return"));
	hooks_disarm(hooks);
	assert_int_equal(open_descriptors(), descriptors);
}

struct calls {
	int loaded, gone;
	bool found;	/* the programs that were told of */
};

static void uprobes_loaded(void *ctx, struct hooks *hooks)
{
	struct calls *calls = ctx;

	calls->loaded++;
	calls->found = hooks_program(hooks, "name_lookup__uprobe__return");
}

static void uprobes_gone(void *ctx)
{
	struct calls *calls = ctx;

	calls->gone++;
}

/* Another object's: what is refused once makes both be loaded anew. */
static void test_uprobes(void **state)
{
	struct calls calls = { 0 };
	const struct hooks_options options = {
		.uprobes_loaded = uprobes_loaded, .uprobes_gone = uprobes_gone, .ctx = &calls,
	};
	int descriptors = open_descriptors();
	struct hooks *hooks;
	char message[256];

	(void)state;
	need_bpf();
	for (int refused = 0; refused < 2; refused++) {
		calls = (struct calls){ 0 };
		objects_opened = 0;
		refused_program = "tcp_state";
		refusals = refused * 2;
		hooks = arm_as(&options, message, sizeof(message));
		assert_non_null(hooks);
		assert_int_equal(calls.loaded, 1 + refused);
		assert_int_equal(calls.gone, refused);
		assert_int_equal(objects_opened, 2 * (1 + refused));
		assert_true(calls.found);
		assert_non_null(hooks_program(hooks, "name_lookup__uprobe__return"));
		assert_non_null(hooks_program(hooks, "dns_answer__tp_btf"));
		assert_true(!hooks->objects[OBJECT_SECOND].skeleton != uprobe_needs_object());
		hooks_disarm(hooks);
		assert_int_equal(open_descriptors(), descriptors);
	}
}

/* User space and programs have the same words: the query of a look decides what it finds. */
static void take_row(void *ctx, const struct socket_row *row)
{
	int *rows = ctx;

	*rows += row->who.pid == (uint32_t)getpid();
}

static void test_what_is_shared(void **state)
{
	struct sockets_query query = { .mode = SOCKETS_BY_INODE, .count = 1 };
	struct hooks *hooks;
	char message[256];
	int rows = 0, fd;
	struct stat st;

	(void)state;
	need_bpf();
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(fstat(fd, &st), 0);
	hooks = arm(message, sizeof(message));
	assert_non_null(hooks);
	assert_int_equal(sockets_find(hooks, &query, take_row, &rows), 0);
	assert_int_equal(rows, 0);
	query.inodes[0] = st.st_ino;
	assert_int_equal(sockets_find(hooks, &query, take_row, &rows), 0);
	assert_int_equal(rows, 1);
	hooks_disarm(hooks);
	close(fd);
}

/* A small part of them, which libbpf can read. */
static void test_types_are_kept(void **state)
{
	struct btf *local = btf__new_empty(), *all, *kept;
	struct kernel_types *types;

	(void)state;
	all = btf__load_vmlinux_btf();
	if (!all)
		skip();
	btf__add_struct(local, "sock", 8);
	types = kernel_types_begin(NULL);
	assert_int_equal(kernel_types_keep(types, local), 0);
	assert_non_null(kernel_types_path(types));
	kept = btf__parse(kernel_types_path(types), NULL);
	assert_non_null(kept);
	assert_true(btf__find_by_name_kind(kept, "sock", BTF_KIND_STRUCT) > 0);
	assert_in_range(btf__type_cnt(kept), 2, btf__type_cnt(all) / 10);
	btf__free(kept);
	btf__free(local);
	btf__free(all);
	kernel_types_close(types);
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

struct destinations {
	struct hooks *hooks;
	bool seen[DESTINATIONS_MAX];
	size_t calls, different;
};

/* While they are read, others come and push out what was told just now. */
static void take_destination(void *ctx, const struct destination_key *key, uint64_t count)
{
	struct destinations *told = ctx;

	if (key->dport != 4711)
		return;
	assert_int_equal(count, 3);
	told->calls++;
	told->different += !told->seen[key->netns];
	told->seen[key->netns] = true;
	if (told->calls % 10 == 0)
		bpf_map_delete_elem(told->hooks->loaded.maps[MAP_DESTINATIONS], key);
}

static void run_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* All that the table promises to hold, and each once. */
static void test_destinations(void **state)
{
	struct destinations told = { 0 };
	struct destination_key key = { .dport = 4711 };
	uint64_t count = 3;
	char message[256];
	cpu_set_t before;

	(void)state;
	need_bpf();
	told.hooks = arm(message, sizeof(message));
	assert_non_null(told.hooks);
	sched_getaffinity(0, sizeof(before), &before);
	for (uint32_t i = 0; i < DESTINATIONS_MAX; i++) {
		key.netns = i;
		/* Each processor keeps some room to itself, the last one what it did not need. */
		run_on(!i ? CPU_COUNT(&before) - 1 : 0);
		assert_int_equal(bpf_map_update_elem(told.hooks->loaded.maps[MAP_DESTINATIONS],
						     &key, &count, BPF_ANY), 0);
	}
	hooks_each_destination(told.hooks, take_destination, &told);
	sched_setaffinity(0, sizeof(before), &before);
	assert_int_equal(told.calls, DESTINATIONS_MAX);
	assert_int_equal(told.different, DESTINATIONS_MAX);
	hooks_disarm(told.hooks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_refusal_of_the_moment),
		cmocka_unit_test(test_a_refusal_that_lasts),
		cmocka_unit_test(test_types_that_cannot_be_kept),
		cmocka_unit_test(test_objects_are_let_go),
		cmocka_unit_test(test_uprobes),
		cmocka_unit_test(test_what_is_shared),
		cmocka_unit_test(test_types_are_kept),
		cmocka_unit_test(test_time_waits_of_old_kernels),
		cmocka_unit_test(test_destinations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
