/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a program calls the functions of its libraries, and where its constant strings lie. */
#ifndef CONNWATCH_ELF_IMPORTS_H
#define CONNWATCH_ELF_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

/* The stub in the procedure linkage table through which every call of a function goes. */
struct elf_import {
	const char *name;
	uint64_t address;	/* as the file was linked; 0: not called so */
	uint64_t offset;	/* in the file */
};

struct elf_string {
	const char *text;
	uint64_t address;	/* of the first that ends like this; 0: there is none */
};

/*
 * Fills in what the file @fd has of @imports and @strings. The file may be
 * anybody's, and hostile. How many imports were found, or a negative errno:
 * -ENOEXEC when it is no program of this machine's own 64 bit kind.
 */
int elf_find_imports(int fd, struct elf_import *imports, size_t import_count,
		     struct elf_string *strings, size_t string_count);

#endif
