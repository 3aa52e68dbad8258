// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/refusals.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/hooks.h"
#include "kernel/trials.h"
#include "kernel/variants.h"

void refusals_kind(struct hooks *hooks, const struct variant_kind *kind, const char *step,
		   int err)
{
	for (size_t i = 0; i < hooks->signal_count; i++)
		for (size_t k = 0; k < hooks->signals[i].variant_count; k++)
			if (hooks->signals[i].variants[k].kind == kind &&
			    !hooks->signals[i].variants[k].failed)
				variant_fail(&hooks->signals[i].variants[k], step, err);
}

/* Trampolines themselves were refused, and not this function's (524: the kernel's ENOTSUPP). */
static bool refuses_kind(const struct hook_variant *variant, int err)
{
	return variant->kind->family == HOOKS_FENTRY &&
	       (err == -EPERM || err == -ENOTSUP || err == -524);
}

/* False: the program that the kernel refused is none of this signal's. */
static bool signal_blame(struct hooks *hooks, struct hook_signal *signal)
{
	struct hook_variant *chosen = signal->chosen;
	const struct object_load *object =
		chosen ? &hooks->objects[variant_object(chosen)] : NULL;

	for (size_t k = 0; object && object->err && k < chosen->program_count; k++) {
		struct bpf_program *program =
			program_at(object->skeleton->obj, chosen->programs[k]);

		if (strcmp(bpf_program__name(program), object->refused))
			continue;
		if (refuses_kind(chosen, object->err))
			refusals_kind(hooks, chosen->kind, "load refused", object->err);
		else if (program_is_optional(program))
			variant_drop(chosen, k, program, object->err);
		else if (signal->def->required && !hooks->tried_again)
			/* What was refused in a bad moment only would end everything. */
			hooks->tried_again = true;
		else
			variant_fail(chosen, "load refused", object->err);
		return true;
	}
	return false;
}

/* What a program needs of the kernel's types but its hook. A load would find it out as well. */
static const struct need {
	const char *program;
	const char *helper;	/* or NULL */
	int arguments;		/* of its tracepoint */
} needs[] = {
	{ "netfilter_drop__tp_btf", NULL, 3 }, /* the reason */
	{ "netfilter_drop__tp_btf_direct", NULL, 3 },
	{ "tcp_reset_sent__tp_btf", NULL, 3 }, /* then it fires without a socket, too */
	{ "sockets__iter", "BPF_FUNC_sock_from_file", 0 },
};

static const struct need *program_need(const char *name)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!strcmp(name, needs[i].program))
			return &needs[i];
	return NULL;
}

static bool has_helper(const struct btf *types, const char *name)
{
	int id = btf__find_by_name_kind(types, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(types, (uint32_t)id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(types, btf_enum(type)[i].name_off), name))
			return true;
	return false;
}

static const struct btf_type *type_named(const struct btf *types, const char *name, uint32_t kind,
					 uint32_t *id)
{
	int found = btf__find_by_name_kind(types, name, kind);

	*id = found > 0 ? (uint32_t)found : 0;
	return found > 0 ? btf__type_by_id(types, *id) : NULL;
}

/* typedef void (*btf_trace_…)(void *, …), the first being the tracer's own. */
static int tracepoint_foresee(const struct btf *types, const char *tracepoint, int arguments)
{
	const struct btf_type *type;
	char name[80];
	uint32_t id;

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	type = type_named(types, name, BTF_KIND_TYPEDEF, &id);
	if (!type)
		return -ESRCH;
	type = btf__type_by_id(types, type->type);
	type = type ? btf__type_by_id(types, type->type) : NULL;
	return type && btf_is_func_proto(type) && (int)btf_vlen(type) - 1 < arguments ? -EINVAL : 0;
}

enum { TRAMPOLINE_ARGUMENTS = 6 };	/* more are taken by some kernels only (6.7) */

/* Functions of modules are not among the types asked; those of optional programs are of none. */
static int function_foresee(const struct btf *types, const char *function, bool is_optional)
{
	const struct btf_type *type;
	uint32_t id;

	type = type_named(types, function, BTF_KIND_FUNC, &id);
	if (!type)
		return is_optional ? -ESRCH : 0;
	type = btf__type_by_id(types, type->type);
	return type && btf_vlen(type) > TRAMPOLINE_ARGUMENTS ? trial_function(id) : 0;
}

int program_foresee(const struct btf *types, const struct bpf_program *program)
{
	const struct need *need = program_need(bpf_program__name(program));
	const char *hook = program_hook(program), *target = strchr(hook, '/');

	if (need && need->helper && !has_helper(types, need->helper))
		return -EINVAL;
	if (target && !strncmp(hook, "tp_btf/", strlen("tp_btf/")))
		return tracepoint_foresee(types, target + 1, need ? need->arguments : 0);
	if (target && (!strncmp(hook, "fexit/", strlen("fexit/")) ||
		       !strncmp(hook, "fentry/", strlen("fentry/"))))
		return function_foresee(types, target + 1, program_is_optional(program));
	return 0;
}

static void variant_foresee(const struct btf *types, const struct bpf_object *object,
			    struct hook_variant *variant)
{
	for (size_t k = 0; k < variant->program_count && !variant->failed;) {
		struct bpf_program *program = program_at(object, variant->programs[k]);
		int err = program_foresee(types, program);

		if (!err)
			k++;
		else if (program_is_optional(program))
			variant_drop(variant, k, program, err);
		else
			variant_fail(variant, "not in this kernel", err);
	}
}

/* Each further refusal would cost as much as the first one did. */
static void foresee(struct hooks *hooks)
{
	const struct bpf_object *object = hooks->objects[OBJECT_FIRST].skeleton->obj;
	struct btf *types = hooks->foreseen ? NULL : btf__load_vmlinux_btf();

	hooks->foreseen = true;
	if (!types)
		return;
	for (size_t i = 0; i < hooks->signal_count; i++)
		for (size_t k = 0; k < hooks->signals[i].variant_count; k++)
			variant_foresee(types, object, &hooks->signals[i].variants[k]);
	btf__free(types);
}

bool refusals_blame(struct hooks *hooks)
{
	bool blamed = false;

	for (size_t i = 0; i < hooks->signal_count; i++)
		blamed |= signal_blame(hooks, &hooks->signals[i]);
	if (blamed)
		foresee(hooks);
	return blamed;
}
