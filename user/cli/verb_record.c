// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cli/session.h"
#include "cli/verbs.h"
#include "kernel/hooks.h"

struct recorder {
	FILE *file;
	const char *path;
	int err;	/* the first one of a write */
};

static int write_record(void *ctx, const struct rec_hdr *rec)
{
	struct recorder *r = ctx;

	if (fwrite(rec, rec->size, 1, r->file) != 1 && !r->err)
		r->err = errno ? -errno : -EIO;
	return r->err;
}

static int write_header(struct recorder *r, const struct session *session)
{
	struct events_file_header header = {
		.magic = EVENTS_FILE_MAGIC, .version = EVENTS_FILE_VERSION,
		.header_size = sizeof(header), .wall_offset_ns = session_wall_offset_ns(session),
		.start_ns = session_start_ns(session), .connwatch = CONNWATCH_VERSION,
	};
	struct utsname names;

	uname(&names);
	snprintf(header.kernel, sizeof(header.kernel), "%.*s",
		 (int)sizeof(header.kernel) - 1, names.release);
	return fwrite(&header, sizeof(header), 1, r->file) == 1 ? 0 : -errno;
}

static int write_signals(struct recorder *r, const struct session *session)
{
	size_t count;
	struct signal_status *signals = hooks_status(session_hooks(session), &count);
	int err = signals ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !err; i++) {
		struct rec_signal rec = {
			.hdr = { .size = sizeof(rec), .kind = REC_SIGNAL,
				 .ts_ns = session_start_ns(session) },
		};

		snprintf(rec.name, sizeof(rec.name), "%s", signals[i].name);
		snprintf(rec.hook, sizeof(rec.hook), "%s", signals[i].hook ? signals[i].hook : "");
		snprintf(rec.reason, sizeof(rec.reason), "%s", signals[i].reason);
		err = write_record(r, &rec.hdr);
	}
	free(signals);
	return err;
}

static int write_end(struct recorder *r)
{
	struct rec_end end = { .hdr = { .size = sizeof(end), .kind = REC_END } };
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	end.hdr.ts_ns = (uint64_t)ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	return write_record(r, &end.hdr);
}

static int record_session(struct recorder *r, struct session *session)
{
	int err = write_header(r, session);

	if (!err)
		err = write_signals(r, session);
	if (!err && session_run(session, 0, NULL))
		err = r->err ? r->err : -EIO;
	if (!err)
		err = write_end(r);
	if (!err && fflush(r->file))
		err = -errno;
	if (!err)
		return STATUS_OK;
	fprintf(stderr, "connwatch: record: %s: %s\n", r->path, strerror(-err));
	return STATUS_FAILED;
}

int verb_record(struct options *options)
{
	struct recorder recorder = { .path = options->output };
	struct session_options session_options = {
		.options = options, .silent = true, .tap = write_record, .tap_ctx = &recorder,
	};
	struct session *session;
	int fd, status;

	if (!options->output) {
		fprintf(stderr, "connwatch: record: say where with -o FILE\n");
		return STATUS_USAGE;
	}
	status = session_open(&session, &session_options);
	if (status)
		return status;
	/* Addresses and names of a whole machine: for its owner's eyes. */
	fd = open(options->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	recorder.file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!recorder.file) {
		fprintf(stderr, "connwatch: record: %s: %s\n", options->output, strerror(errno));
		status = STATUS_FAILED;
	} else {
		status = record_session(&recorder, session);
		if (fclose(recorder.file) && !status) {
			fprintf(stderr, "connwatch: record: %s: %s\n", options->output,
				strerror(errno));
			status = STATUS_FAILED;
		}
	}
	session_close(session);
	return status;
}
