/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The types of the running kernel (BTF) for the loading of objects. They are read
 * beside what else is to be done, and only what the objects ask for is kept.
 */
#ifndef CONNWATCH_KERNEL_TYPES_H
#define CONNWATCH_KERNEL_TYPES_H

#include <stdbool.h>

struct btf;
struct kernel_types;

/*
 * Begins to read them, from @path (which must outlive them) or, if that is NULL, where
 * the kernel has them. NULL: no memory. The others take that.
 */
struct kernel_types *kernel_types_begin(const char *path);

/*
 * The file for libbpf's btf_custom_path, there until kernel_types_close(); libbpf
 * opens it when it loads an object, and kernel_types_keep() must have been called by
 * then. What kernel_types_begin() was given if no file could be made: libbpf then
 * goes through all types for each object.
 */
const char *kernel_types_path(const struct kernel_types *types);

/*
 * Fills the file with what an object whose own types are @local can ask for; again:
 * nothing. 0 or a negative errno.
 */
int kernel_types_keep(struct kernel_types *types, const struct btf *local);
void kernel_types_close(struct kernel_types *types);

/*
 * Whether the kernel has types of its own, which a file cannot replace: it checks
 * typed programs by those. Reads them all, some 20 ms.
 */
bool kernel_types_are_there(void);

#endif
