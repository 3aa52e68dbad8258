/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The root directories that processes have: the host's, and the containers'. */
#ifndef CONNWATCH_ROOTS_H
#define CONNWATCH_ROOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/config.h"

struct root {
	dev_t dev;
	uint64_t inode;		/* 0: none */
};

struct roots {
	struct {
		struct root root;
		bool seen;	/* in this round over the processes */
	} roots[ROOTS_MAX];
};

/* The process's; none when it has gone. */
struct root root_of(pid_t pid);
bool root_equal(const struct root *a, const struct root *b);

enum root_state { ROOT_NEW, ROOT_KNOWN, ROOT_NO_ROOM };
/* Marks the root as one that has processes. */
enum root_state roots_mark(struct roots *roots, const struct root *root);
void roots_forget(struct roots *roots, const struct root *root);
/* At the end of a round: it is known, and no process has it any more. */
bool roots_have_lost(const struct roots *roots, const struct root *root);
/* Forgets those that were not seen in the round, and begins another. */
void roots_end_round(struct roots *roots);

#endif
