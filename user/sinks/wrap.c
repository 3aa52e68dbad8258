/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Breaking lines at word boundaries. */
#include "sinks/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "sinks/sanitize.h"

enum { WORD_BYTES_MAX = 2048 };	/* for measuring; longer words overflow the line anyway */

static size_t word_columns(const char *word, size_t length)
{
	char copy[WORD_BYTES_MAX];

	if (length >= sizeof(copy))
		return length;
	memcpy(copy, word, length);
	copy[length] = '\0';
	return text_columns(copy);
}

void wrap_print(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
	bool first = true;	/* no space, and no break, before the first word */

	while (*text) {
		size_t length, columns, spaces = strspn(text, " ");

		text += spaces;
		length = strcspn(text, " ");
		if (length == 0)
			break;
		columns = word_columns(text, length);
		if (!first && column + spaces + columns > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else {
			fprintf(out, "%*s", (int)spaces, "");
			column += spaces;
		}
		fwrite(text, 1, length, out);
		column += columns;
		text += length;
		first = false;
	}
}

void wrap_print_block(FILE *out, const char *text, size_t indent, size_t width)
{
	fprintf(out, "%*s", (int)indent, "");
	wrap_print(out, text, indent, indent, width);
	fputc('\n', out);
}
