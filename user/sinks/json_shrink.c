/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Making a record fit its line. The steps are a table, mildest first; each is
 * tried again until it changes nothing more. What says what failed, where and
 * why (code, error, addresses, ports, pid, cause id) is never touched.
 */
#include <stdio.h>
#include <string.h>

#include "sinks/json_record.h"

/* The value at @path ("process.container.id"), borrowed; NULL when there is none. */
static json_t *value_at(json_t *record, const char *path)
{
	while (record && path[0]) {
		size_t length = strcspn(path, ".");
		char key[32];

		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		record = json_object_get(record, key);
		path += length + (path[length] == '.');
	}
	return record;
}

/*
 * Cuts a string to @limit characters. Characters, not bytes: in ASCII-only JSON
 * each may take up to 12 bytes, so that bounds the line as well.
 */
static bool string_shorten(json_t *string, size_t limit)
{
	static const char mark[] = "...";
	const char *text = json_string_value(string);
	size_t bytes = 0, characters = 0;
	char cut[1024];

	if (!text)
		return false;
	for (size_t i = 0; text[i]; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		if (characters++ == limit - (sizeof(mark) - 1))
			bytes = i;
	}
	if (characters <= limit)
		return false;
	snprintf(cut, sizeof(cut), "%.*s%s", (int)bytes, text, mark);
	return json_string_set(string, cut) == 0;
}

/* Cuts the member @key of every object in the list at @path. */
static bool shorten_members(json_t *record, const char *path, const char *key, size_t limit)
{
	bool changed = false;
	json_t *item;
	size_t i;

	json_array_foreach(value_at(record, path), i, item)
		changed |= string_shorten(json_object_get(item, key), limit);
	return changed;
}

/* Takes the member @key from the last object of the list at @path that has it. */
static bool drop_member(json_t *record, const char *path, const char *key)
{
	json_t *list = value_at(record, path);

	for (size_t i = json_array_size(list); i > 0; i--) {
		if (json_object_del(json_array_get(list, i - 1), key) == 0)
			return true;
	}
	return false;
}

static bool drop_item(json_t *record, const char *path)
{
	json_t *list = value_at(record, path);
	size_t count = json_array_size(list);

	return count > 0 && json_array_remove(list, count - 1) == 0;
}

enum step_kind { SHORTEN, SHORTEN_MEMBERS, DROP_MEMBER, DROP_ITEM };

static const struct step {
	enum step_kind kind;
	const char *path;
	const char *key;
	size_t limit;		/* characters */
} steps[] = {
	{ SHORTEN_MEMBERS, "evidence", "detail", 48 },
	{ DROP_MEMBER, "evidence", "detail", 0 },
	{ DROP_ITEM, "advice", NULL, 0 },
	{ SHORTEN_MEMBERS, "signals", "reason", 48 },

	{ SHORTEN, "process.cgroup", NULL, 96 },
	{ SHORTEN, "process.executable", NULL, 96 },
	{ SHORTEN, "source.domain", NULL, 96 },
	{ SHORTEN, "destination.domain", NULL, 96 },
	{ SHORTEN, "process.unit", NULL, 64 },
	{ SHORTEN, "cause.summary", NULL, 128 },
	{ SHORTEN, "process.container.id", NULL, 64 },

	{ DROP_ITEM, "processes", NULL, 0 },
	{ DROP_ITEM, "destinations.worst", NULL, 0 },
	{ SHORTEN_MEMBERS, "signals", "reason", 12 },

	{ SHORTEN, "process.cgroup", NULL, 24 },
	{ SHORTEN, "process.executable", NULL, 24 },
	{ SHORTEN, "source.domain", NULL, 24 },
	{ SHORTEN, "destination.domain", NULL, 24 },
	{ SHORTEN, "process.unit", NULL, 24 },
	{ SHORTEN, "process.container.id", NULL, 24 },
	{ SHORTEN, "cause.summary", NULL, 48 },
	{ DROP_ITEM, "evidence", NULL, 0 },
	{ DROP_ITEM, "codes", NULL, 0 },
	{ DROP_ITEM, "signals", NULL, 0 },
	{ SHORTEN, "version", NULL, 48 },
	{ SHORTEN, "kernel", NULL, 48 },
};

static bool step_apply(const struct step *s, json_t *record)
{
	switch (s->kind) {
	case SHORTEN:
		return string_shorten(value_at(record, s->path), s->limit);
	case SHORTEN_MEMBERS:
		return shorten_members(record, s->path, s->key, s->limit);
	case DROP_MEMBER:
		return drop_member(record, s->path, s->key);
	case DROP_ITEM:
		return drop_item(record, s->path);
	}
	return false;
}

bool json_record_shrink(json_t *record)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (step_apply(&steps[i], record)) {
			json_object_set_new(record, "truncated", json_true());
			return true;
		}
	}
	return false;
}
