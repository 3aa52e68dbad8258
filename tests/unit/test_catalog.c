/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "catalog/print.h"
#include "sample.h"
#include "sinks/sanitize.h"

/* What users may rely on: every code, its error types and its cause ids. */
static const struct {
	const char *code;
	const char *errors;
	const char *causes;
} contract[] = {
	{ "021", "ECONNREFUSED",
	  "no-listener wrong-address peer-reset local-firewall-reject icmp-reject "
	  "udp-port-closed" },
	/* EACCES: an ICMPv6 "administratively prohibited" (net/ipv6/icmp.c, tab_unreach). */
	{ "022", "EHOSTUNREACH EACCES ENETUNREACH EHOSTDOWN ENONET ENOPROTOOPT EOPNOTSUPP",
	  "neighbour-failed route-unreachable icmp-host-unreachable icmp-prohibited "
	  "icmp-unreachable "
	  "local-firewall-reject" },
	{ "023", "ETIMEDOUT ABANDONED",
	  "no-reply given-up-early icmp-unreachable local-firewall-drop reverse-path-filter accept-queue-full "
	  "established-timeout" },
	{ "024", "EAI_NONAME NXDOMAIN EAI_AGAIN SERVFAIL REFUSED NODATA",
	  "nxdomain no-data servfail query-refused resolver-timeout resolver-unreachable" },
	{ "025", "CERTIFICATE_VERIFY_FAILED",
	  "certificate-expired certificate-not-yet-valid hostname-mismatch self-signed "
	  "unknown-issuer certificate-revoked certificate-other" },
	{ "026", "ENETUNREACH EINVAL EACCES ENETDOWN",
	  "no-route route-blackhole route-prohibit icmp-net-unreachable interface-down" },
	{ "027", "EADDRINUSE",
	  "held-by-listener held-by-connection held-by-time-wait held-by-bound-socket" },
	{ "028", "EADDRNOTAVAIL TIME_WAIT", "ephemeral-ports-exhausted connection-exists time-wait-buildup" },
	{ "029", "NEIGHBOUR_FAILED", "neighbour-no-reply" },
	{ "030", "PUBLICKEY_DENIED", "publickey-denied" },
	{ "C01", "ECONNRESET", "peer-reset peer-reset-idle local-firewall-reset backlog-reset" },
	{ "C02", "BACKLOG_FULL", "accept-queue-full syn-queue-full" },
	{ "C03", "EADDRNOTAVAIL", "address-not-local" },
	{ "C04", "EPERM EACCES", "privileged-port blocked-by-policy" },
};

enum { CONTRACT_COUNT = sizeof(contract) / sizeof(contract[0]) };

static bool list_has(const char *const *list, const char *text)
{
	for (; *list; list++) {
		if (strcmp(*list, text) == 0)
			return true;
	}
	return false;
}

static size_t list_length(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

static void test_contract(void **state)
{
	size_t causes = 0;

	(void)state;
	for (size_t i = 0; i < CONTRACT_COUNT; i++) {
		const struct catalog_entry *e = catalog_find_code(contract[i].code);
		char words[512], *word, *rest = words;
		size_t errors = 0;

		assert_non_null(e);
		snprintf(words, sizeof(words), "%s", contract[i].errors);
		while ((word = strsep(&rest, " "))) {
			assert_true(list_has(e->errors, word));
			errors++;
		}
		assert_int_equal(errors, list_length(e->errors));
		snprintf(words, sizeof(words), "%s unexplained", contract[i].causes);
		rest = words;
		while ((word = strsep(&rest, " "))) {
			if (!catalog_find_cause(contract[i].code, word))
				fail_msg("%s has no cause %s", contract[i].code, word);
			causes++;
		}
	}
	assert_int_equal(catalog_entry_count, CONTRACT_COUNT);
	assert_int_equal(catalog_cause_count, causes);
}

static void test_entries_are_complete(void **state)
{
	static const char *const layers[] = { "link", "address", "route", "neighbour", "firewall",
					      "dns", "transport", "tls", "application", NULL };

	(void)state;
	for (size_t i = 0; i < catalog_entry_count; i++) {
		const struct catalog_entry *e = &catalog_entries[i];

		assert_ptr_equal(catalog_find_code(e->code), e);	/* so it is unique */
		assert_int_equal(strlen(e->code), 3);
		assert_true(list_has(layers, e->layer));
		assert_true(strlen(e->title) > 0 && strlen(e->what) > 20);
		assert_in_range(text_columns(e->short_title), 1, 9);
		assert_in_range(list_length(e->errors), 1, 8);
		assert_in_range(list_length(e->aliases), 1, 8);
		assert_in_range(list_length(e->root_causes), 2, 8);
		assert_in_range(list_length(e->next_steps), 2, FINDING_ADVICE_MAX);
	}
}

static void test_causes_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		const struct catalog_cause *c = &catalog_causes[i];

		assert_non_null(catalog_find_code(c->code));
		/* the first of that name, so the name is unique in its code */
		assert_ptr_equal(catalog_find_cause(c->code, c->id), c);
		assert_true(strlen(c->meaning) > 20);
		assert_null(strpbrk(c->meaning, "{}"));
		assert_non_null(c->summary);
		assert_non_null(c->brief);
		assert_in_range(list_length(c->advice), 1, FINDING_ADVICE_MAX);
	}
}

static bool name_known(const char *name, size_t length)
{
	for (const struct catalog_value_name *v = catalog_value_names; v->name; v++) {
		if (strlen(v->name) == length && memcmp(v->name, name, length) == 0)
			return true;
	}
	return false;
}

/* Every {name} is known; braces and [[ ]] are in pairs, and in a @command quotes as well. */
static void check_template(const char *template, bool command)
{
	int groups = 0, quotes = 0;

	for (const char *p = template; *p; p++) {
		if (*p == '{') {
			const char *end = strchr(p, '}');

			assert_non_null(end);
			if (!name_known(p + 1, (size_t)(end - p - 1)))
				fail_msg("unknown name in: %s", template);
			p = end;
		} else if (strncmp(p, "[[", 2) == 0) {
			groups++;
			p++;
		} else if (strncmp(p, "]]", 2) == 0) {
			groups--;
			p++;
		} else {
			assert_int_not_equal(*p, '}');
		}
		quotes += *p == '\'';
		assert_in_range(groups, 0, 1);
	}
	assert_int_equal(groups, 0);
	if (command && quotes % 2)
		fail_msg("odd quotes in: %s", template);
}

static void test_templates(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		const struct catalog_cause *c = &catalog_causes[i];

		check_template(c->summary, false);
		check_template(c->brief, false);
		for (size_t j = 0; c->advice[j]; j++)
			check_template(c->advice[j], true);
	}
}

static struct finding full_finding(const struct catalog_cause *c)
{
	struct finding f = sample_finding(c->code, c->id);

	f.error_type = f.entry->errors[0];
	snprintf(f.destination.domain, sizeof(f.destination.domain), "api.example");
	sample_set_values(&f);
	return f;
}

/* No value is missing and nothing of the template is left. */
static void assert_filled(const struct finding *f, const char *text)
{
	if (strpbrk(text, "?{}") || strstr(text, "[[") || strstr(text, "]]") || strstr(text, "  "))
		fail_msg("%s %s: %s", f->entry->code, f->cause->id, text);
}

static void test_every_cause_fills(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		struct finding f = full_finding(&catalog_causes[i]);

		catalog_fill(&f);
		assert_filled(&f, f.summary);
		assert_filled(&f, f.brief);
		if (strlen(f.summary) < 15 || strlen(f.summary) > 140)
			fail_msg("%zu bytes: %s", strlen(f.summary), f.summary);
		/* how it stands in a line: test_text */
		if (text_columns(f.brief) < 10 || text_columns(f.brief) > 38)
			fail_msg("%zu columns: %s", text_columns(f.brief), f.brief);
		assert_true(f.advice_count > 0);
		for (size_t j = 0; j < f.advice_count; j++)
			assert_null(strpbrk(f.advice[j], "{}"));
	}
}

/* How many commands @template alone gives, without what is known of the code in general. */
static size_t count_given(const struct catalog_cause *cause, const char *template,
			  enum direction direction)
{
	const char *const none[] = { NULL };
	const char *const one[] = { template, NULL };
	struct catalog_cause alone = *cause;
	struct finding f = full_finding(cause);
	struct catalog_entry entry = *f.entry;

	entry.next_steps = none;
	alone.advice = one;
	f.entry = &entry;
	f.cause = &alone;
	f.direction = direction;
	catalog_fill(&f);
	return f.advice_count;
}

/* None falls out when all is known, but of a service: there it is for its host or for its client. */
static void test_every_command_is_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		const struct catalog_cause *c = &catalog_causes[i];

		for (size_t j = 0; c->advice[j]; j++)
			if (count_given(c, c->advice[j], DIRECTION_OUTBOUND) +
				    count_given(c, c->advice[j], DIRECTION_INBOUND) == 0)
				fail_msg("%s %s: %s", c->code, c->id, c->advice[j]);
	}
}

/* With nothing known but the cause, what is left must still be clean text. */
static void test_bare_finding(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		struct finding f = { .cause = &catalog_causes[i] };

		f.entry = catalog_find_code(f.cause->code);
		catalog_fill(&f);
		assert_null(strpbrk(f.summary, "{}[]"));
		assert_null(strstr(f.summary, "  "));
		assert_null(strpbrk(f.brief, "{}[]"));
		assert_null(strstr(f.brief, "  "));
		assert_true(f.brief[0] && f.brief[0] != ' ' && f.brief[strlen(f.brief) - 1] != ' ');
		assert_in_range(f.advice_count, 1, FINDING_ADVICE_MAX);
		for (size_t j = 0; j < f.advice_count; j++)
			assert_null(strpbrk(f.advice[j], "{}"));
		/* a cause that is the fallback must not need anything */
		if (strcmp(f.cause->id, "unexplained") == 0)
			assert_null(strchr(f.brief, '?'));
		if (strcmp(f.cause->id, "unexplained") == 0 && strcmp(f.cause->code, "027") != 0)
			assert_null(strchr(f.summary, '?'));
	}
}

/* What stands for many to several addresses has neither those nor what rules found of one. */
static void test_many_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_cause_count; i++) {
		struct finding f = sample_finding(catalog_causes[i].code, catalog_causes[i].id);

		f.many_addresses = true;
		f.source = (struct endpoint){ 0 };
		f.destination = (struct endpoint){ .has_port = true, .port = 443 };
		f.interface[0] = '\0';
		f.has_duration = f.has_syn_retransmits = false;
		f.count = 1 + i % 2 * 1000;
		catalog_fill(&f);
		assert_filled(&f, f.summary);
		assert_filled(&f, f.brief);
		assert_null(strstr(f.summary, " :443"));
		for (size_t j = 0; j < f.advice_count; j++)
			assert_null(strpbrk(f.advice[j], "?{}"));
	}
}

static void assert_match(const char *word, const char *codes)
{
	const struct catalog_entry *e;
	char got[128] = "";

	for (size_t i = 0; (e = catalog_match(word, i)); i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 e->code);
	if (strcmp(got, codes) != 0)
		fail_msg("%s gave \"%s\", not \"%s\"", word, got, codes);
}

static void test_match(void **state)
{
	(void)state;
	assert_match("021", "021");
	assert_match("#021", "021");
	assert_match("c01", "C01");
	assert_match("ECONNREFUSED", "021");
	assert_match("econnrefused", "021");
	assert_match("ERR_CONNECTION_REFUSED", "021");
	assert_match("net::ERR_CONNECTION_REFUSED", "021");
	assert_match("DNS_PROBE_FINISHED_NXDOMAIN", "024");
	assert_match("connection refused", "021");
	assert_match("EADDRNOTAVAIL", "028 C03");
	assert_match("local-firewall-reject", "021 022");
	assert_match("peer-reset", "021 C01");
	assert_match("certificate-expired", "025");
	assert_match("21", "");
	assert_match("", "");
	assert_match("#", "");
	assert_match("nonsense", "");
}

static void test_suggest(void **state)
{
	char endless[5000];

	(void)state;
	assert_string_equal(catalog_suggest("ECONREFUSED"), "ECONNREFUSED");
	assert_string_equal(catalog_suggest("econnerfused"), "ECONNREFUSED");
	assert_string_equal(catalog_suggest("21"), "021");
	assert_string_equal(catalog_suggest("neighbor-failed"), "neighbour-failed");
	assert_string_equal(catalog_suggest("net::ERR_CONECTION_REFUSED"),
			    "ERR_CONNECTION_REFUSED");
	assert_null(catalog_suggest("zzzzzzzz"));
	assert_null(catalog_suggest(""));
	memset(endless, 'E', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	assert_null(catalog_suggest(endless));
}

static char *printed_text(int (*print)(FILE *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(print(out), 0);
	fclose(out);
	return text;
}

static const struct catalog_entry *entry_to_print;

static int print_entry(FILE *out)
{
	return catalog_print_text(out, entry_to_print);
}

static void test_print_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog_entry_count; i++) {
		const struct catalog_entry *e = &catalog_entries[i];
		char *text, *rest, *line;

		entry_to_print = e;
		text = rest = printed_text(print_entry);
		assert_non_null(strstr(text, e->code));
		assert_non_null(strstr(text, e->title));
		assert_non_null(strstr(text, e->layer));
		assert_non_null(strstr(text, e->errors[0]));
		assert_non_null(strstr(text, "unexplained"));
		for (size_t j = 0; e->next_steps[j]; j++)
			assert_non_null(strstr(text, e->next_steps[j]));
		while ((line = strsep(&rest, "\n"))) {
			if (text_columns(line) > 80)
				fail_msg("wider than 80 columns: %s", line);
		}
		free(text);
	}
}

static void test_print_list(void **state)
{
	char *text = printed_text(catalog_print_list), *rest = text, *line;
	size_t lines = 0;

	(void)state;
	while ((line = strsep(&rest, "\n")) && line[0]) {
		if (lines > 0)
			assert_memory_equal(line, catalog_entries[lines - 1].code, 3);
		lines++;
	}
	assert_int_equal(lines, catalog_entry_count + 1);
	free(text);
}

static void test_print_json(void **state)
{
	char *text = printed_text(catalog_print_json);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_t *entries = json_object_get(root, "entries"), *entry;
	size_t i, causes = 0;

	(void)state;
	assert_int_equal(json_array_size(entries), catalog_entry_count);
	json_array_foreach(entries, i, entry) {
		assert_string_equal(json_string_value(json_object_get(entry, "code")),
				    catalog_entries[i].code);
		causes += json_array_size(json_object_get(entry, "causes"));
	}
	assert_int_equal(causes, catalog_cause_count);
	json_decref(root);
	free(text);
}

static void test_print_reports_errors(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	assert_true(catalog_print_list(full) < 0);
	assert_true(catalog_print_json(full) < 0);
	assert_true(catalog_print_text(full, &catalog_entries[0]) < 0);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_entries_are_complete),
		cmocka_unit_test(test_causes_are_complete),
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_every_cause_fills),
		cmocka_unit_test(test_every_command_is_given),
		cmocka_unit_test(test_bare_finding),
		cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_print_text),
		cmocka_unit_test(test_print_list),
		cmocka_unit_test(test_print_json),
		cmocka_unit_test(test_print_reports_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
