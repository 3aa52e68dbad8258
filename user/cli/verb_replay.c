// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/recording.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "diagnose/decode.h"
#include "diagnose/pipeline.h"
#include "host/host.h"

enum { SIGNALS_MAX = 64 };

struct replay {
	const struct options *options;
	const char *path;
	FILE *file;
	struct events_file_header header;
	struct sink *sink;
	struct host *host;
	struct pipeline *pipeline;
	struct rec_signal signal_recs[SIGNALS_MAX];
	struct signal_status signals[SIGNALS_MAX];
	size_t signal_count;
	bool started;
	bool ended;		/* the recording was closed in order */
	uint64_t last_ns;	/* time of the newest record */
	uint64_t records;
};

static int complain(const struct replay *r, const char *what)
{
	fprintf(stderr, "connwatch: replay: %s: %s\n", r->path, what);
	return STATUS_FAILED;
}

static int open_all(struct replay *r)
{
	struct pipeline_options options = {
		.filter = r->options->filter, .fold = !r->options->all,
		.record_limit = r->options->count, .wall_offset_ns = r->header.wall_offset_ns,
		.start_ns = r->header.start_ns,
	};

	/* A file waits: nothing need be dropped. */
	r->sink = open_sink(r->options, 0);
	r->host = host_open_replay();
	if (!r->sink || !r->host)
		return STATUS_FAILED;
	r->pipeline = pipeline_open(&options, r->host, r->sink);
	return r->pipeline ? STATUS_OK : STATUS_FAILED;
}

static void take_signal(struct replay *r, const struct rec_signal *rec)
{
	struct rec_signal *kept = &r->signal_recs[r->signal_count];

	if (r->signal_count == SIGNALS_MAX)
		return;
	*kept = *rec;
	r->signals[r->signal_count++] = (struct signal_status){
		.name = kept->name, .hook = kept->hook[0] ? kept->hook : NULL,
		.reason = kept->reason,
	};
}

/* The start record needs the signals, which come first in the file. */
static int start_once(struct replay *r)
{
	struct start_info info = {
		.time_ns = r->header.start_ns + r->header.wall_offset_ns,
		.version = r->header.connwatch, .kernel = r->header.kernel, .signals = r->signals,
		.signal_count = r->signal_count,
	};

	if (r->started)
		return 0;
	r->started = true;
	return r->sink->ops->start ? r->sink->ops->start(r->sink, &info) : 0;
}

static int take_record(struct replay *r, const void *data, size_t size)
{
	union record rec;
	int err;

	if (!decode_record(data, size, &rec)) {
		if (rec.hdr.kind == REC_SIGNAL) {
			take_signal(r, &rec.signal);
			return 0;
		}
		if (rec.hdr.ts_ns > r->last_ns)
			r->last_ns = rec.hdr.ts_ns;
		if (rec.hdr.kind == REC_END) {
			r->ended = true;
			return start_once(r);
		}
	}
	err = start_once(r);
	return err ? err : pipeline_feed(r->pipeline, data, size);
}

/* Everything up to the end, or to where the file stops making sense. */
static int replay_records(struct replay *r, int *read_result)
{
	char *buf = malloc(RECORD_BYTES_MAX);
	size_t size;
	int err = 0;

	*read_result = buf ? 0 : -ENOMEM;
	while (buf && !err && !pipeline_is_done(r->pipeline)) {
		*read_result = recording_read(r->file, buf, &size);
		if (*read_result <= 0)
			break;
		r->records++;
		err = take_record(r, buf, size);
	}
	free(buf);
	return err;
}

static int replay_file(struct replay *r)
{
	char message[96];
	int read_result, err;

	err = recording_read_header(r->file, &r->header);
	if (err)
		return complain(r, err == -EINVAL ? "this is no recording of connwatch" :
				   err == -ENOTSUP ? "recorded by a later version of connwatch" :
						     strerror(-err));
	if (open_all(r))
		return STATUS_FAILED;
	r->last_ns = r->header.start_ns;
	err = replay_records(r, &read_result);
	if (!err)
		err = start_once(r);
	if (!err)
		err = pipeline_finish(r->pipeline, r->last_ns, r->signals, r->signal_count);
	if (err)
		return report_sink_error(sink_place(r->options), err);
	if (read_result < 0) {
		snprintf(message, sizeof(message), "%s after %llu records",
			 read_result == -EBADMSG ? "truncated or damaged" : strerror(-read_result),
			 (unsigned long long)r->records);
		return complain(r, message);
	}
	if (!r->ended && !pipeline_is_done(r->pipeline))
		return complain(r, "not closed in order: its end may be missing");
	if (pipeline_skipped(r->pipeline))
		fprintf(stderr, "connwatch: replay: %s: skipped %llu records of an unknown kind\n",
			r->path, (unsigned long long)pipeline_skipped(r->pipeline));
	return r->options->exit_on_findings && pipeline_has_findings(r->pipeline) ?
		       STATUS_FINDINGS : STATUS_OK;
}

int verb_replay(struct options *options)
{
	struct replay *r = calloc(1, sizeof(*r));
	int status;

	if (!r)
		return STATUS_FAILED;
	r->options = options;
	r->path = options->words[0];
	r->file = fopen(r->path, "rbe");
	status = r->file ? replay_file(r) : complain(r, strerror(errno));
	pipeline_close(r->pipeline);
	host_close(r->host);
	if (r->sink)
		r->sink->ops->close(r->sink);
	if (r->file)
		fclose(r->file);
	free(r);
	return status;
}
