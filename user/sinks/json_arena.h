/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory for the JSON tree of one record, which is built, dumped and released before
 * the next one: taken in a row, given back all at once.
 */
#ifndef CONNWATCH_JSON_ARENA_H
#define CONNWATCH_JSON_ARENA_H

/*
 * What jansson allocates between the two is the arena's, as far as that has room, and
 * must be released in between, too. Not from two threads at the same time.
 */
void json_arena_begin(void);
void json_arena_end(void);

#endif
