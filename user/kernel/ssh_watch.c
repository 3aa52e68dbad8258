// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/ssh_watch.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/config.h"
#include "kernel/elf_imports.h"
#include "kernel/hooks.h"
#include "kernel/uprobe_link.h"

#define FACT "ssh_denied"

enum { FILES_MAX = 24, LINKS_MAX = 4 };

/* Debian and Ubuntu; Fedora, openSUSE; Alpine, Arch; built from source. */
static const char *const places[] = {
	"/usr/bin/ssh", "/usr/sbin/sshd",
	"/usr/lib/openssh/sshd-session", "/usr/lib/openssh/sshd-auth",
	"/usr/libexec/openssh/sshd-session", "/usr/libexec/openssh/sshd-auth",
	"/usr/libexec/ssh/sshd-session", "/usr/libexec/ssh/sshd-auth",
	"/usr/lib/ssh/sshd-session", "/usr/lib/ssh/sshd-auth",
	"/usr/local/bin/ssh", "/usr/local/sbin/sshd",
	"/usr/local/libexec/sshd-session", "/usr/local/libexec/sshd-auth",
};

/* The functions that programs sit on, and the program for a file whose prompts are all seen. */
static const struct {
	const char *function;
	const char *program;
	const char *program_prompts;
} targets[] = {
	{ "vsnprintf", FACT "__uprobe__vsnprintf", FACT "__uprobe__vsnprintf" },
	{ "__vsnprintf_chk", FACT "__uprobe__vsnprintf_chk", FACT "__uprobe__vsnprintf_chk" },
	{ "vasprintf", FACT "__uprobe__vasprintf", FACT "__uprobe__vasprintf_p" },
	{ "__vasprintf_chk", FACT "__uprobe__vasprintf_chk", FACT "__uprobe__vasprintf_chk_p" },
};

enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };
_Static_assert((int)TARGETS == (int)LINKS_MAX, "a link for each target");

struct ssh_file {
	dev_t dev;
	ino_t inode;
	char path[160];		/* "" for a file with nothing to attach to */
	struct uprobe_link *links[LINKS_MAX];
	size_t link_count;
};

struct ssh_watch {
	struct hooks *hooks;
	struct ssh_file files[FILES_MAX];
	size_t file_count;
	size_t next;		/* the file that makes room when all are taken */
	int err;		/* of the last program that could not be attached */
};

static bool is_known(const struct ssh_watch *w, const struct stat *st)
{
	for (size_t i = 0; i < w->file_count; i++)
		if (w->files[i].dev == st->st_dev && w->files[i].inode == st->st_ino)
			return true;
	return false;
}

/* The oldest goes: upgrades leave files behind that nothing runs any more. */
static struct ssh_file *file_new(struct ssh_watch *w)
{
	struct ssh_file *file;

	if (w->file_count < FILES_MAX)
		return &w->files[w->file_count++];
	file = &w->files[w->next++ % FILES_MAX];
	uprobe_links_close(file->links, LINKS_MAX);
	memset(file, 0, sizeof(*file));
	return file;
}

/* For a format in a page that the process has not touched, see format_id() in bpf/ssh.bpf.c. */
static void tell_distances(struct ssh_watch *w, uint64_t stub, const struct elf_string *formats)
{
	int map = w->hooks->loaded.maps[MAP_SSH_DISTANCES];

	for (uint32_t id = 1; id < SSH_FORMATS; id++) {
		int64_t distance = (int64_t)(formats[id].address - stub);

		if (formats[id].address)
			bpf_map_update_elem(map, &distance, &id, BPF_ANY);
	}
}

/* Passwords and questions are both asked for in a way that a program sits on. */
static bool sees_prompts(const struct elf_string *formats)
{
	return formats[SSH_FORMAT_PASSWORD_PROMPT].address &&
	       formats[SSH_FORMAT_QUESTION_PROMPT].address;
}

static void attach(struct ssh_watch *w, struct ssh_file *file, int fd,
		   const struct elf_import *imports, const struct elf_string *formats)
{
	bool prompts = sees_prompts(formats);

	for (size_t i = 0; i < TARGETS; i++) {
		const struct loaded_program *program = hooks_program(
			w->hooks, prompts ? targets[i].program_prompts : targets[i].program);
		int err;

		if (!imports[i].address || !program)
			continue;
		tell_distances(w, imports[i].address, formats);
		err = uprobe_link_open(&file->links[i], program, fd, imports[i].offset, false);
		if (err)
			w->err = err;
		else
			file->link_count++;
	}
}

/* A client knows how to be refused, a server how to repeat what its child says. */
static bool is_ssh(const struct elf_string *formats)
{
	return formats[SSH_FORMAT_DENIED].address ||
	       (formats[SSH_FORMAT_LOGIN].address && (formats[SSH_FORMAT_PREAUTH].address ||
						      formats[SSH_FORMAT_PREAUTH_9_8].address));
}

static bool is_trusted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && !st->st_uid && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Takes a file that is open as @fd, which is closed here. @path is for people. */
static void take_file(struct ssh_watch *w, int fd, const char *path)
{
	static const char *const texts[SSH_FORMATS] = {
#define SSH_FORMAT_TEXT(id, text) text,
		SSH_FORMAT_LIST(SSH_FORMAT_TEXT)
#undef SSH_FORMAT_TEXT
	};
	struct elf_string formats[SSH_FORMATS] = { 0 };
	struct elf_import imports[TARGETS] = { 0 };
	struct ssh_file *file;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || !is_trusted(&st) || is_known(w, &st))
		goto out;
	for (size_t i = 0; i < TARGETS; i++)
		imports[i].name = targets[i].function;
	for (size_t i = 0; i < SSH_FORMATS; i++)
		formats[i].text = texts[i];
	file = file_new(w);
	file->dev = st.st_dev;
	file->inode = st.st_ino;
	if (elf_find_imports(fd, imports, TARGETS, formats, SSH_FORMATS) > 0 && is_ssh(formats))
		attach(w, file, fd, imports, formats);
	if (file->link_count)
		snprintf(file->path, sizeof(file->path), "%s", path);
out:
	close(fd);
}

static int open_file(const char *path)
{
	/* Not blocking: a name may lead to a pipe. */
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static void take_process(struct ssh_watch *w, const char *pid)
{
	char name[48], path[160];
	ssize_t size;

	snprintf(name, sizeof(name), "/proc/%.16s/exe", pid);
	size = readlink(name, path, sizeof(path) - 1);
	if (size <= 0)
		return;
	path[size] = '\0';
	take_file(w, open_file(name), path);
}

/* Whether a program goes by the name of ssh or sshd, or a part of the latter. */
static bool has_name(const char *pid)
{
	char path[48], name[16] = "";
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	size = read(fd, name, sizeof(name) - 1);
	close(fd);
	return size > 3 && !strncmp(name, "ssh", 3) && (name[3] == '\n' || name[3] == 'd');
}

static void take_running(struct ssh_watch *w)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && has_name(entry->d_name))
			take_process(w, entry->d_name);
	if (proc)
		closedir(proc);
}

static void count_file(void *ctx, const char *path, size_t probes)
{
	(void)path;
	(void)probes;
	(*(size_t *)ctx)++;
}

/* Without a file yet the signal is armed all the same: the next program may be one. */
static void tell_hooks(struct ssh_watch *w)
{
	size_t count = 0;
	char note[160];

	ssh_watch_each(w, FACT, count_file, &count);
	if (!count && w->err)
		snprintf(note, sizeof(note), "attach refused: %s", strerror(-w->err));
	else
		snprintf(note, sizeof(note), "%zu program%s%s by their own message of it; "
			 "not ssh -q, nor files not root's", count, count == 1 ? "" : "s",
			 count ? "" : " so far");
	hooks_uprobe_signal(w->hooks, FACT, count ? 0 : w->err, note);
}

void ssh_watch_open(struct ssh_watch **out, struct hooks *hooks)
{
	struct ssh_watch *w;

	*out = NULL;
	if (!hooks_program(hooks, targets[0].program))
		return;
	w = calloc(1, sizeof(*w));
	if (!w)
		return;
	w->hooks = hooks;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		take_file(w, open_file(places[i]), places[i]);
	take_running(w);
	tell_hooks(w);
	*out = w;
}

void ssh_watch_close(struct ssh_watch *w)
{
	struct uprobe_link *links[FILES_MAX * LINKS_MAX];
	size_t count = 0;

	if (!w)
		return;
	/* All at once: the kernel waits after each, see uprobe_link.h. */
	for (size_t i = 0; i < w->file_count; i++)
		for (size_t k = 0; k < LINKS_MAX; k++)
			if (w->files[i].links[k])
				links[count++] = w->files[i].links[k];
	uprobe_links_close(links, count);
	free(w);
}

void ssh_watch_take(struct ssh_watch *w, const struct rec_ssh_started *rec)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%u", rec->pid);
	take_process(w, pid);
}

void ssh_watch_each(const struct ssh_watch *w, const char *fact, ssh_watch_file_fn fn, void *ctx)
{
	for (size_t i = 0; w && i < w->file_count && !strcmp(fact, FACT); i++)
		if (w->files[i].link_count)
			fn(ctx, w->files[i].path, w->files[i].link_count);
}
