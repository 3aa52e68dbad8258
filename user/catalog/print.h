/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The catalogue for readers: explain and catalog. All return 0 or a negative errno. */
#ifndef CONNWATCH_CATALOG_PRINT_H
#define CONNWATCH_CATALOG_PRINT_H

#include <stdio.h>

struct catalog_entry;

/* Everything about one entry, wrapped at 80 columns. */
int catalog_print_text(FILE *out, const struct catalog_entry *entry);
/* The whole catalogue as a table, one line a code. */
int catalog_print_list(FILE *out);
/* The whole catalogue as one JSON object. */
int catalog_print_json(FILE *out);

#endif
