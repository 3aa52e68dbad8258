/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel refused, and which variants are struck off for it. libbpf
 * loads all of an object or nothing, and begins anew with parsing the kernel's
 * types each time: so after a first refusal those types are asked for what else
 * would be refused.
 */
#ifndef CONNWATCH_REFUSALS_H
#define CONNWATCH_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;
struct bpf_program;
struct btf;
struct hook_signal;
struct hook_variant;
struct hooks;
struct variant_kind;

/* The program's section without the mark of what is not loaded by default: "fexit/inet_bind". */
const char *program_hook(const struct bpf_program *program);
/* The program at that place of the file, or NULL. */
struct bpf_program *program_at(const struct bpf_object *object, size_t index);
/*
 * What loading or attaching the program would meet where these are the kernel's
 * @types, as far as they tell: 0 or a negative errno.
 */
int program_foresee(const struct btf *types, const struct bpf_program *program);
/* A program whose hook not every kernel has: its variant goes on without it. */
bool program_is_optional(const struct bpf_program *program);

/*
 * Which of the objects (OBJECT_*) the programs of a signal are loaded with:
 * look-ups and certificates go by themselves, for what they are attached to is
 * searched for while the rest is still being loaded.
 */
int signal_object(const struct hook_signal *signal);

/* @err: a negative errno, which @step met. */
void variant_fail(struct hook_variant *variant, const char *step, int err);
/* Goes on without its program @k, which is @program. */
void variant_drop(struct hook_variant *variant, size_t k, const struct bpf_program *program,
		  int err);
/* Marks every variant of @kind: what the kernel refused once it refuses every time. */
void refusals_kind(struct hooks *hooks, const struct variant_kind *kind, const char *step,
		   int err);

/*
 * After a load that failed: strikes off what held a program that the kernel
 * refused, and what it would refuse next. False: nothing did.
 */
bool refusals_blame(struct hooks *hooks);

#endif
