/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Making foreign bytes safe to print. */
#include "sinks/sanitize.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct range {
	uint32_t first;
	uint32_t last;
};

static bool in_ranges(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

#define IN_RANGES(c, ranges) in_ranges(c, ranges, sizeof(ranges) / sizeof((ranges)[0]))

/*
 * Decodes one character of NUL-terminated @text after RFC 3629 section 4: no
 * overlong forms, no surrogates, nothing past U+10FFFF. Returns its length in
 * bytes, 0 when the bytes are no UTF-8.
 */
static size_t utf8_decode(const char *text, uint32_t *c)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t length;

	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	*c = p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		/* The NUL at the end is no continuation byte, so this never reads past it. */
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[length] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return length;
}

/* Characters that act instead of being seen, or that are not seen at all. */
static bool must_escape(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x00, 0x1f },		/* C0 */
		{ 0x7f, 0x9f },		/* DEL, C1 */
		{ 0x00ad, 0x00ad },	/* soft hyphen */
		{ 0x061c, 0x061c },	/* Arabic letter mark */
		{ 0x180e, 0x180e },	/* Mongolian vowel separator */
		{ 0x200b, 0x200f },	/* zero width, direction marks */
		{ 0x2028, 0x202e },	/* line, paragraph separator; embedding, override */
		{ 0x2060, 0x206f },	/* invisible operators; isolates */
		{ 0xfe00, 0xfe0f },	/* variation selectors */
		{ 0xfeff, 0xfeff },	/* byte order mark */
		{ 0xfff0, 0xfffb },	/* interlinear annotation */
		{ 0xe0000, 0xe0fff },	/* tags */
	};

	return IN_RANGES(c, ranges);
}

/* How many bytes of @text stand for themselves: nearly all of nearly every text. */
static size_t plain_length(const char *text)
{
	size_t n = 0;

	while (text[n] >= 0x20 && text[n] < 0x7f)
		n++;
	return n;
}

/* At most @room of @length. */
static size_t fitting(size_t length, size_t room)
{
	return length < room ? length : room;
}

const char *sanitize_text(const char *text, char *buf, size_t size)
{
	size_t used = 0;

	while (*text) {
		char piece[16];
		uint32_t c;
		size_t taken, length = plain_length(text);

		if (length) {
			taken = fitting(length, size > used ? size - used - 1 : 0);
			memcpy(buf + used, text, taken);
			used += taken;
			text += length;
			if (taken < length)
				break;
			continue;
		}
		taken = utf8_decode(text, &c);
		if (taken == 0 || (c < 0x80 && must_escape(c)))
			snprintf(piece, sizeof(piece), "\\x%02x", (unsigned char)*text);
		else if (must_escape(c))
			snprintf(piece, sizeof(piece), "\\u{%x}", c);
		else
			snprintf(piece, sizeof(piece), "%.*s", (int)taken, text);
		length = strlen(piece);
		if (used + length >= size)
			break;
		memcpy(buf + used, piece, length);
		used += length;
		text += taken ? taken : 1;
	}
	if (size > 0)
		buf[used] = '\0';
	return buf;
}

/*
 * Unicode's East Asian Width W and F (UAX 11) and the blocks of combining
 * marks, by block. wcwidth(3) would need a UTF-8 locale, which a service or a
 * rescue shell often does not have.
 */
static size_t char_columns(uint32_t c)
{
	static const struct range none[] = {
		{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f },
		{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe20, 0xfe2f },
	};
	static const struct range two[] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0x33ff },
		{ 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },
		{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd },
	};

	if (c < 0x300)
		return 1;
	if (IN_RANGES(c, none))
		return 0;
	return IN_RANGES(c, two) ? 2 : 1;
}

size_t text_columns(const char *text)
{
	size_t columns = 0;

	while (*text) {
		uint32_t c;
		size_t taken = utf8_decode(text, &c);

		columns += taken ? char_columns(c) : 1;
		text += taken ? taken : 1;
	}
	return columns;
}
