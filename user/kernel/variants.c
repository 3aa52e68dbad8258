// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/variants.h"

#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "kernel/hooks.h"

const char *program_hook(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return *section == '?' ? section + 1 : section;
}

struct bpf_program *program_at(const struct bpf_object *object, size_t index)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		if (!index--)
			return program;
	}
	return NULL;
}

bool program_is_optional(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);
	size_t length = strlen(name), suffix = strlen("_opt");

	return length > suffix && !strcmp(name + length - suffix, "_opt");
}

int variant_object(const struct hook_variant *variant)
{
	return strcmp(variant->kind->name, "uprobe") ? OBJECT_FIRST : OBJECT_SECOND;
}

void variant_fail(struct hook_variant *variant, const char *step, int err)
{
	variant->failed = true;
	snprintf(variant->reason, sizeof(variant->reason), "%s: %s", step, strerror(-err));
}

void variant_drop(struct hook_variant *variant, size_t k, const struct bpf_program *program,
		  int err)
{
	snprintf(variant->reason, sizeof(variant->reason), "without %s: %s", program_hook(program),
		 strerror(-err));
	memmove(&variant->programs[k], &variant->programs[k + 1],
		(--variant->program_count - k) * sizeof(variant->programs[0]));
}
