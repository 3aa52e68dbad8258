/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The types of the running kernel (BTF) for the loading of objects. They are read
 * beside what else is to be done, and only what the objects ask for is kept.
 */
#ifndef CONNWATCH_KERNEL_TYPES_H
#define CONNWATCH_KERNEL_TYPES_H

struct btf;
struct kernel_types;

/*
 * Begins to read them, from @path (which must outlive them) or, if that is NULL, where
 * the kernel has them. NULL: no memory; the others take that.
 */
struct kernel_types *kernel_types_begin(const char *path);

/*
 * To be called once: a file for libbpf's btf_custom_path with what an object whose
 * own types are @local can ask for, there until kernel_types_close(). If it cannot
 * be had, what kernel_types_begin() was given: libbpf then reads all of them for
 * each object.
 */
const char *kernel_types_for(struct kernel_types *types, const struct btf *local);
void kernel_types_close(struct kernel_types *types);

#endif
