/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The catalogue: what every code and every cause means, as data. Entries and
 * causes are tables in entries.c and causes.c; nothing else in connwatch holds
 * a sentence about a failure.
 */
#ifndef CONNWATCH_CATALOG_H
#define CONNWATCH_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

enum severity {
	SEVERITY_INFO,
	SEVERITY_WARN,
	SEVERITY_ERROR,
};

/* NULL-terminated lists throughout; all strings are static. */
struct catalog_entry {
	const char *code;		/* "021", "C01": never reused */
	const char *title;		/* "Connection refused" */
	const char *short_title;	/* at most 9 columns, for the text sink: "refused" */
	const char *layer;		/* of the diagnostic ladder: link ... application */
	enum severity severity;
	const char *const *errors;	/* error.type values */
	const char *const *aliases;	/* other names people paste: "ERR_CONNECTION_REFUSED" */
	const char *what;		/* what happened, one or two sentences */
	const char *const *root_causes;	/* one phrase each */
	/* Commands and places to look, one each, generic: words in CAPITALS stand for values. */
	const char *const *next_steps;
};

/*
 * One cause of one code. @summary, @brief and @advice are templates filled by
 * catalog_fill(): {name} is replaced by the finding's own value. A sentence
 * part in [[...]] is left out when any value inside it is missing.
 */
struct catalog_cause {
	const char *code;		/* the entry it belongs to */
	const char *id;			/* "no-listener": unique within the code */
	const char *meaning;		/* for explain: one sentence, no templates */
	const char *summary;		/* template: the one line an operator reads */
	/*
	 * Template: the same where code, title and destination stand beside it.
	 * At most 38 columns filled, 29 for a failure that a rule infers.
	 */
	const char *brief;
	const char *const *advice;	/* templates; NULL: commands of the entry's next_steps */
};

extern const struct catalog_entry catalog_entries[];
extern const size_t catalog_entry_count;
/* A cause that lies in another layer than its entry. */
struct catalog_cause_layer {
	const char *code;
	const char *id;
	const char *layer;
};

extern const struct catalog_cause_layer catalog_cause_layers[];	/* ends with code NULL */
extern const struct catalog_cause catalog_causes[];
extern const size_t catalog_cause_count;

/* The entry with exactly this code ("021"), or NULL. */
const struct catalog_entry *catalog_find_code(const char *code);
/*
 * The cause @id of @code, or the "unexplained" cause of that code when @id is
 * "unexplained" (every entry has one); NULL when there is none.
 */
const struct catalog_cause *catalog_find_cause(const char *code, const char *id);
/*
 * The @index-th entry that @word names: a code with or without '#', an error
 * type, an alias (with or without "net::"), a cause id; case does not matter.
 * NULL past the last match. For explain.
 */
const struct catalog_entry *catalog_match(const char *word, size_t index);
/* The nearest known word by edit distance, for "did you mean"; NULL when nothing is near. */
const char *catalog_suggest(const char *word);
/* The layer of the ladder that @cause of @entry lies in. */
const char *catalog_layer(const struct catalog_entry *entry, const struct catalog_cause *cause);
const char *severity_name(enum severity s);

#endif
