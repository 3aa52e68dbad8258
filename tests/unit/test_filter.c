/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnose/filter.h"
#include "records.h"
#include "sample.h"

static void assert_passes(const struct filter *filter, bool wanted)
{
	struct finding f = sample_peer_reset();

	assert_int_equal(filter_passes(filter, &f), wanted);
}

static void test_empty(void **state)
{
	struct filter filter = { 0 };
	struct finding nobody = sample_peer_reset();

	(void)state;
	assert_passes(&filter, true);
	memset(&nobody.process, 0, sizeof(nobody.process));
	memset(&nobody.source, 0, sizeof(nobody.source));
	memset(&nobody.destination, 0, sizeof(nobody.destination));
	assert_true(filter_passes(&filter, &nobody));
}

static void test_pid_and_netns(void **state)
{
	struct filter filter = { .pid = 4312 };

	(void)state;
	assert_passes(&filter, true);
	filter.pid = 4313;
	assert_passes(&filter, false);
	filter = (struct filter){ .netns = TEST_NETNS };
	assert_passes(&filter, true);
	filter.netns++;
	assert_passes(&filter, false);
}

static void test_name(void **state)
{
	struct filter filter = { .name = "curl" };
	struct finding f = sample_peer_reset();

	(void)state;
	assert_passes(&filter, true);
	filter.name = "cur";
	assert_passes(&filter, false);
	filter.name = "curls";
	assert_passes(&filter, false);
	filter.name = "CURL";
	assert_passes(&filter, false);
	/* The kernel keeps 15 bytes of a name: the user may know them all. */
	memcpy(f.process.name, "systemd-resolve", 16);
	filter.name = "systemd-resolved";
	assert_true(filter_passes(&filter, &f));
	filter.name = "systemd-resolver-other";
	assert_true(filter_passes(&filter, &f));
	filter.name = "systemd-resolv";
	assert_false(filter_passes(&filter, &f));
}

static void test_cgroup(void **state)
{
	static const struct {
		const char *wanted;
		bool passes;
	} cases[] = {
		{ "/system.slice/app.service", true },
		{ "/system.slice", true },
		{ "/", true },
		{ "/system.slice/app.service/child", false },
		{ "/system.slice/app", false },
		{ "/system.slice/app.servic", false },
		{ "/user.slice", false },
		{ "/system.slice/", true },
		/* as a shell completes the path of a directory */
		{ "/system.slice/app.service/", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter filter = { .cgroup = cases[i].wanted };
		struct finding f = sample_peer_reset();

		if (filter_passes(&filter, &f) != cases[i].passes)
			fail_msg("--cgroup %s: should %s", cases[i].wanted,
				 cases[i].passes ? "pass" : "not pass");
	}
}

static void test_ports(void **state)
{
	struct filter filter = { .ports = { 443 }, .port_count = 1 };
	struct finding f = sample_peer_reset();

	(void)state;
	assert_passes(&filter, true);
	filter.ports[0] = 41234;	/* the source's */
	assert_passes(&filter, true);
	filter.ports[0] = 80;
	assert_passes(&filter, false);
	filter.ports[1] = 443;
	assert_passes(&filter, false);	/* one port only */
	filter.port_count = 2;
	assert_passes(&filter, true);
	f.destination.has_port = f.source.has_port = false;
	assert_false(filter_passes(&filter, &f));
}

static void set_prefix(struct filter *filter, const char *addr, unsigned int bits)
{
	*filter = (struct filter){ .has_addr = true, .addr_bits = bits };
	set_addr(filter->addr, addr);
}

static void test_addr(void **state)
{
	struct finding f = sample_peer_reset();
	struct filter filter;

	(void)state;
	set_prefix(&filter, "10.0.0.7", 128);
	assert_passes(&filter, true);
	set_prefix(&filter, "10.0.0.5", 128);	/* the source */
	assert_passes(&filter, true);
	set_prefix(&filter, "10.0.0.6", 128);
	assert_passes(&filter, false);
	set_prefix(&filter, "10.0.0.6", 96 + 31);
	assert_passes(&filter, true);
	set_prefix(&filter, "10.0.0.8", 96 + 29);
	assert_passes(&filter, false);
	set_prefix(&filter, "0.0.0.0", 96);
	assert_passes(&filter, true);
	set_prefix(&filter, "2001:db8::", 32);
	assert_passes(&filter, false);
	sample_set_ip(&f.destination, "2001:db8:ffff::1");
	assert_true(filter_passes(&filter, &f));
	sample_set_ip(&f.destination, "2001:db9::1");
	assert_false(filter_passes(&filter, &f));
	/* What has no address is in no prefix. */
	set_prefix(&filter, "::", 0);
	assert_true(filter_passes(&filter, &f));
	f.source.has_ip = f.destination.has_ip = false;
	assert_false(filter_passes(&filter, &f));
}

static void test_codes_and_layers(void **state)
{
	struct filter filter = { .codes = { "027", "021" }, .code_count = 2 };

	(void)state;
	assert_passes(&filter, true);
	filter.code_count = 1;
	assert_passes(&filter, false);
	filter = (struct filter){ .layers = { "dns", "transport" }, .layer_count = 2 };
	assert_passes(&filter, true);
	filter.layer_count = 1;
	assert_passes(&filter, false);
}

static bool layer_shows(const char *layer, const char *code, const char *cause)
{
	struct filter filter = { .layers = { layer }, .layer_count = 1 };
	struct finding f = sample_finding(code, cause);

	return filter_passes(&filter, &f);
}

/* The layer is the cause's: where the reason lies, not where the error shows. */
static void test_layer_of_a_cause(void **state)
{
	static const char *const firewall[][2] = {
		{ "021", "local-firewall-reject" }, { "022", "local-firewall-reject" },
		{ "023", "local-firewall-drop" }, { "C01", "local-firewall-reset" },
		{ "C04", "blocked-by-policy" },
	};

	(void)state;
	for (const struct catalog_cause_layer *l = catalog_cause_layers; l->code; l++)
		assert_non_null(catalog_find_cause(l->code, l->id));
	for (size_t i = 0; i < sizeof(firewall) / sizeof(firewall[0]); i++) {
		assert_true(layer_shows("firewall", firewall[i][0], firewall[i][1]));
		assert_false(layer_shows("transport", firewall[i][0], firewall[i][1]));
	}
	assert_true(layer_shows("link", "026", "interface-down"));
	assert_false(layer_shows("route", "026", "interface-down"));
	assert_true(layer_shows("route", "026", "no-route"));
	assert_true(layer_shows("transport", "021", "no-listener"));
}

/* All that is asked for has to hold. */
static void test_together(void **state)
{
	struct filter filter = { .pid = 4312, .name = "curl", .ports = { 443 }, .port_count = 1,
				 .codes = { "021" }, .code_count = 1, .cgroup = "/system.slice",
				 .layers = { "transport" }, .layer_count = 1,
				 .netns = TEST_NETNS };
	struct filter other;

	(void)state;
	assert_passes(&filter, true);
	other = filter;
	other.pid = 1;
	assert_passes(&other, false);
	other = filter;
	other.ports[0] = 1;
	assert_passes(&other, false);
	other = filter;
	other.layers[0] = "dns";
	assert_passes(&other, false);
	other = filter;
	other.codes[0] = "022";
	assert_passes(&other, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_pid_and_netns),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_cgroup),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_codes_and_layers),
		cmocka_unit_test(test_layer_of_a_cause),
		cmocka_unit_test(test_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
