/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "catalog/catalog.h"
#include "diagnose/correlate.h"
#include "diagnose/rules.h"
#include "host/host.h"
#include "records.h"

enum { SEEN_MAX = 4096, WAITING_MAX = 1024 };

struct fixture {
	struct host *host;
	struct correlator *correlator;
	struct attempt *seen;
	size_t count;
};

static void take(void *ctx, const struct attempt *attempt)
{
	struct fixture *x = ctx;

	assert_true(x->count < SEEN_MAX);
	x->seen[x->count++] = *attempt;
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->seen = calloc(SEEN_MAX, sizeof(x->seen[0]));
	x->host = host_open_replay();
	x->correlator = correlator_open(x->host, take, x);
	assert_non_null(x->seen);
	assert_non_null(x->host);
	assert_non_null(x->correlator);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	correlator_close(x->correlator);
	host_close(x->host);
	free(x->seen);
	free(x);
	return 0;
}

static void feed(struct fixture *x, const void *record)
{
	union record rec;

	assert_int_equal(decode_record(record, ((const struct rec_hdr *)record)->size, &rec), 0);
	correlator_feed(x->correlator, &rec);
}

static struct rec_tcp_end unreachable(const char *dst, uint64_t ts_ns)
{
	struct rec_tcp_end rec = make_tcp_end(EHOSTUNREACH, ts_ns);

	set_addr(rec.flow.daddr, dst);
	return rec;
}

/* The only connect that came out so far. */
static const struct attempt *only_connect(const struct fixture *x)
{
	const struct attempt *found = NULL;

	for (size_t i = 0; i < x->count; i++)
		if (x->seen[i].kind == ATTEMPT_CONNECT) {
			assert_null(found);
			found = &x->seen[i];
		}
	assert_non_null(found);
	return found;
}

static size_t count_kind(const struct fixture *x, enum attempt_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < x->count; i++)
		n += x->seen[i].kind == kind;
	return n;
}

static void assert_neighbour(const struct attempt *a, const char *addr)
{
	uint8_t want[16];

	set_addr(want, addr);
	assert_true(a->has_neigh);
	assert_memory_equal(a->neigh.addr, want, 16);
}

static void test_nothing_to_wait_for(void **state)
{
	static const int errors[] = { ECONNREFUSED, ETIMEDOUT };
	struct fixture *x = *state;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct rec_tcp_end tcp = make_tcp_end(errors[i], BASE_NS + i);

		if (errors[i] == ECONNREFUSED)
			tcp.reset_ns = tcp.hdr.ts_ns - 1000;
		feed(x, &tcp);
		assert_int_equal(x->count, i + 1);
		assert_int_equal(x->seen[i].kind, ATTEMPT_CONNECT);
		assert_int_equal(x->seen[i].error, errors[i]);
		assert_int_equal(x->seen[i].who.pid, 4312);
		assert_int_equal(x->seen[i].flow.dport, 443);
		assert_false(x->seen[i].has_neigh);
		assert_false(x->seen[i].has_icmp);
	}
	assert_int_equal(correlator_deadline(x->correlator), 0);
}

/* What an ICMP error may have done waits for it, and not for ever. */
static void test_icmp_after(void **state)
{
	static const int errors[] = { ECONNREFUSED, ENETUNREACH, EACCES, EHOSTUNREACH };
	static const uint8_t codes[] = { 3, 0, 13, 1 };
	struct fixture *x = *state;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		uint64_t now = BASE_NS + i * SECOND_NS;
		struct rec_tcp_end tcp = make_tcp_end(errors[i], now);
		struct rec_icmp_received icmp =
			make_icmp("10.0.0.1", codes[i], &tcp.flow, now - 1000);

		feed(x, &tcp);
		assert_int_equal(x->count, i);
		feed(x, &icmp);
		correlator_expire(x->correlator, now);
		assert_int_equal(x->count, i + 1);
		assert_true(x->seen[i].has_icmp);
		assert_memory_equal(x->seen[i].icmp.sender, icmp.sender, 16);
	}
}

static void test_icmp_before(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, BASE_NS);
	struct rec_icmp_received icmp = make_icmp("10.0.0.7", 3, &tcp.flow, BASE_NS - 1000);

	feed(x, &icmp);
	feed(x, &tcp);
	assert_int_equal(x->count, 1);
	assert_true(x->seen[0].has_icmp);
}

/* Of a soft error a second ago and the last one, which comes late, the last counts. */
static void test_icmp_newest(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = make_tcp_end(EHOSTUNREACH, BASE_NS);
	struct rec_icmp_received soft = make_icmp("10.0.0.1", 1, &tcp.flow, BASE_NS - SECOND_NS);
	struct rec_icmp_received last = make_icmp("10.0.0.2", 13, &tcp.flow, BASE_NS - 1000);

	tcp.started_ns = soft.hdr.ts_ns - 1000;
	feed(x, &soft);
	feed(x, &tcp);
	assert_int_equal(x->count, 0);
	feed(x, &last);
	correlator_expire(x->correlator, BASE_NS);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].icmp.code, 13);
}

/* Another port, another namespace, another protocol, or older than the socket: not its own. */
static void test_icmp_of_others(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, BASE_NS);
	struct rec_icmp_received icmp[5];

	for (size_t i = 0; i < 5; i++)
		icmp[i] = make_icmp("10.0.0.7", 3, &tcp.flow, BASE_NS - 1000);
	icmp[0].flow.sport++;
	icmp[1].flow.netns++;
	icmp[2].flow.protocol = IPPROTO_UDP;
	icmp[3].hdr.ts_ns = tcp.started_ns - 1;
	icmp[4].flow.daddr[15]++;
	for (size_t i = 0; i < 5; i++)
		feed(x, &icmp[i]);
	feed(x, &tcp);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 1);
	assert_false(x->seen[0].has_icmp);
}

/* IPv4 hands a soft error out by SO_ERROR and clears it: the application saw it. */
static void test_soft_error_fetched(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = make_tcp_end(0, BASE_NS);
	struct rec_icmp_received icmp = make_icmp("10.0.0.7", 3, &tcp.flow, BASE_NS - 1000);

	feed(x, &icmp);
	feed(x, &tcp);
	tcp.sk_err_soft = ECONNREFUSED;
	tcp.hdr.ts_ns++;
	feed(x, &tcp);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 2);
	assert_int_equal(x->seen[0].error, ECONNREFUSED);
	assert_int_equal(x->seen[1].error, 0);
	assert_true(x->seen[1].has_icmp);
}

/* The routing table names another next hop than the neighbour that failed on that device. */
static void test_next_hop(void **state)
{
	struct fixture *x = *state;
	struct rec_next_hop hop = make_next_hop("192.0.2.9", "10.0.0.1", 0x20);
	struct rec_neigh_failed other = make_neigh("10.0.0.2", BASE_NS);
	struct rec_neigh_failed neigh = make_neigh("10.0.0.1", BASE_NS + MS_NS);
	struct rec_tcp_end tcp = unreachable("192.0.2.9", BASE_NS + 2 * MS_NS);

	host_learn(x->host, &hop.hdr);
	feed(x, &neigh);
	feed(x, &other);
	feed(x, &tcp);
	assert_neighbour(only_connect(x), "10.0.0.1");
	assert_true(only_connect(x)->has_next_hop);
	correlator_expire(x->correlator, UINT64_MAX);
	for (size_t i = 0; i < x->count; i++)
		if (x->seen[i].kind == ATTEMPT_NEIGHBOUR)
			assert_int_equal(x->seen[i].waited,
					 addr_equal(x->seen[i].flow.daddr, neigh.addr) ? 1 : 0);
}

static void test_given_up_asks_the_way(void **state)
{
	struct fixture *x = *state;
	struct rec_next_hop hop = make_next_hop("10.0.0.7", "10.0.0.7", 0x01);
	struct rec_tcp_end tcp = make_tcp_end(0, BASE_NS);

	host_learn(x->host, &hop.hdr);
	feed(x, &tcp);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 1);
	assert_true(x->seen[0].has_next_hop);
	assert_int_equal(x->seen[0].next_hop.neigh_state, 0x01);
}

static void test_kinds(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end broke = make_tcp_end(ECONNRESET, BASE_NS);
	struct rec_call_return call = make_call(REC_CONNECT_RETURN, ENETUNREACH, BASE_NS);
	struct rec_call_return bind = make_call(REC_BIND_RETURN, EADDRINUSE, BASE_NS);
	struct rec_call_return listen = make_call(REC_LISTEN_RETURN, EADDRINUSE, BASE_NS);
	struct rec_udp_error udp = make_udp_error(ECONNREFUSED, BASE_NS);
	struct rec_neigh_failed neigh = make_neigh("10.0.0.7", BASE_NS);
	struct rec_end end = { .hdr = make_hdr(REC_END, sizeof(end), 0, BASE_NS) };
	static const enum attempt_kind kinds[] = {
		ATTEMPT_CONNECTION, ATTEMPT_CONNECT_CALL, ATTEMPT_BIND, ATTEMPT_LISTEN,
		ATTEMPT_UDP, ATTEMPT_NEIGHBOUR,
	};
	static const int errors[] = { ECONNRESET, ENETUNREACH, EADDRINUSE, EADDRINUSE,
				      ECONNREFUSED, 0 };

	broke.old_state = STATE_ESTABLISHED;
	feed(x, &broke);
	feed(x, &call);
	feed(x, &bind);
	feed(x, &listen);
	feed(x, &udp);
	feed(x, &neigh);
	feed(x, &end);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(x->seen[i].kind, kinds[i]);
		assert_int_equal(x->seen[i].error, errors[i]);
	}
	assert_memory_equal(x->seen[5].flow.daddr, neigh.addr, 16);
	assert_string_equal(x->seen[5].flow.ifname, "eth0");
}

static void test_neighbour_before(void **state)
{
	struct fixture *x = *state;
	struct rec_neigh_failed neigh = make_neigh("10.0.0.7", BASE_NS);
	struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS + MS_NS);

	feed(x, &neigh);
	feed(x, &tcp);
	assert_neighbour(only_connect(x), "10.0.0.7");
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(count_kind(x, ATTEMPT_NEIGHBOUR), 1);
}

/* The kernel reports the sockets' errors first, then the neighbour's failure. */
static void test_neighbour_after(void **state)
{
	struct fixture *x = *state;
	struct rec_neigh_failed neigh = make_neigh("10.0.0.7", BASE_NS + MS_NS);
	struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS);

	feed(x, &tcp);
	assert_int_equal(x->count, 0);
	assert_int_not_equal(correlator_deadline(x->correlator), 0);
	feed(x, &neigh);
	/* Nothing more to wait for. */
	correlator_expire(x->correlator, BASE_NS + MS_NS);
	assert_neighbour(only_connect(x), "10.0.0.7");
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(correlator_deadline(x->correlator), 0);
	assert_int_equal(x->count, 2);
}

static void test_neighbour_explains_several(void **state)
{
	struct fixture *x = *state;
	struct rec_neigh_failed neigh = make_neigh("10.0.0.7", BASE_NS + MS_NS);
	struct rec_udp_error udp = make_udp_error(EHOSTUNREACH, BASE_NS + 30);

	for (size_t i = 0; i < 3; i++) {
		struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS + i);

		tcp.flow.sport += i;
		feed(x, &tcp);
	}
	feed(x, &udp);
	feed(x, &neigh);
	correlator_expire(x->correlator, BASE_NS + MS_NS);
	assert_int_equal(x->count, 4);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 5);
	assert_int_equal(x->seen[4].waited, 4);
	for (size_t i = 0; i < x->count; i++)
		if (x->seen[i].kind != ATTEMPT_NEIGHBOUR)
			assert_neighbour(&x->seen[i], "10.0.0.7");
	assert_int_equal(count_kind(x, ATTEMPT_NEIGHBOUR), 1);
}

/* A destination behind a gateway: the neighbour that failed on its device. */
static void test_gateway(void **state)
{
	struct fixture *x = *state;
	struct rec_neigh_failed neigh = make_neigh("10.0.0.1", BASE_NS);
	struct rec_tcp_end tcp = unreachable("192.0.2.9", BASE_NS + MS_NS);

	feed(x, &neigh);
	feed(x, &tcp);
	correlator_expire(x->correlator, BASE_NS + SECOND_NS);
	assert_neighbour(only_connect(x), "10.0.0.1");
}

static void test_gateway_after(void **state)
{
	struct fixture *x = *state;
	struct rec_neigh_failed neigh = make_neigh("10.0.0.1", BASE_NS + MS_NS);
	struct rec_tcp_end tcp = unreachable("192.0.2.9", BASE_NS);

	feed(x, &tcp);
	feed(x, &neigh);
	correlator_expire(x->correlator, BASE_NS + SECOND_NS);
	assert_neighbour(only_connect(x), "10.0.0.1");
}

/* One neighbour that is not on the way each: nothing is joined. */
static void test_other_neighbours(void **state)
{
	struct fixture *x = *state;
	struct rec_neigh_failed device = make_neigh("10.0.0.1", BASE_NS);
	struct rec_neigh_failed family = make_neigh("fe80::1", BASE_NS);
	struct rec_neigh_failed netns = make_neigh("10.0.0.7", BASE_NS);
	struct rec_neigh_failed stale = make_neigh("10.0.0.7", BASE_NS - 2 * SECOND_NS);
	struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS + MS_NS);

	device.ifindex = 3;
	netns.netns = 1;
	feed(x, &stale);
	feed(x, &device);
	feed(x, &family);
	feed(x, &netns);
	feed(x, &tcp);
	correlator_expire(x->correlator, BASE_NS + SECOND_NS);
	assert_false(only_connect(x)->has_neigh);
}

/* Of two dead hosts on one link each connect names its own, however close they fail. */
static void test_two_dead_hosts(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end one = unreachable("10.0.0.7", BASE_NS);
	struct rec_tcp_end two = unreachable("10.0.0.8", BASE_NS + 300 * MS_NS);
	struct rec_neigh_failed neigh_one = make_neigh("10.0.0.7", BASE_NS + 1000);
	struct rec_neigh_failed neigh_two = make_neigh("10.0.0.8", BASE_NS + 300 * MS_NS + 1000);

	feed(x, &one);
	feed(x, &neigh_one);
	feed(x, &two);
	feed(x, &neigh_two);
	correlator_expire(x->correlator, BASE_NS + SECOND_NS);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 2);
	for (size_t i = 0; i < x->count; i++)
		if (x->seen[i].kind == ATTEMPT_CONNECT) {
			assert_true(x->seen[i].has_neigh);
			assert_memory_equal(x->seen[i].neigh.addr, x->seen[i].flow.daddr, 16);
		}
}

/* The same with both timers at once: the errors of both, then the neighbours of both. */
static void test_two_dead_hosts_at_once(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end one = unreachable("10.0.0.7", BASE_NS);
	struct rec_tcp_end two = unreachable("10.0.0.8", BASE_NS + 10);
	struct rec_neigh_failed neigh_one = make_neigh("10.0.0.7", BASE_NS + 20);
	struct rec_neigh_failed neigh_two = make_neigh("10.0.0.8", BASE_NS + 30);

	feed(x, &one);
	feed(x, &two);
	feed(x, &neigh_one);
	feed(x, &neigh_two);
	correlator_expire(x->correlator, BASE_NS + SECOND_NS);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 2);
	for (size_t i = 0; i < x->count; i++)
		if (x->seen[i].kind == ATTEMPT_CONNECT) {
			assert_true(x->seen[i].has_neigh);
			assert_memory_equal(x->seen[i].neigh.addr, x->seen[i].flow.daddr, 16);
		}
}

static void test_wait_expires(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS);
	uint64_t deadline;

	feed(x, &tcp);
	deadline = correlator_deadline(x->correlator);
	assert_in_range(deadline, BASE_NS + MS_NS, BASE_NS + 100 * MS_NS);
	correlator_expire(x->correlator, deadline - 1);
	assert_int_equal(x->count, 0);
	correlator_expire(x->correlator, deadline);
	assert_int_equal(x->count, 1);
	assert_false(x->seen[0].has_neigh);
	assert_int_equal(correlator_deadline(x->correlator), 0);
}

/* The records' own time does it too: a replay has no other clock. */
static void test_wait_expires_by_record(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS);
	struct rec_tcp_end later = make_tcp_end(ETIMEDOUT, BASE_NS + SECOND_NS);

	feed(x, &tcp);
	feed(x, &later);
	assert_int_equal(x->count, 2);
	assert_int_equal(x->seen[0].error, EHOSTUNREACH);
	assert_int_equal(x->seen[1].error, ETIMEDOUT);
}

static void test_inbound_from_outside(void **state)
{
	struct fixture *x = *state;
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);

	feed(x, &reset);
	assert_int_equal(x->count, 0);
	correlator_expire(x->correlator, correlator_deadline(x->correlator));
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].kind, ATTEMPT_INBOUND);
	assert_int_equal(x->seen[0].error, ECONNREFUSED);
	assert_int_equal(x->seen[0].who.pid, 0);
	assert_int_equal(x->seen[0].flow.sport, 40000);
	assert_int_equal(x->seen[0].flow.dport, 8080);
}

/* The caller's own record for a reset_sent of make_reset_sent(). */
static struct rec_tcp_end refused_caller(const struct rec_reset_sent *reset, uint64_t ts_ns)
{
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, ts_ns);

	tcp.flow = reset->flow;
	tcp.flow.netns = 1;	/* another namespace of this machine */
	return tcp;
}

static void test_inbound_with_local_caller(void **state)
{
	struct fixture *x = *state;
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);
	struct rec_tcp_end tcp = refused_caller(&reset, BASE_NS + MS_NS);

	feed(x, &reset);
	feed(x, &tcp);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].kind, ATTEMPT_CONNECT);
}

/* Each caller takes one refusal, and only its own. */
static void test_inbound_of_several(void **state)
{
	struct fixture *x = *state;

	for (uint16_t port = 40000; port < 40300; port++) {
		struct rec_reset_sent reset = make_reset_sent(port, BASE_NS + port);

		feed(x, &reset);
	}
	for (uint16_t port = 40000; port < 40300; port += 3) {
		struct rec_reset_sent reset = make_reset_sent(port, 0);
		struct rec_tcp_end tcp = refused_caller(&reset, BASE_NS + MS_NS);

		feed(x, &tcp);
	}
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 100);
	assert_int_equal(count_kind(x, ATTEMPT_INBOUND), 200);
	for (size_t i = 0; i < x->count; i++)
		if (x->seen[i].kind == ATTEMPT_INBOUND)
			assert_int_not_equal((x->seen[i].flow.sport - 40000) % 3, 0);
	assert_int_equal(correlator_deadline(x->correlator), 0);
}

static void test_inbound_twice(void **state)
{
	struct fixture *x = *state;
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);
	struct rec_tcp_end tcp = refused_caller(&reset, BASE_NS + 2);

	feed(x, &reset);
	reset.hdr.ts_ns++;
	feed(x, &reset);
	feed(x, &tcp);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 1);
	assert_int_equal(count_kind(x, ATTEMPT_INBOUND), 1);
}

/* Two refusals, two records of callers with this tuple: none is left over. */
static void test_inbound_twice_taken(void **state)
{
	struct fixture *x = *state;
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);
	struct rec_tcp_end tcp = refused_caller(&reset, BASE_NS + 2);

	feed(x, &reset);
	feed(x, &reset);
	feed(x, &tcp);
	feed(x, &tcp);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 2);
	assert_int_equal(count_kind(x, ATTEMPT_INBOUND), 0);
}

/* Ports that any table of a power of two puts together. */
static void test_inbound_collisions(void **state)
{
	struct fixture *x = *state;

	for (uint32_t port = 7; port < 65536; port += 1024) {
		struct rec_reset_sent reset = make_reset_sent(port, BASE_NS);

		feed(x, &reset);
	}
	for (uint32_t port = 7; port < 65536; port += 4096) {
		struct rec_reset_sent reset = make_reset_sent(port, 0);
		struct rec_tcp_end tcp = refused_caller(&reset, BASE_NS + MS_NS);

		feed(x, &tcp);
	}
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 16);
	assert_int_equal(count_kind(x, ATTEMPT_INBOUND), 48);
	for (size_t i = 0; i < x->count; i++)
		if (x->seen[i].kind == ATTEMPT_INBOUND)
			assert_int_not_equal(x->seen[i].flow.sport % 4096, 7);
}

/* Those of somebody else's connection do not take it: any part of the tuple differs. */
static void test_inbound_other_tuple(void **state)
{
	struct fixture *x = *state;
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);
	struct rec_tcp_end others[4];

	feed(x, &reset);
	for (size_t i = 0; i < 4; i++)
		others[i] = refused_caller(&reset, BASE_NS + 1 + i);
	others[0].flow.sport++;
	others[1].flow.dport++;
	set_addr(others[2].flow.saddr, "10.0.0.10");
	set_addr(others[3].flow.daddr, "10.0.0.6");
	for (size_t i = 0; i < 4; i++)
		feed(x, &others[i]);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 4);
	assert_int_equal(count_kind(x, ATTEMPT_INBOUND), 1);
}

/* More than fit wait: the oldest leave early, none is lost, none comes twice. */
static void test_overflow(void **state)
{
	struct fixture *x = *state;
	enum { FED = WAITING_MAX * 2 + 100 };

	for (size_t i = 0; i < FED; i++) {
		struct rec_reset_sent reset = make_reset_sent(1 + i, BASE_NS + i);

		feed(x, &reset);
		assert_int_equal(x->count, i < WAITING_MAX ? 0 : i - WAITING_MAX + 1);
	}
	for (size_t i = FED - 10; i < FED; i++) {
		struct rec_reset_sent reset = make_reset_sent(1 + i, 0);
		struct rec_tcp_end tcp = refused_caller(&reset, BASE_NS + FED);

		feed(x, &tcp);
	}
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(count_kind(x, ATTEMPT_INBOUND), FED - 10);
	assert_int_equal(count_kind(x, ATTEMPT_CONNECT), 10);
	for (size_t i = 0, port = 1; i < x->count; i++)
		if (x->seen[i].kind == ATTEMPT_INBOUND)
			assert_int_equal(x->seen[i].flow.sport, port++);
}

static void test_overflow_of_errors(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < WAITING_MAX + 5; i++) {
		struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS + i);

		tcp.flow.sport = 1 + i;
		feed(x, &tcp);
	}
	assert_int_equal(x->count, 5);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, WAITING_MAX + 5);
}

/* What waits leaves in the order of its time, whatever it waits for and how long. */
static void test_time_order(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < 200; i++) {
		struct rec_reset_sent reset = make_reset_sent(1 + i, BASE_NS + i * MS_NS);
		struct rec_tcp_end tcp = unreachable("10.0.0.7", BASE_NS + i * MS_NS);

		tcp.flow.sport = 1 + i;
		if (i % 3)
			feed(x, &reset);
		else
			feed(x, &tcp);
	}
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 200);
	for (size_t i = 1; i < x->count; i++)
		assert_true(x->seen[i - 1].rec.hdr.ts_ns < x->seen[i].rec.hdr.ts_ns);
}

static bool is_local(struct fixture *x, struct rec_tcp_end tcp)
{
	tcp.reset_ns = tcp.hdr.ts_ns;	/* nothing to wait for */
	feed(x, &tcp);
	return x->seen[x->count - 1].local;
}

static void test_local(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, BASE_NS), t;
	struct rec_call_return bind = make_call(REC_BIND_RETURN, EADDRINUSE, BASE_NS);

	assert_false(is_local(x, tcp));
	t = tcp;
	t.flow.loopback = 1;
	assert_true(is_local(x, t));
	t = tcp;
	memcpy(t.flow.saddr, t.flow.daddr, 16);
	assert_true(is_local(x, t));
	t = tcp;
	set_addr(t.flow.daddr, "127.9.9.9");
	assert_true(is_local(x, t));
	set_addr(t.flow.daddr, "::1");
	assert_true(is_local(x, t));
	memset(t.flow.saddr, 0, 16);
	memset(t.flow.daddr, 0, 16);
	assert_false(is_local(x, t));
	feed(x, &bind);
	assert_true(x->seen[x->count - 1].local);
}

static void learn(struct fixture *x, const void *answer)
{
	host_learn(x->host, answer);
}

static bool is_named_by(struct fixture *x, const char *name, uint64_t looked_up_ns)
{
	struct rec_domain domain = {
		.hdr = make_hdr(REC_DOMAIN, sizeof(domain), 0, 0), .pid = 4312,
		.looked_up_ns = looked_up_ns,
	};
	struct rec_tcp_end tcp = make_tcp_end(ETIMEDOUT, BASE_NS);

	memcpy(domain.addr, tcp.flow.daddr, sizeof(domain.addr));
	strcpy(domain.name, name);
	learn(x, &domain);
	feed(x, &tcp);
	return x->seen[x->count - 1].has_domain;
}

/* What was looked up after the failure was not what failed, unless it is looked up time and again. */
static void test_named_in_time(void **state)
{
	struct fixture *x = *state;

	assert_false(is_named_by(x, "late.example", BASE_NS + 1));
	assert_true(is_named_by(x, "api.example", BASE_NS - MS_NS));
	assert_true(is_named_by(x, "api.example", BASE_NS + MS_NS));
	assert_false(is_named_by(x, "other.example", BASE_NS + MS_NS));
	assert_true(is_named_by(x, "other.example", BASE_NS - MS_NS));
}

/* Nobody was known in process context: the owner of the socket's file. */
static void test_owner(void **state)
{
	struct fixture *x = *state;
	struct rec_owner owner = { .hdr = make_hdr(REC_OWNER, sizeof(owner), 0, 0),
				   .inode = 5001, .who = make_who(31, "sshd") };
	struct rec_tcp_end tcp = make_tcp_end(ETIMEDOUT, BASE_NS);

	learn(x, &owner);
	feed(x, &tcp);
	assert_int_equal(x->seen[0].who.pid, 4312);
	tcp.who.pid = 0;
	feed(x, &tcp);
	assert_int_equal(x->seen[1].who.pid, 31);
	assert_string_equal(x->seen[1].who.comm, "sshd");
	tcp.inode = 0;
	feed(x, &tcp);
	assert_int_equal(x->seen[2].who.pid, 0);
}

static void test_holder_and_limits(void **state)
{
	struct fixture *x = *state;
	struct rec_holder holder = make_holder(STATE_LISTEN);
	struct rec_limits limits = make_limits(32768, 60999);
	struct rec_call_return in_use = make_call(REC_BIND_RETURN, EADDRINUSE, BASE_NS);
	struct rec_call_return denied = make_call(REC_BIND_RETURN, EACCES, BASE_NS);
	struct rec_call_return ports = make_call(REC_CONNECT_RETURN, EADDRNOTAVAIL, BASE_NS);
	struct rec_call_return other = make_call(REC_BIND_RETURN, EADDRINUSE, BASE_NS);

	learn(x, &holder);
	learn(x, &limits);
	feed(x, &in_use);
	feed(x, &denied);
	feed(x, &ports);
	other.flow.sport = 81;
	feed(x, &other);
	assert_true(x->seen[0].has_holder);
	assert_int_equal(x->seen[0].holder.who.pid, 498);
	assert_false(x->seen[0].has_limits);
	assert_true(x->seen[1].has_limits);
	assert_false(x->seen[1].has_holder);
	assert_true(x->seen[2].has_limits);
	assert_int_equal(x->seen[2].limits.port_high, 60999);
	assert_false(x->seen[3].has_holder);
}

/* Asked only of a refusal by this host's own stack. */
static void test_listener(void **state)
{
	struct fixture *x = *state;
	struct rec_holder listener = make_listener("127.0.0.1");
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, BASE_NS), t;

	learn(x, &listener);
	tcp.flow.loopback = 1;
	tcp.reset_sent_ns = BASE_NS - 1000;
	feed(x, &tcp);
	assert_true(x->seen[0].has_listener);
	assert_int_equal(x->seen[0].listener.who.pid, 498);
	t = tcp;
	t.reset_sent_ns = 0;
	feed(x, &t);
	t = tcp;
	t.sk_err = ETIMEDOUT;
	feed(x, &t);
	t = tcp;
	t.flow.dport++;
	feed(x, &t);
	t = tcp;
	t.flow.netns++;
	feed(x, &t);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 5);
	for (size_t i = 1; i < x->count; i++)
		assert_false(x->seen[i].has_listener);
}

/* Address translation led the SYN back here: asked is where it led to. */
static void test_listener_behind_nat(void **state)
{
	struct fixture *x = *state;
	struct rec_holder listener = make_listener("127.0.0.1");
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, BASE_NS);

	learn(x, &listener);
	tcp.reset_sent_ns = BASE_NS - 1000;
	memcpy(tcp.refused_addr, tcp.flow.daddr, sizeof(tcp.refused_addr));
	tcp.refused_port = tcp.flow.dport;
	set_addr(tcp.flow.daddr, "198.51.100.1");
	tcp.flow.dport = 9999;
	feed(x, &tcp);
	assert_int_equal(x->count, 1);
	assert_true(x->seen[0].local);
	assert_true(x->seen[0].has_listener);
}

/* Seen from either end a SYN has one sequence number, whatever translation made of the rest. */
static void test_inbound_by_sequence_number(void **state)
{
	struct fixture *x = *state;
	struct rec_tcp_end caller = make_tcp_end(ECONNREFUSED, BASE_NS + 1000);
	struct rec_reset_sent sent = make_reset_sent(41234, BASE_NS);
	struct rec_reset_sent other = make_reset_sent(41234, BASE_NS);

	sent.isn = caller.isn = 77;
	other.isn = 78;
	other.flow = caller.flow;
	set_addr(sent.flow.daddr, "172.17.0.2");
	caller.reset_ns = BASE_NS + 500;
	feed(x, &sent);
	feed(x, &other);
	feed(x, &caller);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 2);
	assert_int_equal(x->seen[0].kind, ATTEMPT_CONNECT);
	assert_int_equal(x->seen[1].rec.reset_sent.isn, 78);
}

/* Numbers that no kernel gives, as a damaged recording may have them: built with UBSan. */
static void test_impossible_errors(void **state)
{
	struct fixture *x = *state;
	struct rec_call_return call = make_call(REC_CONNECT_RETURN, 0, BASE_NS);
	struct rec_udp_error udp = make_udp_error(INT32_MIN, BASE_NS);
	struct rec_tcp_end tcp = make_tcp_end(INT32_MIN, BASE_NS);

	call.ret = INT32_MIN;
	call.flags |= CALL_ROUTE_FACT;
	call.route_err = INT32_MIN;
	tcp.sk_err_soft = INT32_MIN;
	feed(x, &call);
	feed(x, &udp);
	feed(x, &tcp);
	for (size_t i = 0; i < x->count; i++) {
		struct finding f;

		if (!diagnose(&x->seen[i], &f))
			continue;
		assert_non_null(f.error_type);
		assert_true(f.error >= 0);
	}
}

/* How the server hears that its client ended the handshake. */
static struct rec_tcp_end make_servers_reset(uint64_t ts_ns)
{
	struct rec_tcp_end rec = make_tcp_end(ECONNRESET, ts_ns);

	rec.flow = make_flow(IPPROTO_TCP, "10.0.0.7", 443, "10.0.0.5", 41234);
	rec.old_state = STATE_ESTABLISHED;
	rec.accepted = 1;
	return rec;
}

static void test_handshake_ends_once(void **state)
{
	struct fixture *x = *state;
	struct rec_tls_failed tls = make_tls(10, BASE_NS);
	struct rec_tcp_end end = make_servers_reset(BASE_NS + MS_NS);
	struct rec_tcp_end other = make_servers_reset(BASE_NS + 2 * MS_NS);

	feed(x, &tls);
	feed(x, &end);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].kind, ATTEMPT_TLS);
	/* Another connection's, and the same ports at once, and long after. */
	other.flow.dport++;
	feed(x, &other);
	assert_int_equal(x->count, 2);
	end = make_servers_reset(BASE_NS + SECOND_NS);
	end.established_ns = BASE_NS + 2 * MS_NS;
	feed(x, &end);
	assert_int_equal(x->count, 3);
	end = make_servers_reset(BASE_NS + 40 * SECOND_NS);
	feed(x, &end);
	assert_int_equal(x->count, 4);
}

/* The server's reset comes before the application says what it did not like. */
static void test_handshake_hinted(void **state)
{
	struct fixture *x = *state;
	struct rec_tls_failed hint = make_tls(0, BASE_NS), tls = make_tls(62, BASE_NS + 2 * MS_NS);
	struct rec_tcp_end end = make_servers_reset(BASE_NS + MS_NS);

	hint.flags = TLS_UNDECIDED;
	feed(x, &hint);
	feed(x, &end);
	assert_int_equal(x->count, 0);
	feed(x, &tls);
	assert_int_equal(x->count, 1);
	correlator_expire(x->correlator, UINT64_MAX);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].kind, ATTEMPT_TLS);
}

static void test_handshake_hint_comes_to_nothing(void **state)
{
	struct fixture *x = *state;
	struct rec_tls_failed hint = make_tls(0, BASE_NS);
	struct rec_tcp_end end = make_servers_reset(BASE_NS + MS_NS);

	hint.flags = TLS_UNDECIDED;
	feed(x, &hint);
	feed(x, &end);
	correlator_expire(x->correlator, BASE_NS + 200 * MS_NS);
	assert_int_equal(x->count, 0);
	correlator_expire(x->correlator, BASE_NS + 300 * MS_NS);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].kind, ATTEMPT_CONNECTION);
}

/* The client tells first; what its server says of the same connection is no second failure. */
static void test_login_told_once(void **state)
{
	struct fixture *x = *state;
	struct rec_ssh_denied client = make_ssh(0, "publickey", BASE_NS);
	struct rec_ssh_denied server = make_ssh(SSH_SERVER, "", BASE_NS + MS_NS);
	struct rec_ssh_denied other = make_ssh(SSH_SERVER, "", BASE_NS + 2 * MS_NS);
	struct rec_ssh_denied pipe = make_ssh(SSH_SERVER, "", BASE_NS + 3 * MS_NS);

	feed(x, &client);
	feed(x, &server);
	assert_int_equal(x->count, 1);
	assert_int_equal(x->seen[0].kind, ATTEMPT_SSH);
	other.flow.dport++;
	feed(x, &other);
	assert_int_equal(x->count, 2);
	/* The same ports long after are another connection's. */
	server = make_ssh(SSH_SERVER, "", BASE_NS + 60 * SECOND_NS);
	feed(x, &server);
	assert_int_equal(x->count, 3);
	/* Whose client speaks through a pipe, that one is on this machine. */
	memset(&pipe.flow, 0, sizeof(pipe.flow));
	pipe.hdr.ts_ns = server.hdr.ts_ns;
	feed(x, &pipe);
	assert_int_equal(x->count, 3);
}

static void test_close_with_waiting(void **state)
{
	struct fixture *x = *state;
	struct rec_reset_sent reset = make_reset_sent(40000, BASE_NS);

	feed(x, &reset);
	assert_int_equal(x->count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct attempt *timed_out_at(struct fixture *x, const char *dst, uint64_t ts_ns)
{
	struct rec_tcp_end tcp = make_tcp_end(ETIMEDOUT, ts_ns);

	tcp.started_ns = ts_ns - 3 * SECOND_NS;
	tcp.flow.dport = 80;
	set_addr(tcp.flow.daddr, dst);
	feed(x, &tcp);
	assert_int_equal(x->seen[x->count - 1].kind, ATTEMPT_CONNECT);
	return &x->seen[x->count - 1];
}

/* The listener is in another namespace of this machine, and was just told of. */
static void test_full_queue_elsewhere(void **state)
{
	struct fixture *x = *state;
	struct rec_queue_full queue = make_queue_full(QUEUE_ACCEPT, BASE_NS);
	struct rec_address address = {
		.hdr = make_hdr(REC_ADDRESS, sizeof(address), HOOK_RTNETLINK, 0),
		.netns = TEST_NETNS + 1, .flags = ADDRESS_PRESENT,
	};
	const struct attempt *a;
	struct finding f;

	queue.flow.netns = TEST_NETNS + 1;
	set_addr(queue.flow.saddr, "0.0.0.0");
	set_addr(address.addr, "10.0.0.7");
	feed(x, &queue);
	assert_false(timed_out_at(x, "10.0.0.7", BASE_NS + SECOND_NS)->has_queue);
	host_learn(x->host, &address.hdr);
	a = timed_out_at(x, "10.0.0.7", BASE_NS + SECOND_NS);
	assert_true(a->has_queue);
	assert_int_equal(a->queue.who.pid, 498);
	assert_true(diagnose(a, &f));
	assert_string_equal(f.cause->id, "accept-queue-full");
	assert_int_equal(f.confidence, CONFIDENCE_INFERRED);
	assert_string_equal(f.related[0], "C02");
	/* Not that namespace's address; its loopback is not ours; long before the first SYN. */
	assert_false(timed_out_at(x, "10.0.0.8", BASE_NS + SECOND_NS)->has_queue);
	assert_false(timed_out_at(x, "127.0.0.1", BASE_NS + SECOND_NS)->has_queue);
	assert_true(timed_out_at(x, "10.0.0.7", BASE_NS + 4 * SECOND_NS)->has_queue);
	assert_false(timed_out_at(x, "10.0.0.7", BASE_NS + 4 * SECOND_NS + 1)->has_queue);
	/* A listener on that very address. */
	set_addr(queue.flow.saddr, "10.0.0.8");
	queue.hdr.ts_ns = BASE_NS + 5 * SECOND_NS;
	feed(x, &queue);
	assert_true(timed_out_at(x, "10.0.0.8", BASE_NS + 6 * SECOND_NS)->has_queue);
	/* Half-open connections that are dropped are another thing. */
	queue.queue = QUEUE_SYN;
	set_addr(queue.flow.saddr, "10.0.0.9");
	feed(x, &queue);
	assert_false(timed_out_at(x, "10.0.0.9", BASE_NS + 6 * SECOND_NS)->has_queue);
}

static void full_queue_at(struct fixture *x, uint32_t netns, uint64_t ts_ns)
{
	struct rec_queue_full queue = make_queue_full(QUEUE_ACCEPT, ts_ns);

	queue.flow.netns = netns;
	set_addr(queue.flow.saddr, "0.0.0.0");
	feed(x, &queue);
}

static void learn_address(struct fixture *x, uint32_t netns, uint32_t flags, bool unknown)
{
	struct rec_address address = {
		.hdr = make_hdr(REC_ADDRESS, sizeof(address), HOOK_RTNETLINK, 0),
		.netns = netns, .flags = flags,
	};

	address.hdr.unknown = unknown;
	set_addr(address.addr, "10.0.0.7");
	host_learn(x->host, &address.hdr);
}

/* Two namespaces have a full listener on the port: the other has the address, has not, who knows. */
static void test_full_queues_elsewhere(void **state)
{
	struct fixture *x = *state;
	const uint64_t end = BASE_NS + SECOND_NS;

	learn_address(x, TEST_NETNS + 1, ADDRESS_PRESENT, false);
	full_queue_at(x, TEST_NETNS + 1, BASE_NS);
	full_queue_at(x, TEST_NETNS + 2, BASE_NS + 1);
	learn_address(x, TEST_NETNS + 2, 0, true);
	assert_false(timed_out_at(x, "10.0.0.7", end)->has_queue);
	learn_address(x, TEST_NETNS + 2, ADDRESS_PRESENT, false);
	assert_false(timed_out_at(x, "10.0.0.7", end)->has_queue);
	learn_address(x, TEST_NETNS + 2, 0, false);
	assert_true(timed_out_at(x, "10.0.0.7", end)->has_queue);
	/* Twice in one namespace is one listener. */
	full_queue_at(x, TEST_NETNS + 1, BASE_NS + 2);
	assert_true(timed_out_at(x, "10.0.0.7", end)->has_queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_full_queue_elsewhere),
		TEST(test_full_queues_elsewhere),
		TEST(test_named_in_time),
		TEST(test_nothing_to_wait_for),
		TEST(test_icmp_after),
		TEST(test_icmp_before),
		TEST(test_icmp_newest),
		TEST(test_icmp_of_others),
		TEST(test_soft_error_fetched),
		TEST(test_next_hop),
		TEST(test_given_up_asks_the_way),
		TEST(test_kinds),
		TEST(test_neighbour_before),
		TEST(test_neighbour_after),
		TEST(test_neighbour_explains_several),
		TEST(test_gateway),
		TEST(test_gateway_after),
		TEST(test_other_neighbours),
		TEST(test_two_dead_hosts),
		TEST(test_two_dead_hosts_at_once),
		TEST(test_wait_expires),
		TEST(test_wait_expires_by_record),
		TEST(test_inbound_from_outside),
		TEST(test_inbound_with_local_caller),
		TEST(test_inbound_of_several),
		TEST(test_inbound_twice),
		TEST(test_inbound_twice_taken),
		TEST(test_inbound_collisions),
		TEST(test_inbound_other_tuple),
		TEST(test_overflow),
		TEST(test_overflow_of_errors),
		TEST(test_time_order),
		TEST(test_local),
		TEST(test_owner),
		TEST(test_holder_and_limits),
		TEST(test_listener),
		TEST(test_listener_behind_nat),
		TEST(test_inbound_by_sequence_number),
		TEST(test_impossible_errors),
		TEST(test_login_told_once),
		TEST(test_close_with_waiting),
		TEST(test_handshake_ends_once),
		TEST(test_handshake_hinted),
		TEST(test_handshake_hint_comes_to_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
