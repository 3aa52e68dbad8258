// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floods: of equal failures each second some are told one by one, the further
 * ones are counted here. User space reads the counters once a second and never
 * takes an entry away that was in use of late, so no count is lost; when the
 * table is full, what finds no room in it is told one by one as ever.
 */
#include "bpf/core.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, REPEATS_MAX);
	__type(key, struct repeat_key);
	__type(value, struct repeat);
} repeats SEC(".maps");

static __always_inline void repeat_begin(const struct repeat_key *key, u16 port, u64 now)
{
	struct repeat first = {
		.id = now << 8 | (bpf_get_smp_processor_id() & 0xff),
		.second = now >> REPEAT_SECOND_SHIFT,
		.last_ns = now, .told = 1, .port = port,
	};

	bpf_map_update_elem(&repeats, key, &first, BPF_NOEXIST);
}

/*
 * `told` is not counted atomically: two processors may tell a few more than were
 * asked for. `held` is what must be exact.
 */
__hidden bool repeat_take(const struct repeat_key *key, u16 port, u64 *id)
{
	u64 now = bpf_ktime_get_ns(), second = now >> REPEAT_SECOND_SHIFT;
	u32 most = config.repeats_after;
	struct repeat *repeat;

	if (!most)
		return false;
	repeat = bpf_map_lookup_elem(&repeats, key);
	if (!repeat) {
		repeat_begin(key, port, now);
		return false;
	}
	repeat->last_ns = now;
	if (repeat->port != port)
		repeat->many_ports = 1;
	if (repeat->second != second) {
		repeat->second = second;
		repeat->told = 0;
	}
	if (repeat->told >= most) {
		__sync_fetch_and_add(&repeat->held, 1);
		return true;
	}
	repeat->told++;
	/* Not the last alone: it may find the ring full. */
	if (repeat->told > most / 2)
		*id = repeat->id;
	return false;
}

__hidden void repeat_give_back(const struct repeat_key *key)
{
	struct repeat *repeat = bpf_map_lookup_elem(&repeats, key);

	if (repeat)
		__sync_fetch_and_add(&repeat->held, -1);
}
