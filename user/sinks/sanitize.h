/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Making foreign bytes (process names, DNS names, cgroup paths) safe to print. */
#ifndef CONNWATCH_SANITIZE_H
#define CONNWATCH_SANITIZE_H

#include <stddef.h>

/*
 * Copies @text (NUL-terminated, any bytes) to @buf as valid UTF-8 (RFC 3629):
 * bytes that are no UTF-8, and control characters (C0, DEL, C1, and the
 * Unicode bidirectional and line/paragraph separators, which can reorder or
 * start a line), become \xNN or \u{N}. A backslash stays what it is: names that
 * have one (the units and cgroups of systemd) are looked up elsewhere as they are.
 * Cut at a whole character when @size is too small. Always NUL-terminated. Returns @buf.
 */
const char *sanitize_text(const char *text, char *buf, size_t size);

/* Columns that @text takes on a terminal (valid UTF-8; wide characters count 2). */
size_t text_columns(const char *text);

#endif
