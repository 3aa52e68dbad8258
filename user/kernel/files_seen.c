// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/files_seen.h"

bool share_allows(uid_t owner, size_t his, size_t users, size_t max)
{
	return !owner || (his < max / 2 && users < max / 4 * 3);
}

struct file_seen *files_find(struct files_seen *files, dev_t dev, uint64_t inode)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->files[i].inode == inode && files->files[i].dev == dev)
			return &files->files[i];
	return NULL;
}

bool files_have_room(const struct files_seen *files, uid_t owner)
{
	size_t his = 0, users = 0;

	for (size_t i = 0; i < files->count; i++) {
		his += files->files[i].owner == owner;
		users += files->files[i].owner != 0;
	}
	return files->count < FILES_MAX && share_allows(owner, his, users, FILES_MAX);
}

void files_add(struct files_seen *files, const struct file_seen *file)
{
	if (!files_have_room(files, file->owner))
		return;
	files->files[files->count] = *file;
	files->files[files->count++].met = true;
}

bool files_have_met(const struct files_seen *files, const struct library *library)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->files[i].library == library && files->files[i].met)
			return true;
	return false;
}

void files_forget(struct files_seen *files, const struct library *library)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->count; i++)
		if (files->files[i].library != library)
			files->files[kept++] = files->files[i];
	files->count = kept;
}

void files_end_round(struct files_seen *files)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->count; i++) {
		struct file_seen file = files->files[i];

		if (!file.met && !file.library)
			continue;
		file.met = false;
		files->files[kept++] = file;
	}
	files->count = kept;
}
