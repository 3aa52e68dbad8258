// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/elf_functions.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* What is larger is no library's table of symbols, but somebody's attempt at our memory. */
enum { TABLE_BYTES_MAX = 32 * 1024 * 1024 };

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE
#endif

/* The arguments of another machine's or a 32 bit program's functions lie elsewhere. */
static bool is_native(Elf *elf)
{
	GElf_Ehdr header;

	return elf_kind(elf) == ELF_K_ELF && gelf_getclass(elf) == ELFCLASS64 &&
	       gelf_getehdr(elf, &header) && header.e_machine == MACHINE &&
	       header.e_type == ET_DYN;
}

/* The offset in the file of an address that is mapped to be executed; 0: it is not. */
static uint64_t file_offset(Elf *elf, uint64_t address, uint64_t file_size)
{
	size_t count;
	GElf_Phdr load;

	if (elf_getphdrnum(elf, &count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t offset;

		if (!gelf_getphdr(elf, (int)i, &load))
			return 0;
		if (load.p_type != PT_LOAD || !(load.p_flags & PF_X) || address < load.p_vaddr ||
		    address - load.p_vaddr >= load.p_filesz)
			continue;
		offset = address - load.p_vaddr + load.p_offset;
		return offset < file_size ? offset : 0;
	}
	return 0;
}

static bool has_sane_size(Elf_Scn *section, uint64_t file_size)
{
	GElf_Shdr header;

	return section && gelf_getshdr(section, &header) && header.sh_size <= file_size &&
	       header.sh_size <= TABLE_BYTES_MAX;
}

/* The section of the dynamic symbols, its strings' index in *@strings; NULL: none that is sane. */
static Elf_Scn *find_symbols(Elf *elf, uint64_t file_size, size_t *strings, size_t *count)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM)
			continue;
		if (!has_sane_size(section, file_size) ||
		    !has_sane_size(elf_getscn(elf, header.sh_link), file_size))
			return NULL;
		*strings = header.sh_link;
		*count = header.sh_size / sizeof(Elf64_Sym);
		return section;
	}
	return NULL;
}

static int find_in(Elf *elf, uint64_t file_size, struct elf_function *functions, size_t count)
{
	size_t strings, symbol_count;
	Elf_Scn *section = find_symbols(elf, file_size, &strings, &symbol_count);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	int found = 0;

	for (size_t i = 0; data && i < symbol_count; i++) {
		const char *name;
		GElf_Sym symbol;

		if (!gelf_getsym(data, (int)i, &symbol))
			break;
		if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF)
			continue;
		name = elf_strptr(elf, strings, symbol.st_name);
		for (size_t k = 0; name && k < count; k++) {
			if (functions[k].offset || strcmp(functions[k].name, name))
				continue;
			functions[k].offset = file_offset(elf, symbol.st_value, file_size);
			found += functions[k].offset != 0;
		}
	}
	return found;
}

int elf_find_functions(int fd, struct elf_function *functions, size_t count)
{
	struct stat st;
	Elf *elf;
	int found = -ENOEXEC;

	for (size_t i = 0; i < count; i++)
		functions[i].offset = 0;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	/* Read, not mapped: who shortens the file meanwhile shall not end us by SIGBUS. */
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return -ENOEXEC;
	if (is_native(elf))
		found = find_in(elf, (uint64_t)st.st_size, functions, count);
	elf_end(elf);
	return found;
}
