// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/cost.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/hooks.h"

int cost_enable(void)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd < 0 ? -errno : fd;
}

static void object_each(const struct bpf_object *object, cost_fn fn, void *ctx)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		const char *hook = bpf_program__section_name(program);
		struct program_cost cost = {
			.name = bpf_program__name(program), .hook = *hook == '?' ? hook + 1 : hook,
		};
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
			continue;
		cost.runs = info.run_cnt;
		cost.run_time_ns = info.run_time_ns;
		fn(ctx, &cost);
	}
}

void cost_each(const struct hooks *hooks, cost_fn fn, void *ctx)
{
	for (int i = 0; i < OBJECTS; i++)
		if (hooks->objects[i].skeleton)
			object_each(hooks->objects[i].skeleton->obj, fn, ctx);
}
