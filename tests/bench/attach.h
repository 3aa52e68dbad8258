/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* BPF programs of the bench on connwatch's hooks, and what the kernel counted of them. */
#ifndef BENCH_ATTACH_H
#define BENCH_ATTACH_H

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kernel/tracefs.h"

/* @program on the tracepoint SYSTEM/NAME, for as long as this process lives; or a negative errno. */
static inline int attach_classic(const char *tracepoint, int program)
{
	int tracefs = tracefs_open(), event;

	if (tracefs < 0)
		return tracefs;
	event = tracefs_event_open(tracefs, tracepoint);
	close(tracefs);
	if (event < 0)
		return event;
	return ioctl(event, PERF_EVENT_IOC_SET_BPF, program) ||
	       ioctl(event, PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0;
}

/* @hook as connwatch writes them: tp_btf/NAME, tp/SYSTEM/NAME. */
static inline int attach(const char *hook, int program)
{
	if (!strncmp(hook, "tp_btf/", strlen("tp_btf/")))
		return bpf_raw_tracepoint_open(NULL, program) < 0 ? -errno : 0;
	if (!strncmp(hook, "tp/", strlen("tp/")))
		return attach_classic(hook + strlen("tp/"), program);
	return -EINVAL;
}

/* A line `HOOK RUNS NS`. */
static inline void tell_cost(const char *hook, int program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (!bpf_obj_get_info_by_fd(program, &info, &size))
		printf("%s %llu %llu\n", hook, (unsigned long long)info.run_cnt,
		       (unsigned long long)info.run_time_ns);
}

#endif
