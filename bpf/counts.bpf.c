// SPDX-License-Identifier: GPL-2.0-only
/* What goes well is only counted: successful connects, and sockets that went into TIME_WAIT. */
#include "bpf/core.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DESTINATIONS_MAX);
	__type(key, struct destination_key);
	__type(value, u64);
} destinations SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TIME_WAITS_MAX);
	__type(key, struct time_wait_key);
	__type(value, u64);
} time_waits SEC(".maps");

/* How many entries were ever made: so many more than there are were evicted. */
__u64 destinations_made;

/*
 * True: by a new entry. It is not looked up again: a table that forgets takes what was
 * met twice for worth keeping.
 */
static __always_inline bool count_up(void *map, const void *key)
{
	u64 one = 1, *count = bpf_map_lookup_elem(map, key);

	if (!count) {
		if (!bpf_map_update_elem(map, key, &one, BPF_NOEXIST))
			return true;
		/* Another processor has made it since. */
		count = bpf_map_lookup_elem(map, key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	return false;
}

__hidden void destination_count(const struct rec_flow *flow)
{
	struct destination_key key = { .dport = flow->dport, .netns = flow->netns };

	__builtin_memcpy(key.daddr, flow->daddr, sizeof(key.daddr));
	if (count_up(&destinations, &key))
		__sync_fetch_and_add(&destinations_made, 1);
}

__hidden void time_wait_count(const struct rec_flow *flow)
{
	struct time_wait_key key = { .dport = flow->dport, .netns = flow->netns };

	__builtin_memcpy(key.saddr, flow->saddr, sizeof(key.saddr));
	__builtin_memcpy(key.daddr, flow->daddr, sizeof(key.daddr));
	count_up(&time_waits, &key);
}
