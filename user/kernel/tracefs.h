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

/*
 * A perf event of a tracepoint ("syscalls/sys_exit_bind"), which a program can be
 * set on: the caller's descriptor, or a negative errno.
 */
int tracefs_event_open(int tracefs_fd, const char *event);

struct bpf_link;
struct bpf_program;
/*
 * Attaches @program to such a tracepoint: libbpf itself looks for it only where
 * tracefs is mounted. The link is the caller's; NULL and errno on failure.
 */
struct bpf_link *tracefs_attach(int tracefs_fd, struct bpf_program *program, const char *event);

#endif
