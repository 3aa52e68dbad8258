// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * empty: programs that do nothing on the hooks named, as connwatch writes them (tp_btf/NAME,
 * tp/SYSTEM/NAME): the floor that any program on the same hooks has, and any process that loads
 * them. With -c the kernel counts, which takes time of its own.
 *
 *   empty [-c] HOOK…    says `ready N`; at the end of its stdin with -c a line `HOOK RUNS NS` each
 */
#include <stdbool.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "attach.h"

enum { HOOKS_MAX = 64 };

static int load(enum bpf_prog_type type, const struct bpf_prog_load_opts *opts)
{
	static const struct bpf_insn exit_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "bench_empty", "GPL", exit_0, sizeof(exit_0) / sizeof(exit_0[0]),
			     opts);
}

/* The descriptor of a program that can go on @hook, or a negative errno. */
static int load_for(const struct btf *kernel, const char *hook)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	char type[128];
	int id;

	if (strncmp(hook, "tp_btf/", strlen("tp_btf/")) != 0)
		return load(BPF_PROG_TYPE_TRACEPOINT, &opts);
	snprintf(type, sizeof(type), "btf_trace_%s", hook + strlen("tp_btf/"));
	id = btf__find_by_name_kind(kernel, type, BTF_KIND_TYPEDEF);
	if (id < 0)
		return id;
	opts.expected_attach_type = BPF_TRACE_RAW_TP;
	opts.attach_btf_id = id;
	return load(BPF_PROG_TYPE_TRACING, &opts);
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
		int fd = load_for(kernel, argv[i]);
		int err = fd < 0 ? fd : attach(argv[i], fd);

		if (err) {
			fprintf(stderr, "empty: %s: %s\n", argv[i], strerror(-err));
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
