/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs are loaded as objects with the same maps, side by side: what the
 * verifier and the search for the kernel's types take is most of the time from
 * start to ready, and neither holds a lock.
 */
#ifndef CONNWATCH_OBJECTS_H
#define CONNWATCH_OBJECTS_H

#include <stdbool.h>

struct connwatch_bpf;

enum { OBJECT_FIRST, OBJECT_SECOND, OBJECTS };

struct object_load {
	struct connwatch_bpf *skeleton;	/* opened; NULL: nothing to load */
	char refused[64];		/* the program that the kernel refused, "" for none */
	int err;			/* 0 or a negative errno */
};

/* Whether libbpf's warnings go to stderr; else they are only listened to. */
void objects_set_verbose(bool verbose);

typedef void (*objects_second_fn)(void *ctx);

/*
 * Loads the OBJECTS of @loads, the first of which is opened. Their maps are the
 * first's, but for the read-only data. @second (or NULL) is called when the
 * second is loaded, while the first may still be, in a thread of its own. 0, or
 * the first negative errno; the skeletons stay the caller's.
 */
int objects_load(struct object_load *loads, objects_second_fn second, void *ctx);

#endif
