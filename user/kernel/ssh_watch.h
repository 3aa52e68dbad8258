/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Puts the programs of bpf/ssh.bpf.c on the files of ssh and sshd: those where
 * systems have them, those that run already, and those that start later. The
 * files belong to root and nobody else can write them: what a user calls ssh
 * proves nothing.
 */
#ifndef CONNWATCH_SSH_WATCH_H
#define CONNWATCH_SSH_WATCH_H

#include <stddef.h>

#include "bpf/events.h"

struct hooks;
struct ssh_watch;

/*
 * Attaches and tells @hooks what became of the signal. *@out is the caller's,
 * NULL when the signal is not wanted or not loaded. Never fatal.
 */
void ssh_watch_open(struct ssh_watch **out, struct hooks *hooks);
/* Detaches everything. NULL: nothing. */
void ssh_watch_close(struct ssh_watch *w);
/* A program of that name started: looks whether its file is known. */
void ssh_watch_take(struct ssh_watch *w, const struct rec_ssh_started *rec);

/* Calls @fn for every file of the signal @fact that is watched; @probes: programs attached. */
typedef void (*ssh_watch_file_fn)(void *ctx, const char *path, size_t probes);
void ssh_watch_each(const struct ssh_watch *w, const char *fact, ssh_watch_file_fn fn, void *ctx);

#endif
