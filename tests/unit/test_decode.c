/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "diagnose/decode.h"
#include "records.h"

enum { SPARE = 64 };

/* In the order of the numbers, which the file format has fixed. */
static const struct {
	uint16_t kind;
	uint16_t number;
	uint16_t size;
} kinds[] = {
	{ REC_TCP_END, 1, sizeof(struct rec_tcp_end) },
	{ REC_CONNECT_RETURN, 2, sizeof(struct rec_call_return) },
	{ REC_BIND_RETURN, 3, sizeof(struct rec_call_return) },
	{ REC_LISTEN_RETURN, 4, sizeof(struct rec_call_return) },
	{ REC_UDP_ERROR, 5, sizeof(struct rec_udp_error) },
	{ REC_NEIGH_FAILED, 6, sizeof(struct rec_neigh_failed) },
	{ REC_RESET_SENT, 7, sizeof(struct rec_reset_sent) },
	{ REC_ICMP_RECEIVED, 16, sizeof(struct rec_icmp_received) },
	{ REC_TLS_FAILED, 20, sizeof(struct rec_tls_failed) },
	{ REC_SSH_DENIED, 28, sizeof(struct rec_ssh_denied) },
	{ REC_SIGNAL, 64, sizeof(struct rec_signal) },
	{ REC_LOST, 65, sizeof(struct rec_lost) },
	{ REC_DESTINATION, 66, sizeof(struct rec_destination) },
	{ REC_DESTINATIONS_EVICTED, 75, sizeof(struct rec_destinations_evicted) },
	{ REC_OWNER, 67, sizeof(struct rec_owner) },
	{ REC_HOLDER, 68, sizeof(struct rec_holder) },
	{ REC_PROCESS, 69, sizeof(struct rec_process) },
	{ REC_LIMITS, 70, sizeof(struct rec_limits) },
	{ REC_TIME_WAIT, 71, sizeof(struct rec_time_wait) },
	{ REC_END, 72, sizeof(struct rec_end) },
	{ REC_LISTENER, 73, sizeof(struct rec_holder) },
	{ REC_REPEATS, 74, sizeof(struct rec_repeats) },
	{ REC_NEXT_HOP, 80, sizeof(struct rec_next_hop) },
	{ REC_DOWN_LINK, 81, sizeof(struct rec_down_link) },
	{ REC_ADDRESS, 82, sizeof(struct rec_address) },
	{ REC_QUEUE, 83, sizeof(struct rec_queue) },
	{ REC_DNS_ANSWER, 24, sizeof(struct rec_dns_answer) },
	{ REC_NAME_LOOKUP, 25, sizeof(struct rec_name_lookup) },
	{ REC_DOMAIN, 84, sizeof(struct rec_domain) },
	{ REC_NAME_SERVER, 85, sizeof(struct rec_name_server) },
	{ REC_SPACE, 90, sizeof(struct rec_space) },
	{ REC_QUEUE_FULL, 8, sizeof(struct rec_queue_full) },
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

/* @size bytes of @fill behind a header; exactly so many, so that a sanitizer sees a read beyond. */
static unsigned char *make_bytes(uint16_t kind, size_t size, unsigned char fill)
{
	struct rec_hdr hdr = make_hdr(kind, size, HOOK_NONE, BASE_NS);
	unsigned char *bytes = malloc(size);

	assert_non_null(bytes);
	memset(bytes, fill, size);
	memcpy(bytes, &hdr, size < sizeof(hdr) ? size : sizeof(hdr));
	return bytes;
}

static int decode_sized(uint16_t kind, size_t size, unsigned char fill, union record *out)
{
	unsigned char *bytes = make_bytes(kind, size, fill);
	int err = decode_record(bytes, size, out);

	free(bytes);
	return err;
}

static void test_every_kind(void **state)
{
	union record rec;

	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		assert_int_equal(kinds[i].kind, kinds[i].number);
		memset(&rec, 0, sizeof(rec));
		assert_int_equal(decode_sized(kinds[i].kind, kinds[i].size, 0, &rec), 0);
		assert_int_equal(rec.hdr.kind, kinds[i].kind);
		assert_int_equal(rec.hdr.size, kinds[i].size);
		assert_int_equal(rec.hdr.ts_ns, BASE_NS);
	}
}

/* What the first recordings of a kind have; members were added to these since. */
static size_t least(size_t i)
{
	switch (kinds[i].kind) {
	case REC_TCP_END:
		return offsetof(struct rec_tcp_end, rp_filter_drops);
	case REC_CONNECT_RETURN:
	case REC_BIND_RETURN:
	case REC_LISTEN_RETURN:
		return offsetof(struct rec_call_return, repeat_id);
	case REC_HOLDER:
	case REC_LISTENER:
		return offsetof(struct rec_holder, started_ns);
	case REC_LIMITS:
		return offsetof(struct rec_limits, somaxconn);
	case REC_DOMAIN:
		return offsetof(struct rec_domain, looked_up_ns);
	case REC_RESET_SENT:
		return offsetof(struct rec_reset_sent, isn);
	case REC_UDP_ERROR:
		return offsetof(struct rec_udp_error, icmp_sent_ns);
	default:
		return kinds[i].size;
	}
}

/* A recording of an older version: what it lacks is zero, whatever lay there before. */
static void test_older(void **state)
{
	union record rec;

	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		memset(&rec, 0xee, sizeof(rec));
		assert_int_equal(decode_sized(kinds[i].kind, least(i), 0x11, &rec), 0);
		assert_int_equal(rec.hdr.size, kinds[i].size);
		for (size_t at = least(i); at < kinds[i].size; at++)
			assert_int_equal(((unsigned char *)&rec)[at], 0);
	}
}

static void test_short(void **state)
{
	union record rec;

	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++)
		for (size_t size = 1; size < least(i); size++)
			assert_int_equal(decode_sized(kinds[i].kind, size, 0xff, &rec), -EINVAL);
	assert_int_equal(decode_record("", 0, &rec), -EINVAL);
}

/* Append-only: what a later version adds at the end is cut off, and the size says so. */
static void test_longer(void **state)
{
	union record *rec = malloc(sizeof(*rec) + SPARE);

	(void)state;
	assert_non_null(rec);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		unsigned char *after = (unsigned char *)rec + kinds[i].size;

		memset(rec, 0x5a, sizeof(*rec) + SPARE);
		assert_int_equal(decode_sized(kinds[i].kind, kinds[i].size + SPARE, 0x11, rec), 0);
		for (size_t k = 0; k < SPARE; k++)
			assert_int_equal(after[k], 0x5a);
		/* Who copies a decoded record by its size must not copy what is not there. */
		assert_int_equal(rec->hdr.size, kinds[i].size);
		assert_int_equal(decode_sized(kinds[i].kind, UINT16_MAX, 0x11, rec), 0);
		assert_int_equal(rec->hdr.size, kinds[i].size);
	}
	free(rec);
}

static void test_lying_size(void **state)
{
	static const int lies[] = { -1, 1, -16, 1000 };
	union record rec;

	(void)state;
	for (size_t i = 0; i < KIND_COUNT; i++)
		for (size_t k = 0; k < sizeof(lies) / sizeof(lies[0]); k++) {
			unsigned char *bytes = make_bytes(kinds[i].kind, kinds[i].size, 0);

			((struct rec_hdr *)bytes)->size += lies[k];
			assert_int_equal(decode_record(bytes, kinds[i].size, &rec), -EINVAL);
			free(bytes);
		}
}

static bool is_known(unsigned int kind)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].kind == kind)
			return true;
	return false;
}

static void test_unknown(void **state)
{
	union record rec;

	(void)state;
	for (unsigned int kind = 0; kind < 300; kind++)
		if (!is_known(kind))
			assert_int_equal(decode_sized(kind, 400, 0, &rec), -ENOENT);
	assert_int_equal(decode_sized(UINT16_MAX, 16, 0, &rec), -ENOENT);
}

#define ASSERT_TERMINATED(array)                                           \
	do {                                                               \
		assert_int_equal(strlen(array), sizeof(array) - 1);        \
		assert_int_equal((unsigned char)(array)[0], 0xee);         \
	} while (0)

static void decode_filled(uint16_t kind, size_t size, union record *rec)
{
	memset(rec, 0xee, sizeof(*rec));
	assert_int_equal(decode_sized(kind, size, 0xee, rec), 0);
}

static void test_unterminated_strings(void **state)
{
	union record rec;

	(void)state;
	decode_filled(REC_TCP_END, sizeof(rec.tcp_end), &rec);
	ASSERT_TERMINATED(rec.tcp_end.who.comm);
	ASSERT_TERMINATED(rec.tcp_end.flow.ifname);
	for (uint16_t kind = REC_CONNECT_RETURN; kind <= REC_LISTEN_RETURN; kind++) {
		decode_filled(kind, sizeof(rec.call_return), &rec);
		ASSERT_TERMINATED(rec.call_return.who.comm);
		ASSERT_TERMINATED(rec.call_return.flow.ifname);
	}
	decode_filled(REC_UDP_ERROR, sizeof(rec.udp_error), &rec);
	ASSERT_TERMINATED(rec.udp_error.who.comm);
	ASSERT_TERMINATED(rec.udp_error.flow.ifname);
	decode_filled(REC_NEIGH_FAILED, sizeof(rec.neigh_failed), &rec);
	ASSERT_TERMINATED(rec.neigh_failed.ifname);
	decode_filled(REC_RESET_SENT, sizeof(rec.reset_sent), &rec);
	ASSERT_TERMINATED(rec.reset_sent.flow.ifname);
	decode_filled(REC_TLS_FAILED, sizeof(rec.tls_failed), &rec);
	ASSERT_TERMINATED(rec.tls_failed.server_name);
	decode_filled(REC_SSH_DENIED, sizeof(rec.ssh_denied), &rec);
	ASSERT_TERMINATED(rec.ssh_denied.who.comm);
	ASSERT_TERMINATED(rec.ssh_denied.flow.ifname);
	ASSERT_TERMINATED(rec.ssh_denied.user);
	ASSERT_TERMINATED(rec.ssh_denied.host);
	ASSERT_TERMINATED(rec.ssh_denied.methods);
	decode_filled(REC_SIGNAL, sizeof(rec.signal), &rec);
	ASSERT_TERMINATED(rec.signal.name);
	ASSERT_TERMINATED(rec.signal.hook);
	ASSERT_TERMINATED(rec.signal.reason);
	decode_filled(REC_OWNER, sizeof(rec.owner), &rec);
	ASSERT_TERMINATED(rec.owner.who.comm);
	decode_filled(REC_HOLDER, sizeof(rec.holder), &rec);
	ASSERT_TERMINATED(rec.holder.who.comm);
	ASSERT_TERMINATED(rec.holder.flow.ifname);
	decode_filled(REC_PROCESS, sizeof(rec.process), &rec);
	ASSERT_TERMINATED(rec.process.executable);
	ASSERT_TERMINATED(rec.process.cgroup);
}

static void test_enumerators(void **state)
{
	union record rec;

	(void)state;
	decode_filled(REC_TCP_END, sizeof(rec.tcp_end), &rec);
	assert_int_equal(rec.tcp_end.flow.family, 0);
	decode_filled(REC_CONNECT_RETURN, sizeof(rec.call_return), &rec);
	assert_int_equal(rec.call_return.flow.family, 0);
	decode_filled(REC_UDP_ERROR, sizeof(rec.udp_error), &rec);
	assert_int_equal(rec.udp_error.flow.family, 0);
	decode_filled(REC_RESET_SENT, sizeof(rec.reset_sent), &rec);
	assert_int_equal(rec.reset_sent.flow.family, 0);
	decode_filled(REC_HOLDER, sizeof(rec.holder), &rec);
	assert_int_equal(rec.holder.flow.family, 0);
	decode_filled(REC_LOST, sizeof(rec.lost), &rec);
	assert_in_range(rec.lost.stage, 0, LOST_STAGES - 1);
	decode_filled(REC_NEIGH_FAILED, sizeof(rec.neigh_failed), &rec);
	assert_int_equal(rec.neigh_failed.family, 0);
}

/* What is in order comes through as it was. */
static void test_kept(void **state)
{
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, BASE_NS);
	struct rec_neigh_failed neigh = make_neigh("fe80::1", BASE_NS);
	struct rec_lost lost = { .hdr = make_hdr(REC_LOST, sizeof(lost), 0, 1),
				 .stage = LOST_TABLE, .count = 9 };
	union record rec;

	(void)state;
	assert_int_equal(decode_record(&tcp, sizeof(tcp), &rec), 0);
	assert_memory_equal(&rec, &tcp, sizeof(tcp));
	assert_int_equal(decode_record(&neigh, sizeof(neigh), &rec), 0);
	assert_memory_equal(&rec, &neigh, sizeof(neigh));
	assert_int_equal(decode_record(&lost, sizeof(lost), &rec), 0);
	assert_memory_equal(&rec, &lost, sizeof(lost));
}

static void test_hook_names(void **state)
{
	(void)state;
	assert_string_equal(hook_name(HOOK_NONE), "");
	assert_string_equal(hook_name(HOOK_SET_STATE), "tp_btf/inet_sock_set_state");
	assert_string_equal(hook_name(HOOK_PROC), "host/proc");
	for (unsigned int hook = 0; hook < HOOK_COUNT; hook++)
		assert_non_null(hook_name(hook));
	assert_string_equal(hook_name(HOOK_COUNT), "");
	assert_string_equal(hook_name(UINT16_MAX), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_longer),
		cmocka_unit_test(test_lying_size),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_unterminated_strings),
		cmocka_unit_test(test_enumerators),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_hook_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
