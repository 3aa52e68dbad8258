/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs are loaded as objects with the same maps, side by side: what the
 * verifier takes is most of the time from start to ready, and it holds no lock.
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
 * Creates the maps of the first of @loads, which is opened, for the second as well,
 * if there is one; but for the read-only data. 0 or a negative errno.
 */
int objects_share_maps(struct object_load *loads);

/*
 * Loads the OBJECTS of @loads after objects_share_maps(). @second (or NULL) is called
 * when the second is loaded, while the first may still be, in a thread of its own. 0,
 * or the first negative errno; the skeletons stay the caller's.
 */
int objects_load(struct object_load *loads, objects_second_fn second, void *ctx);

#endif
