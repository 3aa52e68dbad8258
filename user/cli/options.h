/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line: one table of options, which verb takes which. */
#ifndef CONNWATCH_OPTIONS_H
#define CONNWATCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnose/filter.h"
#include "kernel/signals.h"
#include "sinks/sink.h"

/* Exit statuses: INTERFACE, "Options of watch, run and replay". */
enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_FINDINGS = 3,
	STATUS_UNSUPPORTED = 69,
	STATUS_PERMISSION = 77,
};

enum { CODE_TEXT_MAX = 8 };

struct options {
	struct filter filter;
	enum hook_family family;
	unsigned int lose;	/* bits of enum lost_stage, for tests */
	const char *btf_path;
	enum color_mode color;
	enum explain_mode explain;
	bool json;
	bool all;
	bool exit_on_findings;
	bool cost;		/* doctor: measure for duration_s */
	bool verbose;
	bool quiet;
	double duration_s;	/* 0: no end */
	uint64_t count;		/* 0: no end */
	const char *output;
	char **words;		/* what follows the options; NULL-terminated, argv's own */
	int word_count;

	char *lists;		/* the words that filter.codes and filter.layers point into */
};

struct verb {
	const char *name;
	const char *arguments;	/* for the usage line: "[options] -- CMD ARGS..." */
	const char *summary;
	unsigned int groups;	/* OPTIONS_* it takes */
	int words_min;
	int words_max;		/* -1: any */
	int (*run)(struct options *options);	/* returns the exit status */
};

#define OPTIONS_FILTER 1u
#define OPTIONS_OUTPUT 2u
#define OPTIONS_HOOKS 4u
#define OPTIONS_LIVE 8u
#define OPTIONS_FILE 16u
#define OPTIONS_JSON 32u
#define OPTIONS_ANY 64u	/* every verb takes these */
#define OPTIONS_COST 128u

/*
 * Parses @argv for @verb into *@options. Returns 0, or the exit status with
 * which to end after it has told the user why on stderr.
 */
int options_parse(struct options *options, const struct verb *verb, int argc, char **argv);
void options_free(struct options *options);
/* The word of @list (NULL-terminated) nearest to @word, or NULL when none is near. */
const char *suggest_word(const char *word, const char *const *list);

#endif
