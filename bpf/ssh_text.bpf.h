/* SPDX-License-Identifier: GPL-2.0-only */
/* What ssh and sshd write, told apart by whole words. */
#ifndef CONNWATCH_SSH_TEXT_BPF_H
#define CONNWATCH_SSH_TEXT_BPF_H

#include "bpf/variadic.bpf.h"

enum { TEXT_SIZE = 48 };

enum {
	LOGIN_TOLD = 1,
	LOGIN_KEY_NAMED = 2,	/* sshd named a key in a message about a refusal */
	LOGIN_KEY_FAILED = 4,	/* sshd wrote "Failed publickey" */
	LOGIN_PASSWORD = 8,	/* something else than keys was tried, or asked for */
	LOGIN_PROMPTS = 16,	/* had ssh asked for anything, it had been seen */
};

/* Both zero-padded. Words and no early way out: every branch costs the verifier its time. */
static __always_inline bool words_are(const u64 *text, const u64 *other, u32 count)
{
	u64 differ = 0;

	_Pragma("unroll") for (u32 i = 0; i < count; i++)
		differ |= text[i] ^ other[i];
	return !differ;
}

static const char failed[TEXT_SIZE] = "Failed", publickey[TEXT_SIZE] = "publickey",
		  no_method[TEXT_SIZE] = "none";

/* What the monitor writes of each method that failed: "Failed", the method. */
static __always_inline u32 login_failed(u64 args)
{
	u64 outcome[TEXT_SIZE / 8] = {}, method[TEXT_SIZE / 8] = {};

	if (!va_read_string(args, 0, outcome, sizeof(outcome)) ||
	    !va_read_string(args, 1, method, sizeof(method)))
		return 0;
	if (!words_are(outcome, (const u64 *)failed, 1) ||
	    words_are(method, (const u64 *)no_method, 1))
		return 0;
	return words_are(method, (const u64 *)publickey, 2) ? LOGIN_KEY_FAILED : LOGIN_PASSWORD;
}

static const char ends[][TEXT_SIZE] = {
	"Connection closed by authenticating user ", "Connection closed by invalid user ",
	"Connection reset by authenticating user ", "Connection reset by invalid user ",
	"Disconnected from authenticating user ", "Disconnected from invalid user ",
};
static const u32 end_sizes[] = { 41, 34, 40, 33, 38, 31 };

/* The bytes of @word that belong to @end: what lies behind is the user's name, anybody's choice. */
static __always_inline u64 end_mask(u32 end, u32 word)
{
	u32 size = end_sizes[end];

	if (size >= (word + 1) * 8)
		return ~0ULL;
	return size > word * 8 ? (1ULL << (size - word * 8) * 8) - 1 : 0;
}

/* Whether a message that the monitor repeats for its child is the end without a login. */
static __always_inline bool login_ended(u64 args)
{
	u64 text[TEXT_SIZE / 8] = {};
	bool ended = false;

	if (!va_read_string(args, 0, text, sizeof(text)))
		return false;
	/* Unrolled, the masks are constants: the verifier walks every step that is left. */
	_Pragma("unroll") for (u32 i = 0; i < sizeof(end_sizes) / sizeof(end_sizes[0]); i++) {
		u64 differ = 0;

		_Pragma("unroll") for (u32 k = 0; k < TEXT_SIZE / 8; k++)
			differ |= (text[k] ^ ((const u64 *)ends[i])[k]) & end_mask(i, k);
		ended |= !differ;
	}
	return ended;
}

#endif
