// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * empty: programs that do nothing on the tracepoints named (tp_btf), and what the kernel counts for
 * them: the floor that any program on the same hooks has, most of it the counting itself.
 *
 *   empty TRACEPOINT…    says `ready N`; at the end of its stdin a line `TRACEPOINT RUNS NS` each
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum { HOOKS_MAX = 32 };

static int load_empty(const char *tracepoint)
{
	static const struct bpf_insn exit_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
	int id = libbpf_find_vmlinux_btf_id(tracepoint, BPF_TRACE_RAW_TP);

	if (id < 0)
		return id;
	opts.attach_btf_id = id;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "bench_empty", "GPL", exit_0,
			     sizeof(exit_0) / sizeof(exit_0[0]), &opts);
}

int main(int argc, char **argv)
{
	int programs[HOOKS_MAX], count = 0, stats;
	const char *names[HOOKS_MAX];
	char byte;

	libbpf_set_print(NULL);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (stats < 0) {
		perror("empty: bpf_enable_stats");
		return 2;
	}
	for (int i = 1; i < argc && count < HOOKS_MAX; i++) {
		int fd = load_empty(argv[i]);

		if (fd < 0 || bpf_raw_tracepoint_open(NULL, fd) < 0) {
			fprintf(stderr, "empty: %s: %s\n", argv[i], strerror(errno));
			continue;
		}
		names[count] = argv[i];
		programs[count++] = fd;
	}
	printf("ready %d\n", count);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (int i = 0; i < count; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(programs[i], &info, &size))
			printf("%s %llu %llu\n", names[i], (unsigned long long)info.run_cnt,
			       (unsigned long long)info.run_time_ns);
	}
	return 0;
}
