// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PROCESSES_TRIED_MAX = 4096 };

uint32_t netns_inode(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || stat(path, &st))
		return 0;
	if (fs.f_type != NSFS_MAGIC) {
		errno = EINVAL;
		return 0;
	}
	return (uint32_t)st.st_ino;
}

/* Opens @path when it is the namespace with that inode; else -1. */
static int open_matching(const char *path, uint32_t netns)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && (uint32_t)st.st_ino == netns)
		return fd;
	close(fd);
	return -1;
}

/* Tries DIR/NAME/SUFFIX for every entry of a directory. */
static int open_in_directory(const char *directory, const char *suffix, int digits_only,
			     uint32_t netns)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[320];
	int fd = -1;

	if (!dir)
		return -1;
	for (int tried = 0; fd < 0 && tried < PROCESSES_TRIED_MAX && (entry = readdir(dir));) {
		if (digits_only && !isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", directory, entry->d_name, suffix);
		fd = open_matching(path, netns);
		tried++;
	}
	closedir(dir);
	return fd;
}

static int netns_open(uint32_t netns, uint32_t pid_hint)
{
	char path[64];
	int fd = -1;

	if (pid_hint) {
		snprintf(path, sizeof(path), "/proc/%u/ns/net", pid_hint);
		fd = open_matching(path, netns);
	}
	if (fd < 0)
		fd = open_in_directory("/run/netns", "", 0, netns);
	if (fd < 0)
		fd = open_in_directory("/proc", "/ns/net", 1, netns);
	return fd;
}

int netns_run(uint32_t netns, uint32_t pid_hint, netns_fn fn, void *ctx)
{
	int home, there, err;

	if (netns == netns_inode("/proc/self/ns/net"))
		return fn(ctx);
	there = netns_open(netns, pid_hint);
	if (there < 0)
		return -ENOENT;
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	err = home < 0 || setns(there, CLONE_NEWNET) ? -errno : 0;
	if (!err) {
		err = fn(ctx);
		/* Coming home must work: we hold the descriptor and the capability. */
		if (setns(home, CLONE_NEWNET))
			err = -errno;
	}
	if (home >= 0)
		close(home);
	close(there);
	return err;
}
