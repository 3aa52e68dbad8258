/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the functions that a library exports lie in its file. */
#ifndef CONNWATCH_ELF_FUNCTIONS_H
#define CONNWATCH_ELF_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

struct elf_function {
	const char *name;	/* "": none is looked for */
	uint64_t offset;	/* in the file; 0: not exported */
};

/*
 * Fills in the offsets of @functions from the dynamic symbols of the file @fd.
 * The file may be anybody's, and hostile. How many were found, or a negative
 * errno: -ENOEXEC when it is no library for this machine's own 64 bit programs.
 */
int elf_find_functions(int fd, struct elf_function *functions, size_t count);

#endif
