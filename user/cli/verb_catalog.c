// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* catalog, explain and schema: what needs neither kernel nor root. */
#include <stdio.h>

#include "catalog/catalog.h"
#include "catalog/print.h"
#include "cli/verbs.h"
#include "sinks/schema.h"

int verb_catalog(struct options *options)
{
	if (options->json)
		catalog_print_json(stdout);
	else
		catalog_print_list(stdout);
	return finish_stdout();
}

int verb_explain(struct options *options)
{
	const char *word = options->words[0];
	const struct catalog_entry *entry;
	const char *nearest;
	size_t i;

	for (i = 0; (entry = catalog_match(word, i)); i++) {
		if (i)
			putchar('\n');
		catalog_print_text(stdout, entry);
	}
	if (i)
		return finish_stdout();
	nearest = catalog_suggest(word);
	fprintf(stderr, "connwatch: explain: the catalogue has no '%s'%s%s%s\n", word,
		nearest ? ", did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
	return STATUS_USAGE;
}

int verb_schema(struct options *options)
{
	(void)options;
	schema_print(stdout);
	return finish_stdout();
}
