/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Breaking lines at word boundaries, for the text sink and the catalogue's pages. */
#ifndef CONNWATCH_SINKS_WRAP_H
#define CONNWATCH_SINKS_WRAP_H

#include <stddef.h>
#include <stdio.h>

/*
 * Writes @text (valid UTF-8) to @out, beginning at column @column and breaking
 * lines so that none goes past @width columns; continuation lines begin with
 * @indent spaces. A word that is longer than a line stays whole. Ends without
 * a newline.
 */
void wrap_print(FILE *out, const char *text, size_t column, size_t indent, size_t width);
/* Like wrap_print(), from column 0: @indent spaces, @text, newline. */
void wrap_print_block(FILE *out, const char *text, size_t indent, size_t width);

#endif
