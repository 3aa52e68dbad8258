// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/variants.h"

#define MAP_AT(name) offsetof(struct connwatch_bpf, maps.name)

static const size_t map_places[LOADED_MAPS] = {
	[MAP_DESTINATIONS] = MAP_AT(destinations),
	[MAP_LISTENERS] = MAP_AT(listeners),
	[MAP_NAMES] = MAP_AT(names),
	[MAP_PROGRAM_STARTS] = MAP_AT(program_starts),
	[MAP_RECORDS] = MAP_AT(records),
	[MAP_REPEATS] = MAP_AT(repeats),
	[MAP_ROOTS] = MAP_AT(roots),
	[MAP_SSH_DISTANCES] = MAP_AT(ssh_distances),
	[MAP_TIME_WAITS] = MAP_AT(time_waits),
	[MAP_TREE] = MAP_AT(tree),
	[MAP_WIDE_REPEATS] = MAP_AT(wide_repeats),
};

/* None of the first three: what is printed shall not get there. */
static int fd_keep(int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return own < 0 ? -errno : own;
}

static int bss_map(struct loaded *loaded, const struct connwatch_bpf *skeleton)
{
	void *bss = mmap(NULL, sizeof(*loaded->bss), PROT_READ | PROT_WRITE, MAP_SHARED,
			 bpf_map__fd(skeleton->maps.bss), 0);

	if (bss == MAP_FAILED)
		return -errno;
	loaded->bss = bss;
	return 0;
}

static void maps_close(const struct loaded *loaded, size_t count)
{
	while (count--)
		close(loaded->maps[count]);
}

int loaded_take_maps(struct loaded *loaded, const struct connwatch_bpf *skeleton)
{
	size_t taken = 0;
	int err;

	if (loaded->has_maps)
		return 0;
	for (err = 0; taken < LOADED_MAPS; taken++) {
		const void *place = (const char *)skeleton + map_places[taken];
		struct bpf_map *const *map = place;

		err = loaded->maps[taken] = fd_keep(bpf_map__fd(*map));
		if (err < 0)
			goto fail;
	}
	err = bss_map(loaded, skeleton);
	if (err)
		goto fail;
	loaded->has_maps = true;
	return 0;
fail:
	maps_close(loaded, taken);
	return err;
}

static int program_take(struct loaded_program *to, struct bpf_program *program)
{
	*to = (struct loaded_program){
		.name = strdup(bpf_program__name(program)),
		.hook = strdup(program_hook(program)),
		.fd = fd_keep(bpf_program__fd(program)), .program = program,
	};
	return to->name && to->hook ? to->fd : -ENOMEM;
}

int loaded_take_programs(struct loaded *loaded, int object, const struct connwatch_bpf *skeleton)
{
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program(program, skeleton->obj)
		count += bpf_program__fd(program) >= 0;
	loaded->of[object].programs = calloc(count, sizeof(*loaded->of[object].programs));
	if (count && !loaded->of[object].programs)
		return -ENOMEM;
	bpf_object__for_each_program(program, skeleton->obj) {
		int err;

		if (bpf_program__fd(program) < 0)
			continue;
		err = program_take(&loaded->of[object].programs[loaded->of[object].count++],
				   program);
		if (err < 0)
			return err;
	}
	return 0;
}

void loaded_forget_object(struct loaded *loaded, int object)
{
	for (size_t i = 0; i < loaded->of[object].count; i++)
		loaded->of[object].programs[i].program = NULL;
}

static void programs_drop(struct loaded *loaded, int object)
{
	for (size_t i = 0; i < loaded->of[object].count; i++) {
		struct loaded_program *program = &loaded->of[object].programs[i];

		free(program->name);
		free(program->hook);
		if (program->fd >= 0)
			close(program->fd);
	}
	free(loaded->of[object].programs);
}

void loaded_drop(struct loaded *loaded)
{
	for (int i = 0; i < OBJECTS; i++)
		programs_drop(loaded, i);
	if (loaded->has_maps) {
		munmap(loaded->bss, sizeof(*loaded->bss));
		maps_close(loaded, LOADED_MAPS);
	}
	memset(loaded, 0, sizeof(*loaded));
}

const struct loaded_program *loaded_program(const struct loaded *loaded, const char *name)
{
	for (int i = 0; i < OBJECTS; i++)
		for (size_t k = 0; k < loaded->of[i].count; k++)
			if (!strcmp(loaded->of[i].programs[k].name, name))
				return &loaded->of[i].programs[k];
	return NULL;
}
