// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/elf_imports.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/elf_file.h"

enum { IMPORTS_MAX = 8 };

struct image {
	struct elf_file file;
	struct elf_import *imports;
	size_t import_count;
	uint64_t slots[IMPORTS_MAX];	/* of the global offset table */
};

/*
 * The slot that a stub at @code jumps through, or 0. A stub is what the linkers
 * make: System V ABI for AMD64, 5.2 (with or without the marks of IBT and MPX).
 */
#if defined(__x86_64__)

static uint64_t stub_slot(const uint8_t *code, size_t size, uint64_t address)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	size_t at = size >= sizeof(endbr64) && !memcmp(code, endbr64, sizeof(endbr64)) ?
		    sizeof(endbr64) : 0;
	int32_t distance;

	if (at < size && code[at] == 0xf2)
		at++;
	if (at + 6 > size || code[at] != 0xff || code[at + 1] != 0x25)
		return 0;
	memcpy(&distance, code + at + 2, sizeof(distance));
	return address + at + 6 + (uint64_t)(int64_t)distance;
}
#elif defined(__aarch64__)

/* adrp x16, page; ldr x17, [x16, offset]; after bti c where the processor has it */
static uint64_t stub_slot(const uint8_t *code, size_t size, uint64_t address)
{
	uint32_t words[3];
	size_t at = 0;
	int64_t page;

	if (size < sizeof(words))
		return 0;
	memcpy(words, code, sizeof(words));
	if (words[0] == 0xd503245f)
		at = 1;
	if ((words[at] & 0x9f00001f) != 0x90000010 || (words[at + 1] & 0xffc003ff) != 0xf9400211)
		return 0;
	page = ((int64_t)(words[at] >> 5 & 0x7ffff) << 2 | (words[at] >> 29 & 3)) << 12;
	page = page << 31 >> 31;	/* 33 bits, signed */
	return ((address + at * 4) & ~0xfffULL) + (uint64_t)page +
	       (words[at + 1] >> 10 & 0xfff) * 8;
}
#else

static uint64_t stub_slot(const uint8_t *code, size_t size, uint64_t address)
{
	(void)code;
	(void)size;
	(void)address;
	return 0;
}
#endif

static void take_relocation(struct image *image, const GElf_Rela *rela, Elf_Data *symbols,
			    const Elf_Data *strings)
{
	const char *name;
	GElf_Sym symbol;

	if (!gelf_getsym(symbols, (int)GELF_R_SYM(rela->r_info), &symbol) || !symbol.st_name)
		return;
	name = elf_file_string(strings, symbol.st_name);
	for (size_t i = 0; name && i < image->import_count; i++)
		if (!strcmp(name, image->imports[i].name))
			image->slots[i] = rela->r_offset;
}

static void take_relocations(struct image *image, Elf_Data *data, const GElf_Shdr *header)
{
	Elf_Scn *section = elf_getscn(image->file.elf, header->sh_link);
	GElf_Shdr symbols_header;
	Elf_Data *symbols = elf_file_data(&image->file, section, &symbols_header), *strings;
	GElf_Rela rela;

	if (!symbols || symbols_header.sh_type != SHT_DYNSYM)
		return;
	strings = elf_file_strings(&image->file, symbols_header.sh_link);
	if (!strings)
		return;
	for (int i = 0; gelf_getrela(data, i, &rela); i++)
		if (GELF_R_SYM(rela.r_info))
			take_relocation(image, &rela, symbols, strings);
}

static void take_stub(struct image *image, uint64_t slot, const GElf_Shdr *header, size_t at)
{
	for (size_t i = 0; slot && i < image->import_count; i++) {
		struct elf_import *import = &image->imports[i];

		if (image->slots[i] != slot || import->address ||
		    header->sh_offset + at >= image->file.size)
			continue;
		import->address = header->sh_addr + at;
		import->offset = header->sh_offset + at;
	}
}

/* .plt, .plt.sec, .plt.got: stubs begin at multiples of eight bytes. */
static void take_stubs(struct image *image, const Elf_Data *data, const GElf_Shdr *header)
{
	for (size_t at = 0; at + 8 <= data->d_size; at += 8) {
		size_t left = data->d_size - at;

		take_stub(image, stub_slot((uint8_t *)data->d_buf + at, left < 16 ? left : 16,
					   header->sh_addr + at), header, at);
	}
}

static void take_strings(const Elf_Data *data, const GElf_Shdr *header,
			 struct elf_string *strings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(strings[i].text) + 1;
		const char *at = memmem(data->d_buf, data->d_size, strings[i].text, size);

		if (at && !strings[i].address)
			strings[i].address = header->sh_addr +
					     (uint64_t)(at - (const char *)data->d_buf);
	}
}

/* .plt, .plt.sec, .plt.got, .rodata: the others are not even read. */
static void take_code(struct image *image, Elf_Scn *section, const char *name,
		      struct elf_string *strings, size_t count)
{
	GElf_Shdr header;
	Elf_Data *data;

	if (strncmp(name, ".plt", 4) && strcmp(name, ".rodata"))
		return;
	data = elf_file_data(&image->file, section, &header);
	if (!data || !data->d_buf || header.sh_type != SHT_PROGBITS)
		return;
	if (header.sh_flags & SHF_EXECINSTR)
		take_stubs(image, data, &header);
	else
		take_strings(data, &header, strings, count);
}

/* Relocations first: a stub says no more than which slot it uses. */
static void find_in(struct image *image, struct elf_string *strings, size_t string_count)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *names;
	size_t index;

	while ((section = elf_nextscn(image->file.elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_RELA)
			continue;
		data = elf_file_data(&image->file, section, &header);
		if (data)
			take_relocations(image, data, &header);
	}
	names = elf_getshdrstrndx(image->file.elf, &index) ? NULL :
		elf_file_strings(&image->file, index);
	while (names && (section = elf_nextscn(image->file.elf, section))) {
		const char *name = gelf_getshdr(section, &header) ?
				   elf_file_string(names, header.sh_name) : NULL;

		if (name)
			take_code(image, section, name, strings, string_count);
	}
}

int elf_find_imports(int fd, struct elf_import *imports, size_t import_count,
		     struct elf_string *strings, size_t string_count)
{
	struct image image = { .imports = imports, .import_count = import_count };
	int found;

	for (size_t i = 0; i < import_count; i++)
		imports[i].address = imports[i].offset = 0;
	for (size_t i = 0; i < string_count; i++)
		strings[i].address = 0;
	found = import_count > IMPORTS_MAX ? -E2BIG : elf_file_open(&image.file, fd, false);
	if (found)
		return found;
	find_in(&image, strings, string_count);
	for (size_t i = 0; i < import_count; i++)
		found += imports[i].address != 0;
	elf_file_close(&image.file);
	return found;
}
