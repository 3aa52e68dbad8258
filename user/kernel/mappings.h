/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process has mapped, as /proc/PID/maps says. */
#ifndef CONNWATCH_MAPPINGS_H
#define CONNWATCH_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mapping {
	uint64_t start, end;
	bool executable;
	dev_t dev;
	uint64_t inode;
	const char *path;	/* within the line; "" for none */
	const char *name;	/* the path's last component */
};

/*
 * Parses one line, which it ends at its newline. False: not of that form. The
 * path is what the process made of it: any bytes, but escaped newlines. (Linux,
 * Documentation/filesystems/proc.rst)
 */
bool mapping_parse(char *line, struct mapping *out);

/* Calls @fn for the executable mappings of files; a bounded number of lines. Negative errno. */
typedef void (*mapping_fn)(void *ctx, const struct mapping *mapping);
int mappings_each(pid_t pid, mapping_fn fn, void *ctx);

/*
 * Opens the mapped file itself, whatever has become of its path; where that is
 * not allowed, what the path is in the process's root. A descriptor or a
 * negative errno.
 */
int mapping_open(pid_t pid, const struct mapping *mapping);

/*
 * Whether a line of /proc/PID/mountinfo, which is changed on the way, is of a
 * mount of the device @dev that another machine serves: to open a file there
 * takes for ever when the network is down. (proc.rst, 3.5)
 */
bool mount_is_remote(char *line, dev_t dev);
/* The same of what the process has mounted; a bounded number of lines. */
bool mapping_is_remote(pid_t pid, const struct mapping *mapping);

/* A descriptor of the root directory of the process @pid, or a negative errno. */
int root_open(pid_t pid);
/* Opens @path under the root @root_fd, symbolic links included. */
int root_open_file(int root_fd, const char *path);

#endif
