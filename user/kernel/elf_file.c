// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/elf_file.h"

#include <errno.h>
#include <libelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * What is larger is no library, but somebody's attempt at our memory or time:
 * libelf makes a structure of some 300 bytes for every section there is. Debian's
 * largest that is looked into has 30 sections and 350 kB of symbols and strings.
 */
enum {
	SECTIONS_MAX = 256,
	SEGMENTS_MAX = 64,
	FILE_BYTES_MAX = 256 * 1024 * 1024,
	READ_BYTES_MAX = 16 * 1024 * 1024,
};

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_HERE ELFDATA2LSB
#else
#define BYTE_ORDER_HERE ELFDATA2MSB
#endif

/*
 * The arguments of another machine's or a 32 bit program's functions lie elsewhere.
 * No sections, or segments, by number: then the first section has the number (gABI,
 * "Extended section header"), which no linker needs for what is looked into here.
 */
static bool is_sane(const Elf64_Ehdr *header, bool library_only)
{
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_ident[EI_DATA] == BYTE_ORDER_HERE && header->e_machine == MACHINE &&
	       (header->e_type == ET_DYN || (header->e_type == ET_EXEC && !library_only)) &&
	       header->e_shnum && header->e_shnum <= SECTIONS_MAX &&
	       header->e_phnum <= SEGMENTS_MAX;
}

int elf_file_open(struct elf_file *file, int fd, bool library_only)
{
	Elf64_Ehdr header;
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX ||
	    pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    !is_sane(&header, library_only) || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	/* Read, not mapped: who shortens the file meanwhile shall not end us by SIGBUS. */
	file->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!file->elf)
		return -ENOEXEC;
	file->size = (uint64_t)st.st_size;
	file->left = READ_BYTES_MAX;
	return 0;
}

void elf_file_close(struct elf_file *file)
{
	elf_end(file->elf);
}

Elf_Data *elf_file_data(struct elf_file *file, Elf_Scn *section, GElf_Shdr *header)
{
	if (!section || !gelf_getshdr(section, header) || header->sh_type == SHT_NOBITS ||
	    header->sh_size > file->size || header->sh_size > file->left)
		return NULL;
	/* Of what libelf has already it costs nothing, but who asks often shall end, too. */
	file->left -= header->sh_size;
	return elf_getdata(section, NULL);
}

Elf_Data *elf_file_strings(struct elf_file *file, size_t section)
{
	GElf_Shdr header;
	Elf_Data *data = elf_file_data(file, elf_getscn(file->elf, section), &header);

	if (!data || !data->d_buf || !data->d_size ||
	    ((const char *)data->d_buf)[data->d_size - 1])
		return NULL;
	return data;
}

/* Not elf_strptr(): it looks for the end each time, and unpacks what says it is compressed. */
const char *elf_file_string(const Elf_Data *strings, uint64_t offset)
{
	return offset < strings->d_size ? (const char *)strings->d_buf + offset : NULL;
}
