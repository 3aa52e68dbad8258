/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stubs and strings of a program's file: this test's own, and damaged copies of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/elf_imports.h"

static const char text[] = "a text that only this test has: %s@%s";

static int take_bias(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	*(uint64_t *)ctx = info->dlpi_addr;
	return 1; /* the first is the program itself */
}

static int open_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* To call the stub is to call the function, and the string is where the program has it. */
static void test_own_file(void **state)
{
	struct elf_import imports[] = { { "getppid", 0, 0 }, { "no_such_function", 0, 0 } };
	struct elf_string strings[] = { { text, 0 }, { "a text that no program" " has", 0 } };
	unsigned char bytes[8];
	pid_t (*stub)(void);
	uint64_t bias = 0;
	int fd = open_self();

	(void)state;
	dl_iterate_phdr(take_bias, &bias);
	/* No stubs: built with -fno-plt, or statically. */
	if (elf_find_imports(fd, imports, 2, strings, 1) == 0)
		skip();
	assert_int_equal(elf_find_imports(fd, imports, 2, strings, 1), 1);
	assert_ptr_equal((void *)(bias + strings[0].address), text);
	assert_int_equal(imports[1].address, 0);
	stub = (pid_t (*)(void))(bias + imports[0].address);
	assert_int_equal(stub(), getppid());
	assert_int_equal(pread(fd, bytes, sizeof(bytes), (off_t)imports[0].offset), 8);
	assert_memory_equal(bytes, (void *)stub, 8);
	close(fd);
}

static void test_no_program(void **state)
{
	struct elf_import import = { "getppid", 7, 7 };
	int fd = memfd_create("none", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(elf_find_imports(fd, &import, 1, NULL, 0), -ENOEXEC);
	assert_int_equal(write(fd, "#!/bin/sh\n", 10), 10);
	assert_int_equal(elf_find_imports(fd, &import, 1, NULL, 0), -ENOEXEC);
	assert_int_equal(import.address, 0);
	assert_int_equal(import.offset, 0);
	close(fd);
	assert_true(elf_find_imports(fd, &import, 1, NULL, 0) < 0);
}

/* Every cut and many a damage: no harm, and no offset beyond the file. */
static void test_damaged_files(void **state)
{
	struct elf_import import = { "getppid", 0, 0 };
	struct elf_string string = { text, 0 };
	int fd = memfd_create("damaged", MFD_CLOEXEC), from = open_self();
	struct stat st;
	char *bytes;

	(void)state;
	assert_true(fd >= 0 && !fstat(from, &st));
	bytes = malloc((size_t)st.st_size);
	assert_non_null(bytes);
	assert_int_equal(read(from, bytes, (size_t)st.st_size), st.st_size);
	assert_int_equal(write(fd, bytes, (size_t)st.st_size), st.st_size);
	srandom(1);
	for (int i = 0; i < 200; i++) {
		/* Headers and tables at the beginning, section headers at the end. */
		off_t at = random() % (i % 2 ? 64 : 0x4000);
		char wrong = (char)random(), right;

		if (i % 4 == 0)
			at = st.st_size - 1 - random() % 2560;
		assert_int_equal(pread(fd, &right, 1, at), 1);
		assert_int_equal(pwrite(fd, &wrong, 1, at), 1);
		elf_find_imports(fd, &import, 1, &string, 1);
		assert_true(import.offset < (uint64_t)st.st_size);
		assert_int_equal(pwrite(fd, &right, 1, at), 1);
	}
	for (off_t size = st.st_size; size > 0; size = size * 7 / 8) {
		assert_int_equal(ftruncate(fd, size), 0);
		elf_find_imports(fd, &import, 1, &string, 1);
		assert_true(import.offset < (uint64_t)size);
	}
	free(bytes);
	close(from);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_file),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
