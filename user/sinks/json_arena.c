// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sinks/json_arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Most records need a fifth of it; what a longer one needs more comes from malloc(). */
enum { ARENA_BYTES = 64 * 1024, ALIGNMENT = _Alignof(max_align_t) };

/* Only pages that were used are there. */
static _Alignas(max_align_t) unsigned char arena[ARENA_BYTES];
static size_t used;
static size_t pieces;		/* not released yet */
static bool is_open;

static void *arena_take(size_t size)
{
	size_t left = ARENA_BYTES - used;
	void *piece = arena + used;

	if (!is_open || size > left || left - size < ALIGNMENT)
		return malloc(size);
	used += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	pieces++;
	return piece;
}

static void arena_release(void *piece)
{
	uintptr_t at = (uintptr_t)piece - (uintptr_t)arena;

	if (at < ARENA_BYTES)
		pieces--;
	else
		free(piece);
}

void json_arena_begin(void)
{
	static bool is_known;

	/* Values that are older are released with free(), which they need. */
	if (!is_known)
		json_set_alloc_funcs(arena_take, arena_release);
	is_known = true;
	/* What was kept against the rule holds up the others, and stays what it is. */
	if (!pieces)
		used = 0;
	is_open = true;
}

void json_arena_end(void)
{
	is_open = false;
}
