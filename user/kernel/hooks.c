// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/hooks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/arm_errors.h"
#include "kernel/kernel_types.h"
#include "kernel/objects.h"
#include "kernel/refusals.h"
#include "kernel/tracefs.h"
#include "kernel/trials.h"
#include "kernel/uprobe_link.h"
#include "kernel/variants.h"

/* "fexit" of "connect_return__fexit__stream"; false when the name is not one of @fact. */
static bool program_kind(const char *program, const char *fact, char *kind, size_t size)
{
	size_t n = strlen(fact);
	const char *end;

	if (strncmp(program, fact, n) || strncmp(program + n, "__", 2))
		return false;
	program += n + 2;
	end = strstr(program, "__");
	n = end ? (size_t)(end - program) : strlen(program);
	if (n >= size)
		return false;
	memcpy(kind, program, n);
	kind[n] = '\0';
	return true;
}

/* Collects the programs of one fact and kind; leaves the variant empty when there are none. */
static void variant_collect(struct hook_variant *variant, const char *fact,
			    const struct variant_kind *kind, const struct bpf_object *object)
{
	struct bpf_program *program;
	size_t index = 0;
	char name[16];

	bpf_object__for_each_program(program, object) {
		if (program_kind(bpf_program__name(program), fact, name, sizeof(name)) &&
		    !strcmp(name, kind->name) && variant->program_count < VARIANT_PROGRAMS_MAX) {
			if (!variant->program_count)
				snprintf(variant->hook, sizeof(variant->hook), "%s",
					 program_hook(program));
			variant->programs[variant->program_count++] = index;
		}
		index++;
	}
	variant->kind = kind;
}

static void signal_collect(struct hook_signal *signal, const struct bpf_object *object,
			   enum hook_family family)
{
	bool has_family = false;

	for (size_t i = 0; i < variant_kind_count; i++) {
		struct hook_variant *variant = &signal->variants[signal->variant_count];

		variant_collect(variant, signal->def->fact, &variant_kinds[i], object);
		if (!variant->program_count)
			continue;
		has_family |= variant->kind->family == family;
		signal->variant_count++;
	}
	if (family == HOOKS_AUTO || !has_family)
		return;
	for (size_t i = 0; i < signal->variant_count; i++) {
		struct hook_variant *variant = &signal->variants[i];

		if (variant->kind->family != family) {
			variant->failed = true;
			snprintf(variant->reason, sizeof(variant->reason), "ruled out by --hooks");
		}
	}
}

/* The last resort of a signal, which needs no program: user space looks by itself. */
static void signal_add_user(struct hook_signal *signal)
{
	static const struct variant_kind user_space = { "user", HOOKS_AUTO, NULL, false };
	struct hook_variant *variant = &signal->variants[signal->variant_count++];

	variant->kind = &user_space;
	snprintf(variant->hook, sizeof(variant->hook), "%s", signal->def->user_hook);
}

static bool is_wanted(const struct signal_def *def, const struct hooks_options *options)
{
	if (def->on_request && !options->tree)
		return false;
	if (!def->layers[0] || !options->layer_count)
		return true;
	for (size_t i = 0; i < SIGNAL_LAYERS_MAX && def->layers[i]; i++)
		for (size_t k = 0; k < options->layer_count; k++)
			if (!strcmp(def->layers[i], options->layers[k]))
				return true;
	return false;
}

static int signals_collect(struct hooks *hooks, const struct bpf_object *object,
			   const struct hooks_options *options)
{
	hooks->signals = calloc(signal_def_count, sizeof(*hooks->signals));
	if (!hooks->signals)
		return -ENOMEM;
	hooks->signal_count = signal_def_count;
	for (size_t i = 0; i < signal_def_count; i++) {
		struct hook_signal *signal = &hooks->signals[i];

		signal->def = &signal_defs[i];
		signal->skipped = !is_wanted(signal->def, options);
		signal_collect(signal, object, options->family);
		if (signal->def->user_hook)
			signal_add_user(signal);
	}
	return 0;
}

static const struct variant_kind *kind_named(const char *name)
{
	for (size_t i = 0; i < variant_kind_count; i++)
		if (!strcmp(variant_kinds[i].name, name))
			return &variant_kinds[i];
	return NULL;
}

static void rule_out_typed(struct hooks *hooks)
{
	for (size_t i = 0; i < variant_kind_count; i++)
		if (variant_kinds[i].typed)
			refusals_kind(hooks, &variant_kinds[i],
				      "this kernel has no type data of its own", -ENOENT);
}

/* Spares useless loads where a whole kind cannot be had: no trampolines, kprobe PMU, tracefs. */
static void rule_out_kinds(struct hooks *hooks, enum hook_family family, int tracefs_fd)
{
	int err = family == HOOKS_AUTO || family == HOOKS_FENTRY ? trial_trampoline() : 0;

	if (err) {
		refusals_kind(hooks, kind_named("fexit"), "trampolines refused", err);
		refusals_kind(hooks, kind_named("fexit_direct"), "trampolines refused", err);
		refusals_kind(hooks, kind_named("fentry"), "trampolines refused", err);
	}
	if (access("/sys/bus/event_source/devices/kprobe/type", R_OK))
		refusals_kind(hooks, kind_named("kprobe"), "no kprobes in this kernel", -errno);
	if (tracefs_fd < 0)
		refusals_kind(hooks, kind_named("tp"), "no tracefs", tracefs_fd);
}

static void signals_choose(struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->signal_count; i++) {
		struct hook_signal *signal = &hooks->signals[i];

		signal->chosen = NULL;
		for (size_t k = 0; k < signal->variant_count && !signal->chosen; k++)
			if (!signal->variants[k].failed && !signal->skipped)
				signal->chosen = &signal->variants[k];
	}
}

static struct connwatch_bpf *signal_skeleton(const struct hooks *hooks,
					     const struct hook_signal *signal)
{
	return hooks->objects[variant_object(signal->chosen)].skeleton;
}

static void signal_autoload(const struct hooks *hooks, const struct hook_signal *signal)
{
	for (size_t k = 0; k < signal->chosen->program_count; k++) {
		struct bpf_program *program = program_at(signal_skeleton(hooks, signal)->obj,
							 signal->chosen->programs[k]);

		bpf_program__set_autoload(program, true);
		if (!strcmp(signal->chosen->kind->name, "uprobe"))
			uprobe_prepare(program);
	}
}

/* Unless it is open and not loaded, which it is before the first round: see prepare(). */
static int object_open(struct hooks *hooks, int which)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		    .btf_custom_path = kernel_types_path(hooks->types));
	struct object_load *object = &hooks->objects[which];

	object->refused[0] = '\0';
	if (object->skeleton)
		return 0;
	object->skeleton = connwatch_bpf__open_opts(&opts);
	return object->skeleton ? 0 : -errno;
}

/*
 * Of a table that is to hold @entries before it begins to push some out for others,
 * which it does before all of it is used: see config.h.
 */
static uint32_t table_size(uint32_t entries)
{
	int processors = libbpf_num_possible_cpus();

	return entries + CONNS_LOCAL_FREE * (uint32_t)(processors > 0 ? processors : 1);
}

static void objects_configure(struct connwatch_bpf *skeleton, const struct bpf_config *config)
{
	*(struct bpf_config *)&skeleton->rodata->config = *config;
	bpf_map__set_max_entries(skeleton->maps.conns, config->conns_size);
	bpf_map__set_max_entries(skeleton->maps.destinations, table_size(DESTINATIONS_MAX));
}

/* Opens the objects that the chosen programs are in, with the constants they are to see. */
static int objects_open(struct hooks *hooks, const struct hooks_options *options)
{
	bool needed[OBJECTS] = { [OBJECT_FIRST] = true };
	struct bpf_config config = options->config;

	config.may_read = hooks->may_read;
	config.conns_size = table_size(CONNS_MAX);
	for (size_t i = 0; i < hooks->signal_count; i++) {
		if (!hooks->signals[i].chosen)
			continue;
		config.watched |= hooks->signals[i].def->watched;
		needed[variant_object(hooks->signals[i].chosen)] = true;
	}
	for (int i = 0; i < OBJECTS; i++) {
		int err;

		if (!needed[i])
			continue;
		err = object_open(hooks, i);
		if (err)
			return err;
		objects_configure(hooks->objects[i].skeleton, &config);
	}
	for (size_t i = 0; i < hooks->signal_count; i++)
		if (hooks->signals[i].chosen)
			signal_autoload(hooks, &hooks->signals[i]);
	return 0;
}

static int program_attach(struct hooks *hooks, struct bpf_program *program,
			  const struct hook_variant *variant, int tracefs_fd)
{
	struct bpf_link *link;

	if (!strncmp(variant->kind->name, "iter", strlen("iter")) ||
	    !strcmp(variant->kind->name, "uprobe"))
		return 0; /* attached when it is run, see sockets.c; to what, see uprobes.c */
	if (hooks->link_count == HOOKS_LINKS_MAX)
		return -E2BIG;
	if (!strcmp(variant->kind->name, "tp"))
		link = tracefs_attach(tracefs_fd, program,
				      program_hook(program) + strlen("tp/"));
	else
		link = bpf_program__attach(program);
	if (!link)
		return -errno;
	hooks->links[hooks->link_count++] = link;
	return 0;
}

/* Attaches every chosen variant; false when one failed and the choice must be made anew. */
static bool attach_all(struct hooks *hooks, int tracefs_fd)
{
	bool complete = true;

	for (size_t i = 0; i < hooks->signal_count; i++) {
		struct hook_variant *chosen = hooks->signals[i].chosen;
		struct bpf_object *object;

		if (!chosen || !chosen->program_count)
			continue;
		object = signal_skeleton(hooks, &hooks->signals[i])->obj;
		for (size_t k = 0; k < chosen->program_count && !chosen->failed;) {
			struct bpf_program *program = program_at(object, chosen->programs[k]);
			int err = program_attach(hooks, program, chosen, tracefs_fd);

			if (!err) {
				k++;
			} else if (program_is_optional(program)) {
				variant_drop(chosen, k, program, err);
			} else {
				variant_fail(chosen, "attach refused", err);
				complete = false;
			}
		}
	}
	return complete;
}

static void object_close(struct hooks *hooks, int object)
{
	loaded_forget_object(&hooks->loaded, object);
	connwatch_bpf__destroy(hooks->objects[object].skeleton);
	hooks->objects[object].skeleton = NULL;
}

static void detach_all(struct hooks *hooks)
{
	while (hooks->link_count)
		bpf_link__destroy(hooks->links[--hooks->link_count]);
	for (int i = 0; i < OBJECTS; i++)
		object_close(hooks, i);
	loaded_drop(&hooks->loaded);
}

/*
 * What the skeletons were opened from is not looked into again: its pages, half a
 * megabyte, are the file's and need not stay in memory.
 */
static void forget_image(const struct connwatch_bpf *skeleton)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)skeleton->skeleton->data + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)skeleton->skeleton->data + skeleton->skeleton->data_sz) /
			page * page;

	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/* Of what is armed only descriptors are needed, and links. */
static void objects_let_go(struct hooks *hooks)
{
	forget_image(hooks->objects[OBJECT_FIRST].skeleton);
	object_close(hooks, OBJECT_FIRST);
	if (hooks->objects[OBJECT_SECOND].skeleton && !uprobe_needs_object())
		object_close(hooks, OBJECT_SECOND);
}

struct round {
	struct hooks *hooks;
	const struct hooks_options *options;
	int err;	/* of what was to be kept of the second object */
	bool told;	/* uprobes_loaded() was called */
};

/* In the thread of the second object, whose maps are the first's as well. */
static void second_loaded(void *ctx)
{
	struct round *round = ctx;
	struct hooks *hooks = round->hooks;
	const struct connwatch_bpf *skeleton = hooks->objects[OBJECT_SECOND].skeleton;

	round->err = loaded_take_maps(&hooks->loaded, skeleton);
	if (!round->err)
		round->err = loaded_take_programs(&hooks->loaded, OBJECT_SECOND, skeleton);
	if (round->err || !round->options->uprobes_loaded)
		return;
	round->told = true;
	round->options->uprobes_loaded(round->options->ctx, hooks);
}

static int first_loaded(struct round *round)
{
	struct hooks *hooks = round->hooks;
	const struct connwatch_bpf *skeleton = hooks->objects[OBJECT_FIRST].skeleton;
	int err = round->err;

	if (!err)
		err = loaded_take_maps(&hooks->loaded, skeleton);
	return err ? err : loaded_take_programs(&hooks->loaded, OBJECT_FIRST, skeleton);
}

static int round_end(struct round *round, int result)
{
	if (result <= 0 && round->told && round->options->uprobes_gone)
		round->options->uprobes_gone(round->options->ctx);
	if (result <= 0)
		detach_all(round->hooks);
	return result;
}

/* Those of the one file that both objects are opened from. */
static const struct btf *local_types(const struct hooks *hooks)
{
	return bpf_object__btf(hooks->objects[OBJECT_FIRST].skeleton->obj);
}

/*
 * One round: choose, load, attach. 1: everything chosen is armed; 0: a variant
 * was struck off, try again; negative errno: nothing more to try.
 */
static int arm_once(struct hooks *hooks, const struct hooks_options *options, int tracefs_fd)
{
	struct round round = { .hooks = hooks, .options = options };
	int err;

	signals_choose(hooks);
	err = objects_open(hooks, options);
	if (!err)
		err = objects_share_maps(hooks->objects);
	if (!err) {
		err = kernel_types_keep(hooks->types, local_types(hooks));
		hooks->has_no_types = err != 0;
	}
	if (err)
		return round_end(&round, err);
	err = objects_load(hooks->objects, second_loaded, &round);
	if (err)
		return round_end(&round, refusals_blame(hooks) ? 0 : err);
	err = first_loaded(&round);
	return round_end(&round, err ? err : attach_all(hooks, tracefs_fd));
}

/* Which signals there are, and what of them is ruled out. Opens the first object. */
static int prepare(struct hooks *hooks, const struct hooks_options *options, int tracefs_fd)
{
	int err;

	hooks->types = kernel_types_begin(options->btf_path);
	if (!hooks->types)
		return -ENOMEM;
	err = object_open(hooks, OBJECT_FIRST);
	if (!err)
		err = signals_collect(hooks, hooks->objects[OBJECT_FIRST].skeleton->obj, options);
	if (!err) {
		rule_out_kinds(hooks, options->family, tracefs_fd);
		if (options->btf_path && !kernel_types_are_there())
			rule_out_typed(hooks);
		hooks->may_read = trial_memory();
	}
	return err;
}

/* Nothing is armed: neither what was chosen for the last round. */
static void forget_choices(struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->signal_count; i++)
		hooks->signals[i].chosen = NULL;
}

int hooks_arm(struct hooks **out, const struct hooks_options *options, char *message,
	      size_t message_size)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));
	int tracefs_fd, err;

	*out = hooks;
	if (!hooks)
		return -ENOMEM;
	hooks->needs_tree = options->config.tree;
	objects_set_verbose(options->verbose);
	tracefs_fd = tracefs_open();
	err = prepare(hooks, options, tracefs_fd);
	/* Every round that returns 0 has struck off something, but for one. */
	while (!err)
		err = arm_once(hooks, options, tracefs_fd);
	kernel_types_close(hooks->types);
	hooks->types = NULL;
	if (tracefs_fd >= 0)
		close(tracefs_fd);
	if (err > 0 && arm_missing(hooks)) {
		detach_all(hooks);
		err = -ENOTSUP;
	}
	if (err < 0) {
		err = arm_failed(hooks, err, message, message_size);
		forget_choices(hooks);
	} else {
		err = 0;
		objects_let_go(hooks);
	}
	hooks_count_armed(hooks);
	return err;
}

void hooks_disarm(struct hooks *hooks)
{
	if (!hooks)
		return;
	ring_buffer__free(hooks->ring);
	detach_all(hooks);
	repeats_read_close(hooks->repeats_read);
	free(hooks->signals);
	free(hooks);
}
