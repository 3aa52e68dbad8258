/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looking things up in the catalogue. */
#include "catalog/catalog.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 48 };	/* longer words are no names from the catalogue */

const struct catalog_entry *catalog_find_code(const char *code)
{
	for (size_t i = 0; i < catalog_entry_count; i++) {
		if (strcmp(catalog_entries[i].code, code) == 0)
			return &catalog_entries[i];
	}
	return NULL;
}

const struct catalog_cause *catalog_find_cause(const char *code, const char *id)
{
	for (size_t i = 0; i < catalog_cause_count; i++) {
		const struct catalog_cause *c = &catalog_causes[i];

		if (strcmp(c->code, code) == 0 && strcmp(c->id, id) == 0)
			return c;
	}
	return NULL;
}

/* The @index-th string of @list, or NULL; what lies before the list is taken off @index. */
static const char *list_take(const char *const *list, size_t *index)
{
	for (; *list; list++) {
		if ((*index)-- == 0)
			return *list;
	}
	return NULL;
}

/* The @index-th word that names @e: code, title, errors, aliases, causes; NULL past the last. */
static const char *entry_word(const struct catalog_entry *e, size_t index)
{
	const char *const own[] = { e->code, e->title, NULL };
	const char *word = list_take(own, &index);

	if (!word)
		word = list_take(e->errors, &index);
	if (!word)
		word = list_take(e->aliases, &index);
	for (size_t i = 0; !word && i < catalog_cause_count; i++) {
		if (strcmp(catalog_causes[i].code, e->code) == 0 && index-- == 0)
			word = catalog_causes[i].id;
	}
	return word;
}

/* Without the decoration that people paste along. */
static const char *word_strip(const char *word)
{
	if (word[0] == '#')
		return word + 1;
	if (strncasecmp(word, "net::", 5) == 0)
		return word + 5;
	return word;
}

static bool entry_has_word(const struct catalog_entry *e, const char *word)
{
	const char *own;

	for (size_t i = 0; (own = entry_word(e, i)); i++) {
		if (strcasecmp(own, word) == 0)
			return true;
	}
	return false;
}

const struct catalog_entry *catalog_match(const char *word, size_t index)
{
	word = word_strip(word);
	for (size_t i = 0; i < catalog_entry_count; i++) {
		if (entry_has_word(&catalog_entries[i], word) && index-- == 0)
			return &catalog_entries[i];
	}
	return NULL;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edit distance without regard to case, a swap of neighbours counting as one
 * (optimal string alignment). Both words have at most WORD_MAX characters.
 */
static size_t word_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= la; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			int ca = tolower((unsigned char)a[i - 1]);
			int cb = tolower((unsigned char)b[j - 1]);

			d[i][j] = min_size(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = min_size(d[i][j], d[i - 1][j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]))
				d[i][j] = min_size(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

const char *catalog_suggest(const char *word)
{
	const char *best = NULL, *known;
	size_t limit, length;

	word = word_strip(word);
	length = strlen(word);
	if (length == 0 || length > WORD_MAX)
		return NULL;
	/* A third of the letters wrong is a typo, more is another word. */
	limit = length < 6 ? 1 : length / 3;
	for (size_t i = 0; i < catalog_entry_count; i++) {
		for (size_t j = 0; (known = entry_word(&catalog_entries[i], j)); j++) {
			size_t distance;

			if (strlen(known) > WORD_MAX)
				continue;
			distance = word_distance(word, known);
			if (distance > limit || (best && distance == limit))
				continue;
			best = known;
			limit = distance;
		}
	}
	return best;
}

const char *catalog_layer(const struct catalog_entry *entry, const struct catalog_cause *cause)
{
	for (const struct catalog_cause_layer *l = catalog_cause_layers; l->code; l++)
		if (!strcmp(l->code, cause->code) && !strcmp(l->id, cause->id))
			return l->layer;
	return entry->layer;
}

const char *severity_name(enum severity s)
{
	static const char *const names[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARN] = "warn",
		[SEVERITY_ERROR] = "error",
	};

	return names[s];
}
