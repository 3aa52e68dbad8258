/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is kept of loaded objects: descriptors. libbpf's own picture of them, with
 * every program's instructions and type data, is more than a megabyte.
 */
#ifndef CONNWATCH_LOADED_H
#define CONNWATCH_LOADED_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/objects.h"

struct bpf_program;
struct connwatch_bpf__bss;

enum loaded_map {
	MAP_DESTINATIONS, MAP_LISTENERS, MAP_NAMES, MAP_PROGRAM_STARTS, MAP_RECORDS, MAP_REPEATS,
	MAP_ROOTS, MAP_SSH_DISTANCES, MAP_TIME_WAITS, MAP_TREE, MAP_WIDE_REPEATS, LOADED_MAPS
};

struct loaded_program {
	char *name;	/* as in bpf/ */
	char *hook;	/* "tp_btf/inet_sock_set_state" */
	int fd;
	struct bpf_program *program;	/* its object's, NULL when that was closed */
};

struct loaded {
	bool has_maps;
	int maps[LOADED_MAPS];	/* valid if has_maps */
	struct connwatch_bpf__bss *bss;	/* what programs share with user space; likewise */
	struct {
		struct loaded_program *programs;
		size_t count;
	} of[OBJECTS];
};

/* The maps of a skeleton that has them; once. 0 or a negative errno. */
int loaded_take_maps(struct loaded *loaded, const struct connwatch_bpf *skeleton);
/* The programs of a skeleton that is loaded as OBJECT_@object. 0 or a negative errno. */
int loaded_take_programs(struct loaded *loaded, int object, const struct connwatch_bpf *skeleton);
/* Before a skeleton is destroyed whose programs were taken. */
void loaded_forget_object(struct loaded *loaded, int object);
/* Closes everything. */
void loaded_drop(struct loaded *loaded);

/* NULL: no program of that name is loaded. */
const struct loaded_program *loaded_program(const struct loaded *loaded, const char *name);

#endif
