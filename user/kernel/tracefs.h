/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tracepoint numbers from tracefs, whether or not it is mounted. */
#ifndef CONNWATCH_TRACEFS_H
#define CONNWATCH_TRACEFS_H

/*
 * A directory descriptor of tracefs: the mounted one, or one of our own that is
 * attached nowhere and disappears with the descriptor. The caller closes it.
 * Negative errno when neither can be had.
 */
int tracefs_open(void);
/* The perf event number of a tracepoint ("syscalls/sys_exit_bind"), or a negative errno. */
int tracefs_event_id(int tracefs_fd, const char *event);

#endif
