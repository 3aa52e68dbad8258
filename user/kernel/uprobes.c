// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/uprobes.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "kernel/elf_functions.h"
#include "kernel/files_seen.h"
#include "kernel/hooks.h"
#include "kernel/mappings.h"
#include "kernel/return_probes.h"
#include "kernel/roots.h"
#include "kernel/uprobe_link.h"

enum {
	LIBRARIES_MAX = 64,
	TARGETS_MAX = 48,
	LINKS_MAX = 320,	/* two descriptors each: RLIMIT_NOFILE is often 1024 */
	QUEUE_MAX = 256,
	PROCESSES_A_TICK = 64,
	ROUNDS_KEPT = 30,	/* a user's library that nobody has mapped any more */
	FIRST_LOOK_NS = 2000000,
	FIRST_FILES_NS = 50000000,	/* of the processes that it reaches */
	/* A second's, twice: for what started, and for the round; the rest waits for the next. */
	BUDGET_NS = 25000000,
};

#if defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#else
#define MULTIARCH "x86_64-linux-gnu"
#endif

struct library {
	bool used;
	char path[160];		/* as it was met, for people */
	struct root root;	/* where it was met first */
	uid_t owner;		/* of the file */
	struct uprobe_link *links[TARGETS_MAX];
	size_t link_count;
	unsigned int rounds;	/* in which no process had it mapped */
	uint64_t targets;	/* bit: index of uprobe_targets */
};

struct uprobes {
	struct hooks *hooks;
	uint64_t loaded;	/* bit: the program of uprobe_targets[i] was loaded */
	struct root own_root;
	struct library libraries[LIBRARIES_MAX];
	struct files_seen files;
	struct roots roots;
	pid_t queue[QUEUE_MAX];	/* programs that started: looked at once they have settled */
	size_t queued;
	pid_t next_pid;		/* where the next tick goes on; 0: a new round */
	uint64_t until_ns;	/* no file is looked into after that */
	uint64_t spent_ns;	/* since the last tick, on programs that started */
	bool cut;		/* a file was not looked into for want of time */
	int err;		/* of the last program that could not be attached */
	bool full;
	pid_t pid;		/* the process that is looked at, and its root directory */
	struct root root;
};

/* Room for a library of that owner; NULL: none. */
static struct library *library_new(struct uprobes *u, uid_t owner)
{
	struct library *free_one = NULL;
	size_t his = 0, users = 0;

	for (size_t i = 0; i < LIBRARIES_MAX; i++) {
		struct library *library = &u->libraries[i];

		if (!library->used)
			free_one = library;
		his += library->used && library->owner == owner;
		users += library->used && library->owner;
	}
	if (free_one && share_allows(owner, his, users, LIBRARIES_MAX))
		return free_one;
	u->full = true;
	return NULL;
}

/* Its links, for uprobe_links_close(); how many. */
static size_t library_take_links(const struct library *library, struct uprobe_link **links)
{
	size_t count = 0;

	for (size_t i = 0; i < TARGETS_MAX; i++)
		if (library->links[i])
			links[count++] = library->links[i];
	return count;
}

static bool has_room_for_link(const struct uprobes *u, uid_t owner)
{
	size_t all = 0, his = 0, users = 0;

	for (size_t i = 0; i < LIBRARIES_MAX; i++) {
		const struct library *library = &u->libraries[i];

		all += library->link_count;
		his += library->owner == owner ? library->link_count : 0;
		users += library->owner ? library->link_count : 0;
	}
	return all < LINKS_MAX && share_allows(owner, his, users, LINKS_MAX);
}

static void attach_target(struct uprobes *u, struct library *library, size_t target, int fd,
			  uint64_t offset)
{
	const struct uprobe_target *at = &uprobe_targets[target];
	struct uprobe_link *link;
	int err;

	if (!has_room_for_link(u, library->owner)) {
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
	library->link_count++;
}

/* Attaches every one of @targets that the file of @owner exports. NULL: none. */
static struct library *library_attach(struct uprobes *u, int fd, const char *path, uid_t owner,
				      uint64_t targets)
{
	struct elf_function functions[TARGETS_MAX] = { 0 };
	struct library *library;

	for (size_t i = 0; i < uprobe_target_count; i++)
		functions[i].name = targets & 1ULL << i ? uprobe_targets[i].symbol : "";
	if (elf_find_functions(fd, functions, uprobe_target_count) <= 0)
		return NULL;
	library = library_new(u, owner);
	if (!library)
		return NULL;
	library->owner = owner;
	for (size_t i = 0; i < uprobe_target_count; i++)
		if (functions[i].offset && targets & 1ULL << i)
			attach_target(u, library, i, fd, functions[i].offset);
	if (!library->targets)
		return NULL;
	library->used = true;
	library->root = u->root;
	snprintf(library->path, sizeof(library->path), "%s", path);
	return library;
}

/* Whether there is time and room for a file of that owner. */
static bool may_look(struct uprobes *u, uid_t owner)
{
	if (!files_have_room(&u->files, owner)) {
		u->full = true;
		return false;
	}
	if (now_ns() < u->until_ns)
		return true;
	u->cut = true;
	return false;
}

/* What the file is, looked at where it is not known yet; NULL: not known. */
static const struct file_seen *know_file(struct uprobes *u, int fd, const struct stat *st,
					 const char *path, uint64_t targets)
{
	struct file_seen *known = files_find(&u->files, st->st_dev, st->st_ino);
	struct file_seen file = { .dev = st->st_dev, .inode = st->st_ino, .owner = st->st_uid };

	if (known || !may_look(u, st->st_uid))
		return known;
	file.library = library_attach(u, fd, path, st->st_uid, targets);
	files_add(&u->files, &file);
	return files_find(&u->files, st->st_dev, st->st_ino);
}

/*
 * A file that may be a library, open as @fd, which is closed here. @dev and
 * @inode: what it was met under, which some file systems make differ from what
 * stat() says; 0: nothing else.
 */
static void take_file(struct uprobes *u, int fd, const char *path, uint64_t targets, dev_t dev,
		      uint64_t inode)
{
	const struct file_seen *known = NULL;
	struct file_seen other;
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		known = know_file(u, fd, &st, path, targets);
	close(fd);
	if (!known || !inode || files_find(&u->files, dev, inode))
		return;
	other = *known;
	other.dev = dev;
	other.inode = inode;
	files_add(&u->files, &other);
}

/* True: it was one on a network file system, and is known as nothing to attach to. */
static bool skip_remote(struct uprobes *u, const struct mapping *mapping)
{
	struct file_seen file = { .dev = mapping->dev, .inode = mapping->inode };

	if (!mapping_is_remote(u->pid, mapping))
		return false;
	files_add(&u->files, &file);
	u->full = true;
	return true;
}

static void take_mapping(void *ctx, const struct mapping *mapping)
{
	struct uprobes *u = ctx;
	uint64_t targets = uprobe_targets_in(mapping->name) & u->loaded;
	struct file_seen *known;

	if (!targets)
		return;
	known = files_find(&u->files, mapping->dev, mapping->inode);
	if (known)
		known->met = true;
	/* Root's share is the whole of it, and opening costs as well. */
	else if (may_look(u, 0) && !skip_remote(u, mapping))
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
			uint64_t targets = uprobe_targets_in(uprobe_sonames[k]) & u->loaded;

			snprintf(path, sizeof(path), "%s/%s", directories[i], uprobe_sonames[k]);
			if (targets)
				take_file(u, root_open_file(root_fd, path), path, targets, 0, 0);
		}
	close(root_fd);
}

static void scan_process(struct uprobes *u, pid_t pid)
{
	enum root_state state;

	u->pid = pid;
	u->root = root_of(pid);
	if (!u->root.inode)
		return;
	state = roots_mark(&u->roots, &u->root);
	u->full |= state == ROOT_NO_ROOM;
	u->cut = false;
	if (state == ROOT_NEW)
		scan_directories(u);
	/* Not all of them: as if it had not been met yet. */
	if (u->cut)
		roots_forget(&u->roots, &u->root);
	mappings_each(pid, take_mapping, u);
}

/* A library that nobody has mapped any more, and whose path leads elsewhere: upgraded, deleted. */
static bool is_replaced(struct uprobes *u, struct library *library)
{
	const struct file_seen *file = NULL;
	struct stat st;

	library->rounds = files_have_met(&u->files, library) ? 0 : library->rounds + 1;
	if (!library->rounds)
		return false;
	/* Programs come and go, and to let go of it takes the kernel some 100 ms. */
	if (library->owner)
		return library->rounds > ROUNDS_KEPT;
	/* Root's may be waiting where the linker looks first. */
	if (!stat(library->path, &st))
		file = files_find(&u->files, st.st_dev, st.st_ino);
	return !file || file->library != library;
}

/*
 * After a round over all processes. A probe holds its file and with that a
 * mount: a container that has ended must be let go of.
 */
static void end_round(struct uprobes *u)
{
	struct uprobe_link *links[LINKS_MAX];
	bool forgot = false;
	size_t count = 0;

	for (size_t i = 0; i < LIBRARIES_MAX; i++) {
		struct library *library = &u->libraries[i];
		bool own = root_equal(&library->root, &u->own_root);

		if (!library->used ||
		    !(own ? is_replaced(u, library) : roots_have_lost(&u->roots, &library->root)))
			continue;
		files_forget(&u->files, library);
		count += library_take_links(library, links + count);
		memset(library, 0, sizeof(*library));
		forgot |= !own;
	}
	/* All at once: the kernel waits after each, see uprobe_link.h. */
	uprobe_links_close(links, count);
	files_end_round(&u->files);
	if (forgot)
		hooks_forget_roots(u->hooks);
	roots_end_round(&u->roots);
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
		pid_t pid = atoi(entry->d_name);	/* 0: another name */

		if (pid <= 0 || pid < u->next_pid)
			continue;
		if (count >= most || (count && now_ns() >= until_ns)) {
			u->next_pid = pid;
			break;
		}
		scan_process(u, pid);
		count++;
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

/* A signal whose programs sit on returns as well makes no sense without those. */
static void leave_out_returns(struct uprobes *u)
{
	for (size_t i = 0; i < uprobe_target_count; i++) {
		const char *fact = uprobe_targets[i].fact;

		if (!(u->loaded & 1ULL << i) || !uprobe_targets_return(fact))
			continue;
		u->loaded &= ~(1ULL << i);
		hooks_uprobe_signal(u->hooks, fact, -ENOTSUP, "left out: this kernel's return "
				    "probes kill programs in seccomp sandboxes");
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
	if (!return_probes_are_harmless())
		leave_out_returns(u);
	if (!u->loaded) {
		free(u);
		return;
	}
	u->own_root = root_of(getpid());
	u->until_ns = UINT64_MAX;
	scan_process(u, getpid());
	if (!whole)
		u->until_ns = now_ns() + FIRST_FILES_NS;
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
	for (size_t i = 0; i < LIBRARIES_MAX; i++)
		count += library_take_links(&u->libraries[i], links + count);
	uprobe_links_close(links, count);
	free(u);
}

void uprobes_take_program(void *ctx, const struct program_start *start)
{
	struct uprobes *u = ctx;

	if (start->new_root && u->spent_ns < BUDGET_NS) {
		uint64_t now = now_ns();

		u->until_ns = now + BUDGET_NS - u->spent_ns;
		scan_process(u, (pid_t)start->pid);
		u->spent_ns += now_ns() - now;
	}
	if (u->queued < QUEUE_MAX)	/* it has mapped little so far */
		u->queue[u->queued++] = (pid_t)start->pid;
}

void uprobes_tick(struct uprobes *u)
{
	size_t count = u->queued < PROCESSES_A_TICK ? u->queued : PROCESSES_A_TICK;

	u->spent_ns = 0;
	u->until_ns = now_ns() + BUDGET_NS;
	/* Of many the newest: the others have ended soonest, or are met in the round. */
	for (size_t i = 0; i < count && now_ns() < u->until_ns; i++)
		scan_process(u, u->queue[u->queued - 1 - i]);
	u->queued = 0;
	u->until_ns = now_ns() + BUDGET_NS;
	go_round(u, PROCESSES_A_TICK, u->until_ns);
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
