// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route look-ups that found no way. They happen inside the caller's own system
 * call, so the fact is kept by thread and picked up when the call returns; one
 * that softirq made under a bystander's name never meets its address again.
 */
#include "bpf/flow.bpf.h"

/* include/uapi/linux/rtnetlink.h */
#define RT_TABLE_LOCAL 255
#define RTN_BLACKHOLE 6
#define RTN_PROHIBIT 8

/*
 * Fires for every look-up, also for forwarded packets; all but failed ones
 * leave on the first line. No match in the local table is the normal course
 * where policy rules split it from the main one.
 */
SEC("?tp_btf/fib_table_lookup")
int BPF_PROG(route_lookup__tp_btf, u32 table, const struct flowi4 *flow,
	     const struct fib_nh_common *nhc, int err)
{
	struct thread_fact fact = {};

	if (!err || (err == -EAGAIN && table == RT_TABLE_LOCAL))
		return 0;
	fact.ts_ns = bpf_ktime_get_ns();
	fact.hook = HOOK_FIB_LOOKUP;
	fact.table = table;
	fact.err = err;
	addr_from_v4(fact.daddr, flow->daddr);
	thread_fact_store(&fact);
	return 0;
}

SEC("?tp_btf/fib6_table_lookup")
int BPF_PROG(route6_lookup__tp_btf, const struct net *net, const struct fib6_result *res,
	     struct fib6_table *table, const struct flowi6 *flow)
{
	u8 type = res->fib6_type;
	struct thread_fact fact = {};

	if (type < RTN_BLACKHOLE || type > RTN_PROHIBIT)
		return 0;
	fact.table = table->tb6_id;
	if (fact.table == RT_TABLE_LOCAL)
		return 0;
	fact.ts_ns = bpf_ktime_get_ns();
	fact.hook = HOOK_FIB6_LOOKUP;
	fact.type = type;
	COPY_DIRECT((u32 *)fact.daddr, flow, daddr.in6_u.u6_addr32, 4);
	thread_fact_store(&fact);
	return 0;
}
