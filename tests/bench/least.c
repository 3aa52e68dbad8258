// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * least OBJECT: the programs of that BPF object (least.bpf.c) on the hooks that their sections
 * name. Says `ready N`, and at the end of its stdin a line `HOOK RUNS NS` each.
 */
#include <bpf/libbpf.h>

#include "attach.h"

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *program;
	int count = 0;
	char byte;

	if (!object || bpf_object__load(object) || bpf_enable_stats(BPF_STATS_RUN_TIME) < 0) {
		perror("least");
		return 2;
	}
	bpf_object__for_each_program(program, object) {
		const char *hook = bpf_program__section_name(program);
		int err = attach(hook, bpf_program__fd(program));

		if (err)
			fprintf(stderr, "least: %s: %s\n", hook, strerror(-err));
		count += !err;
	}
	printf("ready %d\n", count);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	bpf_object__for_each_program(program, object)
		tell_cost(bpf_program__section_name(program), bpf_program__fd(program));
	bpf_object__close(object);
	return 0;
}
