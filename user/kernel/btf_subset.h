/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of all the kernel's types those that an object's CO-RE relocations can ask for.
 * libbpf walks through all of them, some hundred thousand, by name for each type
 * of an object's own; through these it does so in no time.
 */
#ifndef CONNWATCH_BTF_SUBSET_H
#define CONNWATCH_BTF_SUBSET_H

struct btf;

/*
 * *@out: the structs, unions, enums and typedefs of @kernel whose names @local has,
 * too, with what they are made of. Relocations of fields (offset, size, sign, whether
 * they exist) and of enumerators come out as they do with @kernel. Those of types do
 * not: types have other numbers, and pointers point to nothing. The caller's, for
 * btf__free(). 0 or a negative errno, -EINVAL for types that are damaged.
 */
int btf_subset(const struct btf *kernel, const struct btf *local, struct btf **out);

#endif
