// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/fold.h"

#include <stdlib.h>
#include <string.h>

#include "diagnose/finding.h"

enum { WINDOWS_MAX = 4096, BUCKETS = 4096 };

#define WINDOW_NS 1000000000ULL

struct fold_key {
	const struct catalog_entry *entry;
	const struct catalog_cause *cause;
	const char *operation;
	const char *error_type;
	uint8_t ip[16];
	uint32_t pid;
	uint32_t netns;
	uint16_t port;
	uint8_t direction;
	uint8_t type;
	uint32_t name;		/* of the destination, hashed; 0: none */
};

struct window {
	struct fold_key key;
	uint64_t end_ns;
	struct finding *kept;		/* the further ones, as one; NULL: none yet */
	struct window *next;		/* in order of their end */
	struct window *bucket_next;
};

struct folder {
	fold_emit_fn emit;
	void *ctx;
	struct window *first, **last;
	struct window *pool;
	struct window *buckets[BUCKETS];
	uint64_t folded;
	struct window windows[WINDOWS_MAX];
};

struct folder *folder_open(fold_emit_fn emit, void *ctx)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder)
		return NULL;
	folder->emit = emit;
	folder->ctx = ctx;
	folder->last = &folder->first;
	for (size_t i = 0; i < WINDOWS_MAX; i++) {
		folder->windows[i].next = folder->pool;
		folder->pool = &folder->windows[i];
	}
	return folder;
}

void folder_close(struct folder *folder)
{
	if (!folder)
		return;
	for (struct window *w = folder->first; w; w = w->next)
		free(w->kept);
	free(folder);
}

static void make_key(struct fold_key *key, const struct finding *f)
{
	bool inbound = f->direction == DIRECTION_INBOUND && !f->process.pid;
	bool by_source = inbound || (!f->destination.has_ip && !f->destination.has_port);
	const struct endpoint *e = by_source ? &f->source : &f->destination;

	memset(key, 0, sizeof(*key));
	key->entry = f->entry;
	key->cause = f->cause;
	key->operation = f->operation;
	key->error_type = f->error_type;
	memcpy(key->ip, e->ip, sizeof(key->ip));
	key->port = inbound ? 0 : e->port;
	key->pid = f->process.pid;
	key->netns = f->netns;
	key->direction = f->direction;
	key->type = f->type;
	for (const char *p = f->destination.domain; *p; p++)
		key->name = (key->name ^ (unsigned char)*p) * 16777619u;
}

/* FNV-1a */
static struct window **bucket_of(struct folder *folder, const struct fold_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(*key); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return &folder->buckets[hash % BUCKETS];
}

static void close_first(struct folder *folder)
{
	struct window *w = folder->first, **at = bucket_of(folder, &w->key);

	while (*at != w)
		at = &(*at)->bucket_next;
	*at = w->bucket_next;
	folder->first = w->next;
	if (!folder->first)
		folder->last = &folder->first;
	if (w->kept)
		folder->emit(folder->ctx, w->kept);
	free(w->kept);
	w->kept = NULL;
	w->next = folder->pool;
	folder->pool = w;
}

static void open_window(struct folder *folder, const struct fold_key *key, uint64_t time_ns)
{
	struct window **bucket = bucket_of(folder, key), *w;

	/* Full: the oldest second ends early, nothing is lost. */
	if (!folder->pool)
		close_first(folder);
	w = folder->pool;
	folder->pool = w->next;
	w->key = *key;
	w->end_ns = time_ns + WINDOW_NS;
	w->next = NULL;
	*folder->last = w;
	folder->last = &w->next;
	w->bucket_next = *bucket;
	*bucket = w;
}

/* False: no memory; the caller emits the finding by itself. */
static bool keep(struct folder *folder, struct window *w, const struct finding *f)
{
	if (!w->kept) {
		w->kept = malloc(sizeof(*w->kept));
		if (!w->kept)
			return false;
		*w->kept = *f;
		w->kept->first_ns = f->time_ns;
	} else {
		w->kept->count += f->count;
		folder->folded += f->count;
	}
	w->kept->last_ns = f->time_ns;
	w->kept->time_ns = f->time_ns;
	return true;
}

void folder_offer(struct folder *folder, struct finding *f)
{
	struct fold_key key;
	struct window *w;

	folder_expire(folder, f->time_ns);
	make_key(&key, f);
	for (w = *bucket_of(folder, &key); w; w = w->bucket_next)
		if (!memcmp(&w->key, &key, sizeof(key)))
			break;
	if (w && keep(folder, w, f))
		return;
	if (!w)
		open_window(folder, &key, f->time_ns);
	folder->emit(folder->ctx, f);
}

void folder_expire(struct folder *folder, uint64_t now_ns)
{
	while (folder->first && folder->first->end_ns <= now_ns)
		close_first(folder);
}

uint64_t folder_deadline(const struct folder *folder)
{
	return folder->first ? folder->first->end_ns : 0;
}

uint64_t folder_folded(const struct folder *folder)
{
	return folder->folded;
}
