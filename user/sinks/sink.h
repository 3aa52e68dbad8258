/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sink turns findings into output; one file a format. All sinks share this
 * vtable and are listed in sinks.c.
 */
#ifndef CONNWATCH_SINK_H
#define CONNWATCH_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct finding;
struct output;

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum explain_mode { EXPLAIN_ONCE, EXPLAIN_ALWAYS, EXPLAIN_NEVER };

struct sink_options {
	int fd;			/* where the output goes, normally 1 */
	int summary_fd;		/* where text has its summary; 0: to fd too */
	enum color_mode color;
	enum explain_mode explain;
	bool verbose;
	bool quiet;		/* text: no summary */
	size_t queue_bytes;	/* what may wait for a reader; 0: every record waits itself */
};

/* One signal (a fact the kernel can report) and how it was had. */
struct signal_status {
	const char *name;	/* "connect-return" */
	const char *hook;	/* "fexit/inet_stream_connect", NULL when none could be armed */
	const char *reason;	/* why none, or why not the better one; "" when nothing to say */
};

struct start_info {
	uint64_t time_ns;
	const char *version;
	const char *kernel;	/* uname release */
	const struct signal_status *signals;
	size_t signal_count;
};

struct lost_info {
	uint64_t time_ns;
	const char *stage;	/* "ring", "output", "repeats", "tree", "table" */
	uint64_t count;
};

struct summary_total {
	const char *name;	/* a code, or a process name */
	const char *title;	/* short title of the code, "" for a process */
	uint64_t count;
};

struct summary_scope {
	const char *destination;	/* "10.0.0.7:5432" */
	uint64_t attempts;
	uint64_t failures;
};

struct summary_loss {
	const char *stage;	/* as in lost_info */
	uint64_t count;
	bool in_totals;		/* they were counted by then */
};

struct summary_info {
	uint64_t time_ns;
	double seconds;			/* how long connwatch watched */
	uint64_t failures;		/* sum of count over failure records */
	uint64_t conditions;
	uint64_t folded;		/* failures that did not get a line of their own */
	uint64_t lost;			/* the sum of the losses */
	const struct summary_loss *losses;
	size_t loss_count;
	uint64_t conditions_lost;	/* of the conditions, those that found no room */
	uint64_t connections_evicted;	/* from a full table: whose they were is not known */
	uint64_t destinations_evicted;	/* how often: what succeeded there is not counted */
	uint64_t connections_ok;	/* successful TCP connects seen */
	bool connections_ok_at_least;	/* there may have been more */
	bool successes_unknown;		/* whose they were: the filters ask for some processes' */
	const struct summary_total *codes;
	size_t code_count;
	const struct summary_total *processes;		/* the busiest first */
	size_t process_count;
	/* Failures whose process is known; of one not in the list: its name was one too many. */
	uint64_t process_failures;
	const struct summary_scope *destinations;	/* the failing ones, worst first */
	size_t destination_count;
	uint64_t destinations_tried;	/* all, 0 when not counted */
	uint64_t destinations_failing;	/* at least once */
	uint64_t destinations_dead;	/* of those: never succeeded */
	bool destinations_cut;		/* there were more than could be counted */
	/* Failures to several, which may be these or others: then all of these are least values. */
	uint64_t destinations_unnamed;
	bool blame_host;		/* all are dead, and none of them ever answered */
	const struct signal_status *signals;
	size_t signal_count;
};

struct sink;

/*
 * All return 0 or a negative errno of the write (-EPIPE when the reader went
 * away); after an error the sink must not be written to again, only closed.
 * Any member but finding and close may be NULL.
 */
struct sink_ops {
	const char *name;
	int (*start)(struct sink *s, const struct start_info *info);
	int (*finding)(struct sink *s, const struct finding *f);
	int (*lost)(struct sink *s, const struct lost_info *info);
	int (*summary)(struct sink *s, const struct summary_info *info);
	void (*close)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
	struct output *out;	/* the sink's own */
	/* each sink embeds this as its first member */
};

/* Both return a new sink that the caller closes with ops->close, or NULL with errno set. */
struct sink *sink_text_open(const struct sink_options *options);
struct sink *sink_ndjson_open(const struct sink_options *options);

#endif
