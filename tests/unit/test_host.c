/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "diagnose/decode.h"
#include "host/address.h"
#include "host/cgroup.h"
#include "host/host.h"
#include "host/netns.h"
#include "records.h"

#define ID64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_addresses(void **state)
{
	static const struct {
		const char *text;
		bool unspecified, loopback, v4;
	} cases[] = {
		{ "0.0.0.0", true, false, true },	{ "::", true, false, false },
		{ "127.0.0.1", false, true, true },	{ "127.255.255.255", false, true, true },
		{ "128.0.0.1", false, false, true },	{ "126.0.0.1", false, false, true },
		{ "::1", false, true, false },		{ "::2", false, false, false },
		{ "1::1", false, false, false },	{ "0.0.0.1", false, false, true },
		{ "::ffff:0:1", false, false, true },	{ "::fffe:0:1", false, false, false },
		{ "7f00::1", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t addr[16];

		set_addr(addr, cases[i].text);
		assert_int_equal(addr_is_unspecified(addr), cases[i].unspecified);
		assert_int_equal(addr_is_loopback(addr), cases[i].loopback);
		assert_int_equal(addr_is_v4(addr), cases[i].v4);
		assert_true(addr_equal(addr, addr));
	}
}

static void test_prefixes(void **state)
{
	uint8_t addr[16], prefix[16];

	(void)state;
	set_addr(prefix, "2001:db8:8000::");
	for (unsigned int bit = 0; bit < 128; bit++) {
		memcpy(addr, prefix, sizeof(addr));
		addr[bit / 8] ^= 0x80 >> (bit % 8);
		for (unsigned int bits = 0; bits <= 128; bits++)
			assert_int_equal(addr_in_prefix(addr, prefix, bits), bits <= bit);
		assert_false(addr_equal(addr, prefix));
	}
	assert_true(addr_in_prefix(prefix, prefix, 128));
}

static void assert_unit(const char *path, const char *wanted)
{
	char unit[32];

	memset(unit, 'x', sizeof(unit));
	cgroup_unit(path, unit, sizeof(unit));
	assert_string_equal(unit, wanted);
}

static void test_unit(void **state)
{
	(void)state;
	assert_unit("/system.slice/nginx.service", "nginx.service");
	assert_unit("/user.slice/user-1000.slice/user@1000.service/app.slice/foo.scope",
		    "foo.scope");
	assert_unit("/user.slice/user-1000.slice/session-3.scope", "session-3.scope");
	assert_unit("/system.slice/cups.socket", "cups.socket");
	assert_unit("/system.slice/nginx.service/worker", "nginx.service");
	assert_unit("/system.slice/nginx.service/", "nginx.service");
	assert_unit("/system.slice", "");
	assert_unit("/", "");
	assert_unit("", "");
	assert_unit("/.service", "");
	assert_unit("/a.services", "");
	assert_unit("/aservice", "");
	assert_unit("nginx.service", "nginx.service");
	assert_unit("/a-very-long-name-of-a-unit-that-does-not-fit.service",
		    "a-very-long-name-of-a-unit-that");
}

static void assert_container(const char *path, const char *wanted)
{
	char id[80];

	memset(id, 'x', sizeof(id));
	cgroup_container(path, id, sizeof(id));
	assert_string_equal(id, wanted);
}

static void test_container(void **state)
{
	(void)state;
	assert_container("/system.slice/docker-" ID64 ".scope", ID64);
	assert_container("/docker/" ID64, ID64);
	assert_container("/machine.slice/libpod-" ID64 ".scope/container", ID64);
	assert_container("/kubepods.slice/kubepods-pod12345678_90ab.slice/cri-containerd-" ID64
			 ".scope", ID64);
	assert_container("/docker/" ID64 "0", "");	/* 65 digits are no id */
	assert_container("/docker/0" ID64, "");
	assert_container("/docker/0123456789abcdef", "");
	assert_container("/docker/" ID64 "g", ID64);
	assert_container("/", "");
	assert_container("", "");
}

static int setup(void **state)
{
	*state = host_open_replay();
	assert_non_null(*state);
	return 0;
}

static int teardown(void **state)
{
	host_close(*state);
	return 0;
}

static struct rec_process make_process(uint32_t pid, const char *executable)
{
	struct rec_process rec = { .hdr = make_hdr(REC_PROCESS, sizeof(rec), 0, 0), .pid = pid };

	snprintf(rec.executable, sizeof(rec.executable), "%s", executable);
	snprintf(rec.cgroup, sizeof(rec.cgroup), "/system.slice/%u.service", pid);
	return rec;
}

static void test_knows_nothing(void **state)
{
	struct host *host = *state;
	struct rec_who who = make_who(5, "x");
	struct rec_flow flow = make_flow(IPPROTO_TCP, "0.0.0.0", 80, "0.0.0.0", 0);
	struct rec_process process;
	struct rec_owner owner;
	struct rec_holder holder;
	struct rec_limits limits;

	assert_false(host_process(host, &who, &process));
	/* Not that there is none: nobody looked. */
	assert_int_equal(process.hdr.unknown, 1);
	assert_int_equal(process.pid, 5);
	assert_string_equal(process.executable, "");
	assert_false(host_owner(host, 9, &owner));
	assert_int_equal(owner.inode, 9);
	assert_int_equal(owner.who.pid, 0);
	assert_false(host_holder(host, &flow, &who, 1, &holder));
	assert_int_equal(holder.port, 80);
	assert_int_equal(holder.state, 0);
	assert_false(host_limits(host, TEST_NETNS, &who, &limits));
	assert_int_equal(limits.netns, TEST_NETNS);
	assert_int_equal(limits.port_low, 0);
}

static void test_process(void **state)
{
	struct host *host = *state;
	struct rec_process out, rec;
	struct rec_who who = make_who(1, "x");

	for (uint32_t pid = 1; pid <= 500; pid++) {
		rec = make_process(pid, "/usr/bin/one");
		host_learn(host, &rec.hdr);
	}
	rec = make_process(77, "/usr/bin/other");
	host_learn(host, &rec.hdr);	/* the newest answer counts */
	for (who.pid = 1; who.pid <= 500; who.pid++) {
		assert_true(host_process(host, &who, &out));
		assert_int_equal(out.pid, who.pid);
		assert_string_equal(out.executable,
				    who.pid == 77 ? "/usr/bin/other" : "/usr/bin/one");
	}
	assert_false(host_process(host, &who, &out));
}

static void test_owner_and_limits(void **state)
{
	struct host *host = *state;
	struct rec_owner rec = { .hdr = make_hdr(REC_OWNER, sizeof(rec), 0, 0), .inode = 10,
				 .who = make_who(31, "sshd") }, owner;
	struct rec_limits limits = make_limits(1000, 2000), got;
	struct rec_who who = make_who(5, "x");

	host_learn(host, &rec.hdr);
	host_learn(host, &limits.hdr);
	assert_true(host_owner(host, 10, &owner));
	assert_string_equal(owner.who.comm, "sshd");
	assert_false(host_owner(host, 11, &owner));
	assert_true(host_limits(host, TEST_NETNS, &who, &got));
	assert_int_equal(got.port_low, 1000);
	assert_int_equal(got.unprivileged_port_start, 1024);
	assert_false(host_limits(host, TEST_NETNS + 1, &who, &got));
}

/* Every part of the question counts. */
static void test_holder(void **state)
{
	struct host *host = *state;
	struct rec_holder rec = make_holder(STATE_LISTEN), out;
	struct rec_flow asked = make_flow(IPPROTO_TCP, "0.0.0.0", 80, "0.0.0.0", 0), other;
	struct rec_who who = make_who(77, "nginx");

	host_learn(host, &rec.hdr);
	assert_true(host_holder(host, &asked, &who, 0, &out));
	assert_int_equal(out.who.pid, 498);
	assert_int_equal(out.state, STATE_LISTEN);
	assert_false(host_holder(host, &asked, &who, 5002, &out));
	assert_int_equal(out.who.pid, 0);
	other = asked;
	other.sport = 81;
	assert_false(host_holder(host, &other, &who, 0, &out));
	other = asked;
	other.netns++;
	assert_false(host_holder(host, &other, &who, 0, &out));
	other = asked;
	other.protocol = IPPROTO_UDP;
	assert_false(host_holder(host, &other, &who, 0, &out));
	other = asked;
	set_addr(other.saddr, "127.0.0.1");
	assert_false(host_holder(host, &other, &who, 0, &out));
	/* Who asks does not: the answer is the same. */
	who.pid = 1;
	assert_true(host_holder(host, &asked, &who, 0, &out));
}

static void test_listener(void **state)
{
	struct host *host = *state;
	struct rec_holder rec = make_listener("127.0.0.1"), held = make_holder(STATE_LISTEN), out;
	struct rec_flow refused = make_flow(IPPROTO_TCP, "10.0.0.5", 41234, "10.0.0.7", 443);
	struct rec_who who = { .pid = 498 };

	assert_false(host_listener(host, &refused, &who, &out));
	/* Who holds a port is another question than who listens on it. */
	held.port = 443;
	held.not_inode = 0;
	memcpy(held.addr, rec.addr, sizeof(held.addr));
	host_learn(host, &held.hdr);
	assert_false(host_listener(host, &refused, &who, &out));
	host_learn(host, &rec.hdr);
	assert_true(host_listener(host, &refused, &who, &out));
	assert_int_equal(out.who.pid, 498);
	assert_int_equal(out.flow.saddr[15], 1);
	refused.sport++;	/* another client of the same port */
	assert_true(host_listener(host, &refused, &who, &out));
	/* One that would take it by now is no other one. */
	rec.takes = 1;
	host_learn(host, &rec.hdr);
	assert_false(host_listener(host, &refused, &who, &out));
	assert_int_equal(out.takes, 1);
	refused.dport++;
	assert_false(host_listener(host, &refused, &who, &out));
	assert_int_equal(out.takes, 0);
}

static void count(void *ctx, const struct rec_hdr *answer)
{
	(void)answer;
	(*(int *)ctx)++;
}

/* A replay records nothing; what is no answer is not learnt. */
static void test_others(void **state)
{
	struct host *host = *state;
	struct rec_process rec = make_process(5, "/bin/x"), out;
	struct rec_tcp_end tcp = make_tcp_end(0, 0);
	struct rec_who who = make_who(5, "x");
	int teed = 0;

	host_tee(host, count, &teed);
	host_learn(host, &tcp.hdr);
	host_learn(host, &rec.hdr);
	assert_true(host_process(host, &who, &out));
	assert_int_equal(teed, 0);
	host_close(NULL);
}

/* An answer from a later version, longer than what is known of it. */
static void test_longer_answer(void **state)
{
	struct host *host = *state;
	struct rec_process rec = make_process(5, "/bin/longer");
	struct rec_who who = make_who(5, "x");
	unsigned char *bytes = calloc(1, UINT16_MAX);
	union record decoded;
	struct rec_process out;

	assert_non_null(bytes);
	rec.hdr.size = UINT16_MAX;
	memcpy(bytes, &rec, sizeof(rec));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(decode_record(bytes, UINT16_MAX, &decoded), 0);
		/* Twice: learnt anew, and over what was known. */
		assert_in_range(decoded.hdr.size, sizeof(rec), sizeof(decoded));
		host_learn(host, &decoded.hdr);
		assert_true(host_process(host, &who, &out));
		assert_string_equal(out.executable, "/bin/longer");
	}
	free(bytes);
}

/* The machine the test runs on, as any user sees it. */
static void test_live(void **state)
{
	struct host *host = host_open_live(NULL);
	struct rec_who who = make_who((uint32_t)getpid(), "test");
	struct rec_process process;
	struct rec_owner owner;
	int teed = 0;

	(void)state;
	assert_non_null(host);
	host_tee(host, count, &teed);
	assert_true(host_process(host, &who, &process));
	assert_non_null(strstr(process.executable, "test_host"));
	assert_int_equal(teed, 1);
	/* Known from before: written before. */
	assert_true(host_process(host, &who, &process));
	assert_int_equal(teed, 1);
	who.pid = 4194304;	/* above any pid */
	/* That there is nobody is an answer as well: a replay must not use an older one. */
	assert_false(host_process(host, &who, &process));
	assert_int_equal(teed, 2);
	assert_int_equal(process.hdr.unknown, 0);
	assert_false(host_owner(host, 1, &owner));	/* no hooks, no walk */
	assert_int_equal(owner.hdr.unknown, 1);
	assert_int_equal(teed, 3);
	host_close(host);
}

/* A namespace that cannot be entered: nothing is known of its addresses. */
static void test_live_elsewhere(void **state)
{
	struct host *host = host_open_live(NULL);
	struct rec_who who = make_who((uint32_t)getpid(), "test");
	uint32_t here = netns_inode("/proc/self/ns/net");
	struct rec_address address;
	struct rec_limits limits;
	uint8_t addr[16];

	(void)state;
	assert_non_null(host);
	set_addr(addr, "203.0.113.77");
	assert_false(host_address(host, addr, here, &who, &address));
	assert_int_equal(address.hdr.unknown, 0);
	assert_false(host_address(host, addr, 7, &who, &address));
	assert_int_equal(address.hdr.unknown, 1);
	assert_false(host_address(host, addr, 7, &who, &address));
	assert_int_equal(address.hdr.unknown, 1);	/* kept, as such */
	assert_false(host_limits(host, 7, &who, &limits));
	assert_int_equal(limits.hdr.unknown, 1);
	host_close(host);
}

static void learn(void *ctx, const struct rec_hdr *answer)
{
	host_learn(ctx, answer);
}

/* A storm uses up the time for looks; what was not looked at is told so, live and in a replay. */
static void test_live_storm(void **state)
{
	struct host *host = host_open_live(NULL), *replayed = *state;
	struct rec_who who = make_who((uint32_t)getpid(), "test");
	uint32_t here = netns_inode("/proc/self/ns/net");
	size_t looked = 0, unknown = 0;
	struct rec_address address;
	uint8_t addr[16];

	assert_non_null(host);
	host_tee(host, learn, replayed);
	set_addr(addr, "198.18.0.0");
	for (unsigned int i = 0; i < 65536 && !unknown; i++) {
		addr[14] = (uint8_t)(i >> 8);
		addr[15] = (uint8_t)i;
		assert_false(host_address(host, addr, here, &who, &address));
		looked += !address.hdr.unknown;
		unknown += address.hdr.unknown;
	}
	assert_true(looked && unknown);
	assert_false(host_address(replayed, addr, here, &who, &address));
	assert_int_equal(address.hdr.unknown, 1);
	addr[14] = addr[15] = 0;
	assert_false(host_address(replayed, addr, here, &who, &address));
	assert_int_equal(address.hdr.unknown, 0);
	host_close(host);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_unit),
		cmocka_unit_test(test_container),
		TEST(test_knows_nothing),
		TEST(test_process),
		TEST(test_owner_and_limits),
		TEST(test_holder),
		TEST(test_listener),
		TEST(test_others),
		TEST(test_longer_answer),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_live_elsewhere),
		TEST(test_live_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
