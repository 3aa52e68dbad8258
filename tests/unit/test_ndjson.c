/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sample.h"
#include "schema_check.h"
#include "sinks/json_arena.h"
#include "sinks/schema.h"
#include "sinks/sink.h"

enum { LINE_BYTES_MAX = 4096 };

/*
 * A sink that writes into a socket which keeps every write(2) apart: what one
 * receive gives was one write.
 */
struct capture {
	struct sink *sink;
	int fds[2];
	char line[LINE_BYTES_MAX * 2];
	json_t *record;
	json_t *schema;		/* the strict one */
};

static int capture_setup(void **state)
{
	struct capture *c = calloc(1, sizeof(*c));
	struct sink_options options = { 0 };

	assert_non_null(c);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, c->fds), 0);
	options.fd = c->fds[1];
	c->sink = sink_ndjson_open(&options);
	c->schema = schema_build(true);
	assert_non_null(c->sink);
	assert_non_null(c->schema);
	*state = c;
	return 0;
}

static int capture_teardown(void **state)
{
	struct capture *c = *state;

	c->sink->ops->close(c->sink);
	json_decref(c->record);
	json_decref(c->schema);
	close(c->fds[0]);
	close(c->fds[1]);
	free(c);
	return 0;
}

/* Receives the one line that the sink wrote, as a checked record. */
static json_t *capture_read(struct capture *c)
{
	ssize_t n = recv(c->fds[0], c->line, sizeof(c->line) - 1, 0);
	const char *fault;

	assert_true(n > 0);
	c->line[n] = '\0';
	assert_in_range(n, 2, LINE_BYTES_MAX);
	assert_ptr_equal(strchr(c->line, '\n'), c->line + n - 1);
	for (ssize_t i = 0; i + 1 < n; i++)
		assert_in_range((unsigned char)c->line[i], 0x20, 0x7e);
	json_decref(c->record);
	c->record = json_loads(c->line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(c->record);
	fault = schema_check(c->schema, c->schema, c->record, "record");
	if (fault)
		fail_msg("\"%s\" is against the schema in: %s", fault, c->line);
	/* and nothing more: it was one write */
	assert_int_equal(recv(c->fds[0], c->line + n, 1, 0), -1);
	return c->record;
}

static json_t *capture_finding(struct capture *c, const struct finding *f)
{
	assert_int_equal(c->sink->ops->finding(c->sink, f), 0);
	return capture_read(c);
}

static const char *string_at(json_t *o, const char *outer, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(o, outer), inner));
}

static void test_example(void **state)
{
	struct capture *c = *state;
	struct finding f = sample_peer_reset();

	snprintf(f.process.container, sizeof(f.process.container), "0123abcd");
	capture_finding(c, &f);
	assert_string_equal(
		c->line,
		"{\"schema_version\":1,\"type\":\"failure\",\"seq\":1,"
		"\"time\":\"2026-11-20T23:30:01.123456789Z\","
		"\"code\":\"021\",\"title\":\"Connection refused\",\"layer\":\"transport\","
		"\"severity\":\"warn\",\"operation\":\"connect\",\"direction\":\"outbound\","
		"\"error\":{\"type\":\"ECONNREFUSED\",\"errno\":111},"
		"\"process\":{\"pid\":4312,\"tid\":4312,\"name\":\"curl\","
		"\"executable\":\"/usr/bin/curl\",\"user\":{\"id\":1000},"
		"\"cgroup\":\"/system.slice/app.service\",\"unit\":\"app.service\","
		"\"container\":{\"id\":\"0123abcd\"}},"
		"\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\",\"netns\":4026531840,"
		"\"interface\":\"eth0\"},"
		"\"source\":{\"ip\":\"10.0.0.5\",\"port\":41234},"
		"\"destination\":{\"ip\":\"10.0.0.7\",\"port\":443,\"domain\":\"api.example\"},"
		"\"duration_ms\":0.31,\"syn_retransmits\":0,\"count\":1,"
		"\"cause\":{\"id\":\"peer-reset\",\"confidence\":\"observed\","
		"\"summary\":\"10.0.0.7 answered the SYN with a reset after 0.3 ms: "
		"nothing listens on port 443 there, or a firewall rejects\"},"
		"\"evidence\":[{\"fact\":\"reset-received\",\"hook\":\"tp_btf/tcp_receive_reset\","
		"\"at_ms\":0.3}],\"related\":[],"
		"\"advice\":[\"ss -tlnp 'sport = :443'   # on 10.0.0.7\","
		"\"nft list ruleset | grep -n reject   # on 10.0.0.7\","
		"\"nc -zv 10.0.0.7 443   # from another host\"]}\n");
}

static void test_unknown_is_left_out(void **state)
{
	static const char *const absent[] = { "operation", "direction", "error", "process",
					      "network", "source", "destination", "duration_ms",
					      "syn_retransmits", "first", "last", "truncated" };
	struct finding f = { .time_ns = 0, .count = 1 };
	json_t *record;

	f.entry = catalog_find_code("029");
	f.cause = catalog_find_cause("029", "unexplained");
	/* without a pid the rest of the process is not believed */
	snprintf(f.process.name, sizeof(f.process.name), "swapper/0");
	f.duration_ms = 5;
	catalog_fill(&f);
	record = capture_finding(*state, &f);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_null(json_object_get(record, absent[i]));
	assert_string_equal(json_string_value(json_object_get(record, "time")),
			    "1970-01-01T00:00:00.000000000Z");
	f.has_duration = true;
	f.duration_ms = INFINITY;	/* JSON has no such number */
	assert_null(json_object_get(capture_finding(*state, &f), "duration_ms"));
}

static void test_fold(void **state)
{
	struct finding f = sample_peer_reset();
	json_t *record;

	f.count = 12;
	f.first_ns = SAMPLE_TIME_NS;
	f.last_ns = SAMPLE_TIME_NS + 1;
	record = capture_finding(*state, &f);
	assert_int_equal(json_integer_value(json_object_get(record, "count")), 12);
	assert_string_equal(json_string_value(json_object_get(record, "first")),
			    "2026-11-20T23:30:01.123456789Z");
	assert_string_equal(json_string_value(json_object_get(record, "last")),
			    "2026-11-20T23:30:01.123456790Z");
}

static void test_every_cause_follows_the_schema(void **state)
{
	for (size_t i = 0; i < catalog_cause_count; i++) {
		struct finding f = sample_finding(catalog_causes[i].code, catalog_causes[i].id);
		json_t *record;

		f.type = i % 2 ? FINDING_CONDITION : FINDING_FAILURE;
		f.error_type = f.entry->errors[0];
		finding_add_related(&f, "029");
		catalog_fill(&f);
		record = capture_finding(*state, &f);
		assert_string_equal(string_at(record, "cause", "id"), catalog_causes[i].id);
		assert_int_equal(json_integer_value(json_object_get(record, "seq")), i + 1);
	}
}

static void test_hostile_strings(void **state)
{
	struct finding f = sample_peer_reset();
	json_t *record;

	snprintf(f.process.unit, sizeof(f.process.unit), "rv\\x2dtest.service");
	memcpy(f.process.name, "a\n\033[2J\xff\"\\", 10);
	snprintf(f.destination.domain, sizeof(f.destination.domain), "\xc3\xa9.\xe2\x80\xae.\xc0");
	record = capture_finding(*state, &f);
	assert_string_equal(string_at(record, "process", "name"), "a\\x0a\\x1b[2J\\xff\"\\");
	assert_string_equal(string_at(record, "process", "unit"), "rv\\x2dtest.service");
	assert_string_equal(string_at(record, "destination", "domain"),
			    "\xc3\xa9.\\u{202e}.\\xc0");
}

/* Everything at its longest, filled with what takes the most room in JSON. */
static struct finding maximal_finding(const char *unit)
{
	struct finding f = sample_finding("030", "publickey-denied");
	size_t length = strlen(unit);

#define FILL(member)                                                                   \
	do {                                                                           \
		for (size_t i_ = 0; i_ + length < sizeof(member); i_ += length)        \
			memcpy((member) + i_, unit, length + 1);                       \
	} while (0)
	f.error_type = "PUBLICKEY_DENIED";
	f.count = UINT32_MAX;
	f.first_ns = f.last_ns = f.time_ns;
	FILL(f.process.name);
	FILL(f.process.executable);
	FILL(f.process.cgroup);
	FILL(f.process.unit);
	FILL(f.process.container);
	FILL(f.interface);
	FILL(f.source.domain);
	FILL(f.destination.domain);
	FILL(f.summary);
	sample_set_endpoint(&f.source, "1111:2222:3333:4444:5555:6666:7777:8888", 65535);
	sample_set_endpoint(&f.destination, "1111:2222:3333:4444:5555:6666:7777:8888", 65535);
	f.advice_count = FINDING_ADVICE_MAX;
	for (size_t i = 0; i < FINDING_ADVICE_MAX; i++)
		FILL(f.advice[i]);
	for (size_t i = 0; i < FINDING_EVIDENCE_MAX; i++) {
		finding_add_evidence(&f, "neighbour-resolution-failed",
				     "kretprobe/inet_csk_get_port_of_some_kernel", -123456.789,
				     "x");
		FILL(f.evidence[i].detail);
	}
#undef FILL
	finding_add_related(&f, "021");
	finding_add_related(&f, "022");
	finding_add_related(&f, "023");
	finding_add_related(&f, "024");
	return f;
}

static void test_maximal_finding_fits(void **state)
{
	static const char *const units[] = { "a", "\033", "\xff", "\\", "\"", "\xc3\xa9",
					     "\xe6\x97\xa5", "\xf0\x9f\x98\x80", "\xe2\x80\xae" };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct finding f = maximal_finding(units[i]);
		json_t *record = capture_finding(*state, &f);

		assert_true(json_is_true(json_object_get(record, "truncated")));
		/* what says what failed, where and why survives */
		assert_string_equal(string_at(record, "cause", "id"), "publickey-denied");
		assert_string_equal(string_at(record, "destination", "ip"),
				    "1111:2222:3333:4444:5555:6666:7777:8888");
		assert_non_null(string_at(record, "process", "name"));
		assert_non_null(string_at(record, "cause", "summary"));
		assert_true(json_array_size(json_object_get(record, "evidence")) > 0);
	}
}

/* Not a byte more is taken than needed: the mildest step comes first. */
static void test_shortens_evidence_first(void **state)
{
	struct finding f = sample_peer_reset();
	json_t *record;

	for (int i = 0; i < FINDING_EVIDENCE_MAX; i++)
		finding_add_evidence(&f, "a-fact", "a/hook", 1, "%0119d", i);
	memset(f.process.cgroup, 'c', sizeof(f.process.cgroup) - 1);
	memset(f.process.executable, 'e', sizeof(f.process.executable) - 1);
	memset(f.destination.domain, 'd', sizeof(f.destination.domain) - 1);
	f.advice_count = 3;
	for (int i = 0; i < 3; i++)
		memset(f.advice[i], 'a', FINDING_TEXT_MAX - 1);
	record = capture_finding(*state, &f);
	assert_true(json_is_true(json_object_get(record, "truncated")));
	assert_int_equal(json_array_size(json_object_get(record, "evidence")), 12);
	assert_int_equal(json_array_size(json_object_get(record, "advice")), 3);
	assert_int_equal(strlen(string_at(record, "process", "cgroup")), 255);
	f.evidence_count = 1;
	assert_null(json_object_get(capture_finding(*state, &f), "truncated"));
}

/* The longest line that is left alone has exactly the size that is promised. */
static void test_exact_limit(void **state)
{
	struct capture *c = *state;
	struct finding f = sample_peer_reset();
	size_t longest = 0;
	json_t *record;

	for (int i = 1; i < FINDING_EVIDENCE_MAX; i++)
		finding_add_evidence(&f, "a-fact", "a/hook", 1, "%0119d", i);
	memset(f.process.executable, 'e', sizeof(f.process.executable) - 1);
	memset(f.process.cgroup, 'c', sizeof(f.process.cgroup) - 1);
	memset(f.process.unit, 'u', sizeof(f.process.unit) - 1);
	memset(f.destination.domain, 'd', sizeof(f.destination.domain) - 1);
	f.advice_count = 2;
	memset(f.advice[0], 'a', FINDING_TEXT_MAX - 1);
	memset(f.advice[1], '\0', FINDING_TEXT_MAX);
	for (size_t i = 0; i < FINDING_TEXT_MAX - 1; i++) {
		f.advice[1][i] = 'a';
		record = capture_finding(c, &f);
		if (json_object_get(record, "truncated"))
			break;
		longest = strlen(c->line);
	}
	assert_int_equal(longest, LINE_BYTES_MAX);
}

static void test_start(void **state)
{
	struct capture *c = *state;
	struct signal_status signals[] = {
		{ "connect-return", "fexit/inet_stream_connect", "" },
		{ "dns-answer", NULL, "no BTF\n" },
		{ "tls", NULL, "" },
	};
	struct start_info info = { SAMPLE_TIME_NS, "0.1", "6.1.0", signals, 3 };
	struct finding f = sample_peer_reset();

	assert_int_equal(c->sink->ops->start(c->sink, &info), 0);
	capture_read(c);
	assert_string_equal(
		c->line,
		"{\"schema_version\":1,\"type\":\"start\",\"seq\":1,"
		"\"time\":\"2026-11-20T23:30:01.123456789Z\",\"version\":\"0.1\","
		"\"kernel\":\"6.1.0\",\"signals\":[{\"name\":\"connect-return\","
		"\"hook\":\"fexit/inet_stream_connect\"},{\"name\":\"dns-answer\","
		"\"reason\":\"no BTF\\\\x0a\"},"
		"{\"name\":\"tls\",\"reason\":\"not available\"}]}\n");
	/* all records of a run are counted */
	assert_int_equal(json_integer_value(json_object_get(capture_finding(c, &f), "seq")), 2);
}

static void test_start_with_many_signals_fits(void **state)
{
	struct capture *c = *state;
	struct signal_status signals[200];
	struct start_info info = { SAMPLE_TIME_NS, "0.1", "6.1.0", signals, 200 };
	char reason[3000];
	json_t *record;

	memset(reason, '\033', sizeof(reason));
	reason[sizeof(reason) - 1] = '\0';
	for (size_t i = 0; i < 200; i++)
		signals[i] = (struct signal_status){ "connect-return", NULL, reason };
	assert_int_equal(c->sink->ops->start(c->sink, &info), 0);
	record = capture_read(c);
	assert_true(json_array_size(json_object_get(record, "signals")) > 10);
	/* few signals keep their names, and long reasons are cut */
	info.signal_count = 25;
	assert_int_equal(c->sink->ops->start(c->sink, &info), 0);
	record = capture_read(c);
	assert_int_equal(json_array_size(json_object_get(record, "signals")), 25);
}

static void test_lost(void **state)
{
	struct capture *c = *state;
	struct lost_info info = { SAMPLE_TIME_NS, "ring", 17 };

	assert_int_equal(c->sink->ops->lost(c->sink, &info), 0);
	capture_read(c);
	assert_string_equal(c->line, "{\"schema_version\":1,\"type\":\"lost\",\"seq\":1,"
				     "\"time\":\"2026-11-20T23:30:01.123456789Z\","
				     "\"stage\":\"ring\",\"count\":17}\n");
}

static void test_summary(void **state)
{
	struct capture *c = *state;
	struct summary_total codes[] = { { "021", "refused", 3 } };
	struct summary_total processes[300];
	struct summary_scope worst[300];
	struct signal_status signals[] = { { "tls", NULL, "no libssl" } };
	struct summary_info info = {
		.time_ns = SAMPLE_TIME_NS, .seconds = 61.5, .failures = 5, .conditions = 1,
		.folded = 2, .lost = 17, .connections_ok = 9, .codes = codes, .code_count = 1,
		.processes = processes, .process_count = 1, .destinations = worst,
		.destination_count = 1, .destinations_tried = 14, .destinations_failing = 1,
		.signals = signals, .signal_count = 1,
	};
	json_t *record;

	for (size_t i = 0; i < 300; i++) {
		processes[i] = (struct summary_total){ "cu\033rl", "", 3 };
		worst[i] = (struct summary_scope){ "10.0.0.7:5432", 12, 11 };
	}
	assert_int_equal(c->sink->ops->summary(c->sink, &info), 0);
	capture_read(c);
	assert_string_equal(
		c->line,
		"{\"schema_version\":1,\"type\":\"summary\",\"seq\":1,"
		"\"time\":\"2026-11-20T23:30:01.123456789Z\",\"duration_s\":61.5,\"failures\":5,"
		"\"conditions\":1,\"folded\":2,\"lost\":17,\"connections_ok\":9,"
		"\"codes\":[{\"code\":\"021\",\"title\":\"refused\",\"count\":3}],"
		"\"processes\":[{\"name\":\"cu\\\\x1brl\",\"count\":3}],"
		"\"process_failures\":0,"
		"\"destinations\":{\"tried\":14,\"failing\":1,\"never_ok\":0,\"worst\":["
		"{\"destination\":\"10.0.0.7:5432\",\"attempts\":12,\"failures\":11}]},"
		"\"signals\":[{\"name\":\"tls\",\"reason\":\"no libssl\"}]}\n");
	info.process_count = 300;
	info.destination_count = 300;
	assert_int_equal(c->sink->ops->summary(c->sink, &info), 0);
	record = capture_read(c);
	assert_int_equal(json_array_size(json_object_get(record, "codes")), 1);
	info = (struct summary_info){ .time_ns = SAMPLE_TIME_NS };
	assert_int_equal(c->sink->ops->summary(c->sink, &info), 0);
	assert_null(json_object_get(capture_read(c), "destinations"));
}

/* What is not always there. */
static void test_summary_of_losses(void **state)
{
	struct capture *c = *state;
	const struct summary_loss losses[] = { { "ring", 3, false }, { "output", 4, true } };
	struct summary_info info = {
		.time_ns = SAMPLE_TIME_NS, .lost = 7, .losses = losses, .loss_count = 2,
		.conditions = 1, .conditions_lost = 1, .connections_evicted = 5,
		.connections_ok = 9, .connections_ok_at_least = true, .destinations_evicted = 2,
	};
	json_t *record;

	assert_int_equal(c->sink->ops->summary(c->sink, &info), 0);
	capture_read(c);
	assert_non_null(strstr(c->line,
			       "\"lost\":7,\"lost_stages\":[{\"stage\":\"ring\",\"count\":3},"
			       "{\"stage\":\"output\",\"count\":4}],\"conditions_lost\":1,"
			       "\"connections_evicted\":5,\"connections_ok\":9,"
			       "\"connections_ok_at_least\":true,\"destinations_evicted\":2,\"codes\":"));
	assert_null(strstr(c->line, "\"at_least\""));
	info.destinations_tried = 4096;
	info.destinations_cut = true;
	assert_int_equal(c->sink->ops->summary(c->sink, &info), 0);
	capture_read(c);
	assert_non_null(strstr(c->line, "\"destinations\":{\"tried\":4096,\"at_least\":true,"
					"\"failing\":0,\"worst\":"));
	info.successes_unknown = true;
	assert_int_equal(c->sink->ops->summary(c->sink, &info), 0);
	record = capture_read(c);
	assert_null(json_object_get(record, "connections_ok_at_least"));
	assert_null(json_object_get(record, "destinations_evicted"));
}

/* As many values as asked for, in a list. */
static json_t *values(int count)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_sprintf("value %d", i));
	return list;
}

static void assert_values(const json_t *list, int count)
{
	char text[32];

	assert_int_equal(json_array_size(list), count);
	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "value %d", i);
		assert_string_equal(json_string_value(json_array_get(list, i)), text);
	}
}

/* Memory for a record: more than there is, kept for longer, and from before. */
static void test_arena(void **state)
{
	json_t *before = values(3), *kept, *large;

	(void)state;
	for (int i = 0; i < 3; i++) {
		json_arena_begin();
		kept = values(100);
		large = values(5000);
		json_arena_end();
		json_arena_begin();
		json_decref(values(200));
		json_arena_end();
		assert_values(before, 3);
		assert_values(kept, 100);
		assert_values(large, 5000);
		json_decref(kept);
		json_decref(large);
	}
	json_decref(before);
	/* Room is used again. */
	json_arena_begin();
	json_decref(kept = json_object());
	json_arena_end();
	json_arena_begin();
	json_decref(large = json_object());
	assert_ptr_equal(large, kept);
	json_arena_end();
}

/* Anybody may call a process nothing: that breaks no reader. */
static void test_empty_names(void **state)
{
	struct capture *c = *state;
	struct summary_total processes[] = { { "", "", 1 } };
	struct signal_status signals[] = { { "", NULL, "" }, { "", "", "" } };
	struct start_info start = { SAMPLE_TIME_NS, "", "", signals, 2 };
	struct summary_info info = { .time_ns = SAMPLE_TIME_NS, .failures = 1,
				     .processes = processes, .process_count = 1,
				     .process_failures = 1, .signals = signals,
				     .signal_count = 2 };
	struct finding f = sample_peer_reset();
	json_t *record;

	assert_int_equal(c->sink->ops->start(c->sink, &start), 0);
	capture_read(c);
	f.process.name[0] = '\0';
	record = capture_finding(c, &f);
	assert_null(string_at(record, "process", "name"));
	assert_int_equal(c->sink->ops->summary(c->sink, &info), 0);
	record = json_array_get(json_object_get(capture_read(c), "processes"), 0);
	assert_string_equal(json_string_value(json_object_get(record, "name")), "");
}

/* The fault that the strict schema finds in the sample record after the change. */
static const char *fault_after(struct capture *c, const char *object, const char *key,
			       json_t *value)
{
	struct finding f = sample_peer_reset();
	json_t *record = capture_finding(c, &f);

	json_object_set_new(object ? json_object_get(record, object) : record, key, value);
	return schema_check(c->schema, c->schema, record, "record");
}

static void test_schema_finds_faults(void **state)
{
	struct capture *c = *state;

	assert_string_equal(fault_after(c, NULL, "code", json_string("020")), "code");
	assert_string_equal(fault_after(c, NULL, "seq", json_string("1")), "seq");
	assert_string_equal(fault_after(c, NULL, "severty", json_string("warn")), "severty");
	assert_string_equal(fault_after(c, "process", "pdi", json_integer(1)), "pdi");
	assert_string_equal(fault_after(c, "process", "pid", json_real(1.5)), "pid");
	assert_string_equal(fault_after(c, "cause", "id", json_string("nxdomain")), "id");
	assert_string_equal(fault_after(c, "cause", "confidence", json_string("sure")),
			    "confidence");
	assert_string_equal(fault_after(c, "error", "type", json_string("ETIMEDOUT")), "type");
	assert_string_equal(fault_after(c, NULL, "advice", json_string("x")), "advice");
	assert_non_null(fault_after(c, NULL, "type", json_string("other")));
	assert_null(fault_after(c, NULL, "count", json_integer(2)));
}

static void test_open_schema(void **state)
{
	struct capture *c = *state;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *open;

	assert_non_null(out);
	assert_int_equal(schema_print(out), 0);
	fclose(out);
	open = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(open);
	assert_string_equal(json_string_value(json_object_get(open, "$schema")),
			    "https://json-schema.org/draft/2020-12/schema");
	/* readers must ignore unknown keys */
	assert_non_null(fault_after(c, "process", "new", json_integer(1)));
	assert_null(schema_check(open, open, c->record, "record"));
	json_object_set_new(c->record, "code", json_string("020"));
	assert_non_null(schema_check(open, open, c->record, "record"));
	json_decref(open);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, capture_setup, capture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_example),
		TEST(test_unknown_is_left_out),
		TEST(test_fold),
		TEST(test_every_cause_follows_the_schema),
		TEST(test_hostile_strings),
		TEST(test_maximal_finding_fits),
		TEST(test_shortens_evidence_first),
		TEST(test_exact_limit),
		TEST(test_start),
		TEST(test_start_with_many_signals_fits),
		TEST(test_lost),
		TEST(test_summary),
		TEST(test_summary_of_losses),
		TEST(test_arena),
		TEST(test_empty_names),
		TEST(test_schema_finds_faults),
		TEST(test_open_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
