// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/cgroup.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CONTAINER_ID_DIGITS = 64 };

static bool ends_with(const char *text, size_t length, const char *suffix)
{
	size_t n = strlen(suffix);

	return length > n && !strncmp(text + length - n, suffix, n);
}

void cgroup_unit(const char *path, char *unit, size_t size)
{
	static const char *const suffixes[] = { ".service", ".scope", ".socket" };

	unit[0] = '\0';
	while (*path) {
		size_t length = strcspn(path, "/");

		for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
			if (ends_with(path, length, suffixes[i]))
				snprintf(unit, size, "%.*s", (int)length, path);
		path += length;
		path += *path == '/';
	}
}

void cgroup_container(const char *path, char *id, size_t size)
{
	size_t run = 0;

	id[0] = '\0';
	for (; *path; path++) {
		run = isxdigit((unsigned char)*path) ? run + 1 : 0;
		if (run == CONTAINER_ID_DIGITS && !isxdigit((unsigned char)path[1])) {
			snprintf(id, size, "%.*s", CONTAINER_ID_DIGITS,
				 path + 1 - CONTAINER_ID_DIGITS);
			return;
		}
	}
}
