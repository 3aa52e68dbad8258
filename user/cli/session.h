/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A live run from arming to summary, shared by watch, run and record: what
 * differs is what happens to each record and when it ends.
 */
#ifndef CONNWATCH_SESSION_H
#define CONNWATCH_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "bpf/events.h"
#include "cli/options.h"

struct hooks;
struct icmp;
struct session;

struct session_options {
	const struct options *options;
	bool tree;		/* report the tree that session_follow() names only */
	/* record: gets every kernel record and every answer of the host; NULL otherwise. */
	int (*tap)(void *ctx, const struct rec_hdr *rec);
	void *tap_ctx;
	bool silent;		/* no sink: nothing on stdout */
};

/*
 * Checks privileges, arms the hooks, opens host, sink and pipeline. 0, or the
 * exit status after one line on stderr. *@out is then undefined.
 */
int session_open(struct session **out, const struct session_options *options);
/* Lets the process @pid and its descendants through the tree filter. 0 or negative errno. */
int session_follow(struct session *s, pid_t pid);
/* Once ready, a byte is written to @fd and it is closed: a waiting command may begin. */
void session_release_on_ready(struct session *s, int fd);
/*
 * Says ready and watches until a signal, --duration, --count, or, with @child,
 * the end of that process, whose wait status goes to *@wait_status. Then writes
 * the summary. Returns the exit status.
 */
int session_run(struct session *s, pid_t child, int *wait_status);
void session_close(struct session *s);

/* For record: what a recording begins with. */
const struct hooks *session_hooks(const struct session *s);
uint64_t session_start_ns(const struct session *s);
uint64_t session_wall_offset_ns(const struct session *s);

/*
 * Listens for ICMP errors as @options say and tells @hooks how that went. *@out is
 * the caller's, NULL when there is nothing to listen with: never fatal.
 */
void arm_icmp(struct icmp **out, struct hooks *hooks, const struct options *options);

/*
 * The sink that @options ask for, or NULL after one line on stderr. @queue_bytes:
 * see sink_options. A file of its own stays open to the end of the process.
 */
struct sink *open_sink(const struct options *options, size_t queue_bytes);
/* One line: what the negative errno of the sink at @where means. Returns the exit status. */
int report_sink_error(const char *where, int err);
/* For report_sink_error(): the file's name, or "stdout". */
const char *sink_place(const struct options *options);

#endif
