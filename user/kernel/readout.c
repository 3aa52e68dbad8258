// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What armed hooks deliver: their status, the ring buffer, counters and tables (hooks.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/hooks.h"

void hooks_count_armed(struct hooks *hooks)
{
	hooks->armed = 0;
	hooks->wanted = 0;
	for (size_t i = 0; i < hooks->signal_count; i++) {
		hooks->wanted += !hooks->signals[i].skipped;
		hooks->armed += hooks->signals[i].chosen != NULL;
	}
}

bool hooks_is_user(const struct hooks *hooks, const char *fact)
{
	for (size_t i = 0; i < hooks->signal_count; i++) {
		const struct hook_signal *signal = &hooks->signals[i];

		if (!strcmp(signal->def->fact, fact))
			return signal->chosen && !signal->chosen->program_count;
	}
	return false;
}

void hooks_user_signal(struct hooks *hooks, const char *fact, int err, const char *reason)
{
	for (size_t i = 0; i < hooks->signal_count; i++) {
		struct hook_signal *signal = &hooks->signals[i];
		struct hook_variant *user;

		if (!signal->def->user_hook || strcmp(signal->def->fact, fact))
			continue;
		user = &signal->variants[signal->variant_count - 1];
		user->failed = err != 0;
		snprintf(user->reason, sizeof(user->reason), "%s", reason);
		if (signal->chosen == user && err)
			signal->chosen = NULL;
	}
	hooks_count_armed(hooks);
}

void hooks_uprobe_signal(struct hooks *hooks, const char *fact, int err, const char *note)
{
	for (size_t i = 0; i < hooks->signal_count; i++) {
		struct hook_variant *chosen = hooks->signals[i].chosen;

		if (!chosen || strcmp(hooks->signals[i].def->fact, fact))
			continue;
		chosen->failed = err != 0;
		snprintf(chosen->reason, sizeof(chosen->reason), "%s", note);
		if (err)
			hooks->signals[i].chosen = NULL;
	}
	hooks_count_armed(hooks);
}

struct signal_status *hooks_status(const struct hooks *hooks, size_t *count)
{
	struct signal_status *status = calloc(hooks->signal_count, sizeof(*status));

	*count = 0;
	for (size_t i = 0; status && i < hooks->signal_count; i++) {
		const struct hook_signal *signal = &hooks->signals[i];
		struct signal_status *row = &status[*count];

		if (signal->skipped)
			continue;
		row->name = signal->def->name;
		row->hook = signal->chosen ? signal->chosen->hook : NULL;
		row->reason = "";
		for (size_t k = 0; k < signal->variant_count; k++)
			if (signal->variants[k].reason[0] &&
			    (signal->variants[k].failed || &signal->variants[k] == signal->chosen))
				row->reason = signal->variants[k].reason;
		(*count)++;
	}
	return status;
}

int hooks_listen(struct hooks *hooks, hooks_record_fn fn, void *ctx)
{
	hooks->ring = ring_buffer__new(hooks->loaded.maps[MAP_RECORDS], fn, ctx, NULL);
	return hooks->ring ? 0 : -errno;
}

static int take_program(void *ctx, void *data, size_t size)
{
	struct hooks *hooks = ctx;

	if (size >= sizeof(struct program_start))
		hooks->program_fn(hooks->program_ctx, data);
	return 0;
}

int hooks_listen_programs(struct hooks *hooks, hooks_program_fn fn, void *ctx)
{
	hooks->program_fn = fn;
	hooks->program_ctx = ctx;
	return ring_buffer__add(hooks->ring, hooks->loaded.maps[MAP_PROGRAM_STARTS],
				take_program, hooks);
}

void hooks_forget_roots(struct hooks *hooks)
{
	int map = hooks->loaded.maps[MAP_ROOTS];
	uint64_t key;

	for (size_t i = 0; i < ROOTS_MAX; i++)
		if (bpf_map_get_next_key(map, NULL, &key) || bpf_map_delete_elem(map, &key))
			return;
}

const struct loaded_program *hooks_program(const struct hooks *hooks, const char *name)
{
	return loaded_program(&hooks->loaded, name);
}

int hooks_ring_fd(const struct hooks *hooks)
{
	return ring_buffer__epoll_fd(hooks->ring);
}

int hooks_consume(struct hooks *hooks)
{
	int n = ring_buffer__consume(hooks->ring);

	return n < 0 ? n : 0;
}

uint64_t hooks_lost(const struct hooks *hooks, enum lost_stage stage)
{
	return __atomic_load_n(&hooks->loaded.bss->lost[stage], __ATOMIC_RELAXED);
}

int hooks_tree_add(struct hooks *hooks, uint32_t pid)
{
	uint64_t started_ns = 0;	/* not known: that process, whenever it ends */

	return bpf_map_update_elem(hooks->loaded.maps[MAP_TREE], &pid, &started_ns, BPF_ANY);
}

enum { DESTINATIONS_AT_ONCE = 128 };

/*
 * By whole buckets of the table: from one key to the next, it begins anew where the
 * one it was at is gone by then, and what was told would be told again.
 */
uint64_t hooks_each_destination(struct hooks *hooks, hooks_destination_fn fn, void *ctx)
{
	struct destination_key keys[DESTINATIONS_AT_ONCE];
	uint64_t counts[DESTINATIONS_AT_ONCE], made, told = 0;
	uint32_t batch, count;
	void *from = NULL;
	int err;

	/* Before any is read: what comes meanwhile is none that was forgotten. */
	made = __atomic_load_n(&hooks->loaded.bss->destinations_made, __ATOMIC_RELAXED);
	do {
		count = DESTINATIONS_AT_ONCE;
		err = bpf_map_lookup_batch(hooks->loaded.maps[MAP_DESTINATIONS], from, &batch,
					   keys, counts, &count, NULL);
		from = &batch;
		for (uint32_t i = 0; (!err || err == -ENOENT) && i < count; i++) {
			fn(ctx, &keys[i], counts[i]);
			told++;
		}
	} while (!err);
	return made > told ? made - told : 0;
}

/*
 * Reads an entry and takes it away. Before Linux 5.14 in two steps: what was
 * counted in between is not told.
 */
static int take_count(int map, const struct time_wait_key *key, uint64_t *count)
{
	int err = bpf_map_lookup_and_delete_elem(map, key, count);

	if (!err)
		return 0;
	err = bpf_map_lookup_elem(map, key, count);
	bpf_map_delete_elem(map, key);
	return err;
}

void hooks_each_time_wait(struct hooks *hooks, hooks_time_wait_fn fn, void *ctx)
{
	int map = hooks->loaded.maps[MAP_TIME_WAITS];
	struct time_wait_key key;
	uint64_t count;

	for (size_t i = 0; i < TIME_WAITS_MAX; i++) {
		if (bpf_map_get_next_key(map, NULL, &key))
			return;
		if (!take_count(map, &key, &count))
			fn(ctx, &key, count);
	}
}

void hooks_name_of(const struct hooks *hooks, struct rec_domain *rec)
{
	struct name_key key = { .tgid = rec->pid };
	struct name_value value;

	memcpy(key.addr, rec->addr, sizeof(key.addr));
	if (bpf_map_lookup_elem(hooks->loaded.maps[MAP_NAMES], &key, &value))
		return;
	snprintf(rec->name, sizeof(rec->name), "%.*s", (int)sizeof(value.name), value.name);
	rec->looked_up_ns = value.looked_up_ns;
	rec->other_ns = value.other_ns;
}
