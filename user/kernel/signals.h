/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Signals: the facts the kernel can report, one table row each. A BPF program
 * named FACT__FAMILY[__PART] is one way (variant) to have the fact; all parts
 * of a variant belong together.
 */
#ifndef CONNWATCH_SIGNALS_H
#define CONNWATCH_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

enum { SIGNAL_LAYERS_MAX = 2 };

struct signal_def {
	const char *fact;	/* the programs' prefix: "connect_return" */
	const char *name;	/* as users see it: "connect-return" */
	const char *gives;	/* what it is for */
	const char *lost;	/* what connwatch cannot say without it */
	unsigned int watched;	/* WATCHED_* bit, 0 when no rule asks for its absence */
	bool required;		/* connwatch is no use without it */
	bool on_request;	/* armed only when asked for (connwatch run) */
	const char *user_hook;	/* had by user space, without a program: its hook's name */
	const char *layers[SIGNAL_LAYERS_MAX];	/* for these layers only; none: always wanted */
};

extern const struct signal_def signal_defs[];
extern const size_t signal_def_count;

/* What the user may force with --hooks. */
enum hook_family {
	HOOKS_AUTO,
	HOOKS_FENTRY,
	HOOKS_KPROBE,
	HOOKS_TRACEPOINT,
};

/* The way a variant's programs are attached, best first: cheaper and safer under lockdown. */
struct variant_kind {
	const char *name;		/* as in the programs' names: "fexit" */
	enum hook_family family;
	const char *blind;		/* what it cannot see; NULL: nothing known */
	bool typed;			/* the kernel checks it by type data of its own */
};

extern const struct variant_kind variant_kinds[];
extern const size_t variant_kind_count;

#endif
