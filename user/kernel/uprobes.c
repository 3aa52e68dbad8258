// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/uprobes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/elf_functions.h"
#include "kernel/hooks.h"
#include "kernel/mappings.h"
#include "kernel/uprobe_link.h"

enum {
	LIBRARIES_MAX = 64,
	FILES_MAX = 512,	/* that were looked at, by the numbers they were met under */
	TARGETS_MAX = 48,
	LINKS_MAX = 320,	/* two descriptors each: RLIMIT_NOFILE is often 1024 */
	QUEUE_MAX = 256,
	PROCESSES_A_TICK = 64,
	FIRST_LOOK_NS = 2000000,
};

#if defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#else
#define MULTIARCH "x86_64-linux-gnu"
#endif

/* A root directory that processes have: the host's, a container's. */
struct root {
	dev_t dev;
	uint64_t inode;
};

struct library {
	bool used;
	char path[160];		/* as it was met, for people */
	struct root root;	/* where it was met first */
	struct uprobe_link *links[TARGETS_MAX];
	uint64_t targets;	/* bit: index of uprobe_targets */
};

struct file_id {
	dev_t dev;
	uint64_t inode;
	struct library *library;	/* NULL: nothing there to attach to */
};

struct root_seen {
	struct root root;	/* inode 0: free */
	bool seen;		/* in this round over the processes */
};

struct uprobes {
	struct hooks *hooks;
	uint64_t loaded;	/* bit: the program of uprobe_targets[i] was loaded */
	struct root own_root;
	struct library libraries[LIBRARIES_MAX];
	struct file_id files[FILES_MAX];
	size_t file_count;
	struct root_seen roots[ROOTS_MAX];
	pid_t queue[QUEUE_MAX];	/* programs that started: looked at once they have settled */
	size_t queued;
	pid_t next_pid;		/* where the next tick goes on; 0: a new round */
	size_t links;
	int err;		/* of the last program that could not be attached */
	bool full;
	pid_t pid;		/* the process that is looked at */
	struct root root;	/* its root directory */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* The targets in a library of that name, of the programs that are loaded. */
static uint64_t targets_in(const struct uprobes *u, const char *name)
{
	uint64_t targets = 0;

	for (size_t i = 0; i < uprobe_target_count; i++)
		if ((u->loaded & 1ULL << i) && !fnmatch(uprobe_targets[i].library, name, 0))
			targets |= 1ULL << i;
	return targets;
}

static struct library *library_new(struct uprobes *u)
{
	for (size_t i = 0; i < LIBRARIES_MAX; i++)
		if (!u->libraries[i].used)
			return &u->libraries[i];
	u->full = true;
	return NULL;
}

static void library_detach(struct uprobes *u, struct library *library)
{
	for (size_t i = 0; i < TARGETS_MAX; i++)
		u->links -= library->links[i] != NULL;
	uprobe_links_close(library->links, TARGETS_MAX);
	memset(library, 0, sizeof(*library));
}

static void attach_target(struct uprobes *u, struct library *library, size_t target, int fd,
			  uint64_t offset)
{
	const struct uprobe_target *at = &uprobe_targets[target];
	struct uprobe_link *link;
	int err;

	if (u->links == LINKS_MAX) {
		u->full = true;
		return;
	}
	err = uprobe_link_open(&link, hooks_program(u->hooks, at->program), fd, offset,
			       at->at_return);
	if (err) {
		u->err = err;
		return;
	}
	library->links[target] = link;
	library->targets |= 1ULL << target;
	u->links++;
}

/* Attaches every one of @targets that the file exports. NULL: none. */
static struct library *library_attach(struct uprobes *u, int fd, const char *path,
				      uint64_t targets)
{
	struct elf_function functions[TARGETS_MAX] = { 0 };
	struct library *library;

	for (size_t i = 0; i < uprobe_target_count; i++)
		functions[i].name = targets & 1ULL << i ? uprobe_targets[i].symbol : "";
	if (elf_find_functions(fd, functions, uprobe_target_count) <= 0)
		return NULL;
	library = library_new(u);
	if (!library)
		return NULL;
	for (size_t i = 0; i < uprobe_target_count; i++)
		if (functions[i].offset)
			attach_target(u, library, i, fd, functions[i].offset);
	if (!library->targets)
		return NULL;
	library->used = true;
	library->root = u->root;
	snprintf(library->path, sizeof(library->path), "%s", path);
	return library;
}

static const struct file_id *file_find(const struct uprobes *u, dev_t dev, uint64_t inode)
{
	for (size_t i = 0; i < u->file_count; i++)
		if (u->files[i].inode == inode && u->files[i].dev == dev)
			return &u->files[i];
	return NULL;
}

static void file_remember(struct uprobes *u, dev_t dev, uint64_t inode, struct library *library)
{
	if (u->file_count < FILES_MAX)
		u->files[u->file_count++] = (struct file_id){ dev, inode, library };
	else
		u->full = true;
}

/*
 * A file that may be a library, open as @fd, which is closed here. @dev and
 * @inode: what it was met under, which some file systems make differ from what
 * stat() says; 0: nothing else.
 */
static void take_file(struct uprobes *u, int fd, const char *path, uint64_t targets, dev_t dev,
		      uint64_t inode)
{
	const struct file_id *known;
	struct library *library;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		goto out;
	known = file_find(u, st.st_dev, st.st_ino);
	library = known ? known->library : NULL;
	/* A full table is no reason to open every file again each time. */
	if (!known && u->file_count < FILES_MAX) {
		library = library_attach(u, fd, path, targets);
		file_remember(u, st.st_dev, st.st_ino, library);
	}
	if (inode && (inode != st.st_ino || dev != st.st_dev) && !file_find(u, dev, inode))
		file_remember(u, dev, inode, library);
out:
	close(fd);
}

static void take_mapping(void *ctx, const struct mapping *mapping)
{
	struct uprobes *u = ctx;
	uint64_t targets = targets_in(u, mapping->name);

	if (targets && !file_find(u, mapping->dev, mapping->inode) && u->file_count < FILES_MAX)
		take_file(u, mapping_open(u->pid, mapping), mapping->path, targets, mapping->dev,
			  mapping->inode);
}

/* Where the dynamic linker looks first; libraries there are found before anybody maps them. */
static void scan_directories(struct uprobes *u)
{
	static const char *const directories[] = {
		"/usr/lib/" MULTIARCH, "/lib/" MULTIARCH, "/usr/lib64", "/lib64", "/usr/lib",
		"/lib", "/usr/local/lib",
	};
	int root_fd = root_open(u->pid);
	char path[64];

	if (root_fd < 0)
		return;

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		for (size_t k = 0; uprobe_sonames[k]; k++) {
			uint64_t targets = targets_in(u, uprobe_sonames[k]);

			snprintf(path, sizeof(path), "%s/%s", directories[i], uprobe_sonames[k]);
			if (targets)
				take_file(u, root_open_file(root_fd, path), path, targets, 0, 0);
		}
	close(root_fd);
}

static bool root_equal(const struct root *a, const struct root *b)
{
	return a->inode == b->inode && a->dev == b->dev;
}

static struct root root_of(pid_t pid)
{
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	return stat(path, &st) ? (struct root){ 0 } : (struct root){ st.st_dev, st.st_ino };
}

/* Marks the root as one that has processes; true: it is new. */
static bool root_mark(struct uprobes *u, const struct root *root)
{
	struct root_seen *free_one = NULL;

	for (size_t i = 0; i < ROOTS_MAX; i++) {
		if (root_equal(&u->roots[i].root, root)) {
			u->roots[i].seen = true;
			return false;
		}
		if (!u->roots[i].root.inode && !free_one)
			free_one = &u->roots[i];
	}
	if (!free_one) {
		u->full = true;
		return false;
	}
	*free_one = (struct root_seen){ *root, true };
	return true;
}

static void scan_process(struct uprobes *u, pid_t pid)
{
	u->pid = pid;
	u->root = root_of(pid);
	if (!u->root.inode)
		return;
	if (root_mark(u, &u->root))
		scan_directories(u);
	mappings_each(pid, take_mapping, u);
}

static void forget_library(struct uprobes *u, struct library *library)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->file_count; i++)
		if (u->files[i].library != library)
			u->files[kept++] = u->files[i];
	u->file_count = kept;
	library_detach(u, library);
}

static bool root_is_gone(const struct uprobes *u, const struct root *root)
{
	for (size_t i = 0; i < ROOTS_MAX; i++)
		if (root_equal(&u->roots[i].root, root))
			return !u->roots[i].seen;
	return false;
}

/*
 * After a round over all processes. A probe holds its file and with that a
 * mount: a container that has ended must be let go of.
 */
static void end_round(struct uprobes *u)
{
	bool forgot = false;

	for (size_t i = 0; i < LIBRARIES_MAX; i++)
		if (u->libraries[i].used && !root_equal(&u->libraries[i].root, &u->own_root) &&
		    root_is_gone(u, &u->libraries[i].root)) {
			forget_library(u, &u->libraries[i]);
			forgot = true;
		}
	if (forgot)
		hooks_forget_roots(u->hooks);
	for (size_t i = 0; i < ROOTS_MAX; i++) {
		if (!u->roots[i].seen)
			u->roots[i].root.inode = 0;
		u->roots[i].seen = false;
	}
	u->next_pid = 0;
}

/* Goes on with the round over /proc: at most @most processes, or until @until_ns. */
static void go_round(struct uprobes *u, size_t most, uint64_t until_ns)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	if (!proc)
		return;
	/* The kernel lists processes in order of their number. */
	while ((entry = readdir(proc))) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (pid <= 0 || pid < u->next_pid)
			continue;
		if (count++ >= most || now_ns() >= until_ns) {
			u->next_pid = pid;
			break;
		}
		scan_process(u, pid);
	}
	if (!entry)
		end_round(u);
	closedir(proc);
}

static void count_library(void *ctx, const char *path, size_t probes)
{
	(void)path;
	(void)probes;
	(*(size_t *)ctx)++;
}

/* A signal without a library yet is armed all the same: the next program may bring one. */
static void tell_hooks(struct uprobes *u)
{
	const char *told = "";

	for (size_t i = 0; i < uprobe_target_count; i++) {
		const char *fact = uprobe_targets[i].fact;
		size_t count = 0;
		char note[96];

		if (!(u->loaded & 1ULL << i) || !strcmp(told, fact))
			continue;
		told = fact;
		uprobes_each_library(u, fact, count_library, &count);
		if (!count && u->err) {
			snprintf(note, sizeof(note), "attach refused: %s", strerror(-u->err));
			hooks_uprobe_signal(u->hooks, fact, u->err, note);
			continue;
		}
		snprintf(note, sizeof(note), "%zu librar%s%s", count, count == 1 ? "y" : "ies",
			 u->full ? ", there are more" : count ? "" : " so far");
		hooks_uprobe_signal(u->hooks, fact, 0, note);
	}
}

void uprobes_open(struct uprobes **out, struct hooks *hooks, int whole)
{
	struct uprobes *u = calloc(1, sizeof(*u));

	*out = NULL;
	if (!u)
		return;
	u->hooks = hooks;
	for (size_t i = 0; i < uprobe_target_count && i < TARGETS_MAX; i++)
		if (hooks_program(hooks, uprobe_targets[i].program))
			u->loaded |= 1ULL << i;
	if (!u->loaded) {
		free(u);
		return;
	}
	u->own_root = root_of(getpid());
	scan_process(u, getpid());
	go_round(u, whole ? SIZE_MAX : PROCESSES_A_TICK * 4,
		 whole ? UINT64_MAX : now_ns() + FIRST_LOOK_NS);
	tell_hooks(u);
	*out = u;
}

void uprobes_close(struct uprobes *u)
{
	struct uprobe_link *links[LINKS_MAX];
	size_t count = 0;

	if (!u)
		return;
	/* All at once: the kernel waits after each, see uprobe_link.h. */
	for (size_t i = 0; i < LIBRARIES_MAX; i++)
		for (size_t k = 0; k < TARGETS_MAX; k++)
			if (u->libraries[i].links[k])
				links[count++] = u->libraries[i].links[k];
	uprobe_links_close(links, count);
	free(u);
}

void uprobes_take_program(void *ctx, const struct program_start *start)
{
	struct uprobes *u = ctx;

	if (start->new_root)
		scan_process(u, (pid_t)start->pid);
	/* It has mapped little so far. */
	if (u->queued < QUEUE_MAX)
		u->queue[u->queued++] = (pid_t)start->pid;
}

void uprobes_tick(struct uprobes *u)
{
	size_t count = u->queued < PROCESSES_A_TICK ? u->queued : PROCESSES_A_TICK;

	/* Of many the newest: the others have ended soonest, or are met in the round. */
	for (size_t i = 0; i < count; i++)
		scan_process(u, u->queue[u->queued - 1 - i]);
	u->queued = 0;
	go_round(u, PROCESSES_A_TICK, UINT64_MAX);
}

void uprobes_each_library(const struct uprobes *u, const char *fact, uprobes_library_fn fn,
			  void *ctx)
{
	for (size_t i = 0; i < LIBRARIES_MAX; i++) {
		const struct library *library = &u->libraries[i];
		size_t probes = 0;

		for (size_t k = 0; k < uprobe_target_count && library->used; k++)
			probes += (library->targets & 1ULL << k) &&
				  !strcmp(uprobe_targets[k].fact, fact);
		if (probes)
			fn(ctx, library->path, probes);
	}
}
