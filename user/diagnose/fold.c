// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/fold.h"

#include <stdlib.h>
#include <string.h>

#include "diagnose/finding.h"
#include "hash.h"

enum {
	WINDOWS_MAX = 4096,
	BUCKETS = 4096,
	PORT_SETS_MAX = 64,	/* scans at once whose ports are counted, 8 KiB each */
};

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
	uint8_t type : 4;
	uint8_t many_addresses : 4;
	uint64_t name;		/* of the destination, hashed */
	uint64_t transport;	/* hashed */
	uint64_t link;		/* hashed; 0: addresses are not a link's own */
};

struct port_set {
	uint8_t bits[65536 / 8];
	uint32_t count;
};

struct window {
	struct fold_key key;
	uint64_t end_ns;
	struct finding *kept;		/* the further ones, as one; NULL: none yet */
	struct port_set *ports;		/* of these; NULL: they are the same, or not counted */
	struct window *next;		/* in order of their end */
	struct window *bucket_next;
};

struct folder {
	fold_emit_fn emit;
	void *ctx;
	struct window *first, **last;
	struct window *pool;		/* free ones, but for those never used yet */
	size_t used;
	struct window *buckets[BUCKETS];
	uint64_t folded;
	size_t port_sets;
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
	return folder;
}

void folder_close(struct folder *folder)
{
	if (!folder)
		return;
	for (struct window *w = folder->first; w; w = w->next) {
		free(w->kept);
		free(w->ports);
	}
	free(folder);
}

/* fe80::/10 (RFC 4291) and 169.254.0.0/16 (RFC 3927): each link has its own. */
static bool is_link_local(const uint8_t ip[16])
{
	static const uint8_t v4[14] = { [10] = 0xff, [11] = 0xff, [12] = 169, [13] = 254 };

	return (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || !memcmp(ip, v4, sizeof(v4));
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
	key->many_addresses = f->many_addresses;
	key->name = hash_text(f->destination.domain);
	key->transport = hash_text(f->transport ? f->transport : "");
	key->link = is_link_local(e->ip) ? hash_text(f->interface) : 0;
}

static struct window **bucket_of(struct folder *folder, const struct fold_key *key)
{
	return &folder->buckets[hash_bytes(HASH_BEGIN, key, sizeof(*key)) % BUCKETS];
}

static void add_port(struct port_set *set, uint16_t port)
{
	uint8_t bit = 1u << (port & 7);

	set->count += !(set->bits[port >> 3] & bit);
	set->bits[port >> 3] |= bit;
}

/* The first that differs: from now on they are counted, where there is room. */
static void begin_ports(struct folder *folder, struct window *w)
{
	if (folder->port_sets == PORT_SETS_MAX)
		return;
	w->ports = calloc(1, sizeof(*w->ports));
	if (!w->ports)
		return;
	folder->port_sets++;
	add_port(w->ports, w->kept->destination.port);
}

static void end_ports(struct folder *folder, struct window *w)
{
	folder->port_sets -= w->ports != NULL;
	free(w->ports);
	w->ports = NULL;
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
	end_ports(folder, w);
	w->next = folder->pool;
	folder->pool = w;
}

static void open_window(struct folder *folder, const struct fold_key *key, uint64_t time_ns)
{
	struct window **bucket = bucket_of(folder, key), *w;

	/* Full: the oldest second ends early, nothing is lost. */
	if (!folder->pool && folder->used == WINDOWS_MAX)
		close_first(folder);
	if (folder->pool) {
		w = folder->pool;
		folder->pool = w->next;
	} else {
		w = &folder->windows[folder->used++];
	}
	w->key = *key;
	w->end_ns = time_ns + WINDOW_NS;
	w->next = NULL;
	*folder->last = w;
	folder->last = &w->next;
	w->bucket_next = *bucket;
	*bucket = w;
}

static void merge_ports(struct folder *folder, struct window *w, const struct finding *f)
{
	struct endpoint *to = &w->kept->destination;

	if (to->has_port && f->destination.has_port && to->port != f->destination.port)
		begin_ports(folder, w);
	if (w->ports && f->destination.has_port)
		add_port(w->ports, f->destination.port);
	else
		end_ports(folder, w);	/* one of several: how many is not known any more */
	w->kept->port_count = w->ports ? w->ports->count : 0;
}

/* Leaves in @to what @from has too. */
static void merge_endpoint(struct endpoint *to, const struct endpoint *from)
{
	if (to->has_port && (!from->has_port || to->port != from->port)) {
		to->has_port = false;
		to->port = 0;
	}
	if (to->has_ip && (!from->has_ip || memcmp(to->ip, from->ip, sizeof(to->ip)))) {
		to->has_ip = false;
		memset(to->ip, 0, sizeof(to->ip));
	}
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
		merge_ports(folder, w, f);
		merge_endpoint(&w->kept->destination, &f->destination);
		merge_endpoint(&w->kept->source, &f->source);
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
