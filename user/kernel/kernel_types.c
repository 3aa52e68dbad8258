// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/kernel_types.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "kernel/btf_subset.h"

struct kernel_types {
	const char *path;
	pthread_t thread;
	bool is_reading;	/* the thread runs, or waits to be joined */
	bool is_kept;
	struct btf *all;	/* NULL: not read */
	int err;		/* why not */
	int fd;			/* the file with those that are kept, or -1 */
	char kept_path[32];
};

static void *types_read(void *arg)
{
	struct kernel_types *types = arg;

	types->all = types->path ? btf__parse(types->path, NULL) : btf__load_vmlinux_btf();
	types->err = types->all ? 0 : -errno;
	return NULL;
}

/* A file in memory that can be opened by @path. Its descriptor is none of the first three. */
static int file_open(char *path, size_t size)
{
	int made = memfd_create("connwatch-btf", MFD_CLOEXEC);
	int fd = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (made >= 0)
		close(made);
	snprintf(path, size, "/proc/self/fd/%d", fd);
	if (fd >= 0 && access(path, R_OK)) {
		close(fd);
		return -1;
	}
	return fd;
}

struct kernel_types *kernel_types_begin(const char *path)
{
	struct kernel_types *types = calloc(1, sizeof(*types));

	if (!types)
		return NULL;
	types->path = path;
	types->fd = file_open(types->kept_path, sizeof(types->kept_path));
	if (types->fd < 0)
		return types;
	types->is_reading = !pthread_create(&types->thread, NULL, types_read, types);
	if (!types->is_reading)
		types_read(types);
	return types;
}

const char *kernel_types_path(const struct kernel_types *types)
{
	if (!types)
		return NULL;
	return types->fd < 0 ? types->path : types->kept_path;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int btf_write(int fd, const struct btf *btf)
{
	__u32 size;
	const void *data = btf__raw_data(btf, &size);

	return data ? write_all(fd, data, size) : -ENOMEM;
}

static int types_write(const struct kernel_types *types, const struct btf *local)
{
	struct btf *kept;
	int err = btf_subset(types->all, local, &kept);

	/* More than is needed is slow and not wrong. */
	if (err)
		return btf_write(types->fd, types->all);
	err = btf_write(types->fd, kept);
	btf__free(kept);
	return err;
}

static void types_join(struct kernel_types *types)
{
	if (types->is_reading)
		pthread_join(types->thread, NULL);
	types->is_reading = false;
}

int kernel_types_keep(struct kernel_types *types, const struct btf *local)
{
	if (!types || types->fd < 0 || types->is_kept)
		return 0;
	types_join(types);
	if (!types->err)
		types->err = types_write(types, local);
	types->is_kept = !types->err;
	btf__free(types->all);
	types->all = NULL;
	return types->err;
}

void kernel_types_close(struct kernel_types *types)
{
	if (!types)
		return;
	types_join(types);
	btf__free(types->all);
	if (types->fd >= 0)
		close(types->fd);
	free(types);
}

bool kernel_types_are_there(void)
{
	struct btf *all = btf__load_vmlinux_btf();

	btf__free(all);
	return all;
}
