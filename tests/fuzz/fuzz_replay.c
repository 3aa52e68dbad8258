/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as a recording, through the whole way to both sinks: nothing may
 * crash, hang, or come out that is no line of JSON or moves a terminal's cursor.
 *
 * With libFuzzer: compile this file and all of user/ but main.o with clang
 * -fsanitize=fuzzer,address,undefined, and start it on a copy of tests/golden.
 *
 * Without it FUZZ_DRIVER adds a main() that runs every file and directory it is
 * given, each also with bytes changed (fixed seed), and says how many.
 */
#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/recording.h"
#include "diagnose/decode.h"
#include "diagnose/pipeline.h"
#include "host/host.h"
#include "sinks/sink.h"

enum { LINE_BYTES_MAX = 4096, SIGNALS_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_replay: %s\n", what);
	abort();
}

/* Every line: JSON by itself, of one type we know, in one piece. */
static void check_ndjson(const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) + 1 : size;
		json_t *record;

		check(end != NULL, "a line without its end");
		check(length <= LINE_BYTES_MAX, "a line that is too long");
		record = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
		check(json_is_object(record), "a line that is no JSON");
		check(json_string_value(json_object_get(record, "type")) != NULL, "no type");
		json_decref(record);
		text += length;
		size -= length;
	}
}

/* C0 but for the line's end, DEL, and C1, which is 0xc2 0x80 to 0xc2 0x9f in UTF-8. */
static void check_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = text[i], next = i + 1 < size ? text[i + 1] : 0;

		check(c >= 0x20 ? c != 0x7f : c == '\n', "a control character in text");
		check(c != 0xc2 || next < 0x80 || next > 0x9f, "a C1 control in text");
	}
}

static void check_output(int fd, bool json)
{
	struct stat st;
	char *text;

	check(!fstat(fd, &st), "fstat");
	if (!st.st_size)
		return;
	text = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	check(text != MAP_FAILED, "mmap");
	if (json)
		check_ndjson(text, st.st_size);
	else
		check_text(text, st.st_size);
	munmap(text, st.st_size);
}

/* The signals that the recording names, for the first and the last record. */
struct signals {
	struct rec_signal recs[SIGNALS_MAX];
	struct signal_status list[SIGNALS_MAX];
	size_t count;
};

static void take_signal(struct signals *s, const void *data, size_t size)
{
	struct rec_signal *kept = &s->recs[s->count];
	union record rec;

	if (decode_record(data, size, &rec) || rec.hdr.kind != REC_SIGNAL ||
	    s->count == SIGNALS_MAX)
		return;
	*kept = rec.signal;
	s->list[s->count++] = (struct signal_status){
		.name = kept->name, .hook = kept->hook[0] ? kept->hook : NULL,
		.reason = kept->reason,
	};
}

/* Feeds all that can be read. */
static void feed_records(struct pipeline *pipeline, FILE *file, struct signals *signals)
{
	static char buf[RECORD_BYTES_MAX];
	size_t size;

	while (!pipeline_is_done(pipeline) && recording_read(file, buf, &size) == 1) {
		/* No longer than it says: a reader beyond it is caught. */
		void *record = malloc(size);

		check(record != NULL, "no memory");
		memcpy(record, buf, size);
		take_signal(signals, record, size);
		check(!pipeline_feed(pipeline, record, size), "the sink failed");
		free(record);
		pipeline_deadline(pipeline);
	}
}

/* As `connwatch replay` does it, but for the order of signals and start. */
static void replay(FILE *file, struct sink *sink, bool fold, uint64_t limit)
{
	struct pipeline_options options = { .fold = fold, .record_limit = limit };
	struct events_file_header header = { 0 };
	struct host *host = host_open_replay();
	struct signals signals = { .count = 0 };
	struct start_info info;
	struct pipeline *pipeline;

	if (recording_read_header(file, &header))
		rewind(file);	/* records without a header are worth trying, too */
	options.wall_offset_ns = header.wall_offset_ns;
	options.start_ns = header.start_ns;
	pipeline = pipeline_open(&options, host, sink);
	check(host && pipeline, "no memory");
	feed_records(pipeline, file, &signals);
	info = (struct start_info){
		.time_ns = header.start_ns + header.wall_offset_ns, .version = "fuzz",
		.kernel = "fuzz", .signals = signals.list, .signal_count = signals.count,
	};
	if (sink->ops->start)
		check(!sink->ops->start(sink, &info), "the sink failed");
	check(!pipeline_tick(pipeline, header.start_ns), "the sink failed");
	check(!pipeline_finish(pipeline, header.start_ns, signals.list, signals.count),
	      "the sink failed");
	pipeline_close(pipeline);
	host_close(host);
}

static void replay_to(const uint8_t *data, size_t size, bool json, bool fold)
{
	struct sink_options options = { .color = COLOR_NEVER, .verbose = true };
	FILE *file = fmemopen((void *)data, size, "rb");
	struct sink *sink;

	options.fd = memfd_create("output", MFD_CLOEXEC);
	check(file && options.fd >= 0, "cannot open");
	sink = json ? sink_ndjson_open(&options) : sink_text_open(&options);
	check(sink != NULL, "no sink");
	replay(file, sink, fold, size % 7 == 0 ? 3 : 0);
	sink->ops->close(sink);
	check_output(options.fd, json);
	close(options.fd);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	replay_to(data, size, true, true);
	replay_to(data, size, false, false);
	return 0;
}

#ifdef FUZZ_DRIVER

enum { CHANGES = 200, SEED = 20261120, FILE_BYTES_MAX = 1 << 20 };

static unsigned long runs;

/* A few bytes, a number at a place that may be a field's, a cut, or a piece twice. */
static size_t change(uint8_t *data, size_t size)
{
	static const uint64_t numbers[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff,
					    0x8000000000000000, UINT64_MAX, 0xffff, 16, 15 };
	size_t at = (size_t)rand() % size;
	uint64_t number = numbers[(size_t)rand() % (sizeof(numbers) / sizeof(numbers[0]))];
	size_t length = (size_t)1 << rand() % 4;

	switch (rand() % 4) {
	case 0:
		data[at] ^= 1 << rand() % 8;
		return size;
	case 1:
		at -= at % length;
		memcpy(data + at, &number, at + length <= size ? length : size - at);
		return size;
	case 2:
		return at + 1;
	default:
		length = (size_t)rand() % (size - at);
		memmove(data + (size_t)rand() % (size - length), data + at, length);
		return size;
	}
}

static void run_file(const char *path)
{
	static uint8_t data[FILE_BYTES_MAX];
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(data, 1, sizeof(data), file) : 0;

	if (!file) {
		perror(path);
		exit(1);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	runs++;
	for (int i = 0; i < CHANGES && size; i++) {
		uint8_t *changed = malloc(size);
		size_t left = size;

		check(changed != NULL, "no memory");
		memcpy(changed, data, size);
		for (int k = rand() % 8; k >= 0; k--)
			left = change(changed, left);
		LLVMFuzzerTestOneInput(changed, left);
		free(changed);
		runs++;
	}
}

static void run_path(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[4096];

	if (!dir) {
		run_file(path);
		return;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
			run_file(name);
		}
	closedir(dir);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: fuzz_replay FILE|DIRECTORY...\n");
		return 2;
	}
	srand(SEED);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%lu inputs, no fault\n", runs);
	return 0;
}

#endif
