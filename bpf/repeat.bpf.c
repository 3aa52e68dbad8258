// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floods: of equal failures each second some are told one by one, the further
 * ones are counted here. So are those that are equal but for their address,
 * after twice as many: a flood to ever new addresses would overflow the ring.
 * User space reads the counters once a second and never takes an entry away that
 * was in use of late, so no count is lost; when a table is full, what finds no
 * room in it is told one by one as ever.
 */
#include "bpf/core.bpf.h"

#define DEFINE_REPEATS(name)                         \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_HASH);     \
		__uint(max_entries, REPEATS_MAX);    \
		__type(key, struct repeat_key);      \
		__type(value, struct repeat);        \
	} name SEC(".maps")

DEFINE_REPEATS(repeats);
/* By keys without an address. Their own, so that addresses cannot take all the room. */
DEFINE_REPEATS(wide_repeats);

static __always_inline void repeat_begin(void *table, const struct repeat_key *key, u16 port,
					 u64 now)
{
	/* The two that one failure makes have one time, and one processor. */
	u64 is_wide = table == &wide_repeats;
	struct repeat first = {
		.id = now << 9 | (bpf_get_smp_processor_id() & 0xff) << 1 | is_wide,
		.second = now >> REPEAT_SECOND_SHIFT,
		.last_ns = now, .told = 1, .port = port,
	};

	bpf_map_update_elem(table, key, &first, BPF_NOEXIST);
}

/* In a new second nothing has been told. Without branches: see unknown_zero. */
static __always_inline void repeat_touch(struct repeat *repeat, u16 port, u64 now)
{
	u64 second = now >> REPEAT_SECOND_SHIFT;

	repeat->last_ns = now;
	repeat->many_ports |= is_set(repeat->port ^ port);
	repeat->told &= is_set(repeat->second ^ second) - 1;
	repeat->second = second;
}

static __always_inline enum repeat_where repeat_hold(struct repeat *repeat,
						     enum repeat_where where)
{
	__sync_fetch_and_add(&repeat->held, 1);
	return where;
}

/*
 * Half of what may be told is for addresses that are not known to be flooded.
 * Many processes at once would overflow the ring with what each may tell.
 */
static __always_inline bool repeat_is_wide_flood(const struct repeat *own,
						 const struct repeat *wide)
{
	u32 most = config.repeats_wide;

	if (own)
		most >>= own->named & 1;
	return wide->told >= most ||
	       (wide->told >= REPEATS_IN_HURRY && core_ring_is_half_full());
}

static __always_inline void repeat_key_widen(struct repeat_key *wide, const struct repeat_key *key)
{
	*wide = *key;
	__builtin_memset(wide->addr, 0, sizeof(wide->addr));
}

/*
 * Of a connect() of a datagram socket the address may decide whether it was one
 * at all, or only asked for the source address that it would have.
 */
static __always_inline bool repeat_may_be_wide(const struct repeat_key *key)
{
	return config.repeats_wide &&
	       !(key->kind == REC_CONNECT_RETURN && key->protocol == IPPROTO_UDP);
}

/* A named one is named again in the first records of each second: one may be lost. */
static __always_inline bool repeat_names_itself(struct repeat *own, const struct repeat *wide)
{
	if (own->told <= REPEATS_NAMED)
		return own->named && own->told <= REPEATS_RENAMED;
	if (own->named && wide)
		return bpf_get_prandom_u32() & 1;
	own->named = 1;
	return true;
}

/*
 * The id that goes along with a record, 0: none. An address is made known first,
 * then it is either's by chance: what tells the others must be a fair sample.
 */
static __always_inline u64 repeat_name(struct repeat *own, const struct repeat *wide)
{
	if (own && repeat_names_itself(own, wide))
		return own->id;
	return wide && wide->told > REPEATS_NAMED ? wide->id : 0;
}

/*
 * `told` is not counted atomically: two processors may tell a few more than were
 * asked for. `held` is what must be exact. An address whose flood is known to
 * user space keeps its own count even where too many are told of others.
 */
__hidden enum repeat_where repeat_take(const struct repeat_key *key, u16 port, u64 now, u64 *id)
{
	struct repeat *own, *wide = NULL;
	struct repeat_key wide_key;

	if (!config.repeats_after)
		return REPEAT_TOLD;
	own = bpf_map_lookup_elem(&repeats, key);
	if (own) {
		repeat_touch(own, port, now);
		if (own->told >= config.repeats_after)
			return repeat_hold(own, REPEAT_COUNTED);
	}
	if (repeat_may_be_wide(key)) {
		repeat_key_widen(&wide_key, key);
		wide = bpf_map_lookup_elem(&wide_repeats, &wide_key);
		if (!wide)
			repeat_begin(&wide_repeats, &wide_key, port, now);
	}
	if (wide) {
		repeat_touch(wide, port, now);
		if (repeat_is_wide_flood(own, wide))
			return own && own->named ? repeat_hold(own, REPEAT_COUNTED) :
						   repeat_hold(wide, REPEAT_COUNTED_WIDE);
		wide->told++;
	}
	if (own)
		own->told++;
	else
		repeat_begin(&repeats, key, port, now);
	*id = repeat_name(own, wide);
	return REPEAT_TOLD;
}

__hidden void repeat_give_back(const struct repeat_key *key, u32 where)
{
	struct repeat_key wide_key;
	struct repeat *repeat;

	if (where == REPEAT_COUNTED_WIDE) {
		repeat_key_widen(&wide_key, key);
		repeat = bpf_map_lookup_elem(&wide_repeats, &wide_key);
	} else {
		repeat = bpf_map_lookup_elem(&repeats, key);
	}
	if (repeat)
		__sync_fetch_and_add(&repeat->held, -1);
}
