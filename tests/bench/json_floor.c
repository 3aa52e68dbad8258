// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * json_floor: what the JSON library alone takes for records that are there already.
 *
 *   json_floor SECONDS    NDJSON on stdin, the first RECORDS_MAX lines of it, in turns: for so long
 *                         copies each record's tree, writes it and releases it; then as long only
 *                         writes the trees that are there; says `RECORDS NS RECORDS NS`
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sinks/json_record.h"

enum { RECORDS_MAX = 1000, LINE_MAX_BYTES = 8192 };

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* As the NDJSON sink has it written. 0: it could not. */
static size_t write_record(const json_t *record)
{
	char line[LINE_MAX_BYTES];

	return json_dumpb(record, line, sizeof(line), JSON_RECORD_FLAGS);
}

/* A record comes as a new tree and is released: a copy stands for making it. */
static size_t use_record(const json_t *record)
{
	json_t *copy = json_deep_copy(record);
	size_t length = write_record(copy);

	json_decref(copy);
	return length;
}

/* Calls @turn for the records in turns and says how often, in what time. */
static int run(size_t (*turn)(const json_t *), json_t **records, size_t count, double seconds)
{
	uint64_t begun = now_ns(), end = begun + (uint64_t)(seconds * 1e9), turns = 0;

	for (; now_ns() < end; turns++)
		if (!turn(records[turns % count]))
			return 1;
	printf("%llu %llu\n", (unsigned long long)turns, (unsigned long long)(now_ns() - begun));
	return 0;
}

int main(int argc, char **argv)
{
	static json_t *records[RECORDS_MAX];
	static char line[LINE_MAX_BYTES];
	size_t count = 0;

	while (count < RECORDS_MAX && fgets(line, sizeof(line), stdin)) {
		records[count] = json_loads(line, 0, NULL);
		if (!records[count++])
			return 1;
	}
	if (argc != 2 || !count)
		return 2;
	return run(use_record, records, count, atof(argv[1])) ||
	       run(write_record, records, count, atof(argv[1]));
}
