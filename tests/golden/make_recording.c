/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes the recordings of this directory. They are kept as files, so that a
 * format that has drifted is noticed; this is run again only for new ones:
 *
 *	cc -I. -Itests/unit tests/golden/make_recording.c -o /tmp/make_recording
 *	/tmp/make_recording tests/golden && tests/golden/run --update
 */
#include <errno.h>
#include <stdlib.h>

#include "records.h"

/* 2026-11-20T23:30:01Z at BASE_NS */
#define WALL_NS (UINT64_C(1795217401) * SECOND_NS - BASE_NS)

static FILE *file;
static uint64_t now;

static void put(const void *record)
{
	const struct rec_hdr *hdr = record;

	if (fwrite(record, hdr->size, 1, file) != 1)
		exit(1);
	if (hdr->ts_ns > now)
		now = hdr->ts_ns;
}

static void put_signal(const char *name, const char *hook, const char *reason)
{
	struct rec_signal rec = { .hdr = make_hdr(REC_SIGNAL, sizeof(rec), HOOK_NONE, BASE_NS) };

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	snprintf(rec.hook, sizeof(rec.hook), "%s", hook);
	snprintf(rec.reason, sizeof(rec.reason), "%s", reason);
	put(&rec);
}

static void begin(const char *directory, const char *name)
{
	struct events_file_header header = {
		.magic = EVENTS_FILE_MAGIC, .version = EVENTS_FILE_VERSION,
		.header_size = sizeof(header), .wall_offset_ns = WALL_NS, .start_ns = BASE_NS,
		.kernel = "6.1.0-golden", .connwatch = "0.0-golden",
	};
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.cwr", directory, name);
	file = fopen(path, "wb");
	if (!file || fwrite(&header, sizeof(header), 1, file) != 1) {
		perror(path);
		exit(1);
	}
	now = BASE_NS;
	put_signal("tcp-end", "tp_btf/inet_sock_set_state", "");
	put_signal("neighbour", "", "not available in this kernel");
}

static void end(uint64_t after_ns)
{
	struct rec_end rec = { .hdr = make_hdr(REC_END, sizeof(rec), HOOK_NONE, now + after_ns) };

	put(&rec);
	if (fclose(file))
		exit(1);
}

static void put_process(uint32_t pid, const char *executable, const char *cgroup)
{
	struct rec_process rec = { .hdr = make_hdr(REC_PROCESS, sizeof(rec), HOOK_PROC, now),
				   .pid = pid };

	snprintf(rec.executable, sizeof(rec.executable), "%s", executable);
	snprintf(rec.cgroup, sizeof(rec.cgroup), "%s", cgroup);
	put(&rec);
}

/* The next moment: 100 ms later. */
static uint64_t later(void)
{
	return now + 100 * MS_NS;
}

static struct rec_tcp_end tcp_end(int error)
{
	struct rec_tcp_end rec = make_tcp_end(error, later());

	rec.inode += now / MS_NS;
	return rec;
}

/* Who listens on @port, but not for @asked. */
static void put_listener(const char *asked, uint16_t port, const char *on)
{
	struct rec_holder r = make_holder(STATE_LISTEN);

	r.hdr = make_hdr(REC_LISTENER, sizeof(r), HOOK_TASK_FILE, now);
	set_addr(r.addr, asked);
	r.port = port;
	r.not_inode = 0;
	r.flow = make_flow(IPPROTO_TCP, on, port, "0.0.0.0", 0);
	put(&r);
}

/* TCP connects and connections, each cause once. */
static void write_tcp(const char *directory)
{
	struct rec_tcp_end r;

	begin(directory, "tcp");
	put_process(4312, "/usr/bin/curl", "/user.slice/user-1000.slice/session-3.scope");
	r = tcp_end(ECONNREFUSED);
	r.reset_ns = r.hdr.ts_ns - 1000;
	put(&r);
	r = tcp_end(ECONNREFUSED);
	r.flow = make_flow(IPPROTO_TCP, "::1", 41235, "::1", 8080);
	r.flow.loopback = 1;
	r.reset_sent_ns = r.hdr.ts_ns - 2000;
	r.reset_sent_hook = HOOK_SEND_RESET;
	r.reset_ns = r.hdr.ts_ns - 1000;
	put(&r);
	put_listener("::1", 8081, "127.0.0.1");
	r = tcp_end(ECONNREFUSED);	/* there is a listener, on another address */
	r.flow = make_flow(IPPROTO_TCP, "::1", 41235, "::1", 8081);
	r.flow.loopback = 1;
	r.reset_sent_ns = r.hdr.ts_ns - 2000;
	r.reset_sent_hook = HOOK_SEND_RESET;
	r.reset_ns = r.hdr.ts_ns - 1000;
	put(&r);
	put(&r);
	r.hdr.ts_ns = later();
	put(&r);
	r = tcp_end(ECONNREFUSED);
	r.drops_out = 1;
	put(&r);
	r = tcp_end(ECONNREFUSED);	/* by ICMP */
	put(&r);
	r = tcp_end(EACCES);
	put(&r);
	r = tcp_end(ENETUNREACH);
	put(&r);
	r = tcp_end(ETIMEDOUT);
	r.started_ns = r.hdr.ts_ns - 90000 * MS_NS;
	r.retransmits = 6;
	put(&r);
	r = tcp_end(ETIMEDOUT);
	r.flow = make_flow(IPPROTO_TCP, "2001:db8::5", 41236, "2001:db8::7", 5432);
	r.retransmits = 6;
	r.drops_in = 7;
	put(&r);
	r.hdr.ts_ns = later();
	put(&r);
	r = tcp_end(0);
	r.started_ns = r.hdr.ts_ns - 5000 * MS_NS;
	r.retransmits = 2;
	put(&r);
	r = tcp_end(ECONNRESET);
	r.reset_ns = r.hdr.ts_ns - 1000;
	r.old_state = STATE_ESTABLISHED;
	r.established_ns = r.started_ns + 100000;
	put(&r);
	r = tcp_end(ECONNRESET);	/* accepted, and its process is gone */
	r.reset_ns = r.hdr.ts_ns - 1000;
	r.old_state = STATE_ESTABLISHED;
	r.accepted = 1;
	r.started_ns = 0;
	memset(&r.who, 0, sizeof(r.who));
	put(&r);
	r = tcp_end(ETIMEDOUT);
	r.old_state = STATE_ESTABLISHED;
	r.established_ns = r.started_ns = r.hdr.ts_ns - 90 * SECOND_NS;
	r.retransmits = 15;
	put(&r);
	end(SECOND_NS);
}

static struct rec_call_return call(uint16_t kind, int error)
{
	return make_call(kind, error, later());
}

static void put_route_failure(int error, uint32_t table, int lookup, uint8_t type)
{
	struct rec_call_return r = call(REC_CONNECT_RETURN, error);

	r.flags |= CALL_ROUTE_FACT;
	r.route_table = table;
	r.route_err = -lookup;
	r.route_type = type;
	r.route_hook = lookup ? HOOK_FIB_LOOKUP : HOOK_FIB6_LOOKUP;
	if (!lookup)
		r.flow = make_flow(IPPROTO_TCP, "::", 0, "2001:db8::7", 443);
	put(&r);
}

static void put_holder(uint64_t inode, uint8_t state, uint32_t pid)
{
	struct rec_holder r = make_holder(state);

	r.hdr.ts_ns = now;
	r.not_inode = inode;
	if (!pid)
		memset(&r.who, 0, sizeof(r.who));
	if (state == STATE_ESTABLISHED || state == STATE_TIME_WAIT)
		r.flow = make_flow(IPPROTO_TCP, "10.0.0.5", 80, "10.0.0.7", 39999);
	put(&r);
}

/* connect(), bind() and listen() that failed at once. */
static void write_calls(const char *directory)
{
	static const uint8_t states[] = { STATE_LISTEN, STATE_CLOSE, STATE_ESTABLISHED,
					  STATE_TIME_WAIT };
	struct rec_limits limits = make_limits(32768, 32867);
	struct rec_call_return r;

	begin(directory, "calls");
	put_process(4312, "/usr/bin/curl", "/system.slice/app.service");
	put_process(77, "/usr/sbin/nginx", "/system.slice/nginx.service");
	put_route_failure(ENETUNREACH, 254, EAGAIN, 0);
	put_route_failure(EINVAL, 254, EINVAL, 0);
	put_route_failure(EACCES, 100, EACCES, 0);
	put_route_failure(EHOSTUNREACH, 254, 0, 7);
	r = call(REC_CONNECT_RETURN, ENETUNREACH);
	r.flow.dport = 444;
	put(&r);
	r.hdr.ts_ns = later();
	put(&r);
	put(&limits);
	r = call(REC_CONNECT_RETURN, EADDRNOTAVAIL);
	r.flags |= CALL_PORT_SEARCH_FAILED;
	put(&r);
	for (size_t i = 0; i < sizeof(states); i++) {
		put_holder(i % 2 ? 6000 + i : 0, states[i], states[i] == STATE_TIME_WAIT ? 0 : 498);
		r = call(i % 2 ? REC_LISTEN_RETURN : REC_BIND_RETURN, EADDRINUSE);
		r.inode = 6000 + i;
		put(&r);
	}
	put_holder(0, 0, 0);
	r = call(REC_BIND_RETURN, EADDRINUSE);	/* nobody found */
	put(&r);
	r = call(REC_BIND_RETURN, EADDRNOTAVAIL);
	set_addr(r.flow.saddr, "192.0.2.1");
	put(&r);
	r = call(REC_BIND_RETURN, EACCES);
	put(&r);
	r = call(REC_CONNECT_RETURN, EPERM);
	put(&r);
	end(SECOND_NS);
}

/* Datagrams, neighbours before and after what they explain, callers from outside. */
static void write_others(const char *directory)
{
	struct rec_owner owner = { .hdr = make_hdr(REC_OWNER, sizeof(owner), HOOK_TASK_FILE, 0),
				   .inode = 7001, .who = make_who(31, "named") };
	struct rec_neigh_failed neigh;
	struct rec_reset_sent reset;
	struct rec_tcp_end tcp;
	struct rec_udp_error udp;

	begin(directory, "others");
	udp = make_udp_error(ECONNREFUSED, later());
	put(&udp);
	udp.hdr.ts_ns = later();
	put(&udp);
	put(&owner);
	udp = make_udp_error(ECONNREFUSED, later());	/* known by its socket only */
	udp.inode = 7001;
	memset(&udp.who, 0, sizeof(udp.who));
	put(&udp);
	udp = make_udp_error(EMSGSIZE, later());	/* no failure */
	put(&udp);
	tcp = tcp_end(EHOSTUNREACH);			/* the neighbour comes after */
	put(&tcp);
	neigh = make_neigh("10.0.0.7", now + MS_NS);
	put(&neigh);
	tcp = tcp_end(EHOSTUNREACH);			/* it was before, as a gateway */
	set_addr(tcp.flow.daddr, "198.51.100.4");
	put(&tcp);
	tcp.hdr.ts_ns = later();
	put(&tcp);
	now += 2 * SECOND_NS;
	tcp = tcp_end(EHOSTUNREACH);
	put(&tcp);
	tcp = tcp_end(EHOSTUNREACH);			/* and is long ago */
	put(&tcp);
	neigh = make_neigh("fe80::1", later());
	put(&neigh);
	reset = make_reset_sent(40000, later());	/* a caller from outside */
	put(&reset);
	reset = make_reset_sent(40001, later());	/* one that is on this machine */
	put(&reset);
	tcp = make_tcp_end(ECONNREFUSED, now + MS_NS);
	tcp.flow = reset.flow;
	tcp.reset_ns = now;
	put(&tcp);
	end(SECOND_NS);
}

/* Logins refused: told by both ends, by one of them, and not for want of a key. */
static void write_ssh(const char *directory)
{
	struct rec_ssh_denied ssh;

	begin(directory, "ssh");
	ssh = make_ssh(0, "publickey,gssapi-with-mic", later());
	put(&ssh);
	ssh = make_ssh(SSH_SERVER, "", now + MS_NS);	/* the same login */
	put(&ssh);
	ssh = make_ssh(SSH_PROMPTS_SEEN, "publickey,password", later());
	snprintf(ssh.user, sizeof(ssh.user), "a\033[2J'b$(c)");
	snprintf(ssh.host, sizeof(ssh.host), "10.0.0.7");
	put(&ssh);
	ssh = make_ssh(SSH_PROMPTS_SEEN | SSH_PASSWORD_TRIED, "publickey,password", later());
	put(&ssh);
	ssh = make_ssh(0, "publickey", later());	/* through a proxy */
	memset(&ssh.flow, 0, sizeof(ssh.flow));
	put(&ssh);
	ssh = make_ssh(SSH_SERVER, "", later());	/* a client elsewhere */
	ssh.flow.dport++;
	put(&ssh);
	ssh = make_ssh(SSH_SERVER | SSH_KEY_FAILED, "", later());
	ssh.flow = make_flow(IPPROTO_TCP, "2001:db8::7", 22, "2001:db8::9", 41236);
	put(&ssh);
	end(SECOND_NS);
}

/* The last of it the kernel counted: to one address, to its ports, to several addresses. */
static void write_flood(const char *directory)
{
	struct rec_repeats rec = { .repeat_id = 9, .count = 1000 };
	struct rec_tcp_end tcp;

	begin(directory, "flood");
	tcp = tcp_end(ECONNREFUSED);
	tcp.reset_ns = tcp.hdr.ts_ns - 1000;
	tcp.repeat_id = 9;
	put(&tcp);
	for (int i = 0; i < 4; i++) {
		rec.many_ports = i & 1;
		rec.many_addresses = i >> 1;
		rec.hdr = make_hdr(REC_REPEATS, sizeof(rec), HOOK_NONE, now + 2 * SECOND_NS);
		put(&rec);
	}
	end(SECOND_NS);
}

/* Repeats, what is lost, TIME_WAIT, and the scope. */
static void write_counts(const char *directory)
{
	struct rec_limits limits = make_limits(32768, 32867);
	struct rec_lost lost;
	struct rec_destinations_evicted evicted = { .count = 2 };
	struct rec_destination ok = { .dport = 443, .netns = TEST_NETNS };
	struct rec_time_wait tw = { .dport = 5432, .netns = TEST_NETNS };
	struct rec_tcp_end tcp;
	struct rec_reset_sent reset;

	begin(directory, "counts");
	for (int i = 0; i < 25; i++) {
		tcp = make_tcp_end(ECONNREFUSED, BASE_NS + (1 + i) * 90 * MS_NS);
		tcp.flow.sport += i;
		tcp.reset_ns = tcp.hdr.ts_ns - 1000;
		put(&tcp);
	}
	for (int i = 0; i < 5; i++) {			/* a scan */
		reset = make_reset_sent(40000 + i, now + 10 * MS_NS);
		reset.flow.dport = 20 + i;
		put(&reset);
	}
	now += 2 * SECOND_NS;
	tcp = tcp_end(0);
	put(&tcp);
	for (uint32_t stage = 0; stage < LOST_STAGES; stage++) {
		lost = (struct rec_lost){ .hdr = make_hdr(REC_LOST, sizeof(lost), 0, later()),
					  .stage = stage, .count = 3 + stage };
		put(&lost);
	}
	put(&limits);
	set_addr(tw.saddr, "10.0.0.5");
	set_addr(tw.daddr, "10.0.0.7");
	for (int i = 0; i < 10; i++) {
		now += SECOND_NS;
		tw.hdr = make_hdr(REC_TIME_WAIT, sizeof(tw), HOOK_SET_STATE, now);
		tw.count = 10;
		put(&tw);
	}
	for (int i = 0; i < 13; i++) {
		char text[24];

		snprintf(text, sizeof(text), "10.0.1.%d", i);
		set_addr(ok.daddr, text);
		ok.hdr = make_hdr(REC_DESTINATION, sizeof(ok), HOOK_NONE, now);
		ok.successes = 1 + i;
		put(&ok);
	}
	evicted.hdr = make_hdr(REC_DESTINATIONS_EVICTED, sizeof(evicted), HOOK_NONE, now);
	put(&evicted);
	end(SECOND_NS);
}

/* A record of a later version: what is known of it, and more behind it. */
static void put_longer(const void *record, size_t more)
{
	const struct rec_hdr *hdr = record;
	unsigned char bytes[4096];

	memset(bytes, 0xa5, sizeof(bytes));
	memcpy(bytes, record, hdr->size);
	((struct rec_hdr *)bytes)->size += more;
	put(bytes);
}

/* What a stranger may write: control characters, quotes, strings without an end, odd records. */
static void write_hostile(const char *directory)
{
	struct rec_hdr unknown = make_hdr(999, sizeof(unknown), HOOK_COUNT, BASE_NS);
	struct rec_process process = { .hdr = make_hdr(REC_PROCESS, sizeof(process), 0, BASE_NS) };
	struct rec_tcp_end tcp;

	begin(directory, "hostile");
	put(&unknown);
	put_signal("evil\033[2J", "hook\nline", "");
	put_signal("evil\xc2\x9b", "", "reason\t\"quoted\"\n\033[2J");
	put_process(66, "/tmp/\033]0;title\007/x", "/a\nb.service");
	tcp = tcp_end(ECONNREFUSED);
	tcp.who.pid = 66;
	memcpy(tcp.who.comm, "\033[31m\r\n\"\\\xff\xfe", 11);
	tcp.reset_ns = tcp.hdr.ts_ns;
	put(&tcp);
	tcp.hdr.ts_ns = later();
	put(&tcp);
	process.pid = 67;
	memset(process.executable, '\\', sizeof(process.executable));
	memset(process.cgroup, 0x80, sizeof(process.cgroup));
	put(&process);
	tcp = tcp_end(ECONNREFUSED);
	tcp.who.pid = 67;
	memset(tcp.who.comm, '\'', sizeof(tcp.who.comm));
	memset(tcp.flow.ifname, '$', sizeof(tcp.flow.ifname));
	tcp.flow.family = 9;
	tcp.flow.protocol = 250;
	tcp.hdr.hook = UINT16_MAX;
	put_longer(&tcp, 1000);
	end(SECOND_NS);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make_recording DIRECTORY\n");
		return 2;
	}
	write_tcp(argv[1]);
	write_calls(argv[1]);
	write_others(argv[1]);
	write_ssh(argv[1]);
	write_counts(argv[1]);
	write_flood(argv[1]);
	write_hostile(argv[1]);
	return 0;
}
