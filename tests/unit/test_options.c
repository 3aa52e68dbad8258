/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/values.h"
#include "records.h"

static void test_number(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1e3", "x",
					   "99", "0", "18446744073709551616",
					   "99999999999999999999999" };
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(value_number(bad[i], 1, 98, &n), -EINVAL);
	assert_int_equal(n, 7);
	assert_int_equal(value_number("1", 1, 98, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(value_number("98", 1, 98, &n), 0);
	assert_int_equal(n, 98);
	assert_int_equal(value_number("010", 1, 98, &n), 0);
	assert_int_equal(n, 10);
	assert_int_equal(value_number("18446744073709551615", 0, UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
}

static void test_seconds(void **state)
{
	static const char *const bad[] = { "", "0", "0.0", "-1", "+1", "nan", "inf", "1e400", "1s",
					   " 1", ".", "1,5", "1e10", "x" };
	double s = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (value_seconds(bad[i], &s) != -EINVAL)
			fail_msg("'%s' passes for seconds", bad[i]);
	assert_true(s == -1);
	assert_int_equal(value_seconds("10", &s), 0);
	assert_true(s == 10);
	assert_int_equal(value_seconds("0.25", &s), 0);
	assert_true(s == 0.25);
	assert_int_equal(value_seconds(".5", &s), 0);
	assert_true(s == 0.5);
}

static void test_ports(void **state)
{
	static const char *const bad[] = { "", ",", "80,", ",80", "80,,81", "0", "65536", "-1",
					   "80-90", "http", "80 ", " 80", "80, 81", "123456789" };
	struct filter filter = { 0 };
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct filter scratch = { 0 };

		why = NULL;
		if (value_ports(bad[i], &scratch, &why) != -EINVAL)
			fail_msg("'%s' passes for ports", bad[i]);
		assert_non_null(why);
	}
	assert_int_equal(value_ports("1,65535", &filter, &why), 0);
	assert_int_equal(filter.port_count, 2);
	assert_int_equal(filter.ports[0], 1);
	assert_int_equal(filter.ports[1], 65535);
	/* Given twice, they add up, to 16. */
	assert_int_equal(value_ports("3,4,5,6,7,8,9,10,11,12,13,14,15,16", &filter, &why), 0);
	assert_int_equal(filter.port_count, 16);
	assert_int_equal(value_ports("17", &filter, &why), -EINVAL);
	assert_non_null(strstr(why, "16"));
	assert_int_equal(filter.port_count, 16);
}

static void assert_cidr(const char *text, const char *addr, unsigned int bits)
{
	struct filter filter = { .addr = { 1, 2, 3 } };
	uint8_t want[16];
	const char *why;

	set_addr(want, addr);
	assert_int_equal(value_cidr(text, &filter, &why), 0);
	assert_true(filter.has_addr);
	assert_memory_equal(filter.addr, want, 16);
	assert_int_equal(filter.addr_bits, bits);
}

static void test_cidr(void **state)
{
	static const char *const bad[] = {
		"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10/8",
		"10.0.0", "10.0.0.256", "10.0.0.1 ", " 10.0.0.1", "2001:db8::/129", "::/", "::1::",
		"fe80::1%eth0", "localhost", "10.0.0.0/x", "10.0.0.0/8x",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct filter filter = { 0 };
		const char *why = NULL;

		if (value_cidr(bad[i], &filter, &why) != -EINVAL)
			fail_msg("'%s' passes for a prefix", bad[i]);
		assert_non_null(why);
		assert_false(filter.has_addr);
	}
	assert_cidr("10.0.0.7", "10.0.0.7", 128);
	assert_cidr("10.0.0.7/32", "10.0.0.7", 128);
	assert_cidr("10.0.0.0/8", "10.0.0.0", 104);
	assert_cidr("0.0.0.0/0", "0.0.0.0", 96);
	assert_cidr("2001:db8::7", "2001:db8::7", 128);
	assert_cidr("2001:db8::/128", "2001:db8::", 128);
	assert_cidr("2001:db8::/32", "2001:db8::", 32);
	assert_cidr("::/0", "::", 0);
	assert_cidr("::ffff:10.0.0.7", "10.0.0.7", 128);
}

static void test_netns(void **state)
{
	struct stat st;
	const char *why = NULL;
	uint32_t netns = 0;

	(void)state;
	assert_int_equal(value_netns("4026531840", &netns, &why), 0);
	assert_true(netns == 4026531840u);
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	assert_int_equal(value_netns("/proc/self/ns/net", &netns, &why), 0);
	assert_true(netns == st.st_ino);
	assert_int_equal(value_netns("/", &netns, &why), -EINVAL);
	assert_non_null(why);
	assert_int_equal(value_netns("/no/such/path", &netns, &why), -EINVAL);
	assert_int_equal(value_netns("", &netns, &why), -EINVAL);
	assert_int_equal(value_netns("0", &netns, &why), -EINVAL);
	assert_int_equal(value_netns("4294967296", &netns, &why), -EINVAL);
}

static void test_cgroup(void **state)
{
	static const struct {
		const char *text, *cgroup;
	} cases[] = {
		{ "/system.slice/app.service", "/system.slice/app.service" },
		{ "/sys/fs/cgroup/system.slice", "/system.slice" },
		{ "/sys/fs/cgroup/unified/a", "/a" },
		{ "/sys/fs/cgroup/systemd/a", "/a" },
		{ "/sys/fs/cgroup", "/" },
		{ "/sys/fs/cgroup/", "/" },
		{ "/sys/fs/cgroups", "/sys/fs/cgroups" },
		{ "/", "/" },
	};
	const char *out = NULL, *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(value_cgroup(cases[i].text, &out, &why), 0);
		assert_string_equal(out, cases[i].cgroup);
	}
	assert_int_equal(value_cgroup("", &out, &why), -EINVAL);
	assert_int_equal(value_cgroup("system.slice", &out, &why), -EINVAL);
	assert_non_null(why);
}

static int codes(const char *text, struct filter *filter, const char **why)
{
	char list[256];

	snprintf(list, sizeof(list), "%s", text);
	return value_codes(list, filter, why);
}

static void test_codes(void **state)
{
	static const char *const bad[] = { "", ",", "021,", "21", "ECONNREFUSED", "021 ", "##021",
					   "999", "021,,022" };
	struct filter filter = { 0 };
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct filter scratch = { 0 };

		if (codes(bad[i], &scratch, &why) != -EINVAL)
			fail_msg("'%s' passes for codes", bad[i]);
	}
	assert_int_equal(codes("021,#027,c01", &filter, &why), 0);
	assert_int_equal(filter.code_count, 3);
	/* They outlive the list that they were split from. */
	assert_string_equal(filter.codes[0], "021");
	assert_string_equal(filter.codes[1], "027");
	assert_string_equal(filter.codes[2], "C01");
	for (int i = 0; i < 13; i++)
		assert_int_equal(codes("022", &filter, &why), 0);
	assert_int_equal(codes("022", &filter, &why), -EINVAL);
	assert_non_null(strstr(why, "16"));
}

static int layers(const char *text, struct filter *filter, const char **why)
{
	char list[256];

	snprintf(list, sizeof(list), "%s", text);
	return value_layers(list, filter, why);
}

static void test_layers(void **state)
{
	struct filter filter = { 0 };
	const char *why = NULL;

	(void)state;
	assert_int_equal(layers("link,address,route,neighbour,firewall,dns,transport,tls,"
				"application", &filter, &why), 0);
	assert_int_equal(filter.layer_count, 9);
	assert_string_equal(filter.layers[3], "neighbour");
	assert_int_equal(layers("link", &filter, &why), -EINVAL);	/* full */
	filter.layer_count = 0;
	assert_int_equal(layers("neighbor", &filter, &why), -EINVAL);
	assert_non_null(strstr(why, "neighbour"));
	assert_int_equal(layers("", &filter, &why), -EINVAL);
	assert_int_equal(layers("dns,", &filter, &why), -EINVAL);
}

static void test_suggest(void **state)
{
	static const char *const list[] = { "json", "port", "pid", "duration", "exit-on-findings",
					    NULL };
	static const char *const none[] = { NULL };
	char longest[201];

	(void)state;
	assert_string_equal(suggest_word("jsn", list), "json");
	assert_string_equal(suggest_word("prot", list), "port");
	assert_string_equal(suggest_word("exit-on-finding", list), "exit-on-findings");
	assert_string_equal(suggest_word("pid", list), "pid");
	assert_string_equal(suggest_word("durration", list), "duration");
	assert_null(suggest_word("xyzzyplugh", list));
	assert_null(suggest_word("version", list));
	assert_null(suggest_word("", none));
	assert_null(suggest_word("json", none));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(suggest_word(longest, list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),	cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_ports),	cmocka_unit_test(test_cidr),
		cmocka_unit_test(test_netns),	cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_codes),	cmocka_unit_test(test_layers),
		cmocka_unit_test(test_suggest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
