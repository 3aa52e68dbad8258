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

struct bpf_program;
struct btf;
struct hooks;
struct variant_kind;

/*
 * What loading or attaching the program would meet where these are the kernel's
 * @types, as far as they tell: 0 or a negative errno.
 */
int program_foresee(const struct btf *types, const struct bpf_program *program);
/* Marks every variant of @kind: what the kernel refused once it refuses every time. */
void refusals_kind(struct hooks *hooks, const struct variant_kind *kind, const char *step,
		   int err);

/*
 * After a load that failed: strikes off what held a program that the kernel
 * refused, and what it would refuse next. False: nothing did.
 */
bool refusals_blame(struct hooks *hooks);

#endif
