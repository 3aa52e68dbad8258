// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * verifier_load [-v] OBJECT: with every filter set, loads every BPF program of the object that this
 * kernel takes and prints, one a line, its name and how many instructions the
 * verifier processed for it; "-" and a word for those that the kernel refuses.
 * With -v the end of the verifier's words on a refused one goes to stderr. Those that it takes
 * must also load as they are under lockdown, where they read no memory by address: else status 1.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"

#define PROGRAMS_MAX 256
#define LOG_STATS 4 /* the kernel's BPF_LOG_STATS */
#define LOG_BYTES 65536
#define SHOWN_BYTES 1500

static struct {
	const char *name;
	char refused[64];	/* why, or empty */
	char log[LOG_BYTES];
} *programs;

static char last_named[64];
static bool type_data_refused;

/* libbpf names the program that it gave up on only here. */
static int listen_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[256];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	sscanf(line, "libbpf: prog '%63[^']'", last_named);
	/* libbpf goes on without; but then global functions are walked through at every call. */
	type_data_refused |= strstr(line, "BTF loading error") != NULL;
	return 0;
}

/* Every filter in use, and what is on by default: the longest way through each program. */
static void configure(struct bpf_object *object, bool may_read)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "connwatc.rodata");
	struct connwatch_bpf__rodata *rodata;
	size_t size;

	rodata = map ? (struct connwatch_bpf__rodata *)bpf_map__initial_value(map, &size) : NULL;
	if (!rodata || size < sizeof(*rodata))
		return;
	*(struct bpf_config *)&rodata->config = (struct bpf_config){
		.pid = 1, .netns = 1, .port_count = CONFIG_PORTS_MAX, .tree = 1, .has_comm = 1,
		.repeats_after = REPEATS_AFTER, .repeats_wide = REPEATS_AFTER * REPEATS_WIDE,
		.may_read = may_read,
		.conns_size = CONNS_MAX,
	};
}

/*
 * One attempt with everything that was not refused before. 0: loaded; 1: one
 * more program was refused; else a negative errno.
 */
static int try_load(const char *path, bool verbose, bool may_read)
{
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *program;
	size_t n = 0;
	int err;

	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object) {
		if (n == PROGRAMS_MAX)
			break;
		programs[n].name = strdup(bpf_program__name(program));
		bpf_program__set_autoload(program, !programs[n].refused[0]);
		bpf_program__set_log_level(program, LOG_STATS);
		if (!programs[n].refused[0]) {
			programs[n].log[0] = '\0';
			bpf_program__set_log_buf(program, programs[n].log, LOG_BYTES);
		}
		n++;
	}
	configure(object, may_read);
	last_named[0] = '\0';
	err = bpf_object__load(object);
	bpf_object__close(object);
	for (size_t i = 0; err && i < n; i++) {
		if (strcmp(programs[i].name, last_named) || programs[i].refused[0])
			continue;
		snprintf(programs[i].refused, sizeof(programs[i].refused), "%s", strerror(-err));
		if (verbose) {
			size_t length = strlen(programs[i].log);

			fprintf(stderr, "=== %s: %s\n%s\n", programs[i].name, strerror(-err),
				programs[i].log + (length > SHOWN_BYTES ? length - SHOWN_BYTES : 0));
		}
		return 1;
	}
	return err;
}

/* The programs that were taken, once more as they are in lockdown. */
static bool load_in_lockdown(const char *path)
{
	int err = try_load(path, false, false);

	if (err)
		fprintf(stderr, "verifier_load: %s is refused as it is in lockdown\n",
			*last_named ? last_named : "the object");
	return !err;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	const char *uncounted = NULL;
	int err;

	if (argc != 2 + verbose) {
		fprintf(stderr, "usage: verifier_load [-v] OBJECT\n");
		return 2;
	}
	programs = calloc(PROGRAMS_MAX, sizeof(*programs));
	if (!programs)
		return 1;
	libbpf_set_print(listen_libbpf);
	do {
		err = try_load(argv[1 + verbose], verbose, true);
	} while (err == 1);
	if (err) {
		fprintf(stderr, "verifier_load: %s\n", strerror(-err));
		return 1;
	}
	for (size_t i = 0; i < PROGRAMS_MAX && programs[i].name; i++) {
		const char *found = strstr(programs[i].log, "processed ");

		if (programs[i].refused[0])
			printf("%s\t-\t%s\n", programs[i].name, programs[i].refused);
		else if (found)
			printf("%s\t%d\n", programs[i].name, atoi(found + strlen("processed ")));
		else
			uncounted = programs[i].name;
	}
	if (uncounted) {
		fprintf(stderr, "verifier_load: the verifier does not say what %s took it\n", uncounted);
		return 1;
	}
	if (type_data_refused)
		fprintf(stderr, "verifier_load: the kernel refused the object's type data\n");
	return !load_in_lockdown(argv[1 + verbose]) || type_data_refused;
}
