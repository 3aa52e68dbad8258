/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Libraries: what a process has mapped, and where a file's exported functions lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf_sample.h"
#include "kernel/elf_functions.h"
#include "kernel/files_seen.h"
#include "kernel/mappings.h"
#include "kernel/return_probes.h"
#include "kernel/roots.h"
#include "kernel/uprobe_link.h"

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

static bool is_remote(const char *text, dev_t dev)
{
	char line[256];

	strcpy(line, text);
	return mount_is_remote(line, dev);
}

static void test_remote_mounts(void **state)
{
	static const char *const home =
		"61 28 0:52 / /home/a\\040b rw,relatime shared:31 - nfs4 server:/home rw,vers=4.2\n";
	struct mapping own = { .dev = makedev(0, 1) };

	(void)state;
	assert_true(is_remote(home, makedev(0, 52)));
	assert_false(is_remote(home, makedev(0, 53)));
	assert_true(is_remote("61 28 0:52 / /x rw - fuse.sshfs a@b:/ rw", makedev(0, 52)));
	assert_true(is_remote("61 28 0:52 / /x rw master:1 shared:2 - cifs", makedev(0, 52)));
	assert_false(is_remote("28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n",
			       makedev(8, 1)));
	assert_false(is_remote("28 1 8:1 / / rw - nfsd nfsd rw\n", makedev(8, 1)));
	assert_false(is_remote("61 28 0:52 / /x rw nfs", makedev(0, 52)));
	assert_false(is_remote(" - nfs", 0));
	assert_false(is_remote("", 0));
	assert_false(mapping_is_remote(getpid(), &own));
	assert_false(mapping_is_remote(0x7ffffff0, &own));
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

static int find_in_sample(const struct elf_sample *sample, struct elf_function *functions,
			  size_t count)
{
	int fd = elf_sample_file(sample, sizeof(*sample)), found;

	assert_true(fd >= 0);
	found = elf_find_functions(fd, functions, count);
	close(fd);
	return found;
}

/* Who asks for nothing gets nothing, even of a file whose function has no name. */
static void test_a_function_without_a_name(void **state)
{
	struct elf_function functions[] = { { "getaddrinfo", 0 }, { "", 0 } };
	struct elf_sample sample;

	(void)state;
	elf_sample_make(&sample, "getaddrinfo");
	assert_int_equal(find_in_sample(&sample, functions, 2), 1);
	assert_int_equal(functions[0].offset, sample.symbols[1].st_value);
	assert_int_equal(functions[1].offset, 0);
	sample.symbols[1].st_name = 0;
	assert_int_equal(find_in_sample(&sample, functions, 2), 0);
	assert_int_equal(functions[1].offset, 0);
	/* An empty name elsewhere than at the beginning, and one beyond the strings. */
	sample.symbols[1].st_name = SAMPLE_STRINGS - 1;
	assert_int_equal(find_in_sample(&sample, functions, 2), 0);
	sample.symbols[1].st_name = SAMPLE_STRINGS;
	assert_int_equal(find_in_sample(&sample, functions, 2), 0);
}

/* The number of sections is the file's own word: memory must not follow it. */
static void test_millions_of_sections(void **state)
{
	const uint64_t count = 500000;
	struct elf_function function = { "getaddrinfo", 0 };
	struct rusage before, after;
	struct elf_sample sample;
	int fd;

	(void)state;
	elf_sample_make(&sample, "getaddrinfo");
	sample.header.e_shnum = 0;
	sample.sections[0].sh_size = count;
	fd = elf_sample_file(&sample, (off_t)(sizeof(sample) + count * sizeof(Elf64_Shdr)));
	assert_true(fd >= 0 && !getrusage(RUSAGE_SELF, &before));
	assert_int_equal(elf_find_functions(fd, &function, 1), -ENOEXEC);
	assert_false(getrusage(RUSAGE_SELF, &after));
	assert_true(after.ru_maxrss - before.ru_maxrss < 8 * 1024);
	/* No more than is sane in the header either, nor a file larger than any library. */
	sample.header.e_shnum = 0xfeff;
	assert_true(pwrite(fd, &sample, sizeof(sample), 0) == sizeof(sample));
	assert_int_equal(elf_find_functions(fd, &function, 1), -ENOEXEC);
	elf_sample_make(&sample, "getaddrinfo");
	assert_true(pwrite(fd, &sample, sizeof(sample), 0) == sizeof(sample));
	assert_int_equal(elf_find_functions(fd, &function, 1), 1);
	assert_false(ftruncate(fd, 1LL << 40));
	assert_int_equal(elf_find_functions(fd, &function, 1), -ENOEXEC);
	close(fd);
}

/* Tables that claim to be large, and strings without an end: neither read nor searched. */
static void test_large_tables(void **state)
{
	const uint64_t large = 64 * 1024 * 1024;
	struct elf_function function = { "getaddrinfo", 0 };
	struct elf_sample sample;
	int fd;

	(void)state;
	for (int section = 1; section <= 2; section++) {
		elf_sample_make(&sample, "getaddrinfo");
		sample.sections[section].sh_size = large;
		fd = elf_sample_file(&sample, (off_t)(large + sizeof(sample)));
		assert_true(fd >= 0);
		assert_int_equal(elf_find_functions(fd, &function, 1), 0);
		close(fd);
	}
	elf_sample_make(&sample, "getaddrinfo");
	sample.strings[SAMPLE_STRINGS - 1] = 'x';
	assert_int_equal(find_in_sample(&sample, &function, 1), 0);
}

static size_t add_files(struct files_seen *files, uid_t owner, size_t count)
{
	static uint64_t inode;
	size_t before = files->count;

	for (size_t i = 0; i < count; i++) {
		struct file_seen file = { .dev = 1, .inode = inode + 1, .owner = owner };

		inode++;
		files_add(files, &file);
	}
	return files->count - before;
}

/* One user has half of the table at most, all of them three quarters: root's files find room. */
static void test_shares_of_the_files(void **state)
{
	struct files_seen *files = calloc(1, sizeof(*files));

	(void)state;
	assert_non_null(files);
	assert_int_equal(add_files(files, 1000, FILES_MAX * 2), FILES_MAX / 2);
	assert_false(files_have_room(files, 1000));
	assert_int_equal(add_files(files, 1001, FILES_MAX), FILES_MAX / 4);
	assert_false(files_have_room(files, 1002));
	assert_true(files_have_room(files, 0));
	assert_int_equal(add_files(files, 0, FILES_MAX), FILES_MAX / 4);
	assert_false(files_have_room(files, 0));
	free(files);
}

/* Files that are met no more make room; those of a library stay until it is forgotten. */
static void test_files_not_met_again(void **state)
{
	struct files_seen *files = calloc(1, sizeof(*files));
	struct library *library = (struct library *)files;
	struct file_seen of_library = { .dev = 2, .inode = 7, .library = library };

	(void)state;
	assert_non_null(files);
	assert_int_equal(add_files(files, 1000, FILES_MAX), FILES_MAX / 2);
	files_add(files, &of_library);
	assert_true(files_have_met(files, library));
	files_end_round(files);
	assert_int_equal(files->count, FILES_MAX / 2 + 1);
	assert_false(files_have_met(files, library));
	files->files[3].met = true;
	files_end_round(files);
	assert_int_equal(files->count, 2);
	assert_non_null(files_find(files, 2, 7));
	files_forget(files, library);
	assert_null(files_find(files, 2, 7));
	files_end_round(files);
	assert_int_equal(files->count, 0);
	free(files);
}

static void test_roots(void **state)
{
	struct root own = root_of(getpid()), other = { own.dev, own.inode + 1 };
	struct roots *roots = calloc(1, sizeof(*roots));

	(void)state;
	assert_non_null(roots);
	assert_true(own.inode != 0);
	assert_int_equal(root_of(0x7ffffff0).inode, 0);
	assert_int_equal(roots_mark(roots, &own), ROOT_NEW);
	assert_int_equal(roots_mark(roots, &other), ROOT_NEW);
	roots_end_round(roots);
	assert_int_equal(roots_mark(roots, &own), ROOT_KNOWN);
	assert_false(roots_have_lost(roots, &own));
	assert_true(roots_have_lost(roots, &other));
	roots_end_round(roots);
	assert_false(roots_have_lost(roots, &other));
	assert_int_equal(roots_mark(roots, &other), ROOT_NEW);
	roots_forget(roots, &other);
	assert_int_equal(roots_mark(roots, &other), ROOT_NEW);
	for (uint64_t i = 2; i < ROOTS_MAX; i++)
		assert_int_equal(roots_mark(roots, &(struct root){ 99, i }), ROOT_NEW);
	assert_int_equal(roots_mark(roots, &(struct root){ 99, 1 }), ROOT_NO_ROOM);
	free(roots);
}

/*
 * A kernel that heeds filters where it must not is played by a call that ends who
 * makes it, and that every kernel filters: a return from a signal that there was not.
 */
static void test_return_probes(void **state)
{
	(void)state;
	assert_true(return_probes_call_is_filtered(SYS_rt_sigreturn));
	assert_false(return_probes_call_is_filtered(SYS_getpid));
	assert_false(return_probes_call_is_filtered(100000));
	/* No zombie is left for the session to wonder about. */
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void test_a_program_that_is_not_loaded(void **state)
{
	struct uprobe_link *link = NULL;

	(void)state;
	assert_int_equal(uprobe_link_open(&link, NULL, 0, 16, false), -ENOENT);
	assert_null(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line),
		cmocka_unit_test(test_lines_that_are_none),
		cmocka_unit_test(test_remote_mounts),
		cmocka_unit_test(test_a_function_of_libc),
		cmocka_unit_test(test_no_such_process),
		cmocka_unit_test(test_damaged_files),
		cmocka_unit_test(test_a_function_without_a_name),
		cmocka_unit_test(test_millions_of_sections),
		cmocka_unit_test(test_large_tables),
		cmocka_unit_test(test_shares_of_the_files),
		cmocka_unit_test(test_files_not_met_again),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_return_probes),
		cmocka_unit_test(test_a_program_that_is_not_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
