/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one hash function of all tables. Not keyed: who knows it can choose what falls
 * together, so every table bounds how far it searches, or how much it holds.
 */
#ifndef CONNWATCH_HASH_H
#define CONNWATCH_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_BEGIN 14695981039346656037ULL

/* FNV-1a of @size bytes, after what gave @hash (HASH_BEGIN: nothing). */
static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 1099511628211ULL;
	return hash;
}

static inline uint64_t hash_text(const char *text)
{
	return hash_bytes(HASH_BEGIN, text, strlen(text));
}

#endif
