/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as a library, and as what a process has mapped: nothing may crash
 * or hang, no offset may lie beyond the file, no name outside its line. Both
 * are what any process or container of the machine can put there.
 *
 * With libFuzzer: compile this file and all of user/ but main.o with clang
 * -fsanitize=fuzzer,address,undefined, and start it on copies of libraries.
 *
 * Without it FUZZ_DRIVER adds a main() that takes the smaller libraries and the
 * mappings of its own process, each also with bytes changed (fixed seed).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/elf_functions.h"
#include "kernel/elf_imports.h"
#include "kernel/mappings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_library: %s\n", what);
	abort();
}

static void as_library(const uint8_t *data, size_t size)
{
	struct elf_function functions[] = { { "elf_begin", 0 }, { "SSL_free", 0 }, { "", 0 } };
	struct elf_import imports[] = { { "malloc", 0, 0 }, { "strlen", 0, 0 } };
	struct elf_string strings[] = { { "out of memory", 0 } };
	int fd = memfd_create("library", MFD_CLOEXEC);

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size, "cannot make the file");
	elf_find_functions(fd, functions, 3);
	for (size_t i = 0; i < 3; i++)
		check(!functions[i].offset || functions[i].offset < size, "offset beyond the file");
	check(!functions[2].offset, "a function without a name");
	elf_find_imports(fd, imports, 2, strings, 1);
	for (size_t i = 0; i < 2; i++)
		check(!imports[i].offset || imports[i].offset < size, "offset beyond the file");
	close(fd);
}

static void as_mapping(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);
	struct mapping mapping = { .dev = 0 };

	check(line, "no memory");
	memcpy(line, data, size);
	line[size] = '\0';
	if (mapping_parse(line, &mapping))
		check(mapping.path >= line && mapping.path <= line + size &&
		      mapping.name >= mapping.path && mapping.name <= line + size,
		      "name outside its line");
	memcpy(line, data, size);
	mount_is_remote(line, mapping.dev);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_library(data, size);
	as_mapping(data, size);
	return 0;
}

#ifdef FUZZ_DRIVER

enum { CHANGES = 400, SEED = 20261121, FILE_BYTES_MAX = 1 << 20 };

static unsigned long runs;

/* A few bytes, most of them where the headers are, or a cut. */
static size_t change(uint8_t *data, size_t size)
{
	size_t near = size < 4096 ? size : 4096;
	size_t at = (size_t)rand() % (rand() % 4 ? near : size);

	if (rand() % 3 == 0)
		at = size - 1 - at;
	if (rand() % 8 == 0)
		return at + 1;
	for (size_t i = at; i < size && i < at + (1u << rand() % 4); i++)
		data[i] = rand() % 3 ? (uint8_t)rand() : rand() % 2 ? 0xff : 0;
	return size;
}

static void run_changed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	check(copy, "no memory");
	LLVMFuzzerTestOneInput(data, size);
	for (int i = 0; i < CHANGES; i++) {
		size_t left = size;

		memcpy(copy, data, size);
		for (int n = 1 + rand() % 3; n; n--)
			left = change(copy, left);
		LLVMFuzzerTestOneInput(copy, left);
		runs++;
	}
	free(copy);
}

static void run_mapping(void *ctx, const struct mapping *mapping)
{
	static uint8_t data[FILE_BYTES_MAX];
	FILE *file = fopen(mapping->path, "rb");
	size_t size = file ? fread(data, 1, sizeof(data), file) : 0;
	char line[512];

	(void)ctx;
	if (file)
		fclose(file);
	if (size && size < sizeof(data))
		run_changed(data, size);
	snprintf(line, sizeof(line), "%llx-%llx r-xp 00001000 fe:01 %llu   %s",
		 (unsigned long long)mapping->start, (unsigned long long)mapping->end,
		 (unsigned long long)mapping->inode, mapping->path);
	run_changed((const uint8_t *)line, strlen(line));
}

int main(void)
{
	srand(SEED);
	check(!mappings_each(getpid(), run_mapping, NULL), "cannot read the mappings");
	printf("%lu runs\n", runs);
	return runs ? 0 : 1;
}

#endif
