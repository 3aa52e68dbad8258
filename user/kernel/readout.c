// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What armed hooks deliver: their status, the ring buffer, counters and tables (hooks.h). */
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/hooks.h"

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
	hooks->ring = ring_buffer__new(bpf_map__fd(hooks->skeleton->maps.records), fn, ctx, NULL);
	return hooks->ring ? 0 : -errno;
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
	return __atomic_load_n(&hooks->skeleton->bss->lost[stage], __ATOMIC_RELAXED);
}

int hooks_tree_add(struct hooks *hooks, uint32_t pid)
{
	uint8_t member = 1;

	return bpf_map__update_elem(hooks->skeleton->maps.tree, &pid, sizeof(pid), &member,
				    sizeof(member), BPF_ANY);
}

void hooks_each_destination(struct hooks *hooks, hooks_destination_fn fn, void *ctx)
{
	struct bpf_map *map = hooks->skeleton->maps.destinations;
	struct destination_key key, next;
	const void *previous = NULL;
	uint64_t count;

	for (size_t i = 0; i < DESTINATIONS_MAX; i++) {
		if (bpf_map__get_next_key(map, previous, &next, sizeof(next)))
			return;
		key = next;
		previous = &key;
		if (!bpf_map__lookup_elem(map, &key, sizeof(key), &count, sizeof(count), 0))
			fn(ctx, &key, count);
	}
}

void hooks_each_time_wait(struct hooks *hooks, hooks_time_wait_fn fn, void *ctx)
{
	struct bpf_map *map = hooks->skeleton->maps.time_waits;
	struct time_wait_key key;
	uint64_t count;

	for (size_t i = 0; i < TIME_WAITS_MAX; i++) {
		if (bpf_map__get_next_key(map, NULL, &key, sizeof(key)))
			return;
		if (!bpf_map__lookup_and_delete_elem(map, &key, sizeof(key), &count, sizeof(count),
						     0))
			fn(ctx, &key, count);
		else
			bpf_map__delete_elem(map, &key, sizeof(key), 0);
	}
}
