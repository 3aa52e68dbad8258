// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/trials.h"

#include <errno.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* A program that does nothing, at a function by its number among the kernel's types. */
static int load_empty(enum bpf_attach_type at, uint32_t function)
{
	static const struct bpf_insn exit_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = at,
		    .attach_btf_id = function);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "connwatch_probe", "GPL", exit_0,
			       sizeof(exit_0) / sizeof(exit_0[0]), &opts);

	return fd < 0 ? -errno : fd;
}

int trial_trampoline(void)
{
	int fd = load_empty(BPF_TRACE_FEXIT, 1);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -EINVAL ? 0 : fd;
}

int trial_function(uint32_t function)
{
	int fd = load_empty(BPF_TRACE_FENTRY, function), link, err;

	if (fd < 0)
		return fd;
	link = bpf_raw_tracepoint_open(NULL, fd);
	err = link < 0 ? -errno : 0;
	if (link >= 0)
		close(link);
	close(fd);
	return err;
}

bool trial_memory(void)
{
	static const struct bpf_insn read_8[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "connwatch_probe", "GPL", read_8,
			       sizeof(read_8) / sizeof(read_8[0]), NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
