/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A program's or library's file that may be anybody's, and hostile: nothing is
 * handed to libelf before its header promises little work, and no more is read
 * of it than a bounded number of bytes.
 */
#ifndef CONNWATCH_ELF_FILE_H
#define CONNWATCH_ELF_FILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

struct elf_file {
	Elf *elf;
	uint64_t size;
	uint64_t left;		/* bytes of sections that may still be read */
};

/*
 * Opens the regular file @fd, which must stay open until elf_file_close(). 0, or a
 * negative errno: -ENOEXEC when it is nothing for this machine's own 64 bit
 * programs to execute, or larger than any such file need be.
 */
int elf_file_open(struct elf_file *file, int fd, bool library_only);
void elf_file_close(struct elf_file *file);

/* What the section holds, and its header; NULL: nothing of sane size. */
Elf_Data *elf_file_data(struct elf_file *file, Elf_Scn *section, GElf_Shdr *header);
/* The same of strings: they end within it. */
Elf_Data *elf_file_strings(struct elf_file *file, size_t section);
/* One of them; NULL: beyond their end. */
const char *elf_file_string(const Elf_Data *strings, uint64_t offset);

#endif
