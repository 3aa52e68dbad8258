/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Libraries: what a process has mapped, and where a file's exported functions lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/elf_functions.h"
#include "kernel/mappings.h"

static bool parse(const char *text, char *line, struct mapping *out)
{
	strcpy(line, text);
	return mapping_parse(line, out);
}

static void test_a_line(void **state)
{
	struct mapping m;
	char line[256];

	(void)state;
	assert_true(parse("7f10-7f20 r-xp 00001000 fd:1a 1234567 /opt/a b/libssl.so.3\n", line, &m));
	assert_int_equal(m.start, 0x7f10);
	assert_int_equal(m.end, 0x7f20);
	assert_true(m.executable);
	assert_true(m.dev == makedev(0xfd, 0x1a));
	assert_int_equal(m.inode, 1234567);
	assert_string_equal(m.path, "/opt/a b/libssl.so.3");
	assert_string_equal(m.name, "libssl.so.3");
	assert_true(parse("7f10-7f20 rw-p 00000000 00:00 0 \n", line, &m));
	assert_false(m.executable);
	assert_string_equal(m.path, "");
	assert_string_equal(m.name, "");
}

static void test_lines_that_are_none(void **state)
{
	static const char *const lines[] = {
		"", "\n", "7f10", "7f10-", "x-y r-xp 0 0:0 0", "7f10-7f20 r-xp 0 fd:1a",
		"7f10-7f20 r-xp 0 fd 12 /x", " \n",
	};
	struct mapping m;
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(parse(lines[i], line, &m));
}

struct own {
	uint64_t address;
	char path[256];
	uint64_t start;
};

static void find_own(void *ctx, const struct mapping *mapping)
{
	struct own *own = ctx;

	if (own->address < mapping->start || own->address >= mapping->end)
		return;
	own->start = mapping->start;
	strncpy(own->path, mapping->path, sizeof(own->path) - 1);
}

/*
 * The bytes at the offset in the file are the function's own: one that nobody
 * probes, for a breakpoint would show.
 */
static void test_a_function_of_libc(void **state)
{
	struct elf_function functions[] = { { "gai_strerror", 0 }, { "no_such_function", 0 },
					    { "", 0 } };
	void *address = dlsym(RTLD_DEFAULT, "gai_strerror");
	struct own own = { .address = (uint64_t)address };
	unsigned char bytes[16];
	int fd, root_fd;

	(void)state;
	assert_non_null(address);
	assert_int_equal(mappings_each(getpid(), find_own, &own), 0);
	assert_true(own.path[0] == '/');
	root_fd = root_open(getpid());
	assert_true(root_fd >= 0);
	fd = root_open_file(root_fd, own.path);
	close(root_fd);
	assert_true(fd >= 0);
	assert_int_equal(elf_find_functions(fd, functions, 3), 1);
	assert_int_equal(functions[1].offset, 0);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), (off_t)functions[0].offset), 16);
	assert_memory_equal(bytes, address, 16);
	close(fd);
}

static void test_no_such_process(void **state)
{
	struct own own = { 0 };

	(void)state;
	assert_true(mappings_each(0x7ffffff0, find_own, &own) < 0);
	assert_true(root_open(0x7ffffff0) < 0);
}

/* Every cut and many a damage of a real library: no harm, and no offset beyond the file. */
static void test_damaged_files(void **state)
{
	struct elf_function function = { "getaddrinfo", 0 };
	struct own own = { .address = (uint64_t)dlsym(RTLD_DEFAULT, "getaddrinfo") };
	int fd = memfd_create("damaged", MFD_CLOEXEC), from;
	struct stat st;
	char *bytes;

	(void)state;
	mappings_each(getpid(), find_own, &own);
	from = open(own.path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && from >= 0 && !fstat(from, &st));
	bytes = malloc((size_t)st.st_size);
	assert_int_equal(read(from, bytes, (size_t)st.st_size), st.st_size);
	assert_int_equal(write(fd, bytes, (size_t)st.st_size), st.st_size);
	srandom(1);
	for (int i = 0; i < 200; i++) {
		/* Headers at both ends, or the tables behind the program headers. */
		off_t at = random() % (i % 2 ? 64 : 0x20000);
		char wrong = (char)random(), right;

		if (i % 4 == 0)
			at = st.st_size - 1 - random() % 4096;
		assert_int_equal(pread(fd, &right, 1, at), 1);
		pwrite(fd, &wrong, 1, at);
		elf_find_functions(fd, &function, 1);
		assert_true(function.offset < (uint64_t)st.st_size);
		pwrite(fd, &right, 1, at);
	}
	for (off_t size = st.st_size; size > 0; size = size * 7 / 8) {
		assert_int_equal(ftruncate(fd, size), 0);
		elf_find_functions(fd, &function, 1);
		assert_true(function.offset < (uint64_t)size);
	}
	free(bytes);
	close(from);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line),
		cmocka_unit_test(test_lines_that_are_none),
		cmocka_unit_test(test_a_function_of_libc),
		cmocka_unit_test(test_no_such_process),
		cmocka_unit_test(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
