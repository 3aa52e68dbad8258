/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP errors as raw sockets give them: the packet they are about, and every way to be cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "diagnose/icmp.h"
#include "kernel/icmp.h"
#include "records.h"

/* From 10.0.0.1: host unreachable, about TCP 10.0.0.5:41234 to 10.0.0.7:443. */
static const uint8_t v4[] = {
	0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 5,
	3, 1, 0, 0, 0, 0, 0, 0,
	0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 5, 10, 0, 0, 7,
	0xa1, 0x12, 0x01, 0xbb, 0, 0, 0, 1,
};

/* Administratively prohibited, about UDP [fd00::5]:50000 to [fd00::7]:53. */
static const uint8_t v6[] = {
	1, 1, 0, 0, 0, 0, 0, 0,
	0x60, 0, 0, 0, 0, 16, 17, 64,
	0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
	0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
	0xc3, 0x50, 0, 53,
};

enum { V4_INNER = 28, V4_NEEDED = 52, V6_NEEDED = 52 };

/* Exactly @size bytes, so that a sanitizer sees a read beyond. */
static bool parse(const uint8_t *data, size_t size, int family, struct rec_icmp_received *rec)
{
	uint8_t *bytes = malloc(size ? size : 1), sender[16];
	bool ok;

	assert_non_null(bytes);
	memcpy(bytes, data, size);
	set_addr(sender, family == AF_INET ? "10.0.0.1" : "fd00::1");
	ok = icmp_parse(bytes, size, family, sender, rec);
	free(bytes);
	return ok;
}

static void assert_addr(const uint8_t *addr, const char *text)
{
	uint8_t want[16];

	set_addr(want, text);
	assert_memory_equal(addr, want, 16);
}

static void test_v4(void **state)
{
	struct rec_icmp_received rec;

	(void)state;
	assert_true(parse(v4, sizeof(v4), AF_INET, &rec));
	assert_int_equal(rec.hdr.kind, REC_ICMP_RECEIVED);
	assert_int_equal(rec.hdr.size, sizeof(rec));
	assert_int_equal(rec.type, 3);
	assert_int_equal(rec.code, 1);
	assert_addr(rec.sender, "10.0.0.1");
	assert_addr(rec.flow.saddr, "10.0.0.5");
	assert_addr(rec.flow.daddr, "10.0.0.7");
	assert_int_equal(rec.flow.sport, 41234);
	assert_int_equal(rec.flow.dport, 443);
	assert_int_equal(rec.flow.protocol, IPPROTO_TCP);
	assert_int_equal(rec.flow.family, 4);
	assert_int_equal(icmp_errno(&rec), EHOSTUNREACH);
	assert_int_equal(icmp_meaning(&rec), ICMP_HOST);
}

static void test_v6(void **state)
{
	struct rec_icmp_received rec;

	(void)state;
	assert_true(parse(v6, sizeof(v6), AF_INET6, &rec));
	assert_addr(rec.flow.saddr, "fd00::5");
	assert_addr(rec.flow.daddr, "fd00::7");
	assert_int_equal(rec.flow.sport, 50000);
	assert_int_equal(rec.flow.dport, 53);
	assert_int_equal(rec.flow.protocol, IPPROTO_UDP);
	assert_int_equal(rec.flow.family, 6);
	assert_int_equal(icmp_errno(&rec), EACCES);
	assert_int_equal(icmp_meaning(&rec), ICMP_PROHIBITED);
}

static void test_cut_short(void **state)
{
	struct rec_icmp_received rec;

	(void)state;
	for (size_t n = 0; n < sizeof(v4); n++)
		assert_int_equal(parse(v4, n, AF_INET, &rec), n >= V4_NEEDED);
	for (size_t n = 0; n < sizeof(v6); n++)
		assert_int_equal(parse(v6, n, AF_INET6, &rec), n >= V6_NEEDED);
}

/* One byte changed: not ours to tell. */
static void test_others(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {
		{ 0, 0x65 }, { 0, 0x41 }, { 0, 0x4f },	/* the outer header */
		{ 20, 11 }, { 21, 4 },			/* time exceeded; fragmentation needed */
		{ V4_INNER, 0x60 }, { V4_INNER, 0x4f },	/* the inner header */
		{ V4_INNER + 6, 0x20 | 1 }, { V4_INNER + 7, 1 },	/* a later fragment */
		{ V4_INNER + 9, 1 },			/* about ICMP */
	};
	struct rec_icmp_received rec;
	uint8_t bytes[sizeof(v4)];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		memcpy(bytes, v4, sizeof(bytes));
		bytes[changes[i].at] = changes[i].value;
		assert_false(parse(bytes, sizeof(bytes), AF_INET, &rec));
	}
}

static void test_options(void **state)
{
	struct rec_icmp_received rec;
	uint8_t bytes[sizeof(v4) + 4] = { 0 };

	(void)state;
	/* Four bytes of options in the inner header. */
	memcpy(bytes, v4, V4_INNER + 20);
	bytes[V4_INNER] = 0x46;
	memcpy(bytes + V4_INNER + 24, v4 + V4_INNER + 20, 8);
	assert_true(parse(bytes, sizeof(bytes), AF_INET, &rec));
	assert_int_equal(rec.flow.dport, 443);
}

static void test_unknown_codes(void **state)
{
	struct rec_icmp_received rec = { .flow.family = 4, .code = 200 };

	(void)state;
	assert_int_equal(icmp_errno(&rec), 0);
	assert_int_equal(icmp_meaning(&rec), ICMP_OTHER);
	rec.flow.family = 6;
	rec.code = 7;
	assert_int_equal(icmp_errno(&rec), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v4),	cmocka_unit_test(test_v6),
		cmocka_unit_test(test_cut_short), cmocka_unit_test(test_others),
		cmocka_unit_test(test_options), cmocka_unit_test(test_unknown_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
