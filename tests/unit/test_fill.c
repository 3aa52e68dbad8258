/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "sample.h"
#include "sinks/sanitize.h"

static void test_fill_example(void **state)
{
	struct finding f = sample_finding("021", "peer-reset");

	(void)state;
	catalog_fill(&f);
	assert_string_equal(f.summary, "10.0.0.7 answered the SYN with a reset after 0.3 ms: "
				       "nothing listens on port 443 there, or a firewall rejects");
	assert_string_equal(f.brief, "port is closed or rejected");
	assert_string_equal(f.advice[0], "ss -tlnp 'sport = :443'   # on 10.0.0.7");
	f.has_duration = false;
	catalog_fill(&f);	/* filling again starts afresh */
	assert_string_equal(f.summary, "10.0.0.7 answered the SYN with a reset: "
				       "nothing listens on port 443 there, or a firewall rejects");
	assert_int_equal(f.advice_count, 3);
}

static struct finding fill_with(const struct catalog_cause *cause, const char *device)
{
	struct finding f = sample_finding("021", "peer-reset");

	f.cause = cause;
	if (device)
		finding_set(&f, "device", "%s", device);
	catalog_fill(&f);
	return f;
}

static void test_fill_groups(void **state)
{
	const char *const advice[] = { "a {device}", "b[[ -I {device}]] {dst_ip}",
				       "c 'x {device}'", NULL };
	const struct catalog_cause c = { "021", "x", "m", "on {device}[[, {device} of {probes}]].",
					 "[[{device}: ]]{dst_port}{probes}", advice };
	struct finding f;

	(void)state;
	f = fill_with(&c, NULL);
	assert_string_equal(f.summary, "on ?.");
	assert_string_equal(f.brief, "443?");
	assert_int_equal(f.advice_count, 1);
	assert_string_equal(f.advice[0], "b 10.0.0.7");
	f = fill_with(&c, "eth0");
	assert_string_equal(f.summary, "on eth0.");
	assert_string_equal(f.brief, "eth0: 443?");
	assert_int_equal(f.advice_count, 3);
	assert_string_equal(f.advice[1], "b -I eth0 10.0.0.7");
	/* hostile: no shell would see more than one word, in or out of quotes */
	f = fill_with(&c, "'; reboot #");
	assert_string_equal(f.advice[0], "a ''\"'\"'; reboot #'");
	assert_string_equal(f.advice[2], "c 'x '\"'\"'; reboot #'");
	/* text in values is no template */
	f = fill_with(&c, "{dst_ip}[[");
	assert_string_equal(f.summary, "on {dst_ip}[[.");
	assert_string_equal(f.brief, "{dst_ip}[[: 443?");
}

static void test_fill_falls_back(void **state)
{
	const char *const advice[] = { "needs {next_hop}", NULL };
	const struct catalog_cause c = { "021", "x", "m", "s", "b", advice };
	const struct catalog_cause none = { "021", "x", "m", "s", "b", NULL };
	struct finding f = fill_with(&c, NULL);

	(void)state;
	assert_string_equal(f.advice[0], f.entry->next_steps[0]);
	f = fill_with(&none, NULL);
	assert_string_equal(f.advice[0], f.entry->next_steps[0]);
}

/* What of each entry can be run as it stands: no prose, nothing to put in, nothing that changes. */
static const struct {
	const char *code;
	const char *commands[FINDING_ADVICE_MAX];
} general[] = {
	{ "021", { "ss -tulnp   # on the server", "nft list ruleset   # " } },
	{ "022", { "ip neigh   # ", "ip route; ip -6 route   # " } },
	{ "023", { "nft list ruleset   # ", "ss -lnt   # on the server" } },
	{ "024", { "cat /etc/resolv.conf; resolvectl status   # " } },
	{ "025", { "date -u   # " } },
	{ "026", { "ip -br addr   # ", "ip route; ip -6 route   # " } },
	{ "027", { NULL } },
	{ "028", { "ss -s   # ", "sysctl net.ipv4.ip_local_port_range   # ",
		   "sysctl net.ipv4.tcp_tw_reuse   # " } },
	{ "029", { "ip neigh   # " } },
	{ "030", { "ls -ld ~/.ssh ~/.ssh/authorized_keys   # on the server",
		   "journalctl -u ssh -e   # on the server" } },
	{ "C01", { "journalctl --since '-5 min'   # on the server",
		   "tcpdump -ni any 'ip6[6] = 6 and ip6[53] & 4 != 0 or tcp[13] & 4 != 0'" } },
	{ "C02", { "ss -lnt   # ", "nstat -az TcpExtListenOverflows TcpExtListenDrops",
		   "sysctl net.core.somaxconn net.ipv4.tcp_max_syn_backlog" } },
	{ "C03", { "ip -br addr   # ", "systemctl is-active network-online.target   # ",
		   "sysctl net.ipv4.ip_nonlocal_bind   # " } },
	{ "C04", { "nft list ruleset; ip rule; ip -6 rule   # ", "bpftool cgroup tree   # ",
		   "journalctl -k -g denied   # ", "sysctl net.ipv4.ip_unprivileged_port_start" } },
};

static void test_general_commands(void **state)
{
	(void)state;
	assert_int_equal(sizeof(general) / sizeof(general[0]), catalog_entry_count);
	for (size_t i = 0; i < catalog_entry_count; i++) {
		const struct catalog_cause none = { general[i].code, "x", "m", "s", "b", NULL };
		struct finding f = { .cause = &none, .entry = catalog_find_code(general[i].code) };
		size_t n = 0;

		catalog_fill(&f);
		for (; n < FINDING_ADVICE_MAX && general[i].commands[n]; n++)
			if (n >= f.advice_count || strncmp(f.advice[n], general[i].commands[n],
							   strlen(general[i].commands[n])) != 0)
				fail_msg("%s: %s", general[i].code, f.advice[n]);
		assert_int_equal(f.advice_count, n);
	}
}

/* The words in capitals that are the tools' own. */
static void assert_no_placeholder(const char *command)
{
	static const char *const own[] = { "REJECT", "DROP", "OUTPUT", "IPR" };	/* IPReverse... */
	size_t length = strcspn(command, "#"), n;

	for (size_t at = 0; at < length; at += n + !n) {
		bool known = false;

		n = strspn(command + at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
			known |= strlen(own[i]) == n && !strncmp(command + at, own[i], n);
		if (n > 1 && !known)
			fail_msg("%s", command);
	}
}

/* What stands for many to several addresses and ports: of every cause, commands or nothing. */
static void test_floods(void **state)
{
	struct finding f;

	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		f = sample_finding(catalog_causes[i].code, catalog_causes[i].id);
		f.count = 1000;
		f.many_addresses = true;
		f.source = f.destination = (struct endpoint){ 0 };
		f.interface[0] = '\0';
		catalog_fill(&f);
		for (size_t k = 0; k < f.advice_count; k++)
			assert_no_placeholder(f.advice[k]);
	}
	/* ports that differ are not looked for one by one */
	f = sample_finding("027", "held-by-listener");
	f.count = 12;
	catalog_fill(&f);
	assert_int_equal(f.advice_count, 1);
	assert_string_equal(f.advice[0], "ss -tlnp");
}

static void test_fill_ports(void **state)
{
	struct finding f = sample_finding("021", "no-listener");

	(void)state;
	catalog_fill(&f);
	assert_string_equal(f.summary, "nothing listens on port 443 of this host at 10.0.0.7");
	assert_string_equal(f.brief, "nothing listens on this port");
	assert_string_equal(f.advice[0], "ss -tlnp 'sport = :443'");
	/* a fold over several */
	f.destination.has_port = false;
	f.count = 30;
	f.port_count = 29;
	catalog_fill(&f);
	assert_string_equal(f.summary, "nothing listens on 29 ports of this host at 10.0.0.7");
	assert_string_equal(f.brief, "nothing listens on 29 ports");
	assert_string_equal(f.advice[0], "ss -tlnp");
	f.port_count = 0;
	catalog_fill(&f);
	assert_string_equal(f.summary, "nothing listens on several ports of this host at 10.0.0.7");
	f.count = 1;
	catalog_fill(&f);
	assert_string_equal(f.brief, "nothing listens on a port");
}

/* Of many that share the cause alone, the sentences say no more than that. */
static void test_fill_many(void **state)
{
	struct finding f = sample_finding("022", "neighbour-failed");

	(void)state;
	f.count = 1000;
	catalog_fill(&f);
	assert_string_equal(f.summary, f.cause->meaning);
	assert_string_equal(f.brief, "neighbour failed");
	f = sample_finding("023", "local-firewall-drop");
	f.many_addresses = true;
	f.destination.has_ip = f.has_duration = f.has_syn_retransmits = false;
	catalog_fill(&f);
	assert_string_equal(f.summary, "this host dropped its own packets (SYNs, no answer)");
}

/* A finding elsewhere: @name and @pid are the ways in. */
static struct finding fill_elsewhere(const char *const *advice, const char *name, uint32_t pid)
{
	struct catalog_cause c = { "021", "x", "m", "s", "b", advice };
	struct finding f = sample_finding("021", "peer-reset");

	f.cause = &c;
	f.elsewhere = true;
	f.netns_pid = pid;
	snprintf(f.netns_name, sizeof(f.netns_name), "%s", name);
	catalog_fill(&f);
	return f;
}

/* Commands are made to run in the namespace that the failure happened in. */
static void test_fill_elsewhere(void **state)
{
	const char *const looks[] = { "ss -tlnp", "ip route; ip -6 route   # default?",
				      "getent ahosts -- x", NULL };
	const char *const others[] = { "ss -tlnp   # on {dst_ip}", "systemctl --failed",
				       "nft list ruleset | grep -n 'a; ss b'", NULL };
	const char *const commented[] = { "ss -s   # how many", "ip -br addr", "date", NULL };
	struct finding f;

	(void)state;
	f = fill_elsewhere(looks, "web", 498);
	assert_string_equal(f.advice[0], "ip netns exec web ss -tlnp");
	assert_string_equal(f.advice[1], "ip netns exec web ip route; "
					 "ip netns exec web ip -6 route   # default?");
	assert_string_equal(f.advice[2], "ip netns exec web getent ahosts -- x");
	f = fill_elsewhere(looks, "", 498);
	assert_string_equal(f.advice[0], "nsenter -t 498 -n ss -tlnp");
	assert_string_equal(f.advice[1], "nsenter -t 498 -n ip route; "
					 "nsenter -t 498 -n ip -6 route   # default?");
	/* asks the files of the container too */
	assert_string_equal(f.advice[2], "nsenter -t 498 -m -n getent ahosts -- x");
	/* what is to be run on another host stays, and what looks at no network */
	f = fill_elsewhere(others, "web", 0);
	assert_string_equal(f.advice[0], "ss -tlnp   # on 10.0.0.7");
	assert_string_equal(f.advice[1], "systemctl --failed");
	assert_string_equal(f.advice[2], "ip netns exec web nft list ruleset | grep -n 'a; ss b'");
	/* no way in: the command alone would show another network */
	f = fill_elsewhere(commented, "", 0);
	assert_string_equal(f.advice[0], "ss -s   # how many; in network namespace 4026531840");
	assert_string_equal(f.advice[1], "ip -br addr   # in network namespace 4026531840");
	assert_string_equal(f.advice[2], "date");
	/* names are root's, and quoted all the same */
	f = fill_elsewhere(looks, "a b;c", 0);
	assert_string_equal(f.advice[0], "ip netns exec 'a b;c' ss -tlnp");
}

/* Where the other end is this host, what would be run there is run here. */
static void test_fill_here(void **state)
{
	const char *const there[] = { "ss -tlnp   # on {dst_ip}: does it run", NULL };
	struct catalog_cause c = { "021", "x", "m", "s", "b", there };
	struct finding f = sample_finding("021", "peer-reset");

	(void)state;
	f.cause = &c;
	catalog_fill(&f);
	assert_string_equal(f.advice[0], "ss -tlnp   # on 10.0.0.7: does it run");
	f.direction = DIRECTION_LOCAL;
	catalog_fill(&f);
	assert_string_equal(f.advice[0], "ss -tlnp");
	f.elsewhere = true;
	snprintf(f.netns_name, sizeof(f.netns_name), "web");
	catalog_fill(&f);
	assert_string_equal(f.advice[0], "ip netns exec web ss -tlnp");
	/* of a caller from outside, the destination is this host, and the source is not */
	f.direction = DIRECTION_INBOUND;
	catalog_fill(&f);
	assert_string_equal(f.advice[0], "ip netns exec web ss -tlnp");
	c.advice = (const char *const[]){ "ss -tlnp   # on {peer_ip}", "ss -lnt   # on the server",
					  "nc -zv x 1   # from another host", NULL };
	catalog_fill(&f);
	assert_string_equal(f.advice[0], "ss -tlnp   # on 10.0.0.5");
	assert_string_equal(f.advice[1], "ip netns exec web ss -lnt");
	assert_string_equal(f.advice[2], "nc -zv x 1   # from another host");
}

/* A cause as it is told of a caller at 10.0.0.5 to port 443 of this host, 10.0.0.7. */
static struct finding fill_inbound(const char *code, const char *cause)
{
	struct finding f = sample_finding(code, cause);

	f.direction = DIRECTION_INBOUND;
	sample_set_values(&f);
	catalog_fill(&f);
	return f;
}

/* Clients that reset a busy server are no service that could have stopped. */
static void test_inbound(void **state)
{
	struct finding f = fill_inbound("C01", "peer-reset");

	(void)state;
	assert_int_equal(f.advice_count, 3);
	assert_string_equal(f.advice[0], "ss -tn 'sport = :443'   # Recv-Q that stays: too slow "
					 "for its clients");
	assert_string_equal(f.advice[1], "journalctl --since '-5 min'");
	assert_string_equal(f.advice[2], "tcpdump -ni any host 10.0.0.5 and port 443   # before "
					 "the reset");
	f.many_addresses = true;
	f.source.has_ip = f.destination.has_ip = false;
	catalog_fill(&f);
	assert_memory_equal(f.advice[0], "ss -tn 'sport = :443'   # ", 26);
	f = fill_inbound("030", "publickey-denied");
	assert_int_equal(f.advice_count, 1);
	assert_string_equal(f.advice[0], "journalctl -u ssh -e");
	f = fill_inbound("030", "unexplained");
	assert_int_equal(f.advice_count, 1);
	f = fill_inbound("022", "unexplained");
	assert_string_equal(f.advice[0], "ip route get 10.0.0.5");
	f = fill_inbound("026", "icmp-net-unreachable");
	assert_non_null(strstr(f.summary, "no route there to 10.0.0.5"));
	f = sample_finding("C01", "peer-reset");
	catalog_fill(&f);
	assert_int_equal(f.advice_count, 2);
	assert_string_equal(f.advice[0], "ss -tlnp 'sport = :443'   # on 10.0.0.7: does the "
					 "service still run");
	assert_string_equal(f.advice[1], "journalctl --since '-5 min'   # on 10.0.0.7");
}

/* The causes that a connection from outside may have; the others are of one's own attempts. */
static void test_inbound_stays_here(void **state)
{
	static const char *const causes[][2] = {
		{ "021", "no-listener" }, { "021", "icmp-reject" }, { "021", "unexplained" },
		{ "022", "neighbour-failed" }, { "022", "icmp-host-unreachable" },
		{ "022", "icmp-prohibited" }, { "022", "icmp-unreachable" },
		{ "022", "unexplained" }, { "023", "local-firewall-drop" },
		{ "023", "established-timeout" }, { "023", "unexplained" },
		{ "026", "icmp-net-unreachable" }, { "026", "unexplained" },
		{ "030", "publickey-denied" }, { "030", "unexplained" }, { "C01", "peer-reset" },
		{ "C01", "peer-reset-idle" }, { "C01", "local-firewall-reset" },
		{ "C01", "backlog-reset" }, { "C01", "unexplained" }, { "C02", "accept-queue-full" },
		{ "C02", "syn-queue-full" }, { "C02", "unexplained" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		struct finding f = fill_inbound(causes[i][0], causes[i][1]);

		assert_true(f.advice_count > 0);
		for (size_t k = 0; k < f.advice_count; k++)
			if (strstr(f.advice[k], "10.0.0.7") || strstr(f.advice[k], ":41234") ||
			    strstr(f.advice[k], "# on 10.0.0.5"))
				fail_msg("%s %s: %s", causes[i][0], causes[i][1], f.advice[k]);
	}
}

/* Every command of the catalogue that looks at the network, whoever adds one. */
static void test_every_tool_enters(void **state)
{
	static const char *const hostwide[] = {	/* the same in every network namespace */
		"bpftool", "journalctl", "ps", "resolvectl", "systemctl", "date",
	};

	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		struct finding f = sample_finding(catalog_causes[i].code, catalog_causes[i].id);

		f.elsewhere = true;
		f.netns_pid = 498;
		snprintf(f.destination.domain, sizeof(f.destination.domain), "api.example");
		sample_set_values(&f);
		catalog_fill(&f);
		for (size_t k = 0; k < f.advice_count; k++) {
			bool ok = !strncmp(f.advice[k], "nsenter ", 8) ||
				  strstr(f.advice[k], "# on ") ||
				  strstr(f.advice[k], "# from another host");

			for (size_t h = 0; h < sizeof(hostwide) / sizeof(hostwide[0]); h++)
				ok |= !strncmp(f.advice[k], hostwide[h], strlen(hostwide[h]));
			if (!ok)
				fail_msg("%s %s: %s", f.cause->code, f.cause->id, f.advice[k]);
		}
	}
}

/* A port below 1024, wanted by a process in this cgroup. */
static struct finding fill_privileged(const char *cgroup, const char *unit)
{
	struct finding f = sample_finding("C04", "privileged-port");

	snprintf(f.process.cgroup, sizeof(f.process.cgroup), "%s", cgroup);
	snprintf(f.process.unit, sizeof(f.process.unit), "%s", unit);
	catalog_fill(&f);
	return f;
}

/* The capability is given to one service of this host, never to a program that others run too. */
static void test_privileged_port(void **state)
{
	static const char *const others[][2] = {
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", "a.service" },
		{ "/user.slice/user-1000.slice/user@1000.service", "user@1000.service" },
		{ "/machine.slice/systemd-nspawn@c.service/payload/system.slice/a.service",
		  "a.service" },
		{ "/machine.slice/systemd-nspawn@c.service/payload", "systemd-nspawn@c.service" },
		{ "/lxc.payload.c/system.slice/a.service", "a.service" },
		{ "/system.slice/docker-1.scope/system.slice/a.service", "a.service" },
		{ "/system.slice/.service", ".service" },
		{ "", "" },
	};
	struct finding f = fill_privileged("/system.slice/system-web.slice/web@1.service/workers",
					   "web@1.service");

	(void)state;
	assert_int_equal(f.advice_count, 2);
	assert_string_equal(f.advice[0], "sysctl net.ipv4.ip_unprivileged_port_start");
	assert_string_equal(f.advice[1], "systemctl edit web@1.service   # changes the unit: [Service] "
					 "AmbientCapabilities=CAP_NET_BIND_SERVICE");
	/* the same unit's name is another one's in a container, or may be elsewhere */
	snprintf(f.process.container, sizeof(f.process.container), "0123abcd");
	catalog_fill(&f);
	assert_int_equal(f.advice_count, 1);
	f.process.container[0] = '\0';
	f.elsewhere = true;
	f.netns_pid = 498;
	catalog_fill(&f);
	assert_int_equal(f.advice_count, 1);
	assert_string_equal(f.advice[0], "nsenter -t 498 -n sysctl "
					 "net.ipv4.ip_unprivileged_port_start");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		f = fill_privileged(others[i][0], others[i][1]);
		if (f.advice_count != 1)
			fail_msg("%s: %s", others[i][0], f.advice[1]);
	}
}

/* As the families and transports have it: a cause's commands, over a connection of these. */
static struct finding fill_as(const struct catalog_cause *cause, const char *transport,
			      uint8_t ip_version)
{
	struct finding f = sample_finding(cause->code, cause->id);

	f.transport = transport;
	f.ip_version = ip_version;
	if (ip_version == 6) {
		sample_set_ip(&f.source, "2001:db8::5");
		sample_set_ip(&f.destination, "2001:db8::7");
	}
	sample_set_values(&f);
	catalog_fill(&f);
	return f;
}

static void refuse_words(const struct finding *f, const char *const *words)
{
	for (size_t k = 0; k < f->advice_count; k++)
		for (size_t w = 0; words[w]; w++)
			if (strstr(f->advice[k], words[w]))
				fail_msg("%s %s: %s", f->cause->code, f->cause->id, f->advice[k]);
}

/* Tools and filters of IPv4 show nothing of an IPv6 connection, and the other way round. */
static void test_families(void **state)
{
	static const char *const of_ipv4[] = { "iptables", "ip rule", "tcp[", "nc -z", "ip -4",
					       NULL };
	static const char *const of_ipv6[] = { "ip6", "ip rule", "ip -6", NULL };
	struct finding f;

	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		f = fill_as(&catalog_causes[i], "tcp", 6);
		refuse_words(&f, of_ipv4);
		f = fill_as(&catalog_causes[i], "tcp", 4);
		refuse_words(&f, of_ipv6);
	}
	f = fill_as(catalog_find_cause("023", "local-firewall-drop"), "tcp", 6);
	assert_string_equal(f.advice[0], "nft list ruleset | grep -n drop");
	assert_string_equal(f.advice[1], "ip6tables-save -c | grep DROP");
	f = fill_as(catalog_find_cause("C04", "blocked-by-policy"), "tcp", 6);
	assert_string_equal(f.advice[0], "nft list ruleset; ip -6 rule");
	f = fill_as(catalog_find_cause("C04", "blocked-by-policy"), "tcp", 0);
	assert_string_equal(f.advice[0], "nft list ruleset; ip rule");
	f = fill_as(catalog_find_cause("026", "route-prohibit"), "tcp", 6);
	assert_string_equal(f.advice[1], "ip -6 rule");
	f = fill_as(catalog_find_cause("C01", "unexplained"), "tcp", 6);
	assert_string_equal(f.advice[0], "tcpdump -ni any host 2001:db8::7 and port 443   # "
					 "Flags [R]: who sends it");
	f = fill_as(catalog_find_cause("021", "peer-reset"), "tcp", 4);
	assert_string_equal(f.advice[2], "nc -zv 10.0.0.7 443   # from another host");
}

/* The causes of UDP, and those that a bind may have. */
static void test_transports(void **state)
{
	static const char *const causes[][2] = {
		{ "021", "no-listener" }, { "021", "wrong-address" }, { "021", "icmp-reject" },
		{ "021", "udp-port-closed" }, { "021", "unexplained" },
		{ "022", "neighbour-failed" }, { "022", "unexplained" }, { "026", "no-route" },
		{ "027", "held-by-listener" }, { "027", "held-by-connection" },
		{ "027", "held-by-bound-socket" }, { "027", "unexplained" },
		{ "C03", "address-not-local" }, { "C04", "privileged-port" },
		{ "C04", "blocked-by-policy" },
	};
	static const char *const of_tcp[] = { "nc -z", "ss -t", "--tcp", "tcp[", NULL };
	struct finding f;

	(void)state;
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		f = fill_as(catalog_find_cause(causes[i][0], causes[i][1]), "udp", 4);
		refuse_words(&f, of_tcp);
	}
	/* of what stands for several of both */
	f = fill_as(catalog_find_cause("021", "no-listener"), NULL, 4);
	assert_string_equal(f.advice[1], "ss -tulnp 'sport = :443'");
}

static void assert_trust_store(const struct finding *f, const char *expected)
{
	struct finding filled = *f;

	catalog_fill(&filled);
	assert_int_equal(filled.advice_count, expected ? 2 : 1);
	if (expected)
		assert_string_equal(filled.advice[1], expected);
}

/* The authorities that the client trusts are in its own files, not in those of this host. */
static void test_trust_store(void **state)
{
	static const char here[] =
		"update-ca-certificates   # after adding the authority; changes what is trusted";
	struct finding f = sample_finding("025", "unknown-issuer");

	(void)state;
	assert_trust_store(&f, here);
	snprintf(f.process.container, sizeof(f.process.container), "0123abcd");
	assert_trust_store(&f, NULL);
	f.elsewhere = true;
	assert_trust_store(&f, NULL);	/* no way in */
	f.netns_pid = 498;
	assert_trust_store(&f, "nsenter -t 498 -m -n update-ca-certificates   # after adding the "
			       "authority; changes what is trusted");
	/* ip-netns(8) enters the network of a container, and stays with the files of this host */
	snprintf(f.netns_name, sizeof(f.netns_name), "cni-1");
	assert_trust_store(&f, NULL);
}

/* An interface may be down on purpose, or have no carrier. */
static void test_interface_down(void **state)
{
	struct finding f = sample_finding("026", "interface-down");

	(void)state;
	finding_set(&f, "device", "eth0.100");
	catalog_fill(&f);
	assert_int_equal(f.advice_count, 2);
	assert_memory_equal(f.advice[0], "ip -d link show dev eth0.100   # no UP: ", 40);
	assert_string_equal(f.advice[1], "ip route get 10.0.0.7");
}

/* What a command would change is said behind it, and of most of them there is nothing to say. */
static void assert_looks_only(const char *command)
{
	static const char *const changes[] = {
		"setcap", "link set", "flush", "sysctl -w", "stop", "restart", " add ", "edit",
		"update-ca-certificates",
	};
	const char *comment = strstr(command, "   # ");

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *at = strstr(command, changes[i]);

		if (at && (!comment || (at < comment && !strstr(comment, "changes "))))
			fail_msg("%s", command);
	}
}

static void test_changes_are_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		struct finding f = sample_finding(catalog_causes[i].code, catalog_causes[i].id);

		sample_set_values(&f);
		catalog_fill(&f);
		for (size_t k = 0; k < f.advice_count; k++)
			assert_looks_only(f.advice[k]);
	}
}

static struct finding fill_cause(const char *code, const char *cause, const char *name,
				 const char *value)
{
	struct finding f = sample_finding(code, cause);

	finding_set(&f, name, "%s", value);
	catalog_fill(&f);
	return f;
}

/* What is known takes the place of USER@HOST, and no name is taken for an option. */
static void test_names_in_commands(void **state)
{
	struct finding f = fill_cause("023", "reverse-path-filter", "device", "eth0.100");

	(void)state;
	assert_string_equal(f.advice[0], "sysctl net.ipv4.conf.all.rp_filter "
					 "net/ipv4/conf/eth0.100/rp_filter");
	f = fill_cause("030", "publickey-denied", "ssh_user", "-deploy");
	assert_string_equal(f.advice[0], "ssh -vvv -p 443 -l -deploy 10.0.0.7 true 2>&1 | "
					 "grep -i offering");
	/* through ProxyCommand, no address is seen */
	memset(&f.destination, 0, sizeof(f.destination));
	snprintf(f.destination.domain, sizeof(f.destination.domain), "-bastion.example");
	catalog_fill(&f);
	assert_int_equal(f.advice_count, 1);
	assert_string_equal(f.advice[0], "ssh -vvv -l -deploy -- -bastion.example true 2>&1 | "
					 "grep -i offering");
	f.entry = catalog_find_code("024");
	f.cause = catalog_find_cause("024", "nxdomain");
	catalog_fill(&f);
	assert_string_equal(f.advice[0], "dig +short -q -bastion.example");
	assert_string_equal(f.advice[1], "getent ahosts -- -bastion.example");
}

/* A command that was cut could do something else, so it is not given. */
static void test_fill_too_long(void **state)
{
	const char *const advice[] = { "x {executable}", "short", NULL };
	const struct catalog_cause c = { "021", "x", "m", "xx{executable}{name}",
					 "{executable}{name}", advice };
	struct finding f = sample_finding("021", "peer-reset");

	(void)state;
	f.cause = &c;
	memset(f.process.executable, '\'', sizeof(f.process.executable) - 1);
	catalog_fill(&f);
	assert_int_equal(f.advice_count, 1);
	assert_string_equal(f.advice[0], "short");

	/* a summary and a brief are cut, but not inside a character */
	memset(f.process.executable, 'a', sizeof(f.process.executable) - 1);
	memcpy(f.process.executable + FINDING_TEXT_MAX - 4, "\xc3\xa9", 3);
	catalog_fill(&f);
	assert_int_equal(strlen(f.summary), FINDING_TEXT_MAX - 2);
	assert_string_equal(f.summary + FINDING_TEXT_MAX - 4, "aa");
	assert_int_equal(strlen(f.brief), FINDING_BRIEF_MAX - 1);
	memcpy(f.process.executable + FINDING_BRIEF_MAX - 2, "\xc3\xa9", 3);
	catalog_fill(&f);
	assert_int_equal(strlen(f.brief), FINDING_BRIEF_MAX - 2);
	assert_string_equal(f.brief + FINDING_BRIEF_MAX - 4, "aa");
}

static void test_built_in_names(void **state)
{
	const struct catalog_cause c = {
		"021", "x", "m",
		"{dst} {ss_dst} {src} {pid} {name} {interface} {error} {errno} {transport} {count} "
		"{syn_count} {retransmits} {syns} {ip_flag} {peer_ip} {ss_proto}",
		"{dst} {syns}", NULL
	};
	struct finding f = sample_finding("021", "peer-reset");

	(void)state;
	sample_set_ip(&f.destination, "2001:db8::7");
	f.ip_version = 6;
	f.syn_retransmits = 6;
	f.transport = "udp";
	f.cause = &c;
	catalog_fill(&f);
	assert_string_equal(f.summary, "[2001:db8::7]:443 [2001:db8::7] 10.0.0.5:41234 4312 curl "
				       "eth0 ECONNREFUSED 111 udp 1 7 6 7 SYNs -6 2001:db8::7 u");
	assert_string_equal(f.brief, "[2001:db8::7]:443 7 SYNs");
	f.direction = DIRECTION_INBOUND;
	f.destination.has_ip = false;
	snprintf(f.destination.domain, sizeof(f.destination.domain), "api.example");
	f.syn_retransmits = 0;
	catalog_fill(&f);
	assert_string_equal(f.summary, "api.example:443 ? 10.0.0.5:41234 4312 curl "
				       "eth0 ECONNREFUSED 111 udp 1 1 0 1 SYN -6 10.0.0.5 u");
}

/* What /bin/sh makes of @quoted, as one argument. */
static void assert_shell_reads(const char *quoted, const char *expected)
{
	char command[1024], got[512] = "";
	FILE *sh;
	size_t n;

	snprintf(command, sizeof(command), "set -- %s; printf '%%s:%%s' $# \"$1\"", quoted);
	sh = popen(command, "r");
	assert_non_null(sh);
	n = fread(got, 1, sizeof(got) - 1, sh);
	got[n] = '\0';
	assert_int_equal(pclose(sh), 0);
	assert_memory_equal(got, "1:", 2);
	assert_string_equal(got + 2, expected);
}

static void test_shell_quote(void **state)
{
	static const char *const texts[] = { "eth0", "", " ", "it's", "'; exit 9; '", "$(exit 9)",
					     "`exit 9`", "a\"b", "[::1]:80", "*", "~", "a&b", "#x",
					     "''''" };
	char quoted[256], safe[512];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		shell_quote(texts[i], quoted, sizeof(quoted));
		assert_shell_reads(quoted, texts[i]);
		/* sinks sanitise afterwards: that must not open a quote */
		assert_shell_reads(sanitize_text(quoted, safe, sizeof(safe)), texts[i]);
	}
	/* not the same text after the sanitiser, but still one word */
	shell_quote("a\\'\n; exit 9 #", quoted, sizeof(quoted));
	assert_shell_reads(quoted, "a\\'\n; exit 9 #");
	assert_shell_reads(sanitize_text(quoted, safe, sizeof(safe)), "a\\'\\x0a; exit 9 #");
	assert_string_equal(shell_quote("abc", quoted, 3), "");
	assert_string_equal(shell_quote("a b", quoted, 5), "");
	assert_string_equal(shell_quote("a b", quoted, 6), "'a b'");
	assert_string_equal(shell_quote("", quoted, 3), "''");
	assert_string_equal(shell_quote("'", quoted, 7), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill_example),
		cmocka_unit_test(test_fill_groups),
		cmocka_unit_test(test_fill_falls_back),
		cmocka_unit_test(test_general_commands),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_fill_ports),
		cmocka_unit_test(test_fill_many),
		cmocka_unit_test(test_fill_elsewhere),
		cmocka_unit_test(test_fill_here),
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_inbound_stays_here),
		cmocka_unit_test(test_every_tool_enters),
		cmocka_unit_test(test_privileged_port),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_transports),
		cmocka_unit_test(test_trust_store),
		cmocka_unit_test(test_interface_down),
		cmocka_unit_test(test_changes_are_said),
		cmocka_unit_test(test_names_in_commands),
		cmocka_unit_test(test_fill_too_long),
		cmocka_unit_test(test_built_in_names),
		cmocka_unit_test(test_shell_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
