/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs that a variant consists of, and how one is struck off. */
#ifndef CONNWATCH_VARIANTS_H
#define CONNWATCH_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;
struct bpf_program;
struct hook_signal;
struct hook_variant;

/* The program's section without the mark of what is not loaded by default: "fexit/inet_bind". */
const char *program_hook(const struct bpf_program *program);
/* The program at that place of the file, or NULL. */
struct bpf_program *program_at(const struct bpf_object *object, size_t index);
/* A program whose hook not every kernel has: its variant goes on without it. */
bool program_is_optional(const struct bpf_program *program);

/*
 * Which of the objects (OBJECT_*) the programs of a variant are loaded with: those at
 * functions of programs go by themselves, for these are searched for while the rest is
 * still being loaded. They need no numbers of kernel types, so that only the other
 * object has all of those in memory.
 */
int variant_object(const struct hook_variant *variant);

/* @err: a negative errno, which @step met. */
void variant_fail(struct hook_variant *variant, const char *step, int err);
/* Goes on without its program @k, which is @program. */
void variant_drop(struct hook_variant *variant, size_t k, const struct bpf_program *program,
		  int err);

#endif
