/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The NDJSON sink: one record a line, of at most LINE_BYTES_MAX bytes, one write a line. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/types.h>

#include "diagnose/finding.h"
#include "sinks/json_arena.h"
#include "sinks/json_record.h"
#include "sinks/output.h"

/* A pipe takes this much without mixing in other writers' bytes: PIPE_BUF, pipe(7). */
enum { LINE_BYTES_MAX = 4096 };

struct ndjson_sink {
	struct sink base;
	uint64_t seq;
};

/* @record, made to fit where it must, as a line. Its length, or a negative errno. */
static ssize_t ndjson_line(json_t *record, char line[LINE_BYTES_MAX])
{
	size_t length;

	if (!record)
		return -ENOMEM;
	while ((length = json_dumpb(record, line, LINE_BYTES_MAX, JSON_RECORD_FLAGS)) >=
	       LINE_BYTES_MAX) {
		if (!json_record_shrink(record))
			break;
	}
	if (length == 0)
		return -ENOMEM;
	if (length >= LINE_BYTES_MAX)
		return -EMSGSIZE;
	line[length] = '\n';
	return (ssize_t)length + 1;
}

/* Writes @record and releases it; after json_arena_begin(). */
static int ndjson_write(struct ndjson_sink *n, json_t *record)
{
	char line[LINE_BYTES_MAX];
	ssize_t length = ndjson_line(record, line);

	json_decref(record);
	json_arena_end();
	return length < 0 ? (int)length : output_put(n->base.out, line, (size_t)length);
}

static int ndjson_start(struct sink *s, const struct start_info *info)
{
	struct ndjson_sink *n = (struct ndjson_sink *)s;

	json_arena_begin();
	return ndjson_write(n, json_record_start(info, ++n->seq));
}

static int ndjson_finding(struct sink *s, const struct finding *f)
{
	struct ndjson_sink *n = (struct ndjson_sink *)s;

	json_arena_begin();
	return ndjson_write(n, json_record_finding(f, ++n->seq));
}

static int ndjson_lost(struct sink *s, const struct lost_info *info)
{
	struct ndjson_sink *n = (struct ndjson_sink *)s;

	json_arena_begin();
	return ndjson_write(n, json_record_lost(info, ++n->seq));
}

static int ndjson_summary(struct sink *s, const struct summary_info *info)
{
	struct ndjson_sink *n = (struct ndjson_sink *)s;

	json_arena_begin();
	return ndjson_write(n, json_record_summary(info, ++n->seq));
}

static void ndjson_close(struct sink *s)
{
	output_close(s->out);
	free(s);
}

static const struct sink_ops ndjson_ops = {
	.name = "ndjson",
	.start = ndjson_start,
	.finding = ndjson_finding,
	.lost = ndjson_lost,
	.summary = ndjson_summary,
	.close = ndjson_close,
};

struct sink *sink_ndjson_open(const struct sink_options *options)
{
	struct ndjson_sink *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->base.ops = &ndjson_ops;
	n->base.out = output_open(options->fd, options->queue_bytes);
	if (n->base.out)
		return &n->base;
	free(n);
	return NULL;
}
