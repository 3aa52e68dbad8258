/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All escape sequences that connwatch writes. */
#ifndef CONNWATCH_SINKS_COLOR_H
#define CONNWATCH_SINKS_COLOR_H

#include <stdbool.h>

#include "catalog/catalog.h"
#include "sinks/sink.h"

/*
 * Whether output to @fd is coloured: COLOR_AUTO wants a terminal, TERM other
 * than dumb and NO_COLOR unset or empty (no-color.org).
 */
bool color_enabled(enum color_mode mode, int fd);
/* The sequence that begins text of @severity, in bold when @bold; "" when not @enabled. */
const char *color_severity(bool enabled, enum severity severity, bool bold);
/* The sequence that begins bold text in the terminal's own colour. */
const char *color_bold(bool enabled);
/* Back to the terminal's own colours. */
const char *color_end(bool enabled);

#endif
