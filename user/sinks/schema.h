/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The JSON Schema (draft 2020-12) of the NDJSON records. */
#ifndef CONNWATCH_SINKS_SCHEMA_H
#define CONNWATCH_SINKS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * The schema as a new reference; NULL when memory is short. Readers must
 * ignore unknown keys, so objects stay open; with @strict every object is
 * closed, for tests that look for misspelt keys.
 */
json_t *schema_build(bool strict);
/* Writes the open form to @out, indented. Returns 0 or a negative errno. */
int schema_print(FILE *out);

#endif
