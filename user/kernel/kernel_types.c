// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/kernel_types.h"

#include <errno.h>
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
	struct btf *all;	/* NULL: not read */
	int fd;			/* the file with those that are kept, or -1 */
	char kept_path[32];
};

static void *types_read(void *arg)
{
	struct kernel_types *types = arg;

	types->all = types->path ? btf__parse(types->path, NULL) : btf__load_vmlinux_btf();
	return NULL;
}

static void types_drop(struct kernel_types *types)
{
	if (types->is_reading)
		pthread_join(types->thread, NULL);
	types->is_reading = false;
	btf__free(types->all);
	types->all = NULL;
}

struct kernel_types *kernel_types_begin(const char *path)
{
	struct kernel_types *types = calloc(1, sizeof(*types));

	if (!types)
		return NULL;
	types->path = path;
	types->fd = -1;
	types->is_reading = !pthread_create(&types->thread, NULL, types_read, types);
	return types;
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

static int types_keep(struct kernel_types *types, const struct btf *local)
{
	struct btf *kept;
	int err = btf_subset(types->all, local, &kept);

	if (err)
		return err;
	types->fd = memfd_create("connwatch-btf", MFD_CLOEXEC);
	err = types->fd < 0 ? -errno : btf_write(types->fd, kept);
	btf__free(kept);
	snprintf(types->kept_path, sizeof(types->kept_path), "/proc/self/fd/%d", types->fd);
	return err;
}

const char *kernel_types_for(struct kernel_types *types, const struct btf *local)
{
	bool is_kept;

	if (!types)
		return NULL;
	if (types->is_reading)
		pthread_join(types->thread, NULL);
	types->is_reading = false;
	is_kept = types->all && local && !types_keep(types, local);
	types_drop(types);
	return is_kept ? types->kept_path : types->path;
}

void kernel_types_close(struct kernel_types *types)
{
	if (!types)
		return;
	types_drop(types);
	if (types->fd >= 0)
		close(types->fd);
	free(types);
}
