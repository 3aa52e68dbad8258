// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { LINES_MAX = 20000 };

bool mapping_parse(char *line, struct mapping *out)
{
	unsigned int major_number, minor_number;
	char permissions[5];
	int path = 0;
	char *slash;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %x:%x %" SCNu64 " %n", &out->start,
		   &out->end, permissions, &major_number, &minor_number, &out->inode, &path) != 6 ||
	    !path)
		return false;
	out->executable = strlen(permissions) == 4 && permissions[2] == 'x';
	out->dev = makedev(major_number, minor_number);
	out->path = line + path;
	slash = strrchr(line + path, '/');
	out->name = slash ? slash + 1 : line + path;
	return true;
}

int mappings_each(pid_t pid, mapping_fn fn, void *ctx)
{
	char file[32], *line = NULL;
	struct mapping mapping;
	size_t size = 0;
	FILE *maps;

	snprintf(file, sizeof(file), "/proc/%d/maps", (int)pid);
	maps = fopen(file, "re");
	if (!maps)
		return -errno;
	for (int i = 0; i < LINES_MAX && getline(&line, &size, maps) > 0; i++)
		if (mapping_parse(line, &mapping) && mapping.executable && mapping.inode)
			fn(ctx, &mapping);
	free(line);
	fclose(maps);
	return 0;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": any number before the dash. */
bool mount_is_remote(char *line, dev_t dev)
{
	static const char *const types[] = {
		"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "coda", "ceph", "lustre", "gpfs",
		"beegfs", "orangefs", "pvfs2", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse",
	};
	unsigned int major_number, minor_number;
	char *type = strstr(line, " - ");

	if (!type || sscanf(line, "%*u %*u %u:%u", &major_number, &minor_number) != 2 ||
	    makedev(major_number, minor_number) != dev)
		return false;
	type += strlen(" - ");
	type[strcspn(type, " \n")] = '\0';
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

bool mapping_is_remote(pid_t pid, const struct mapping *mapping)
{
	char file[40], *line = NULL;
	bool remote = false;
	size_t size = 0;
	FILE *mounts;

	snprintf(file, sizeof(file), "/proc/%d/mountinfo", (int)pid);
	mounts = fopen(file, "re");
	if (!mounts)
		return false;
	for (int i = 0; i < LINES_MAX && !remote && getline(&line, &size, mounts) > 0; i++)
		remote = mount_is_remote(line, mapping->dev);
	free(line);
	fclose(mounts);
	return remote;
}

int root_open(pid_t pid)
{
	char root[32];
	int fd;

	snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
	fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int root_open_file(int root_fd, const char *path)
{
	/* O_NONBLOCK: a pipe of that name shall not hold us. */
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int mapping_open(pid_t pid, const struct mapping *mapping)
{
	char file[96];
	int fd, root_fd;

	snprintf(file, sizeof(file), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)pid,
		 mapping->start, mapping->end);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0)
		return fd;
	root_fd = root_open(pid);
	if (root_fd < 0)
		return root_fd;
	fd = root_open_file(root_fd, mapping->path);
	close(root_fd);
	return fd;
}
