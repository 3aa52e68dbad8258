/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records as the kernel programs and the host would give them, for the tests of diagnose/. */
#ifndef CONNWATCH_TESTS_RECORDS_H
#define CONNWATCH_TESTS_RECORDS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bpf/events.h"

#define MS_NS UINT64_C(1000000)
#define SECOND_NS UINT64_C(1000000000)
/* When the samples begin, CLOCK_MONOTONIC. */
#define BASE_NS (100 * SECOND_NS)

/* Larger than an enumerator of standard C may be. */
#define TEST_NETNS 4026531840u
enum { STATE_ESTABLISHED = 1, STATE_SYN_SENT = 2, STATE_TIME_WAIT = 6,
       STATE_CLOSE = 7, STATE_LISTEN = 10 };

/* IPv4 becomes v4-mapped. */
static inline void set_addr(uint8_t *addr, const char *text)
{
	memset(addr, 0, 16);
	if (inet_pton(AF_INET, text, addr + 12) == 1)
		addr[10] = addr[11] = 0xff;
	else
		inet_pton(AF_INET6, text, addr);
}

static inline struct rec_hdr make_hdr(uint16_t kind, size_t size, uint16_t hook, uint64_t ts_ns)
{
	return (struct rec_hdr){ .size = size, .kind = kind, .hook = hook, .ts_ns = ts_ns };
}

static inline struct rec_who make_who(uint32_t pid, const char *comm)
{
	struct rec_who who = { .pid = pid, .tid = pid, .uid = 1000, .cgroup_id = 7 };

	snprintf(who.comm, sizeof(who.comm), "%s", comm);
	return who;
}

static inline struct rec_flow make_flow(uint8_t protocol, const char *src, uint16_t sport,
					const char *dst, uint16_t dport)
{
	struct rec_flow flow = { .protocol = protocol, .sport = sport, .dport = dport,
				 .netns = TEST_NETNS, .ifindex = 2, .ifname = "eth0" };

	set_addr(flow.saddr, src);
	set_addr(flow.daddr, dst);
	flow.family = strchr(dst, ':') ? 6 : 4;
	flow.v6_socket = flow.family == 6;
	return flow;
}

/* A connect from 10.0.0.5 to 10.0.0.7:443 that ended 0.3 ms after its SYN, all facts watched. */
static inline struct rec_tcp_end make_tcp_end(int error, uint64_t ts_ns)
{
	return (struct rec_tcp_end){
		.hdr = make_hdr(REC_TCP_END, sizeof(struct rec_tcp_end), HOOK_SET_STATE, ts_ns),
		.who = make_who(4312, "curl"),
		.flow = make_flow(IPPROTO_TCP, "10.0.0.5", 41234, "10.0.0.7", 443),
		.started_ns = ts_ns - 300000, .inode = 5001, .sk_err = error,
		.old_state = STATE_SYN_SENT,
		.watched = WATCHED_RESETS | WATCHED_RESETS_SENT | WATCHED_DROPS |
			   WATCHED_ICMP_SENT | WATCHED_NEIGH,
	};
}

/* A call of that socket which returned @error; bind and listen: on 0.0.0.0:80. */
static inline struct rec_call_return make_call(uint16_t kind, int error, uint64_t ts_ns)
{
	struct rec_call_return rec = {
		.hdr = make_hdr(kind, sizeof(rec), HOOK_CONNECT_FEXIT_STREAM, ts_ns),
		.who = make_who(4312, "curl"),
		.flow = make_flow(IPPROTO_TCP, "0.0.0.0", 0, "10.0.0.7", 443),
		.inode = 5001, .ret = -error, .flags = CALL_HAS_SOCKET,
	};

	if (kind == REC_CONNECT_RETURN)
		return rec;
	rec.hdr.hook = kind == REC_BIND_RETURN ? HOOK_BIND_FEXIT : HOOK_LISTEN_FEXIT;
	rec.who = make_who(77, "nginx");
	rec.flow = make_flow(IPPROTO_TCP, "0.0.0.0", 80, "0.0.0.0", 0);
	rec.flow.ifindex = 0;
	rec.flow.ifname[0] = '\0';
	return rec;
}

static inline struct rec_udp_error make_udp_error(int error, uint64_t ts_ns)
{
	return (struct rec_udp_error){
		.hdr = make_hdr(REC_UDP_ERROR, sizeof(struct rec_udp_error), HOOK_ERROR_REPORT,
				ts_ns),
		.who = make_who(900, "dig"),
		.flow = make_flow(IPPROTO_UDP, "10.0.0.5", 50000, "10.0.0.7", 53),
		.inode = 5002, .err = error,
	};
}

static inline struct rec_neigh_failed make_neigh(const char *addr, uint64_t ts_ns)
{
	struct rec_neigh_failed rec = {
		.hdr = make_hdr(REC_NEIGH_FAILED, sizeof(rec), HOOK_NEIGH_TIMER, ts_ns),
		.family = strchr(addr, ':') ? 6 : 4, .state = 0x20, .probes = 3,
		.netns = TEST_NETNS, .ifindex = 2, .ifname = "eth0",
	};

	set_addr(rec.addr, addr);
	return rec;
}

/* A SYN from 10.0.0.9:@sport to 10.0.0.5:8080 that met a closed port here. */
static inline struct rec_reset_sent make_reset_sent(uint16_t sport, uint64_t ts_ns)
{
	return (struct rec_reset_sent){
		.hdr = make_hdr(REC_RESET_SENT, sizeof(struct rec_reset_sent), HOOK_SEND_RESET,
				ts_ns),
		.flow = make_flow(IPPROTO_TCP, "10.0.0.9", sport, "10.0.0.5", 8080),
		.reason = -1, .syn = 1,
	};
}

/* A client's handshake, 4 ms into the connection from 10.0.0.5 to 10.0.0.7:443. */
static inline struct rec_tls_failed make_tls(uint32_t code, uint64_t ts_ns)
{
	return (struct rec_tls_failed){
		.hdr = make_hdr(REC_TLS_FAILED, sizeof(struct rec_tls_failed), HOOK_TLS_ALERT,
				ts_ns),
		.who = make_who(4312, "curl"),
		.flow = make_flow(IPPROTO_TCP, "10.0.0.5", 41234, "10.0.0.7", 443),
		.started_ns = ts_ns - 4300000, .established_ns = ts_ns - 4000000, .inode = 5001,
		.code = code, .library = TLS_OPENSSL, .connection = TLS_BY_DESCRIPTOR,
		.server_name = "api.example",
	};
}

/* ssh on 10.0.0.5, or sshd on 10.0.0.7, about the login between them. */
static inline struct rec_ssh_denied make_ssh(uint32_t flags, const char *methods, uint64_t ts_ns)
{
	struct rec_ssh_denied rec = {
		.hdr = make_hdr(REC_SSH_DENIED, sizeof(rec), HOOK_SSH_CLIENT, ts_ns),
		.who = make_who(880, "ssh"),
		.flow = make_flow(IPPROTO_TCP, "10.0.0.5", 41234, "10.0.0.7", 22),
		.flags = flags, .user = "deploy", .host = "git.example",
	};

	if (flags & SSH_SERVER) {
		rec.hdr.hook = HOOK_SSH_SERVER;
		rec.who = make_who(881, "sshd");
		rec.flow = make_flow(IPPROTO_TCP, "10.0.0.7", 22, "10.0.0.5", 41234);
		rec.user[0] = rec.host[0] = '\0';
	}
	snprintf(rec.methods, sizeof(rec.methods), "%s", methods);
	return rec;
}

/* An ICMP destination unreachable about a packet of @flow. */
static inline struct rec_icmp_received make_icmp(const char *sender, uint8_t code,
						 const struct rec_flow *flow, uint64_t ts_ns)
{
	struct rec_icmp_received rec = {
		.hdr = make_hdr(REC_ICMP_RECEIVED, sizeof(rec), HOOK_ICMP_RECEIVED, ts_ns),
		.flow = *flow, .type = flow->family == 6 ? 1 : 3, .code = code,
	};

	rec.flow.ifindex = 0;
	rec.flow.ifname[0] = '\0';
	set_addr(rec.sender, sender);
	return rec;
}

/* The way to @daddr goes over @next_hop on eth0, whose neighbour entry is in @state. */
static inline struct rec_next_hop make_next_hop(const char *daddr, const char *next_hop,
						uint16_t state)
{
	struct rec_next_hop rec = {
		.hdr = make_hdr(REC_NEXT_HOP, sizeof(rec), HOOK_RTNETLINK, 0),
		.netns = TEST_NETNS, .ifindex = 2, .ifname = "eth0", .neigh_state = state,
		.has_neigh = 1,
	};

	set_addr(rec.daddr, daddr);
	set_addr(rec.addr, next_hop);
	return rec;
}

static inline struct rec_limits make_limits(uint16_t low, uint16_t high)
{
	return (struct rec_limits){
		.hdr = make_hdr(REC_LIMITS, sizeof(struct rec_limits), HOOK_NONE, 0),
		.netns = TEST_NETNS, .port_low = low, .port_high = high,
		.unprivileged_port_start = 1024, .time_wait = 60000,
	};
}

/* curl asked for @name, and was told @error a second later. */
static inline struct rec_name_lookup make_name_lookup(const char *name, int error, uint64_t ts_ns)
{
	struct rec_name_lookup rec = {
		.hdr = make_hdr(REC_NAME_LOOKUP, sizeof(rec), HOOK_GETADDRINFO, ts_ns),
		.who = make_who(4312, "curl"), .started_ns = ts_ns - SECOND_NS, .error = error,
		.netns = TEST_NETNS,
	};

	snprintf(rec.name, sizeof(rec.name), "%s", name);
	return rec;
}

/* A name server's answer to curl about @name (labels of at most 63 bytes), @type, with @rcode. */
static inline struct rec_dns_answer make_dns_answer(const char *name, uint16_t type, uint16_t rcode,
						    uint16_t answers, uint64_t ts_ns)
{
	struct rec_dns_answer rec = {
		.hdr = make_hdr(REC_DNS_ANSWER, sizeof(rec), HOOK_DATA_READY, ts_ns),
		.who = make_who(4312, "curl"), .rcode = rcode, .answers = answers,
		.flow = make_flow(IPPROTO_UDP, "10.0.0.5", 40000, "10.0.0.53", 53),
	};
	size_t at = 12;

	/* Each question its own number. */
	rec.data[0] = (uint8_t)(ts_ns / 1000 >> 8);
	rec.data[1] = (uint8_t)(ts_ns / 1000);

	rec.data[2] = 0x81;
	rec.data[3] = (uint8_t)(0x80 | rcode);
	rec.data[5] = 1;
	rec.data[7] = (uint8_t)answers;
	while (*name) {
		size_t n = strcspn(name, ".");

		rec.data[at++] = (uint8_t)n;
		memcpy(rec.data + at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	rec.data[at + 2] = (uint8_t)type;
	rec.data[at + 4] = 1;
	rec.length = (uint16_t)(at + 5);
	return rec;
}

/* A listener on 10.0.0.5:80 of apache2 that dropped 3 requests. */
static inline struct rec_queue_full make_queue_full(uint32_t queue, uint64_t ts_ns)
{
	return (struct rec_queue_full){
		.hdr = make_hdr(REC_QUEUE_FULL, sizeof(struct rec_queue_full), HOOK_NETSTAT,
				ts_ns),
		.flow = make_flow(IPPROTO_TCP, "10.0.0.5", 80, "0.0.0.0", 0),
		.who = make_who(498, "apache2"), .count = 3, .depth = 129, .limit = 128,
		.queue = queue,
	};
}

/* The answer to who holds 0.0.0.0:80, asked for the socket of make_call(). */
static inline struct rec_holder make_holder(uint8_t state)
{
	struct rec_holder rec = {
		.hdr = make_hdr(REC_HOLDER, sizeof(rec), HOOK_TASK_FILE, 0),
		.port = 80, .protocol = IPPROTO_TCP, .netns = TEST_NETNS,
		.who = make_who(498, "apache2"),
		.flow = make_flow(IPPROTO_TCP, "0.0.0.0", 80, "0.0.0.0", 0),
		.hook = HOOK_TASK_FILE, .state = state,
	};

	set_addr(rec.addr, "0.0.0.0");
	return rec;
}

/* The answer to who listens on port 443, asked for the refused socket of make_tcp_end(). */
static inline struct rec_holder make_listener(const char *on)
{
	struct rec_holder rec = make_holder(STATE_LISTEN);

	rec.hdr.kind = REC_LISTENER;
	set_addr(rec.addr, "10.0.0.7");
	rec.port = 443;
	rec.not_inode = 0;
	rec.flow = make_flow(IPPROTO_TCP, on, 443, "0.0.0.0", 0);
	return rec;
}

#endif
