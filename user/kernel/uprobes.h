/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Signals had from libraries: BPF programs on functions that libraries export.
 * The libraries are found where the dynamic linker looks for them, under every
 * root directory that a process has, and by what processes have mapped; also later ones, see
 * uprobes_tick(). Two paths may lead to one file of an overlay, and a program
 * then runs twice for one call: it has to bear that.
 */
#ifndef CONNWATCH_UPROBES_H
#define CONNWATCH_UPROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/config.h"

/* Where a program goes: one row each, in uprobe_targets.c. */
struct uprobe_target {
	const char *fact;	/* of the signal it belongs to, see signals.h */
	const char *library;	/* shell pattern of the file's name: "libssl.so*" */
	const char *symbol;	/* an exported function */
	const char *program;	/* the BPF program's name: FACT__uprobe__PART */
	int at_return;		/* when the function returns; else when it is called */
};

extern const struct uprobe_target uprobe_targets[];
extern const size_t uprobe_target_count;
/* Those in a library of that name; bit: index of uprobe_targets. */
uint64_t uprobe_targets_in(const char *name);
/* Whether any of the signal's is at a return. */
bool uprobe_targets_return(const char *fact);
/* Names under which the linker finds such libraries; NULL-terminated. */
extern const char *const uprobe_sonames[];

struct hooks;
struct uprobes;

/*
 * Attaches to what is found within a few milliseconds, or, with @whole, to
 * everything; tells @hooks what became of each signal. *@out is the caller's,
 * NULL when no such signal is wanted and loaded. Never fatal.
 */
void uprobes_open(struct uprobes **out, struct hooks *hooks, int whole);
/* Detaches everything. NULL: nothing. */
void uprobes_close(struct uprobes *u);

/* A program started; @ctx the struct uprobes. For hooks_listen_programs(). */
void uprobes_take_program(void *ctx, const struct program_start *start);
/*
 * Once a second: looks at programs that started since, at a bounded number of
 * the other processes in turn, and lets go of libraries of a root directory that
 * no process has any more.
 */
void uprobes_tick(struct uprobes *u);

/* Calls @fn for every library that a program of the signal @fact is attached to. */
typedef void (*uprobes_library_fn)(void *ctx, const char *path, size_t probes);
void uprobes_each_library(const struct uprobes *u, const char *fact, uprobes_library_fn fn,
			  void *ctx);

#endif
