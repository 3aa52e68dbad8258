/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "diagnose/rules.h"
#include "sample.h"
#include "sinks/sanitize.h"
#include "sinks/sink.h"

/* A sink whose output can be read back: into a pipe, or into a terminal when @columns is given. */
struct capture {
	struct sink *sink;
	int in;
	int out;
	char text[16384];
};

static void capture_open(struct capture *c, struct sink_options options, unsigned short columns)
{
	int fds[2];

	if (columns) {
		struct winsize size = { .ws_col = columns, .ws_row = 50 };

		c->in = posix_openpt(O_RDWR | O_NOCTTY);
		assert_true(c->in >= 0);
		assert_int_equal(grantpt(c->in) | unlockpt(c->in), 0);
		c->out = open(ptsname(c->in), O_RDWR | O_NOCTTY);
		assert_true(c->out >= 0);
		assert_int_equal(ioctl(c->out, TIOCSWINSZ, &size), 0);
	} else {
		assert_int_equal(pipe(fds), 0);
		c->in = fds[0];
		c->out = fds[1];
	}
	options.fd = c->out;
	c->sink = sink_text_open(&options);
	assert_non_null(c->sink);
}

/*
 * What was written since the last call, without the carriage returns of a
 * terminal. A terminal hands bytes on in its own time, so the end is marked by
 * a byte that no sink writes.
 */
static const char *capture_read(struct capture *c)
{
	static const char end = '\001';
	size_t kept = 0;
	char byte;

	assert_int_equal(write(c->out, &end, 1), 1);
	while (read(c->in, &byte, 1) == 1 && byte != end) {
		assert_true(kept + 1 < sizeof(c->text));
		if (byte != '\r')
			c->text[kept++] = byte;
	}
	c->text[kept] = '\0';
	return c->text;
}

static void capture_close(struct capture *c)
{
	c->sink->ops->close(c->sink);
	close(c->in);
	close(c->out);
}

static const char *capture_finding(struct capture *c, const struct finding *f)
{
	assert_int_equal(c->sink->ops->finding(c->sink, f), 0);
	return capture_read(c);
}

static void test_line(void **state)
{
	struct finding f = sample_finding("021", "no-listener");
	struct capture c;

	(void)state;
	catalog_fill(&f);
	capture_open(&c, (struct sink_options){ .color = COLOR_AUTO }, 0);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443          "
			    "nothing listens on this port\n"
			    "             next: ss -tlnp 'sport = :443'\n");
	/* once per cause */
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443          "
			    "nothing listens on this port\n");
	/* another cause of the same code has another command */
	f.cause = catalog_find_cause("021", "wrong-address");
	catalog_fill(&f);
	assert_non_null(strstr(capture_finding(&c, &f), "next: "));
	capture_close(&c);
}

/* Behind the cause, so that the columns stay where they are. */
static void test_elsewhere(void **state)
{
	struct finding f = sample_finding("021", "no-listener");
	struct capture c;

	(void)state;
	f.elsewhere = true;
	f.netns = 4026532257;
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_ALWAYS }, 0);
	catalog_fill(&f);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443          "
			    "nothing listens on this port (in netns 4026532257)\n"
			    "             next: ss -tlnp 'sport = :443'   "
			    "# in network namespace 4026532257\n");
	f.netns_pid = 498;
	snprintf(f.process.container, sizeof(f.process.container), "0123456789abcdef0123");
	catalog_fill(&f);
	capture_finding(&c, &f);
	assert_non_null(strstr(c.text, " port (in container 0123456789ab)\n"));
	assert_non_null(strstr(c.text, " next: nsenter -t 498 -n ss -tlnp "));
	snprintf(f.netns_name, sizeof(f.netns_name), "web\n");
	catalog_fill(&f);
	capture_finding(&c, &f);
	assert_non_null(strstr(c.text, " port (in netns web\\x0a)\n"));
	f.elsewhere = false;
	catalog_fill(&f);
	capture_finding(&c, &f);
	assert_non_null(strstr(c.text, "nothing listens on this port\n"));
	assert_non_null(strstr(c.text, " next: ss -tlnp "));
	capture_close(&c);
}

static void test_explain_modes(void **state)
{
	struct finding f = sample_peer_reset();
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_ALWAYS }, 0);
	assert_non_null(strstr(capture_finding(&c, &f), "next: "));
	assert_non_null(strstr(capture_finding(&c, &f), "next: "));
	capture_close(&c);
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_NEVER }, 0);
	assert_null(strstr(capture_finding(&c, &f), "next: "));
	capture_close(&c);
}

static void test_doubt_and_repeats(void **state)
{
	struct finding f = sample_finding("023", "no-reply");
	struct capture c;

	(void)state;
	f.confidence = CONFIDENCE_INFERRED;
	f.count = 12;
	f.duration_ms = 127012;
	f.syn_retransmits = 6;
	catalog_fill(&f);
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_NEVER }, 0);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 023 timed out curl[4312]       10.0.0.7:443          "
			    "x12 probably no reply to 7 SYNs\n");
	f.confidence = CONFIDENCE_UNKNOWN;
	f.count = 1;
	f.cause = catalog_find_cause("023", "unexplained");
	f.error_type = "ETIMEDOUT";
	catalog_fill(&f);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 023 timed out curl[4312]       10.0.0.7:443          "
			    "not proved by what was seen\n");
	capture_close(&c);
}

/* Counted in a flood to many destinations: that is what stands where one would. */
static void test_many_addresses(void **state)
{
	struct finding f = sample_finding("021", "no-listener");
	struct capture c;

	(void)state;
	f.many_addresses = true;
	f.confidence = CONFIDENCE_INFERRED;
	f.count = 9744;
	f.source = (struct endpoint){ 0 };
	f.destination = (struct endpoint){ .has_port = true, .port = 80 };
	catalog_fill(&f);
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_NEVER }, 0);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       several addresses:80  "
			    "x9744 probably nothing listens on this port\n");
	f.destination.has_port = false;
	f.direction = DIRECTION_NONE;
	catalog_fill(&f);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       several addresses     "
			    "x9744 probably nothing listens on several ports\n");
	f.destination.has_port = true;
	f.direction = DIRECTION_INBOUND;
	f.process.pid = 0;
	catalog_fill(&f);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   -                :80                   "
			    "x9744 from several addresses: probably nothing listens on this port\n");
	capture_close(&c);
}

static void test_places(void **state)
{
	struct finding f = sample_peer_reset();
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_NEVER }, 0);
	assert_non_null(strstr(capture_finding(&c, &f), " 10.0.0.7:443 (api.example) "));
	f.operation = "resolve";
	assert_non_null(strstr(capture_finding(&c, &f), "] "));
	assert_non_null(strstr(c.text, "  api.example  "));
	assert_null(strstr(c.text, "(api.example)"));
	/* bind and listen have a local end only */
	memset(&f.destination, 0, sizeof(f.destination));
	assert_non_null(strstr(capture_finding(&c, &f), " 10.0.0.5:41234 "));
	memset(&f.source, 0, sizeof(f.source));
	memset(&f.process, 0, sizeof(f.process));
	assert_non_null(strstr(capture_finding(&c, &f),
			       "refused   -                -                     port is cl"));
	f.direction = DIRECTION_INBOUND;
	sample_set_endpoint(&f.source, "2001:db8::9", 55555);
	assert_non_null(strstr(capture_finding(&c, &f), " from 2001:db8::9: port is cl"));
	capture_close(&c);
}

static void test_condition_and_lost(void **state)
{
	struct finding f = sample_finding("C02", "accept-queue-full");
	struct lost_info lost = { .time_ns = SAMPLE_TIME_NS, .stage = "ring", .count = 17 };
	struct capture c;

	(void)state;
	f.type = FINDING_CONDITION;
	catalog_fill(&f);
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_NEVER }, 0);
	assert_non_null(strstr(capture_finding(&c, &f), " condition: accept queue full\n"));
	assert_int_equal(c.sink->ops->lost(c.sink, &lost), 0);
	assert_string_equal(capture_read(&c),
			    "23:30:01 --- lost      records lost (ring): 17; "
			    "failures may be missing here\n");
	capture_close(&c);
}

static void test_verbose(void **state)
{
	struct finding f = sample_peer_reset();
	struct capture c;

	(void)state;
	finding_add_evidence(&f, "listener-seen", "host/sock_diag", NAN, "pid %d", 498);
	finding_add_evidence(&f, "syn-sent", "tp_btf/x", -1.5, NULL);
	capture_open(&c, (struct sink_options){ .verbose = true }, 0);
	capture_finding(&c, &f);
	assert_non_null(strstr(c.text, "  +0.3 ms reset-received (tp_btf/tcp_receive_reset)\n"));
	assert_non_null(strstr(c.text, "          listener-seen (host/sock_diag): pid 498\n"));
	assert_non_null(strstr(c.text, "  -1.5 ms syn-sent (tp_btf/x)\n"));
	assert_non_null(strstr(c.text, "next: nc -zv 10.0.0.7 443"));	/* all commands */
	/* the whole sentence stands under the line, whatever else follows */
	assert_string_equal(strtok(c.text, "\n"),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443 (api.example) "
			    "port is closed or rejected");
	assert_string_equal(strtok(NULL, "\n"),
			    "             10.0.0.7 answered the SYN with a reset after 0.3 ms: "
			    "nothing listens on port 443 there, or a firewall rejects");
	capture_close(&c);
	/* and only for who asked */
	capture_open(&c, (struct sink_options){ 0 }, 0);
	assert_null(strstr(capture_finding(&c, &f), "answered the SYN"));
	capture_close(&c);
}

static void assert_has_words(const char *text, const char *words)
{
	char copy[FINDING_TEXT_MAX], *word, *rest = copy;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		assert_non_null(strstr(text, word));
}

/* No line but commands may be wider than the terminal, and no word may be lost. */
static void check_width(unsigned short columns)
{
	struct capture c;

	capture_open(&c, (struct sink_options){ .color = COLOR_NEVER, .verbose = true }, columns);
	for (size_t i = 0; i < catalog_cause_count; i++) {
		struct finding f = sample_finding(catalog_causes[i].code, catalog_causes[i].id);
		char *line, *lines;

		catalog_fill(&f);
		capture_finding(&c, &f);
		assert_has_words(c.text, f.brief);
		assert_has_words(c.text, f.summary);
		lines = c.text;
		while ((line = strsep(&lines, "\n"))) {
			if (!strstr(line, "next: ") && text_columns(line) > columns)
				fail_msg("wider than %d: %s", columns, line);
		}
	}
	capture_close(&c);
}

static void test_wraps_on_terminal(void **state)
{
	(void)state;
	check_width(80);
	check_width(100);
	check_width(200);
}

static void test_wraps_after_the_columns(void **state)
{
	struct finding f = sample_peer_reset();
	struct capture c;

	(void)state;
	f.destination.domain[0] = '\0';
	/* 88 columns: the last terminal that takes it in one line */
	capture_open(&c, (struct sink_options){ .color = COLOR_NEVER, .explain = EXPLAIN_NEVER },
		     88);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443          "
			    "port is closed or rejected\n");
	capture_close(&c);
	capture_open(&c, (struct sink_options){ .color = COLOR_NEVER, .explain = EXPLAIN_NEVER },
		     87);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443\n"
			    "             port is closed or rejected\n");
	/* what does not fit there either is broken at a word, below its own beginning */
	f.direction = DIRECTION_INBOUND;
	f.confidence = CONFIDENCE_INFERRED;
	f.count = 1000000;
	sample_set_ip(&f.source, "2001:db8:1234:5678:9abc:def0:1234:5678");
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443\n"
			    "             x1000000 from 2001:db8:1234:5678:9abc:def0:1234:5678: "
			    "probably port is\n"
			    "             closed or rejected\n");
	capture_close(&c);
	/* a pipe gets one line */
	capture_open(&c, (struct sink_options){ .explain = EXPLAIN_NEVER }, 0);
	capture_finding(&c, &f);
	assert_ptr_equal(strchr(c.text, '\n'), c.text + strlen(c.text) - 1);
	capture_close(&c);
}

static void test_summary_wraps(void **state)
{
	struct finding f = sample_peer_reset();
	struct capture c;

	(void)state;
	f.destination.domain[0] = '\0';
	f.evidence_count = 0;
	capture_open(&c,
		     (struct sink_options){ .color = COLOR_NEVER, .explain = EXPLAIN_NEVER,
					    .verbose = true },
		     98);
	assert_string_equal(capture_finding(&c, &f),
			    "23:30:01 021 refused   curl[4312]       10.0.0.7:443          "
			    "port is closed or rejected\n"
			    "             10.0.0.7 answered the SYN with a reset after 0.3 ms: "
			    "nothing listens on port 443\n"
			    "             there, or a firewall rejects\n");
	capture_close(&c);
}

/* The states that connwatch tells of as such: a condition, not a failure. */
static bool is_condition(const struct catalog_cause *cause)
{
	return strcmp(cause->code, "C02") == 0 || strcmp(cause->id, "time-wait-buildup") == 0;
}

/* A finding with everything its cause can tell, all of it of the usual length. */
static struct finding typical_finding(const struct catalog_cause *cause, enum confidence confidence)
{
	struct finding f = sample_finding(cause->code, cause->id);
	bool local = strcmp(cause->code, "027") == 0 || strcmp(cause->code, "C03") == 0;

	f.type = is_condition(cause) ? FINDING_CONDITION : FINDING_FAILURE;
	f.confidence = confidence;
	f.error_type = f.entry->errors[0];
	f.process.pid = 12345;
	snprintf(f.process.name, sizeof(f.process.name), "nginx");
	sample_set_endpoint(&f.destination, "203.113.213.254", 65535);
	if (local)
		memset(&f.destination, 0, sizeof(f.destination));
	if (strcmp(f.entry->layer, "dns") == 0) {
		f.operation = "resolve";
		snprintf(f.destination.domain, sizeof(f.destination.domain), "api.example");
	}
	f.duration_ms = 127012;
	f.syn_retransmits = 6;
	finding_set(&f, "holder", "nginx, pid 12345");
	finding_set(&f, "holder_pid", "12345");
	sample_set_values(&f);
	catalog_fill(&f);
	return f;
}

/* One line of at most 100 columns, and a terminal of 100 does not break it. */
static size_t count_overlong(const struct catalog_cause *cause, enum confidence confidence)
{
	const struct sink_options options = { .color = COLOR_NEVER, .explain = EXPLAIN_NEVER };
	struct finding f = typical_finding(cause, confidence);
	struct capture c;
	size_t columns;
	bool broken;

	capture_open(&c, options, 0);
	capture_finding(&c, &f);
	assert_non_null(strstr(c.text, f.brief));
	assert_null(strchr(f.brief, '?'));
	columns = text_columns(strtok(c.text, "\n"));
	capture_close(&c);
	capture_open(&c, options, 100);
	capture_finding(&c, &f);
	broken = strchr(c.text, '\n') != c.text + strlen(c.text) - 1;
	capture_close(&c);
	if (columns <= 100 && !broken)
		return 0;
	print_error("%zu columns: %s %s (%s): %s\n", columns, cause->code, cause->id,
		    confidence_name(confidence), f.brief);
	return 1;
}

/* Every cause, and again every cause with the confidence that each of its rules has. */
static void test_typical_lines_fit(void **state)
{
	const struct rule_table *const tables[] = { &rules_tcp, &rules_call, &rules_datagram };
	size_t overlong = 0;

	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++)
		overlong += count_overlong(&catalog_causes[i], CONFIDENCE_OBSERVED);
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct rule *rule = &tables[t]->rules[i];

			if (rule->code)
				overlong += count_overlong(catalog_find_cause(rule->code,
									      rule->cause),
							   rule->confidence);
		}
	assert_int_equal(overlong, 0);
}

static void make_hostile(char *text, size_t size)
{
	static const char evil[] = "\033]0;x\a\033[2J\n\r\x9b" "1m\xe2\x80\xae\xff";

	for (size_t i = 0; i + 1 < size; i++)
		text[i] = evil[i % (sizeof(evil) - 1)];
	text[size - 1] = '\0';
}

static void test_hostile_text(void **state)
{
	struct finding f = sample_finding("022", "neighbour-failed");
	struct capture c;

	(void)state;
	make_hostile(f.process.name, sizeof(f.process.name));
	make_hostile(f.destination.domain, sizeof(f.destination.domain));
	make_hostile(f.interface, sizeof(f.interface));
	finding_set(&f, "next_hop", "10.0.0.1\n\033[32m");	/* in the line itself */
	finding_set(&f, "device", "a\nb\033[31m");
	finding_add_evidence(&f, "x", "y", NAN, "%s", f.destination.domain);
	catalog_fill(&f);
	capture_open(&c, (struct sink_options){ .verbose = true, .color = COLOR_NEVER }, 100);
	capture_finding(&c, &f);
	for (const char *p = c.text; *p; p++)
		assert_true((unsigned char)*p >= 0x20 || *p == '\n');
	assert_null(strstr(c.text, "\x9b"));
	assert_null(strstr(c.text, "\xe2\x80\xae"));
	assert_non_null(strstr(c.text, "\\x1b[31m"));
	assert_non_null(strstr(c.text, "no ARP/ND from 10.0.0.1\\x0a\\x1b[32m\n"));
	/* a new line is always ours: the time, or an indent */
	for (char *p = c.text; (p = strchr(p, '\n')) && p[1]; p++)
		assert_memory_equal(p + 1, "             ", 13);
	capture_close(&c);
}

/* Takes the escape sequences that colours are made of out of @text; true when there were any. */
static bool strip_colors(char *text)
{
	char *to = text;
	bool found = false;

	for (const char *p = text; *p; p++) {
		if (p[0] == '\033' && p[1] == '[' && p[2 + strspn(p + 2, "0123456789;")] == 'm') {
			p += 2 + strspn(p + 2, "0123456789;");
			found = true;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return found;
}

static void test_colors(void **state)
{
	struct finding f = sample_peer_reset();
	char plain[4096];
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ .color = COLOR_NEVER }, 0);
	snprintf(plain, sizeof(plain), "%s", capture_finding(&c, &f));
	capture_close(&c);
	capture_open(&c, (struct sink_options){ .color = COLOR_ALWAYS }, 0);
	capture_finding(&c, &f);
	assert_non_null(strstr(c.text, "\033[1;35m021"));
	assert_true(strip_colors(c.text));
	assert_string_equal(c.text, plain);
	capture_close(&c);
}

static bool terminal_is_colored(const char *term, const char *no_color)
{
	struct finding f = sample_peer_reset();
	struct capture c;
	bool colored;

	setenv("TERM", term, 1);
	setenv("NO_COLOR", no_color, 1);
	capture_open(&c, (struct sink_options){ .color = COLOR_AUTO }, 100);
	capture_finding(&c, &f);
	colored = strip_colors(c.text);
	capture_close(&c);
	return colored;
}

static void test_color_auto(void **state)
{
	(void)state;
	assert_true(terminal_is_colored("xterm", ""));
	assert_false(terminal_is_colored("xterm", "1"));
	assert_false(terminal_is_colored("dumb", ""));
}

static const struct summary_total codes[] = { { "021", "refused", 3 }, { "023", "timed out", 2 } };
static const struct summary_total processes[] = { { "cu\033rl", "", 3 }, { "nginx", NULL, 2 } };
static const struct summary_scope destinations[] = {
	{ "10.0.0.7:5432", 12, 12 }, { "10.0.0.8:80", 9, 3 }, { "10.0.0.9:80", 1, 1 },
	{ "10.0.0.10:80", 1, 1 },
};
static const struct signal_status signals[] = {
	{ "connect-return", "fexit/inet_stream_connect", "" }, { "dns-answer", NULL, "no uprobes" },
};

static const char *capture_summary(struct capture *c, const struct summary_info *info)
{
	assert_int_equal(c->sink->ops->summary(c->sink, info), 0);
	return capture_read(c);
}

static const struct summary_loss losses[] = {
	{ "ring", 16, false }, { "output", 1, true },
};

static void test_summary(void **state)
{
	struct summary_info info = {
		.time_ns = SAMPLE_TIME_NS, .seconds = 61, .failures = 5, .conditions = 1,
		.folded = 2, .lost = 17, .losses = losses, .loss_count = 2, .connections_ok = 1,
		.codes = codes, .code_count = 2, .processes = processes, .process_count = 2,
		.destinations = destinations, .destination_count = 1,
		.destinations_tried = 14, .destinations_failing = 1, .destinations_dead = 1,
		.signals = signals, .signal_count = 2,
	};
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ 0 }, 0);
	assert_string_equal(
		capture_summary(&c, &info),
		"\n"
		"connwatch: 5 failures and 1 condition in 61 s; 1 connection succeeded\n"
		"  by code     021 refused               3\n"
		"              023 timed out             2\n"
		"  by process  cu\\x1brl                  3\n"
		"              nginx                     2\n"
		"  scope       1 of 14 destinations fails: look at 10.0.0.7:5432\n"
		"  folded      2 repeats without a line of their own (see --all)\n"
		"  lost        16 records (ring): the totals above may be too low\n"
		"              1 record (output): in the totals above, without a line\n"
		"  not watched dns-answer: no uprobes\n");
	capture_close(&c);
}

/* The counts stand below each other, however long a name is. */
static void test_summary_columns(void **state)
{
	static const struct summary_total long_codes[] = {
		{ "021", "Connection refused", 3 },
		{ "030", "ssh: Permission denied (publickey)", 1 },
	};
	struct summary_info info = {
		.seconds = 61, .failures = 1, .folded = 1, .connections_ok = 2,
		.codes = long_codes, .code_count = 2, .processes = processes, .process_count = 2,
	};
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ 0 }, 0);
	assert_string_equal(
		capture_summary(&c, &info),
		"\n"
		"connwatch: 1 failure in 61 s; 2 connections succeeded\n"
		"  by code     021 Connection refused                      3\n"
		"              030 ssh: Permission denied (publickey)      1\n"
		"  by process  cu\\x1brl                                    3\n"
		"              nginx                                       2\n"
		"  folded      1 repeat without a line of its own (see --all)\n");
	info.conditions = 2;
	info.connections_ok = 0;
	assert_non_null(strstr(capture_summary(&c, &info), "connwatch: 1 failure and 2 conditions "
							   "in 61 s; 0 connections succeeded\n"));
	capture_close(&c);
}

/* The rows of a list add up to what the first line says. */
static void test_summary_adds_up(void **state)
{
	struct summary_total many[12];
	struct summary_info info = { .seconds = 61, .failures = 23, .processes = many,
				     .process_count = 12, .process_failures = 22 };
	struct capture c;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		many[i] = (struct summary_total){ "app", "", i ? 1 : 11 };
	capture_open(&c, (struct sink_options){ 0 }, 0);
	capture_summary(&c, &info);
	assert_non_null(strstr(c.text, "  by process  app                      11\n"
				       "              app                       1\n"));
	assert_non_null(strstr(c.text, "              app                       1\n"
				       "              and 2 more                2\n"
				       "              not known                 1\n"));
	/* more names than were kept */
	info.process_failures = 23;
	info.process_count = 3;
	capture_summary(&c, &info);
	assert_non_null(strstr(c.text, "              app                       1\n"
				       "              others                   10\n"));
	assert_null(strstr(c.text, "not known"));
	capture_close(&c);
}

static void test_summary_elsewhere(void **state)
{
	struct finding f = sample_peer_reset();
	struct summary_info info = { .seconds = 61, .failures = 1 };
	struct capture main, other;

	(void)state;
	capture_open(&other, (struct sink_options){ 0 }, 100);
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "", 1);
	capture_open(&main, (struct sink_options){ .color = COLOR_AUTO, .summary_fd = other.out },
		     0);
	assert_non_null(strstr(capture_finding(&main, &f), "021"));
	assert_string_equal(capture_read(&other), "");
	assert_string_equal(capture_summary(&main, &info), "");
	capture_read(&other);
	assert_non_null(strstr(other.text, "1 failure in 61 s"));
	/* each by what it goes to: a pipe, a terminal */
	assert_false(strip_colors(main.text));
	assert_true(strip_colors(other.text));
	capture_close(&main);
	capture_close(&other);
}

static void test_no_summary(void **state)
{
	struct finding f = sample_peer_reset();
	struct summary_info info = { .seconds = 61, .failures = 1 };
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ .quiet = true }, 0);
	assert_string_equal(capture_summary(&c, &info), "");
	info.failures = 0;
	assert_string_equal(capture_summary(&c, &info), "");
	assert_non_null(strstr(capture_finding(&c, &f), "021 refused"));	/* nothing else */
	capture_close(&c);
}

/* Lines that were broken for the width are one again. */
static void unwrap(char *text)
{
	static const char gap[] = "\n              ";
	char *at;

	while ((at = strstr(text, gap))) {
		*at = ' ';
		memmove(at + 1, at + strlen(gap), strlen(at + strlen(gap)) + 1);
	}
}

/* NULL: no such line */
static void assert_scope(struct summary_info info, const char *expected)
{
	struct capture c;
	const char *text;

	info.failures = 5;
	info.destinations = destinations;
	capture_open(&c, (struct sink_options){ 0 }, 0);
	text = capture_summary(&c, &info);
	unwrap(c.text);
	if (expected ? !strstr(text, expected) : !!strstr(text, "scope"))
		fail_msg("%s", text);
	capture_close(&c);
}

#define SCOPE(tried_, failing_, dead_, named_, ...)                                           \
	((struct summary_info){ .destinations_tried = (tried_),                               \
				.destinations_failing = (failing_),                           \
				.destinations_dead = (dead_), .destination_count = (named_),  \
				__VA_ARGS__ })

static void test_scope(void **state)
{
	(void)state;
	assert_scope(SCOPE(0, 0, 0, 0), NULL);
	assert_scope(SCOPE(14, 14, 14, 4, .blame_host = true),
		     "  all 14 fail: look at this host's route, link or resolver\n");
	/* They answered: this host's way out is not the reason. */
	assert_scope(SCOPE(14, 14, 14, 1), "  all 14 fail: look at 10.0.0.7:5432 and 13 more\n");
	assert_scope(SCOPE(2, 2, 0, 2),
		     "  all 2 fail sometimes: look at 10.0.0.7:5432, 10.0.0.8:80 (3 of 9)\n");
	assert_scope(SCOPE(14, 1, 1, 1), "  1 of 14 destinations fails: look at 10.0.0.7:5432\n");
	assert_scope(SCOPE(14, 2, 1, 2), "  2 of 14 destinations fail, 1 of them sometimes: "
					 "look at 10.0.0.7:5432, 10.0.0.8:80 (3 of 9)\n");
	/* What was forgotten may have been successes: how many fail always is not known. */
	assert_scope(SCOPE(14, 2, 1, 2, .destinations_cut = true, .destinations_evicted = 3),
		     "  2 of the first 14 destinations fail: "
		     "look at 10.0.0.7:5432, 10.0.0.8:80 (3 of 9)\n");
	assert_scope(SCOPE(14, 9, 9, 4), ", 10.0.0.9:80 and 6 more\n");
	assert_scope(SCOPE(14, 9, 9, 1, .destinations_cut = true),
		     "  9 of the first 14 destinations fail: ");
	assert_scope(SCOPE(14, 14, 14, 1, .destinations_cut = true),
		     "  14 of the first 14 destinations fail: ");
	assert_scope(SCOPE(14, 9, 9, 2, .destinations_unnamed = 7),
		     "  at least 9 destinations fail: look at 10.0.0.7:5432, 10.0.0.8:80 and 7 more\n");
	assert_scope(SCOPE(1, 1, 1, 1, .destinations_unnamed = 7, .blame_host = true),
		     "  at least 1 destination fails: look at this host's route, link or resolver\n");
	assert_scope(SCOPE(1, 1, 1, 1, .blame_host = true),
		     "  the only destination fails: look at 10.0.0.7:5432\n");
	assert_scope(SCOPE(14, 0, 0, 0), "  none of 14 destinations fails\n");
	assert_scope(SCOPE(1, 0, 0, 0), "  the only destination does not fail\n");
}

static void test_quiet_summary(void **state)
{
	struct summary_info info = { .seconds = 12, .connections_ok = 214, .signals = signals,
				     .signal_count = 1 };
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ 0 }, 0);
	assert_string_equal(capture_summary(&c, &info),
			    "connwatch: no failed connections in 12 s; "
			    "214 connections succeeded\n");
	info.signal_count = 2;
	assert_string_equal(capture_summary(&c, &info),
			    "connwatch: no failed connections in 12 s; "
			    "214 connections succeeded; 1 signal not watched\n");
	info.lost = 1;	/* then nobody knows whether nothing failed */
	info.losses = losses;
	info.loss_count = 1;
	assert_non_null(strstr(capture_summary(&c, &info), "lost"));
	capture_close(&c);
}

/* Of what is no failure, and of numbers that may be too low. */
static void test_summary_of_what_is_bounded(void **state)
{
	struct summary_info info = { .seconds = 12, .connections_ok = 4096,
				     .connections_ok_at_least = true };
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ 0 }, 0);
	assert_string_equal(capture_summary(&c, &info),
			    "connwatch: no failed connections in 12 s; "
			    "at least 4096 connections succeeded\n");
	info.connections_evicted = 7;
	info.destinations_evicted = 904;
	info.conditions = 2;
	info.conditions_lost = 1;
	assert_string_equal(
		capture_summary(&c, &info),
		"\n"
		"connwatch: 0 failures and 2 conditions in 12 s; "
		"at least 4096 connections succeeded\n"
		"  lost        1 condition (output): in the totals above, without a line\n"
		"  evicted     up to 7 connections (table full): their failures may lack the process\n"
		"              up to 904 destinations (table full): "
		"what succeeded there is not counted\n");
	info.successes_unknown = true;
	assert_null(strstr(capture_summary(&c, &info), "destinations (table"));
	info.conditions = info.conditions_lost = 0;
	assert_non_null(strstr(capture_summary(&c, &info), "evicted"));
	capture_close(&c);
}

static void test_reader_went_away(void **state)
{
	struct finding f = sample_peer_reset();
	struct capture c;

	(void)state;
	capture_open(&c, (struct sink_options){ 0 }, 0);
	close(c.in);
	assert_int_equal(c.sink->ops->finding(c.sink, &f), -EPIPE);
	c.in = dup(c.out);
	capture_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_explain_modes),
		cmocka_unit_test(test_doubt_and_repeats),
		cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_condition_and_lost),
		cmocka_unit_test(test_verbose),
		cmocka_unit_test(test_wraps_on_terminal),
		cmocka_unit_test(test_wraps_after_the_columns),
		cmocka_unit_test(test_summary_wraps),
		cmocka_unit_test(test_typical_lines_fit),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_colors),
		cmocka_unit_test(test_color_auto),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_summary_columns),
		cmocka_unit_test(test_summary_adds_up),
		cmocka_unit_test(test_summary_elsewhere),
		cmocka_unit_test(test_no_summary),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_quiet_summary),
		cmocka_unit_test(test_summary_of_what_is_bounded),
		cmocka_unit_test(test_reader_went_away),
	};

	/* times are local */
	setenv("TZ", "UTC", 1);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
