/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sinks/sanitize.h"

static void assert_sanitized(const char *text, const char *expected)
{
	char buf[256];

	assert_string_equal(sanitize_text(text, buf, sizeof(buf)), expected);
}

static void test_plain_text_is_kept(void **state)
{
	(void)state;
	assert_sanitized("", "");
	assert_sanitized("curl --json '{}'", "curl --json '{}'");
	assert_sanitized("d\xc3\xa9j\xc3\xa0 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80",
			 "d\xc3\xa9j\xc3\xa0 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
}

static void test_controls(void **state)
{
	(void)state;
	assert_sanitized("a\033[2Jb\n\r\t\x7f", "a\\x1b[2Jb\\x0a\\x0d\\x09\\x7f");
	/* systemd escapes so itself, and its names must be found again */
	assert_sanitized("/rv\\x2dtest.service", "/rv\\x2dtest.service");
	assert_sanitized("\\", "\\");
	assert_sanitized("\xc2\x9b" "31m", "\\u{9b}31m");	/* C1 control sequence introducer */
	assert_sanitized("\xc2\x85", "\\u{85}");
	assert_sanitized("\xe2\x80\xae" "txt", "\\u{202e}txt");	/* right-to-left override */
	assert_sanitized("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}");
	assert_sanitized("\xe2\x81\xa6", "\\u{2066}");
	assert_sanitized("\xe2\x80\x8b", "\\u{200b}");
	assert_sanitized("\xef\xbb\xbf", "\\u{feff}");
}

static void test_invalid_utf8(void **state)
{
	(void)state;
	assert_sanitized("\xff\xfe", "\\xff\\xfe");
	assert_sanitized("\x9b" "31m", "\\x9b31m");		/* C1 as one byte */
	assert_sanitized("\xc0\xaf", "\\xc0\\xaf");		/* overlong slash */
	assert_sanitized("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	assert_sanitized("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf");
	assert_sanitized("\xed\xa0\x80", "\\xed\\xa0\\x80");	/* surrogate */
	assert_sanitized("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");	/* past U+10FFFF */
	assert_sanitized("a\xc3", "a\\xc3");			/* ends inside a character */
	assert_sanitized("\xe6\x97", "\\xe6\\x97");
	assert_sanitized("\xc3(", "\\xc3(");
}

static void test_cut_at_whole_characters(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, 'z', sizeof(buf));
	assert_string_equal(sanitize_text("abcdef\xc3\xa9", buf, 8), "abcdef");
	assert_string_equal(sanitize_text("abcde\xc3\xa9", buf, 8), "abcde\xc3\xa9");
	assert_string_equal(sanitize_text("abcd\033", buf, 8), "abcd");
	assert_string_equal(sanitize_text("abc\033", buf, 8), "abc\\x1b");
	assert_string_equal(sanitize_text("abc", buf, 1), "");
	buf[0] = 'k';
	sanitize_text("abc", buf, 0);
	assert_int_equal(buf[0], 'k');
}

/* Whatever comes in: valid UTF-8 (jansson is the judge), no control byte, never too long. */
static void test_random_bytes(void **state)
{
	char in[65], out[64];

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)rand() % 64, size = 1 + (size_t)rand() % sizeof(out);
		json_t *string;

		for (size_t i = 0; i < length; i++)
			in[i] = (char)(rand() % 4 ? 0x80 + rand() % 128 : 1 + rand() % 255);
		in[length] = '\0';
		sanitize_text(in, out, size);
		assert_true(strlen(out) < size);
		string = json_string(out);
		assert_non_null(string);
		json_decref(string);
		for (const char *p = out; *p; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(text_columns(""), 0);
	assert_int_equal(text_columns("abc"), 3);
	assert_int_equal(text_columns("d\xc3\xa9j\xc3\xa0"), 4);
	assert_int_equal(text_columns("\xe6\x97\xa5\xe6\x9c\xac"), 4);
	assert_int_equal(text_columns("\xf0\x9f\x98\x80"), 2);
	assert_int_equal(text_columns("e\xcc\x81"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_is_kept),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_cut_at_whole_characters),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
