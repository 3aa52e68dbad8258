// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/values.h"

const char *argp_program_version = "connwatch " CONNWATCH_VERSION;

enum {
	KEY_CGROUP = 256,
	KEY_NETNS,
	KEY_PORT,
	KEY_ADDR,
	KEY_CODE,
	KEY_LAYER,
	KEY_ALL,
	KEY_HOOKS,
	KEY_BTF,
	KEY_COLOR,
	KEY_EXPLAIN,
	KEY_JSON,
	KEY_EXIT_ON_FINDINGS,
	KEY_SIMULATE_LOSS,
	KEY_COST,
};

static const struct {
	unsigned int groups;
	struct argp_option option;
} table[] = {
	{ OPTIONS_OUTPUT | OPTIONS_JSON,
	  { "json", KEY_JSON, 0, 0, "NDJSON on stdout, one object a line", 1 } },
	{ OPTIONS_OUTPUT, { "all", KEY_ALL, 0, 0, "Every failure by itself, no folding", 1 } },
	{ OPTIONS_OUTPUT,
	  { "color", KEY_COLOR, "WHEN", 0, "auto, always or never (NO_COLOR is honoured)", 1 } },
	{ OPTIONS_OUTPUT,
	  { "explain", KEY_EXPLAIN, "WHEN", 0, "The next command: once, always or never", 1 } },
	{ OPTIONS_FILTER, { "pid", 'p', "PID", 0, "This process only", 2 } },
	{ OPTIONS_FILTER, { "name", 'n', "COMM", 0, "Processes of this name only", 2 } },
	{ OPTIONS_FILTER, { "cgroup", KEY_CGROUP, "PATH", 0, "This cgroup and below", 2 } },
	{ OPTIONS_FILTER, { "netns", KEY_NETNS, "INO|PATH", 0, "This namespace only", 2 } },
	{ OPTIONS_FILTER, { "port", KEY_PORT, "N[,N]", 0, "Either port is one of these", 2 } },
	{ OPTIONS_FILTER, { "addr", KEY_ADDR, "CIDR", 0, "Either address is in this prefix", 2 } },
	{ OPTIONS_FILTER, { "code", KEY_CODE, "021,027", 0, "These catalogue codes only", 2 } },
	{ OPTIONS_FILTER, { "layer", KEY_LAYER, "NAME", 0, "These layers only", 2 } },
	{ OPTIONS_LIVE, { "duration", 'd', "SECONDS", 0, "Stop after that time", 3 } },
	{ OPTIONS_OUTPUT, { "count", 'c', "N", 0, "Stop after N records", 3 } },
	{ OPTIONS_OUTPUT,
	  { "exit-on-findings", KEY_EXIT_ON_FINDINGS, 0, 0, "Exit status 3 if anything failed",
	    3 } },
	{ OPTIONS_HOOKS,
	  { "hooks", KEY_HOOKS, "FAMILY", 0,
	    "auto, fentry, kprobe or tracepoint, where a signal has that family", 4 } },
	{ OPTIONS_HOOKS,
	  { "btf", KEY_BTF, "FILE", 0,
	    "Kernel type data for a kernel that has none: a file that only root writes", 4 } },
	{ OPTIONS_COST,
	  { "cost", KEY_COST, "SECONDS", 0,
	    "Watch that long, and say what each program cost by the kernel's count", 3 } },
	{ OPTIONS_FILE, { "output", 'o', "FILE", 0, "Where the recording goes", 1 } },
	{ OPTIONS_OUTPUT, { "output", 'o', "FILE", 0, "There instead of on stdout", 1 } },
	{ OPTIONS_HOOKS,
	  { "simulate-loss", KEY_SIMULATE_LOSS, "STAGE", 0,
	    "For tests: lose every other record at the ring, table or output", 6 } },
	{ OPTIONS_ANY, { "verbose", 'v', 0, 0, "Evidence lines, and what libbpf says", 5 } },
	{ OPTIONS_ANY, { "quiet", 'q', 0, 0, "No ready line, no summary", 5 } },
};

enum { TABLE_SIZE = sizeof(table) / sizeof(table[0]) };

struct parse_state {
	struct options *options;
	const struct verb *verb;
};

static int choose(const char *text, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	return -1;
}

static void bad_value(struct argp_state *state, const char *option, const char *text,
		      const char *why)
{
	fprintf(stderr, "%s: --%s '%s' %s\n", program_invocation_short_name, option, text, why);
	(void)state;
	exit(STATUS_USAGE);
}

/* A word out of a fixed choice; ends the program when it is none of them. */
static int chosen(struct argp_state *state, const char *option, const char *text,
		  const char *const *words, const char *why)
{
	int i = choose(text, words);

	if (i < 0)
		bad_value(state, option, text, why);
	return i;
}

/* A private copy that the split lists point into. */
static char *keep_list(struct options *options, const char *text)
{
	char *copy = strdup(text);

	free(options->lists);
	options->lists = copy;
	if (!copy)
		exit(STATUS_FAILED);
	return copy;
}

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
	struct options *options = ((struct parse_state *)state->input)->options;
	struct filter *filter = &options->filter;
	const char *why = "";
	uint64_t number;

	switch (key) {
	case 'p':
		if (value_number(arg, 1, 4194304, &number))
			bad_value(state, "pid", arg, "is no process id");
		filter->pid = number;
		return 0;
	case 'n':
		filter->name = arg;
		return 0;
	case KEY_CGROUP:
		if (value_cgroup(arg, &filter->cgroup, &why))
			bad_value(state, "cgroup", arg, why);
		return 0;
	case KEY_NETNS:
		if (value_netns(arg, &filter->netns, &why))
			bad_value(state, "netns", arg, why);
		return 0;
	case KEY_PORT:
		if (value_ports(arg, filter, &why))
			bad_value(state, "port", arg, why);
		return 0;
	case KEY_ADDR:
		if (value_cidr(arg, filter, &why))
			bad_value(state, "addr", arg, why);
		return 0;
	case KEY_CODE:
		if (value_codes(keep_list(options, arg), filter, &why))
			bad_value(state, "code", arg, why);
		return 0;
	case KEY_LAYER:
		if (value_layers(keep_list(options, arg), filter, &why))
			bad_value(state, "layer", arg, why);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	static const char *const colors[] = { "auto", "always", "never", NULL };
	static const char *const explains[] = { "once", "always", "never", NULL };
	static const char *const families[] = { "auto", "fentry", "kprobe", "tracepoint", NULL };
	static const char *const stages[] = {	/* in the order of enum lost_stage */
		"ring", "table", "output", NULL,
	};
	struct options *options = ((struct parse_state *)state->input)->options;

	switch (key) {
	case KEY_JSON:
		options->json = true;
		return 0;
	case KEY_ALL:
		options->all = true;
		return 0;
	case KEY_COLOR:
		options->color = chosen(state, "color", arg, colors,
					"is none of auto, always, never");
		return 0;
	case KEY_EXPLAIN:
		options->explain = chosen(state, "explain", arg, explains,
					  "is none of once, always, never");
		return 0;
	case KEY_HOOKS:
		options->family = chosen(state, "hooks", arg, families,
					 "is none of auto, fentry, kprobe, tracepoint");
		return 0;
	case KEY_BTF:
		options->btf_path = arg;
		return 0;
	case KEY_SIMULATE_LOSS:
		options->lose |= 1u << chosen(state, "simulate-loss", arg, stages,
					      "is none of ring, table, output");
		return 0;
	case KEY_EXIT_ON_FINDINGS:
		options->exit_on_findings = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_general(int key, char *arg, struct argp_state *state)
{
	struct options *options = ((struct parse_state *)state->input)->options;

	switch (key) {
	case 'd':
		if (value_seconds(arg, &options->duration_s))
			bad_value(state, "duration", arg, "is no number of seconds");
		return 0;
	case KEY_COST:
		if (value_seconds(arg, &options->duration_s))
			bad_value(state, "cost", arg, "is no number of seconds");
		options->cost = true;
		return 0;
	case 'c':
		if (value_number(arg, 1, UINT64_MAX, &options->count))
			bad_value(state, "count", arg, "is no number of records");
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case ARGP_KEY_ARGS:
		options->words = state->argv + state->next;
		options->word_count = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
	error_t err = parse_filter(key, arg, state);

	if (err == ARGP_ERR_UNKNOWN)
		err = parse_output(key, arg, state);
	return err == ARGP_ERR_UNKNOWN ? parse_general(key, arg, state) : err;
}

/* Levenshtein's distance; words are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], la = strlen(a), lb = strlen(b);

	if (la >= 64 || lb >= 64)
		return 64;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[lb];
}

const char *suggest_word(const char *word, const char *const *list)
{
	const char *best = NULL;
	/* A letter in three may be wrong; two exchanged ones count twice. */
	size_t length = strlen(word), least = length / 3 + (length > 3 ? 2 : 1);

	if (least > 16)
		return NULL;	/* no option is that long */

	for (; *list; list++) {
		size_t d = distance(word, *list);

		if (d < least) {
			least = d;
			best = *list;
		}
	}
	return best;
}

/*
 * argp would answer an unknown option with getopt's message and no hint; this
 * looks for one first. Returns the exit status, 0 when all are known.
 */
static int check_long_options(const struct verb *verb, int argc, char **argv)
{
	const char *known[TABLE_SIZE + 4] = { "help", "usage", "version" };
	size_t count = 3;

	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (table[i].groups & (verb->groups | OPTIONS_ANY))
			known[count++] = table[i].option.name;
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		size_t n = strcspn(argv[i], "="), k = 0;
		const char *nearest;
		char word[64];

		if (strncmp(argv[i], "--", 2)) {
			if (argv[i][0] != '-' && verb->words_max < 0)
				return 0;	/* the command of run and its own options */
			continue;
		}
		while (k < count && strncmp(known[k], argv[i] + 2, n - 2))
			k++;
		if (k < count)
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)n - 2, argv[i] + 2);
		nearest = suggest_word(word, known);
		fprintf(stderr, "%s: %s has no option --%s%s%s%s\n", program_invocation_short_name,
			verb->name, word, nearest ? ", did you mean --" : "",
			nearest ? nearest : "", nearest ? "?" : "");
		return STATUS_USAGE;
	}
	return 0;
}

static int check_words(const struct options *options, const struct verb *verb)
{
	if (options->word_count < verb->words_min) {
		fprintf(stderr, "%s: usage: connwatch %s %s\n", program_invocation_short_name,
			verb->name, verb->arguments);
		return STATUS_USAGE;
	}
	if (verb->words_max >= 0 && options->word_count > verb->words_max) {
		fprintf(stderr, "%s: %s: unexpected argument '%s'\n", program_invocation_short_name,
			verb->name, options->words[verb->words_max]);
		return STATUS_USAGE;
	}
	return 0;
}

int options_parse(struct options *options, const struct verb *verb, int argc, char **argv)
{
	struct argp_option list[TABLE_SIZE + 1] = { 0 };
	struct parse_state parse = { options, verb };
	struct argp argp = {
		.options = list, .parser = parse_one, .args_doc = verb->arguments,
		.doc = verb->summary,
	};
	size_t count = 0;
	unsigned int flags;
	int status;

	argp_err_exit_status = STATUS_USAGE;
	for (size_t i = 0; i < TABLE_SIZE; i++)
		if (table[i].groups & (verb->groups | OPTIONS_ANY))
			list[count++] = table[i].option;
	status = check_long_options(verb, argc, argv);
	if (status)
		return status;
	/* What follows the command of run is its own; elsewhere options may stand last. */
	flags = verb->words_max < 0 ? ARGP_IN_ORDER : 0;
	if (argp_parse(&argp, argc, argv, flags, NULL, &parse))
		return STATUS_USAGE;
	return check_words(options, verb);
}

void options_free(struct options *options)
{
	free(options->lists);
}
