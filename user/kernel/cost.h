/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the armed programs cost, by the kernel's own count (bpf_enable_stats(2), Linux 5.8). */
#ifndef CONNWATCH_COST_H
#define CONNWATCH_COST_H

#include <stdint.h>

struct hooks;

struct program_cost {
	const char *name;	/* of the program, as in bpf/ */
	const char *hook;	/* "tp_btf/inet_sock_set_state" */
	uint64_t runs;
	uint64_t run_time_ns;	/* some 20 to 50 ns of each run are the counting's own */
};

/*
 * Makes the kernel count, for every BPF program of the machine, as long as the
 * returned descriptor is open. Negative errno: -EPERM without CAP_SYS_ADMIN.
 */
int cost_enable(void);

typedef void (*cost_fn)(void *ctx, const struct program_cost *cost);
/* Calls @fn for every program that is loaded, run or not; its strings are the hooks'. */
void cost_each(const struct hooks *hooks, cost_fn fn, void *ctx);

/*
 * How many runs the kernel has skipped since the programs were loaded, for they
 * were running on that processor already; 0 before Linux 5.12, which does not count.
 */
uint64_t cost_misses(const struct hooks *hooks);

#endif
