// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/roots.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

bool root_equal(const struct root *a, const struct root *b)
{
	return a->inode == b->inode && a->dev == b->dev;
}

struct root root_of(pid_t pid)
{
	struct root root = { 0 };
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	if (!stat(path, &st))
		root = (struct root){ st.st_dev, st.st_ino };
	return root;
}

enum root_state roots_mark(struct roots *roots, const struct root *root)
{
	size_t place = ROOTS_MAX;

	for (size_t i = 0; i < ROOTS_MAX; i++) {
		if (root_equal(&roots->roots[i].root, root)) {
			roots->roots[i].seen = true;
			return ROOT_KNOWN;
		}
		if (!roots->roots[i].root.inode && place == ROOTS_MAX)
			place = i;
	}
	if (place == ROOTS_MAX)
		return ROOT_NO_ROOM;
	roots->roots[place].root = *root;
	roots->roots[place].seen = true;
	return ROOT_NEW;
}

void roots_forget(struct roots *roots, const struct root *root)
{
	for (size_t i = 0; i < ROOTS_MAX; i++)
		if (root_equal(&roots->roots[i].root, root))
			roots->roots[i].root.inode = 0;
}

bool roots_have_lost(const struct roots *roots, const struct root *root)
{
	for (size_t i = 0; i < ROOTS_MAX; i++)
		if (root_equal(&roots->roots[i].root, root))
			return !roots->roots[i].seen;
	return false;
}

void roots_end_round(struct roots *roots)
{
	for (size_t i = 0; i < ROOTS_MAX; i++) {
		if (!roots->roots[i].seen)
			roots->roots[i].root.inode = 0;
		roots->roots[i].seen = false;
	}
}
