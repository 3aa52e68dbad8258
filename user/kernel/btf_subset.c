// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/btf_subset.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "hash.h"

enum { SLOTS_BITS = 12, SLOTS = 1 << SLOTS_BITS };

/* The names that @local has: a table with open addressing, at most half full. */
struct names {
	struct name {
		const char *text;
		size_t length;
	} slots[SLOTS];
	size_t count;
	bool begins[1 << 16];	/* with these two bytes: most of the kernel's do not */
};

struct subset {
	const struct btf *kernel;
	struct btf *out;
	uint32_t *new_ids;	/* by the kernel's number; 0: not taken */
	uint32_t *queue;	/* the kernel's numbers, in the order of the new ones */
	size_t queued;
	uint32_t void_pointer;	/* what every pointer becomes */
};

/* A relocation sees `sock___old` as `sock`: as libbpf's bpf_core_essential_name_len(). */
static size_t essential_length(const char *name)
{
	size_t length = strlen(name);

	for (const char *at = name; (at = strstr(at, "___"));) {
		size_t underscores = strspn(at, "_");

		if (at > name && underscores == 3 && at[3])
			length = (size_t)(at - name);
		at += underscores;
	}
	return length;
}

static struct name *name_slot(struct names *names, const char *text, size_t length)
{
	uint64_t at = hash_bytes(HASH_BEGIN, text, length) >> (64 - SLOTS_BITS);

	for (;; at = (at + 1) % SLOTS) {
		struct name *slot = &names->slots[at];

		if (!slot->text || (slot->length == length && !memcmp(slot->text, text, length)))
			return slot;
	}
}

static bool *name_begins(struct names *names, const char *text)
{
	/* Of one letter: what follows it may be a flavor. */
	uint8_t second = text[1] == '_' ? '\0' : (uint8_t)text[1];

	return &names->begins[(uint8_t)text[0] << 8 | second];
}

/* What a relocation can name. */
static bool is_root(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_TYPEDEF:
		return type->name_off;
	default:
		return false;
	}
}

static const char *root_name(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const char *name = type && is_root(type) ? btf__name_by_offset(btf, type->name_off) : NULL;

	return name && *name ? name : NULL;
}

static int names_collect(struct names *names, const struct btf *local)
{
	for (uint32_t id = 1; id < btf__type_cnt(local); id++) {
		const char *text = root_name(local, id);
		size_t length = text ? essential_length(text) : 0;
		struct name *name = text ? name_slot(names, text, length) : NULL;

		if (!name || name->text)
			continue;
		if (++names->count > SLOTS / 2)
			return -E2BIG;
		*name = (struct name){ text, length };
		*name_begins(names, text) = true;
	}
	return 0;
}

static bool is_wanted(struct names *names, const char *text)
{
	return text && *name_begins(names, text) &&
	       name_slot(names, text, essential_length(text))->text;
}

/* The new number of a type, which is taken if it was not. */
static uint32_t take(struct subset *subset, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(subset->kernel, id);

	if (!id || !type || btf_is_func_proto(type))
		return 0;
	if (btf_is_ptr(type))
		return subset->void_pointer;
	if (!subset->new_ids[id]) {
		subset->queue[subset->queued++] = id;
		subset->new_ids[id] = subset->void_pointer + (uint32_t)subset->queued;
	}
	return subset->new_ids[id];
}

/* What @type, a copy, is made of, by the new numbers. */
static void take_parts(struct subset *subset, struct btf_type *type)
{
	struct btf_member *members = btf_members(type);
	struct btf_array *array = btf_array(type);

	if (btf_is_composite(type)) {
		for (int i = 0; i < btf_vlen(type); i++)
			members[i].type = take(subset, members[i].type);
	} else if (btf_is_array(type)) {
		array->type = take(subset, array->type);
		array->index_type = take(subset, array->index_type);
	} else if (btf_is_mod(type) || btf_is_typedef(type)) {
		type->type = take(subset, type->type);
	}
}

/* libbpf 1.1 would copy a name that is outside of the strings all the same. */
static bool has_names(const struct btf *btf, const struct btf_type *type)
{
	bool all = btf__name_by_offset(btf, type->name_off);

	for (int i = 0; i < btf_vlen(type); i++) {
		if (btf_is_composite(type))
			all = all && btf__name_by_offset(btf, btf_members(type)[i].name_off);
		else if (btf_is_enum(type))
			all = all && btf__name_by_offset(btf, btf_enum(type)[i].name_off);
		else if (btf_is_enum64(type))
			all = all && btf__name_by_offset(btf, btf_enum64(type)[i].name_off);
	}
	return all;
}

static int copy_queued(struct subset *subset)
{
	for (size_t i = 0; i < subset->queued; i++) {
		const struct btf_type *type = btf__type_by_id(subset->kernel, subset->queue[i]);
		int id = has_names(subset->kernel, type) ?
			 btf__add_type(subset->out, subset->kernel, type) : -EINVAL;

		if (id < 0)
			return id;
		/* It is ours: the interface has no way but this to change what was copied. */
		take_parts(subset, (struct btf_type *)btf__type_by_id(subset->out, (uint32_t)id));
	}
	return 0;
}

static int subset_fill(struct subset *subset, struct names *names)
{
	int pointer = btf__add_ptr(subset->out, 0);

	if (pointer < 0)
		return pointer;
	subset->void_pointer = (uint32_t)pointer;
	for (uint32_t id = 1; id < btf__type_cnt(subset->kernel); id++)
		if (is_wanted(names, root_name(subset->kernel, id)))
			take(subset, id);
	return copy_queued(subset);
}

int btf_subset(const struct btf *kernel, const struct btf *local, struct btf **out)
{
	struct names *names = calloc(1, sizeof(*names));
	struct subset subset = {
		.kernel = kernel, .out = btf__new_empty(),
		.new_ids = calloc(btf__type_cnt(kernel), sizeof(*subset.new_ids)),
		.queue = calloc(btf__type_cnt(kernel), sizeof(*subset.queue)),
	};
	int err = -ENOMEM;

	if (names && subset.out && subset.new_ids && subset.queue)
		err = names_collect(names, local);
	if (!err)
		err = subset_fill(&subset, names);
	free(names);
	free(subset.new_ids);
	free(subset.queue);
	if (err)
		btf__free(subset.out);
	else
		*out = subset.out;
	return err;
}
