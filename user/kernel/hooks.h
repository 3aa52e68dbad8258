/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arming: for every signal the best variant that this kernel really loads and
 * attaches, found by trying. What did not work is kept, with the kernel's own
 * words, for `doctor`.
 */
#ifndef CONNWATCH_HOOKS_H
#define CONNWATCH_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/config.h"
#include "kernel/loaded.h"
#include "kernel/objects.h"
#include "kernel/signals.h"
#include "sinks/sink.h"

enum { VARIANT_PROGRAMS_MAX = 24, SIGNAL_VARIANTS_MAX = 8 };

struct hook_variant {
	const struct variant_kind *kind;
	char hook[64];			/* "fexit/inet_stream_connect" */
	size_t programs[VARIANT_PROGRAMS_MAX];	/* those named …_opt may be refused */
	size_t program_count;
	bool failed;
	char reason[96];		/* why it failed */
};

struct hook_signal {
	const struct signal_def *def;
	struct hook_variant variants[SIGNAL_VARIANTS_MAX];	/* in order of worth */
	size_t variant_count;
	struct hook_variant *chosen;		/* NULL: the signal is missing */
	bool skipped;				/* not asked for */
};

struct hooks;

struct hooks_options {
	enum hook_family family;
	const char *btf_path;	/* NULL: the kernel's own */
	bool verbose;		/* libbpf's words go to stderr */
	bool tree;		/* follow the process tree */
	const char *const *layers;	/* of the findings that are wanted; count 0: all */
	size_t layer_count;
	struct bpf_config config;
	/*
	 * Called, if set, in another thread while hooks_arm() goes on: the programs for
	 * functions of other programs are loaded and hooks_program() finds them. And when
	 * they go again because something else was refused, before they do: all is loaded
	 * anew then.
	 */
	void (*uprobes_loaded)(void *ctx, struct hooks *hooks);
	void (*uprobes_gone)(void *ctx);
	void *ctx;
};

enum { HOOKS_LINKS_MAX = 64 };

typedef void (*hooks_program_fn)(void *ctx, const struct program_start *start);

struct bpf_link;
struct kernel_types;
struct repeats_read;
struct ring_buffer;

struct hooks {
	/* While hooks_arm() runs; the second may stay, see uprobe_needs_object(). */
	struct object_load objects[OBJECTS];
	struct kernel_types *types;	/* while hooks_arm() runs */
	struct loaded loaded;
	struct ring_buffer *ring;
	hooks_program_fn program_fn;
	void *program_ctx;
	struct bpf_link *links[HOOKS_LINKS_MAX];
	size_t link_count;
	struct hook_signal *signals;
	size_t signal_count;
	bool may_read;		/* kernel memory, by address */
	bool tried_again;	/* what was refused and is required */
	bool needs_tree;	/* only a tree's failures are to be told */
	bool foreseen;		/* by the kernel's types, see refusals.c */
	bool has_no_types;	/* nothing to load programs by */
	size_t armed;		/* signals that have a hook */
	size_t wanted;		/* signals that were asked for */
	struct repeats_read *repeats_read;	/* what hooks_each_repeats() has told */
};

/*
 * Loads and attaches. On success *@out is the caller's, to be given to
 * hooks_disarm(). On failure a negative errno, and @message says why in one
 * line. -ENOTSUP: this kernel cannot run connwatch; -EPERM: a capability is
 * missing. *@out may be set even then, so that doctor can show what was tried.
 */
int hooks_arm(struct hooks **out, const struct hooks_options *options, char *message,
	      size_t message_size);
void hooks_disarm(struct hooks *hooks);
/* After a signal's hook came or went. */
void hooks_count_armed(struct hooks *hooks);

/*
 * What became of a signal that user space has by itself (signal_def.user_hook),
 * which counts as armed until told otherwise. @err: 0, or the negative errno it
 * failed with. @reason: why, or what of it is missing; "" for nothing.
 */
void hooks_user_signal(struct hooks *hooks, const char *fact, int err, const char *reason);
/* Whether the signal is left to user space: the kernel allowed no program for it. */
bool hooks_is_user(const struct hooks *hooks, const char *fact);

/*
 * What became of a signal whose programs uprobes.c attaches: @err 0, or the
 * negative errno of them all. @note: what it was attached to, or why not.
 */
void hooks_uprobe_signal(struct hooks *hooks, const char *fact, int err, const char *note);
/* The program of that name, which is the hooks', if it was loaded, else NULL. */
const struct loaded_program *hooks_program(const struct hooks *hooks, const char *name);

/*
 * As sinks want it; the array is the caller's to free, the strings are the
 * hooks'. NULL: no memory.
 */
struct signal_status *hooks_status(const struct hooks *hooks, size_t *count);

typedef int (*hooks_record_fn)(void *ctx, void *data, size_t size);
/* Connects the ring buffer to @fn. Negative errno on failure. */
int hooks_listen(struct hooks *hooks, hooks_record_fn fn, void *ctx);
/* After hooks_listen(): hands programs that start to @fn as well. Negative errno on failure. */
int hooks_listen_programs(struct hooks *hooks, hooks_program_fn fn, void *ctx);
/* Forgets which root directories were seen: the next program of each is told at once again. */
void hooks_forget_roots(struct hooks *hooks);
/* Descriptor that polls readable when records wait. */
int hooks_ring_fd(const struct hooks *hooks);
/* Hands every waiting record to the listener; a negative value that it returned comes back. */
int hooks_consume(struct hooks *hooks);

/* How many records or table entries the kernel side had to give up since it was armed. */
uint64_t hooks_lost(const struct hooks *hooks, enum lost_stage stage);
/* Adds a process to the tree that the tree filter lets through. */
int hooks_tree_add(struct hooks *hooks, uint32_t pid);

/* Answers @rec, which asks by address and process and is zero otherwise: "" when none is known. */
void hooks_name_of(const struct hooks *hooks, struct rec_domain *rec);

typedef void (*hooks_destination_fn)(void *ctx, const struct destination_key *key, uint64_t count);
typedef void (*hooks_time_wait_fn)(void *ctx, const struct time_wait_key *key, uint64_t count);
/*
 * Calls @fn for every kind of failure that was counted in a flood since the last
 * call: @count of them, equal but for their port, or with @many_addresses but for
 * their address, too. False: it cannot take them now, they are offered again.
 * Takes entries away that were not in use of late.
 */
typedef bool (*hooks_repeats_fn)(void *ctx, const struct repeat *repeat, bool many_addresses,
				 uint64_t count);
void hooks_each_repeats(struct hooks *hooks, hooks_repeats_fn fn, void *ctx);
void repeats_read_close(struct repeats_read *read);
/*
 * Calls @fn for every destination that connects succeeded to, with their number. Returns
 * how often one was forgotten for another in a full table, or could not be read.
 */
uint64_t hooks_each_destination(struct hooks *hooks, hooks_destination_fn fn, void *ctx);
/* Calls @fn for every pair that TIME_WAIT sockets appeared for, and empties the table. */
void hooks_each_time_wait(struct hooks *hooks, hooks_time_wait_fn fn, void *ctx);

#endif
