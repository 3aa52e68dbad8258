// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verbs.h"

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < verb_count; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static int unknown_verb(const char *word)
{
	const char *names[16] = { NULL };
	const char *nearest;

	for (size_t i = 0; i < verb_count && i < 15; i++)
		names[i] = verbs[i].name;
	nearest = suggest_word(word, names);
	fprintf(stderr, "connwatch: no verb '%s'%s%s%s (see connwatch --help)\n", word,
		nearest ? ", did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
	return STATUS_USAGE;
}

static int print_help(void)
{
	puts("Usage: connwatch [VERB] [OPTION...]\n"
	     "\n"
	     "Shows every failed connection of this machine as it happens, with its process,\n"
	     "its cause and what to do next. Without a verb it watches, until Ctrl-C.\n");
	for (size_t i = 0; i < verb_count; i++)
		printf("  %-8s %s\n", verbs[i].name, verbs[i].summary);
	puts("\nconnwatch VERB --help lists the options of a verb.");
	return finish_stdout();
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	char name[32];
	const struct verb *verb = &verbs[0];
	int status;

	/* Writing to a reader that is gone is told by the write itself. */
	signal(SIGPIPE, SIG_IGN);
	atexit(finish_stdout_at_exit);
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?") ||
			 !strcmp(argv[1], "help")))
		return print_help();
	if (argc > 1 && argv[1][0] != '-') {
		verb = find_verb(argv[1]);
		if (!verb)
			return unknown_verb(argv[1]);
		/* argp's usage line shall name the verb. */
		snprintf(name, sizeof(name), "connwatch %s", verb->name);
		argv[1] = name;
		argv++;
		argc--;
	}
	status = options_parse(&options, verb, argc, argv);
	if (!status)
		status = verb->run(&options);
	options_free(&options);
	return status;
}
