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

static uint32_t inode_at(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* DIR/NAME/SUFFIX for every entry of a directory; false when @fn wants no more. */
static bool each_in_directory(const char *directory, const char *suffix, bool digits_only,
			      netns_each_fn fn, void *ctx)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[320];
	bool more = true;

	for (int tried = 0; dir && more && tried < PROCESSES_TRIED_MAX && (entry = readdir(dir));) {
		uint32_t netns;

		if (entry->d_name[0] == '.' ||
		    (digits_only && !isdigit((unsigned char)entry->d_name[0])))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", directory, entry->d_name, suffix);
		/* A name may be a plain file: seen from another mount namespace, or left over. */
		netns = digits_only ? inode_at(path) : netns_inode(path);
		more = !netns || fn(ctx, netns, path);
		tried++;
	}
	if (dir)
		closedir(dir);
	return more;
}

bool netns_each_named(netns_each_fn fn, void *ctx)
{
	/* iproute2, CNI and podman; Docker. */
	static const char *const directories[] = { "/run/netns", "/run/docker/netns" };
	bool more = true;

	for (size_t i = 0; more && i < sizeof(directories) / sizeof(directories[0]); i++)
		more = each_in_directory(directories[i], "", false, fn, ctx);
	return more;
}

void netns_each(netns_each_fn fn, void *ctx)
{
	static const char own[] = "/proc/self/ns/net";

	if (fn(ctx, inode_at(own), own) && netns_each_named(fn, ctx))
		each_in_directory("/proc", "/ns/net", true, fn, ctx);
}

struct search {
	uint32_t netns;
	int fd;
};

/* Opens the namespace at @path when it is the wanted one. */
static bool open_wanted(void *ctx, uint32_t netns, const char *path)
{
	struct search *search = ctx;
	struct stat st;

	if (netns != search->netns)
		return true;
	search->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (search->fd < 0)
		return true;
	if (!fstat(search->fd, &st) && (uint32_t)st.st_ino == netns)
		return false;
	close(search->fd);
	search->fd = -1;
	return true;
}

static int netns_open(uint32_t netns, uint32_t pid_hint)
{
	struct search search = { .netns = netns, .fd = -1 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid_hint);
	if (!pid_hint || open_wanted(&search, inode_at(path), path))
		netns_each(open_wanted, &search);
	return search.fd;
}

/* Closes @there. */
static int run_in(int there, netns_fn fn, void *ctx)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int err = home < 0 || setns(there, CLONE_NEWNET) ? -errno : 0;

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

int netns_run_at(const char *path, netns_fn fn, void *ctx)
{
	int there = open(path, O_RDONLY | O_CLOEXEC);

	return there < 0 ? -errno : run_in(there, fn, ctx);
}

int netns_run(uint32_t netns, uint32_t pid_hint, netns_fn fn, void *ctx)
{
	int there;

	if (netns == netns_inode("/proc/self/ns/net"))
		return fn(ctx);
	there = netns_open(netns, pid_hint);
	return there < 0 ? -ENOENT : run_in(there, fn, ctx);
}
