// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * empty: programs that do nothing on the hooks named, as connwatch writes them (tp_btf/NAME,
 * tp/SYSTEM/NAME): the floor that any program on the same hooks has, and any process that loads
 * them. With -c the kernel counts, which takes time of its own.
 *
 *   empty [-c] HOOK…    says `ready N`; at the end of its stdin with -c a line `HOOK RUNS NS` each
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel/tracefs.h"

enum { HOOKS_MAX = 64 };

static int load_empty(enum bpf_prog_type type, const struct bpf_prog_load_opts *opts)
{
	static const struct bpf_insn exit_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "bench_empty", "GPL", exit_0, sizeof(exit_0) / sizeof(exit_0[0]),
			     opts);
}

/* The program's descriptor, attached for as long as this process lives; or a negative errno. */
static int attach_btf(const struct btf *kernel, const char *tracepoint)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
	char type[128];
	int id, fd;

	snprintf(type, sizeof(type), "btf_trace_%s", tracepoint);
	id = btf__find_by_name_kind(kernel, type, BTF_KIND_TYPEDEF);
	if (id < 0)
		return id;
	opts.attach_btf_id = id;
	fd = load_empty(BPF_PROG_TYPE_TRACING, &opts);
	return fd < 0 || bpf_raw_tracepoint_open(NULL, fd) < 0 ? -errno : fd;
}

static int attach_classic(const char *tracepoint)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	int tracefs = tracefs_open(), event, fd;

	if (tracefs < 0)
		return tracefs;
	event = tracefs_event_open(tracefs, tracepoint);
	close(tracefs);
	if (event < 0)
		return event;
	fd = load_empty(BPF_PROG_TYPE_TRACEPOINT, &opts);
	if (fd < 0 || ioctl(event, PERF_EVENT_IOC_SET_BPF, fd) ||
	    ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	return fd;
}

static int attach(const struct btf *kernel, const char *hook)
{
	if (!strncmp(hook, "tp_btf/", strlen("tp_btf/")))
		return attach_btf(kernel, hook + strlen("tp_btf/"));
	if (!strncmp(hook, "tp/", strlen("tp/")))
		return attach_classic(hook + strlen("tp/"));
	return -EINVAL;
}

static void tell_cost(const char *hook, int program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (!bpf_obj_get_info_by_fd(program, &info, &size))
		printf("%s %llu %llu\n", hook, (unsigned long long)info.run_cnt,
		       (unsigned long long)info.run_time_ns);
}

int main(int argc, char **argv)
{
	bool counts = argc > 1 && !strcmp(argv[1], "-c");
	int programs[HOOKS_MAX], count = 0;
	const char *names[HOOKS_MAX];
	struct btf *kernel;
	char byte;

	libbpf_set_print(NULL);
	kernel = btf__load_vmlinux_btf();
	if (!kernel) {
		perror("empty: the kernel's types");
		return 2;
	}
	if (counts && bpf_enable_stats(BPF_STATS_RUN_TIME) < 0) {
		perror("empty: bpf_enable_stats");
		return 2;
	}
	for (int i = 1 + counts; i < argc && count < HOOKS_MAX; i++) {
		int fd = attach(kernel, argv[i]);

		if (fd < 0) {
			fprintf(stderr, "empty: %s: %s\n", argv[i], strerror(-fd));
			continue;
		}
		names[count] = argv[i];
		programs[count++] = fd;
	}
	btf__free(kernel);
	printf("ready %d\n", count);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (int i = 0; counts && i < count; i++)
		tell_cost(names[i], programs[i]);
	return 0;
}
