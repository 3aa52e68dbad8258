// SPDX-License-Identifier: GPL-2.0-only
/* What this host itself answered to packets: remembered until the caller's own end is told. */
#include "bpf/core.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, HOST_ANSWERS_MAX);
	__type(key, struct tuple_key);
	__type(value, struct host_answer);
} host_answers SEC(".maps");

/*
 * By the SYN's number, which is random: finding room in a hash table would cost
 * more than all else that is done about a refusal. Its lowest bits choose among
 * the first few, which stay in the processor's cache. Where another SYN's entry
 * is so young that it may be wanted yet, the next bits choose among the rest.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, REFUSED_SYNS_MAX);
	__type(key, u32);
	__type(value, struct refused_syn);
} refused_syns SEC(".maps");

static __always_inline void tuple_from_flow(struct tuple_key *key, const struct rec_flow *flow)
{
	addr_copy(key->saddr, flow->saddr);
	addr_copy(key->daddr, flow->daddr);
	key->sport = flow->sport;
	key->dport = flow->dport;
	key->netns = flow->netns;
}

/*
 * Set with the first one: most machines give none, and a look-up costs. Not static:
 * clang makes a byte of a static flag, and the kernel refuses the type data then.
 */
__u32 have_host_answers;

__hidden struct host_answer *host_answer_find(const struct rec_flow *flow)
{
	struct tuple_key key;

	if (!have_host_answers)
		return NULL;
	tuple_from_flow(&key, flow);
	return bpf_map_lookup_elem(&host_answers, &key);
}

__hidden struct host_answer *host_answer_take(const struct rec_flow *flow)
{
	struct host_answer *answer, none = {};
	struct tuple_key key;

	have_host_answers = 1;
	tuple_from_flow(&key, flow);
	answer = bpf_map_lookup_elem(&host_answers, &key);
	if (answer)
		return answer;
	bpf_map_update_elem(&host_answers, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&host_answers, &key);
}

/*
 * Most are wanted within microseconds, and free then. But a caller's processor may
 * have other work first, or its packets a way to go; and a stranger's never are.
 */
#define REFUSED_YOUNG_NS 1000000000LL

static __always_inline struct refused_syn *refused_syn_first(u32 isn)
{
	u32 slot = isn % REFUSED_SYNS_NEAR;

	return bpf_map_lookup_elem(&refused_syns, &slot);
}

static __always_inline struct refused_syn *refused_syn_second(u32 isn)
{
	u32 rest = REFUSED_SYNS_MAX - REFUSED_SYNS_NEAR;
	u32 slot = REFUSED_SYNS_NEAR + isn / REFUSED_SYNS_NEAR % rest;

	return bpf_map_lookup_elem(&refused_syns, &slot);
}

/*
 * Two processors may want one place. Who reads the number that its own addition
 * makes when it is alone has it. (Linux 5.10 has neither compare-and-exchange nor
 * the value from before an addition.) Signed: another's time may be a little later.
 */
static __always_inline bool refused_syn_write(struct refused_syn *at, u32 isn,
					      const struct refused_syn *syn, s64 age)
{
	bool writes;

	__sync_fetch_and_add(&at->writers, 1);
	barrier();
	writes = *(volatile u32 *)&at->writers == 1 && (s64)(syn->ts_ns - at->ts_ns) >= age;
	if (writes) {
		/* Who looks meanwhile finds an entry of no SYN's. */
		at->ts_ns = 0;
		barrier();
		__builtin_memcpy(at->daddr, syn->daddr,
				 offsetof(struct refused_syn, isn) -
					 offsetof(struct refused_syn, daddr));
		at->isn = isn;
		barrier();
		at->ts_ns = syn->ts_ns;
	}
	__sync_fetch_and_add(&at->writers, -1);
	return writes;
}

__hidden void refused_syn_store(u32 isn, const struct refused_syn *syn)
{
	struct refused_syn *at = refused_syn_first(isn);

	if (at && refused_syn_write(at, isn, syn, REFUSED_YOUNG_NS))
		return;
	at = refused_syn_second(isn);
	if (at)
		refused_syn_write(at, isn, syn, -REFUSED_YOUNG_NS);
}

static __always_inline bool is_refused_syn(const struct refused_syn *at, u32 isn)
{
	return is_set(at->ts_ns) > is_set(at->isn ^ isn);
}

__hidden struct refused_syn *refused_syn_find(u32 isn)
{
	struct refused_syn *at = refused_syn_first(isn);

	if (at && is_refused_syn(at, isn))
		return at;
	at = refused_syn_second(isn);
	return at && is_refused_syn(at, isn) ? at : NULL;
}
