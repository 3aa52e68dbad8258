/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A library's file made by hand: what no linker would write. */
#ifndef CONNWATCH_TEST_ELF_SAMPLE_H
#define CONNWATCH_TEST_ELF_SAMPLE_H

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__aarch64__)
#define SAMPLE_MACHINE EM_AARCH64
#else
#define SAMPLE_MACHINE EM_X86_64
#endif

enum { SAMPLE_SYMBOLS = 4, SAMPLE_STRINGS = 128, SAMPLE_SECTIONS = 3, SAMPLE_CODE = 64 };

struct elf_sample {
	Elf64_Ehdr header;
	Elf64_Phdr load;
	Elf64_Sym symbols[SAMPLE_SYMBOLS];
	char strings[SAMPLE_STRINGS];
	uint8_t code[SAMPLE_CODE];
	Elf64_Shdr sections[SAMPLE_SECTIONS];
};

static inline void sample_section(struct elf_sample *s, int index, uint32_t type, const void *at,
				  uint64_t size, uint64_t entry)
{
	s->sections[index] = (Elf64_Shdr){
		.sh_type = type, .sh_offset = (uint64_t)((const char *)at - (const char *)s),
		.sh_size = size, .sh_entsize = entry, .sh_addralign = 8,
	};
}

/* The function @name (at most 60 bytes) is exported; the file is a library that can be read. */
static inline void elf_sample_make(struct elf_sample *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->header.e_ident, ELFMAG, SELFMAG);
	s->header.e_ident[EI_CLASS] = ELFCLASS64;
	s->header.e_ident[EI_DATA] = ELFDATA2LSB;
	s->header.e_ident[EI_VERSION] = s->header.e_version = EV_CURRENT;
	s->header.e_type = ET_DYN;
	s->header.e_machine = SAMPLE_MACHINE;
	s->header.e_ehsize = sizeof(Elf64_Ehdr);
	s->header.e_phoff = offsetof(struct elf_sample, load);
	s->header.e_phentsize = sizeof(Elf64_Phdr);
	s->header.e_phnum = 1;
	s->header.e_shoff = offsetof(struct elf_sample, sections);
	s->header.e_shentsize = sizeof(Elf64_Shdr);
	s->header.e_shnum = SAMPLE_SECTIONS;
	s->load = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
				.p_filesz = sizeof(*s), .p_memsz = sizeof(*s) };
	sample_section(s, 1, SHT_DYNSYM, s->symbols, sizeof(s->symbols), sizeof(Elf64_Sym));
	s->sections[1].sh_link = 2;
	sample_section(s, 2, SHT_STRTAB, s->strings, sizeof(s->strings), 0);
	strcpy(s->strings + 1, name);
	s->symbols[1] = (Elf64_Sym){ .st_name = 1, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
				     .st_shndx = 1, .st_size = 1,
				     .st_value = offsetof(struct elf_sample, code) };
}

/* A file that holds it, @size bytes long; the caller closes it. */
static inline int elf_sample_file(const struct elf_sample *s, off_t size)
{
	int fd = memfd_create("sample", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, s, sizeof(*s)) != sizeof(*s) || ftruncate(fd, size))) {
		close(fd);
		return -1;
	}
	return fd;
}

#endif
