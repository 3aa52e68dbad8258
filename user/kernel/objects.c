// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/objects.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"

static bool is_verbose;

/* libbpf says which program the kernel refused only in its log, in the thread that loads it. */
static _Thread_local struct object_load *loading;

static int libbpf_listen(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[256];
	va_list copy;

	va_copy(copy, args);
	vsnprintf(line, sizeof(line), format, copy);
	va_end(copy);
	if (loading && strstr(line, ": failed to load:"))
		sscanf(line, "libbpf: prog '%63[^']'", loading->refused);
	if (is_verbose && level != LIBBPF_DEBUG)
		return vfprintf(stderr, format, args);
	return 0;
}

void objects_set_verbose(bool verbose)
{
	is_verbose = verbose;
	libbpf_set_print(libbpf_listen);
}

static bool is_ring(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;
}

/* As libbpf would create @map, but for its types; its descriptor or a negative errno. */
static int map_create(const struct bpf_map *map)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = bpf_map__map_flags(map));
	uint32_t entries = bpf_map__max_entries(map);
	long page = sysconf(_SC_PAGESIZE);

	if (is_ring(map) && page > (long)entries)
		entries = (uint32_t)page;
	return bpf_map_create(bpf_map__type(map), bpf_map__name(map), bpf_map__key_size(map),
			      bpf_map__value_size(map), entries, &opts);
}

static bool is_read_only(const struct bpf_map *map)
{
	return bpf_map__map_flags(map) & BPF_F_RDONLY_PROG;
}

static int map_share(struct bpf_map *map, struct bpf_object *other)
{
	struct bpf_map *twin = bpf_object__find_map_by_name(other, bpf_map__name(map));
	int fd, err;

	fd = map_create(map);
	if (fd < 0)
		return fd;
	err = twin ? bpf_map__reuse_fd(map, fd) : -ENOENT;
	if (!err)
		err = bpf_map__reuse_fd(twin, fd);
	close(fd);
	return err;
}

int objects_share_maps(struct object_load *loads)
{
	const struct connwatch_bpf *second = loads[OBJECT_SECOND].skeleton;
	struct bpf_map *map;

	if (!second)
		return 0;
	/* Every map of both, which are two openings of the same file. */
	bpf_object__for_each_map(map, loads[OBJECT_FIRST].skeleton->obj) {
		int err = is_read_only(map) ? 0 : map_share(map, second->obj);

		if (err)
			return err;
	}
	return 0;
}

static void *object_load(void *arg)
{
	struct object_load *load = arg;

	loading = load;
	load->err = connwatch_bpf__load(load->skeleton);
	loading = NULL;
	return NULL;
}

struct second_load {
	struct object_load *load;
	objects_second_fn fn;
	void *ctx;
};

static void *second_load(void *arg)
{
	struct second_load *second = arg;

	object_load(second->load);
	if (!second->load->err && second->fn)
		second->fn(second->ctx);
	return NULL;
}

int objects_load(struct object_load *loads, objects_second_fn fn, void *ctx)
{
	struct object_load *first = &loads[OBJECT_FIRST], *second = &loads[OBJECT_SECOND];
	struct second_load work = { second, fn, ctx };
	bool is_beside = false;
	pthread_t thread;

	first->err = second->err = 0;
	if (second->skeleton)
		is_beside = !pthread_create(&thread, NULL, second_load, &work);
	object_load(first);
	if (is_beside)
		pthread_join(thread, NULL);
	else if (second->skeleton)
		second_load(&work);
	return first->err ? first->err : second->err;
}
