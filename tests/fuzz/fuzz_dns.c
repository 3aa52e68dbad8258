/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes as answers of name servers: nothing may crash, hang or read beyond a
 * message, no name may be longer than its room, and no more look-ups may fail
 * than answers came. What is fed is a row of messages, each behind two bytes
 * with its length, which answers look-ups by the libc and such by programs.
 *
 * With libFuzzer: compile this file and all of user/ but main.o with clang
 * -fsanitize=fuzzer,address,undefined, and start it; it needs no samples.
 *
 * Without it FUZZ_DRIVER adds a main() that makes messages by libresolv, and
 * takes them as they are and with bytes changed (fixed seed).
 */
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/dns.h"
#include "diagnose/lookups.h"

enum { MESSAGES_MAX = 64, SECOND_NS = 1000000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct lookups lookups;
	unsigned long answers;
	unsigned long failed;
	uint64_t now_ns;
};

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_dns: %s\n", what);
	abort();
}

static void take_failed(void *ctx, struct attempt *a)
{
	struct run *run = ctx;

	run->failed++;
	check(memchr(a->rec.name_lookup.name, 0, NAME_LEN) != NULL, "a name without its end");
	check(memchr(a->lookup.question, 0, NAME_LEN) != NULL, "a question without its end");
}

static struct rec_dns_answer *answer_new(const uint8_t *message, size_t size)
{
	struct rec_dns_answer *rec = calloc(1, sizeof(*rec));

	check(rec != NULL, "no memory");
	rec->hdr = (struct rec_hdr){ .size = sizeof(*rec), .kind = REC_DNS_ANSWER };
	rec->length = (uint16_t)(size < DNS_BYTES ? size : DNS_BYTES);
	memcpy(rec->data, message, rec->length);
	return rec;
}

static void check_question(const struct rec_dns_answer *rec)
{
	char name[NAME_LEN + 1];
	uint16_t type = 0;

	memset(name, 'x', sizeof(name));
	if (!dns_question(rec, name, &type))
		return;
	check(memchr(name, 0, NAME_LEN) != NULL, "a name longer than its room");
	check(name[NAME_LEN] == 'x', "a byte behind the room of a name");
	for (const char *p = name; *p; p++)
		check(*p > ' ' && *p < 0x7f, "a name that libresolv did not escape");
	check(!dns_is_next_in_search(name, name), "a name is the next of itself");
	if (*name && strcmp(name, "."))
		check(dns_is_expansion(name, name), "a name is none of its own");
}

/* Who the answer came to, what else is known, and when: off the message's first bytes. */
static void feed(struct run *run, const uint8_t *message, size_t size)
{
	struct rec_dns_answer *answer = answer_new(message, size);
	union record rec = { 0 };
	unsigned int hint = size > 1 ? message[1] : 0;
	char name[NAME_LEN];
	uint16_t type;

	answer->who.pid = answer->who.tid = hint & 3;
	answer->inode = 1 + (hint >> 2 & 1);
	answer->in_lookup = hint >> 3 & 1;
	answer->rcode = size > 3 ? message[3] & 15 : 0;
	answer->answers = size > 7 ? (uint16_t)(message[6] << 8 | message[7]) : 0;
	answer->hdr.ts_ns = run->now_ns;
	check_question(answer);
	rec.dns_answer = *answer;
	lookups_take(&run->lookups, &rec);
	run->answers++;
	if ((hint & 0x40) && dns_question(answer, name, &type)) {
		rec = (union record){ 0 };
		rec.name_lookup.hdr = (struct rec_hdr){ .kind = REC_NAME_LOOKUP,
							.ts_ns = run->now_ns };
		rec.name_lookup.who = answer->who;
		rec.name_lookup.error = hint & 0x10 ? EAI_NONAME : EAI_AGAIN;
		rec.name_lookup.family = hint & 0x20 ? 2 : 0;
		memcpy(rec.name_lookup.name, name, strlen(name));
		lookups_take(&run->lookups, &rec);
		run->answers++;
	}
	free(answer);
	run->now_ns += (uint64_t)hint * (hint & 0x80 ? SECOND_NS / 512 : 10000);
	lookups_expire(&run->lookups, run->now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *run = calloc(1, sizeof(*run));

	check(run != NULL, "no memory");
	run->now_ns = 100ULL * SECOND_NS;
	lookups_init(&run->lookups, take_failed, run);
	while (size > 2) {
		size_t length = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		length = length < size ? length : size;
		feed(run, data, length);
		data += length;
		size -= length;
	}
	lookups_expire(&run->lookups, UINT64_MAX);
	check(!lookups_deadline(&run->lookups), "a look-up is never judged");
	check(run->failed <= run->answers, "more failures than answers");
	free(run);
	return 0;
}

#ifdef FUZZ_DRIVER

enum { ROUNDS = 20000, SEED = 20261122, INPUT_MAX = 16384 };

static const char *const names[] = {
	"api.example", "api.ns.svc.cluster.local", "api.svc.cluster.local", "api", "www.example",
	"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.example",
	"xn--bcher-kva.example", "_service._tcp.example", ".",
	"sixty-three-letters-long-are-the-longest-labels-that-there-are1.example",
};

static const int types[] = { ns_t_a, ns_t_aaaa, ns_t_mx, 65 };

static size_t pick(size_t below)
{
	return (size_t)rand() % below;
}

/* Labels of any bytes, up to the longest name there may be: as text it is four times as long. */
static size_t make_long(uint8_t *out)
{
	size_t size = NS_HFIXEDSZ, left = 60 + pick(200);

	while (left > 1) {
		size_t n = 1 + pick(left - 1 < 63 ? left - 1 : 63);

		out[size++] = (uint8_t)n;
		for (size_t i = 0; i < n; i++)
			out[size++] = (uint8_t)(rand() % 3 ? rand() : '.');
		left -= n + 1;
	}
	memcpy(out + size, "\0\0\1\0\1", 5);
	return size + 5;
}

/* An answer as a server makes it of a question: its header changed. */
static size_t make_message(uint8_t *out, size_t room)
{
	static const uint8_t rcodes[] = { 0, 2, 3, 5, 1, 15 };
	int size = res_mkquery(ns_o_query, names[pick(sizeof(names) / sizeof(names[0]))], ns_c_in,
			       types[pick(4)], NULL, 0, NULL, out, (int)room);

	check(size >= NS_HFIXEDSZ, "libresolv made no question");
	out[1] = (uint8_t)rand();
	out[2] |= 0x80;
	out[3] = (uint8_t)(0x80 | rcodes[pick(sizeof(rcodes))]);
	out[7] = (uint8_t)pick(2);
	return rand() % 8 ? (size_t)size : make_long(out);
}

/* A few bytes, a pointer of name compression, a cut, or a label's length. */
static size_t change(uint8_t *data, size_t size)
{
	size_t at = pick(size);

	switch (rand() % 5) {
	case 0:
		data[at] = (uint8_t)rand();
		return size;
	case 1:
		data[at] = 0xc0;
		if (at + 1 < size)
			data[at + 1] = (uint8_t)pick(size);
		return size;
	case 2:
		return at + 1;
	case 3:
		data[at] = (uint8_t)(60 + rand() % 8);
		return size;
	default:
		return size;
	}
}

static size_t make_input(uint8_t *out)
{
	size_t size = 0;

	for (size_t n = 1 + pick(MESSAGES_MAX); n && size + 600 < INPUT_MAX; n--) {
		size_t length = make_message(out + size + 2, 512);

		for (size_t changes = pick(4); changes; changes--)
			length = change(out + size + 2, length);
		out[size] = (uint8_t)(length >> 8);
		out[size + 1] = (uint8_t)length;
		size += 2 + length;
	}
	return size;
}

int main(void)
{
	static uint8_t made[INPUT_MAX];

	srand(SEED);
	for (int i = 0; i < ROUNDS; i++) {
		size_t size = make_input(made);
		uint8_t *input = malloc(size);

		check(input != NULL, "no memory");
		memcpy(input, made, size);
		LLVMFuzzerTestOneInput(input, size);
		free(input);
	}
	printf("%d inputs, no fault\n", ROUNDS);
	return 0;
}

#endif
