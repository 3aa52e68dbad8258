/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For the catalogue's tables only: a static NULL-terminated list of strings. */
#ifndef CONNWATCH_CATALOG_TABLE_H
#define CONNWATCH_CATALOG_TABLE_H

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
