// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/elf_functions.h"

#include <stdbool.h>
#include <string.h>

#include "kernel/elf_file.h"

/* OpenSSL's libcrypto, the largest that is looked into, exports under 6000. */
enum { SYMBOLS_MAX = 65536 };

/* The offset in the file of an address that is mapped to be executed; 0: it is not. */
static uint64_t file_offset(const struct elf_file *file, uint64_t address)
{
	size_t count;
	GElf_Phdr load;

	if (elf_getphdrnum(file->elf, &count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t offset;

		if (!gelf_getphdr(file->elf, (int)i, &load))
			return 0;
		if (load.p_type != PT_LOAD || !(load.p_flags & PF_X) || address < load.p_vaddr ||
		    address - load.p_vaddr >= load.p_filesz)
			continue;
		offset = address - load.p_vaddr + load.p_offset;
		return offset < file->size ? offset : 0;
	}
	return 0;
}

/* The dynamic symbols, and their strings in *@strings; NULL: none that are sane. */
static Elf_Data *find_symbols(struct elf_file *file, Elf_Data **strings)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(file->elf, section))) {
		Elf_Data *symbols;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM)
			continue;
		symbols = elf_file_data(file, section, &header);
		*strings = elf_file_strings(file, header.sh_link);
		return *strings ? symbols : NULL;
	}
	return NULL;
}

/* The name of a function that is in the file; NULL or "": it is none. */
static const char *function_name(const GElf_Sym *symbol, const Elf_Data *strings)
{
	if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF)
		return NULL;
	return elf_file_string(strings, symbol->st_name);
}

static int find_in(struct elf_file *file, struct elf_function *functions, size_t count)
{
	Elf_Data *strings = NULL, *symbols = find_symbols(file, &strings);
	int found = 0;
	GElf_Sym symbol;

	for (int i = 0; symbols && i < SYMBOLS_MAX && gelf_getsym(symbols, i, &symbol); i++) {
		const char *name = function_name(&symbol, strings);

		/* Nobody asks for a function without a name, but a file may have one. */
		if (!name || !*name)
			continue;
		for (size_t k = 0; k < count; k++) {
			if (functions[k].offset || strcmp(functions[k].name, name))
				continue;
			functions[k].offset = file_offset(file, symbol.st_value);
			found += functions[k].offset != 0;
		}
	}
	return found;
}

int elf_find_functions(int fd, struct elf_function *functions, size_t count)
{
	struct elf_file file;
	int found;

	for (size_t i = 0; i < count; i++)
		functions[i].offset = 0;
	found = elf_file_open(&file, fd, true);
	if (found)
		return found;
	found = find_in(&file, functions, count);
	elf_file_close(&file);
	return found;
}
