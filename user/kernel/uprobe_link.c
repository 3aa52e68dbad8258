// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/uprobe_link.h"

#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/loaded.h"

/* include/uapi/linux/bpf.h since Linux 6.6: the headers at hand may be older. */
#define ATTACH_UPROBE_MULTI ((enum bpf_attach_type)48)
#define UPROBE_MULTI_RETURN 1u

struct multi_attr {
	uint32_t program_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t count;
	uint32_t multi_flags;
	uint32_t pid;
	uint32_t reserved;
};

struct uprobe_link {
	int fd;			/* of a uprobe_multi link, -1: none */
	struct bpf_link *link;	/* else */
};

static int multi_open(int program_fd, const char *path, uint64_t offset, bool at_return)
{
	struct multi_attr attr = {
		.program_fd = (uint32_t)program_fd, .attach_type = ATTACH_UPROBE_MULTI,
		.path = (uintptr_t)path, .offsets = (uintptr_t)&offset, .count = 1,
		.multi_flags = at_return ? UPROBE_MULTI_RETURN : 0,
	};
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

/* Whether this kernel knows such links: it then minds that / is no file. */
static bool has_multi(void)
{
	static const struct bpf_insn exit_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = ATTACH_UPROBE_MULTI);
	static int known;	/* 1: yes, -1: no */
	int fd;

	if (known)
		return known > 0;
	fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "connwatch_probe", "GPL", exit_0,
			   sizeof(exit_0) / sizeof(exit_0[0]), &opts);
	known = fd >= 0 && multi_open(fd, "/", 0, false) == -EBADF ? 1 : -1;
	if (fd >= 0)
		close(fd);
	return known > 0;
}

void uprobe_prepare(struct bpf_program *program)
{
	if (has_multi())
		bpf_program__set_expected_attach_type(program, ATTACH_UPROBE_MULTI);
}

bool uprobe_needs_object(void)
{
	return !has_multi();
}

static int link_open(struct uprobe_link *link, const struct loaded_program *program,
		     const char *path, uint64_t offset, bool at_return)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = at_return);

	if (has_multi()) {
		link->fd = multi_open(program->fd, path, offset, at_return);
		return link->fd < 0 ? link->fd : 0;
	}
	link->fd = -1;
	link->link = bpf_program__attach_uprobe_opts(program->program, -1, path, offset,
						     &opts);
	return link->link ? 0 : -errno;
}

int uprobe_link_open(struct uprobe_link **out, const struct loaded_program *program, int fd,
		     uint64_t offset, bool at_return)
{
	struct uprobe_link *link;
	char path[32];
	int err;

	/* libbpf 1.1 would read it all the same. */
	if (!program)
		return -ENOENT;
	link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	/* The very file that was read, whatever its path is by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = link_open(link, program, path, offset, at_return);
	if (err)
		free(link);
	else
		*out = link;
	return err;
}

static void *close_one(void *arg)
{
	struct uprobe_link *link = arg;

	if (link->fd >= 0)
		close(link->fd);
	bpf_link__destroy(link->link);
	free(link);
	return NULL;
}

void uprobe_links_close(struct uprobe_link *const *links, size_t count)
{
	pthread_t *threads = calloc(count, sizeof(*threads));
	size_t started = 0;

	for (size_t i = 0; i < count; i++) {
		if (!links[i])
			continue;
		if (!threads || pthread_create(&threads[started], NULL, close_one, links[i]))
			close_one(links[i]);
		else
			started++;
	}
	while (started)
		pthread_join(threads[--started], NULL);
	free(threads);
}
