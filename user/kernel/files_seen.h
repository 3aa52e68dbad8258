/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files that may be libraries and were looked at, so that none is opened
 * again and again: by the numbers they were met under, of which some file systems
 * give one file two. Anybody can make as many as he likes, so an owner that is not
 * root has his share of the table; what is not met any more makes room.
 */
#ifndef CONNWATCH_FILES_SEEN_H
#define CONNWATCH_FILES_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FILES_MAX = 512 };

struct library;

struct file_seen {
	dev_t dev;
	uint64_t inode;
	uid_t owner;
	bool met;		/* in this round over the processes */
	struct library *library;	/* NULL: nothing there to attach to */
};

struct files_seen {
	struct file_seen files[FILES_MAX];
	size_t count;
};

/*
 * Whether @owner may have one more of @max things, of which he has @his and all
 * owners but root @users: half of them, and three quarters. Root may have all.
 */
bool share_allows(uid_t owner, size_t his, size_t users, size_t max);

struct file_seen *files_find(struct files_seen *files, dev_t dev, uint64_t inode);
/* Whether one more file of @owner may be remembered. */
bool files_have_room(const struct files_seen *files, uid_t owner);
/* Remembers it as met, where there is room. */
void files_add(struct files_seen *files, const struct file_seen *file);
/* Whether a file of the library was met in this round. */
bool files_have_met(const struct files_seen *files, const struct library *library);
/* Forgets every file of the library. */
void files_forget(struct files_seen *files, const struct library *library);
/* A round is over: forgets what was not met in it and is no library. */
void files_end_round(struct files_seen *files);

#endif
