/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The catalogue for readers. All strings are connwatch's own, so nothing needs sanitising. */
#include "catalog/print.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "catalog/catalog.h"
#include "sinks/wrap.h"

enum { WIDTH = 80, INDENT = 2, INDENT_CAUSE = 6 };

static int stream_result(FILE *out)
{
	if (fflush(out) == EOF || ferror(out))
		return -EIO;
	return 0;
}

static void print_item(FILE *out, const char *text)
{
	fprintf(out, "%*s- ", INDENT, "");
	wrap_print(out, text, INDENT + 2, INDENT + 2, WIDTH);
	fputc('\n', out);
}

static void print_items(FILE *out, const char *heading, const char *const *items)
{
	fprintf(out, "\n%s:\n", heading);
	for (; *items; items++)
		print_item(out, *items);
}

/* Commands stay on one line, so that they can be copied. */
static void print_commands(FILE *out, const char *heading, const char *const *items)
{
	fprintf(out, "\n%s:\n", heading);
	for (; *items; items++)
		fprintf(out, "%*s%s\n", INDENT, "", *items);
}

static void print_causes(FILE *out, const struct catalog_entry *entry)
{
	fputs("\nCauses that connwatch tells apart:\n", out);
	for (size_t i = 0; i < catalog_cause_count; i++) {
		const struct catalog_cause *c = &catalog_causes[i];

		if (strcmp(c->code, entry->code) != 0)
			continue;
		fprintf(out, "%*s%s\n", INDENT, "", c->id);
		wrap_print_block(out, c->meaning, INDENT_CAUSE, WIDTH);
	}
}

static void print_names(FILE *out, const struct catalog_entry *entry)
{
	char line[512];
	size_t length = 0;
	const char *const *lists[] = { entry->errors, entry->aliases };

	line[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		for (const char *const *name = lists[i]; *name && length < sizeof(line); name++)
			length += (size_t)snprintf(line + length, sizeof(line) - length, "%s%s",
						   length ? ", " : "", *name);
	}
	fputs("\nAlso known as:\n", out);
	wrap_print_block(out, line, INDENT, WIDTH);
}

int catalog_print_text(FILE *out, const struct catalog_entry *entry)
{
	fprintf(out, "#%s %s\n", entry->code, entry->title);
	fprintf(out, "layer: %s, severity: %s\n\n", entry->layer, severity_name(entry->severity));
	wrap_print_block(out, entry->what, 0, WIDTH);
	print_items(out, "Usual reasons", entry->root_causes);
	print_causes(out, entry);
	print_commands(out, "Where to look next", entry->next_steps);
	print_names(out, entry);
	return stream_result(out);
}

int catalog_print_list(FILE *out)
{
	fprintf(out, "%-5s %-12s %-9s %-35s %s\n", "CODE", "LAYER", "SEVERITY", "TITLE", "ERRORS");
	for (size_t i = 0; i < catalog_entry_count; i++) {
		const struct catalog_entry *e = &catalog_entries[i];

		fprintf(out, "%-5s %-12s %-9s %-35s ", e->code, e->layer,
			severity_name(e->severity), e->title);
		for (const char *const *error = e->errors; *error; error++)
			fprintf(out, "%s%s", error == e->errors ? "" : ", ", *error);
		fputc('\n', out);
	}
	return stream_result(out);
}

static json_t *list_value(const char *const *items)
{
	json_t *list = json_array();

	for (; items && *items; items++)
		json_array_append_new(list, json_string(*items));
	return list;
}

static json_t *cause_value(const struct catalog_entry *entry, const struct catalog_cause *c)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", c->id,
			 "layer", catalog_layer(entry, c), "meaning", c->meaning,
			 "summary", c->summary, "advice", list_value(c->advice));
}

static json_t *causes_value(const struct catalog_entry *entry)
{
	json_t *list = json_array();

	for (size_t i = 0; i < catalog_cause_count; i++)
		if (strcmp(catalog_causes[i].code, entry->code) == 0)
			json_array_append_new(list, cause_value(entry, &catalog_causes[i]));
	return list;
}

static json_t *entry_value(const struct catalog_entry *e)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
			 "code", e->code, "title", e->title, "short_title", e->short_title,
			 "layer", e->layer, "severity", severity_name(e->severity),
			 "what", e->what,
			 "errors", list_value(e->errors), "aliases", list_value(e->aliases),
			 "root_causes", list_value(e->root_causes),
			 "next_steps", list_value(e->next_steps), "causes", causes_value(e));
}

int catalog_print_json(FILE *out)
{
	json_t *entries = json_array(), *root;
	int err = 0;

	for (size_t i = 0; i < catalog_entry_count; i++)
		json_array_append_new(entries, entry_value(&catalog_entries[i]));
	root = json_pack("{s:i, s:o}", "schema_version", 1, "entries", entries);
	if (!root)
		return -ENOMEM;
	if (json_dumpf(root, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0)
		err = -EIO;
	json_decref(root);
	fputc('\n', out);
	return err ? err : stream_result(out);
}
