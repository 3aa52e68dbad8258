// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/cost.h"

#include <errno.h>

#include <bpf/bpf.h>

#include "kernel/hooks.h"

int cost_enable(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}

static void program_tell(const struct loaded_program *program, cost_fn fn, void *ctx)
{
	struct program_cost cost = { .name = program->name, .hook = program->hook };
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program->fd, &info, &size))
		return;
	cost.runs = info.run_cnt;
	cost.run_time_ns = info.run_time_ns;
	fn(ctx, &cost);
}

static uint64_t program_misses(const struct loaded_program *program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(program->fd, &info, &size) ? 0 : info.recursion_misses;
}

uint64_t cost_misses(const struct hooks *hooks)
{
	uint64_t misses = 0;

	for (int i = 0; i < OBJECTS; i++)
		for (size_t k = 0; k < hooks->loaded.of[i].count; k++)
			misses += program_misses(&hooks->loaded.of[i].programs[k]);
	return misses;
}

void cost_each(const struct hooks *hooks, cost_fn fn, void *ctx)
{
	for (int i = 0; i < OBJECTS; i++)
		for (size_t k = 0; k < hooks->loaded.of[i].count; k++)
			program_tell(&hooks->loaded.of[i].programs[k], fn, ctx);
}
