// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * expect: holds connwatch's NDJSON against a list of expectations and finds nothing missed,
 * nothing doubled, nothing left over.
 *
 *   expect [--netns INO[,INO]] [--pid PID[,PID]] [--wait MS] [--part] NDJSON EXPECTATIONS
 *   expect --has-signal NAME NDJSON
 *
 * EXPECTATIONS has one expectation a line, terms separated by blanks, '#' comments. A term is
 *   KEY=VALUE    KEY~REGEX (extended)    KEY>=N    KEY<=N    !KEY (absent)
 *   total=N[-M]  sum of "count" over the matching records, 1 unless told
 *   records=N[-M]  how many records that may be, any number unless told
 * KEY is a path with dots. Where it runs into an array any element will do (evidence.fact=…).
 * KEY~ on an object or array looks at its compact JSON; "*" as KEY is the whole record.
 * Only "failure" records match unless the expectation has type=… itself.
 *
 * Records of other network namespaces than --netns are other people's. A record without a
 * namespace is other people's only if it names a process that is not in --pid.
 *
 * With --wait nothing is judged: it returns 0 as soon as every expectation is met, 1 when MS have
 * passed. Otherwise 0 = all as expected, 1 = not, 2 = usage.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <ctype.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define MAX_TERMS 48
#define MAX_IDS 64
#define MAX_MESSAGES 40

enum op { EQUAL, REGEX, AT_LEAST, AT_MOST, ABSENT };

struct term {
	enum op op;
	char *key, *value;
	regex_t re;
};

struct expectation {
	char *text;
	struct term terms[MAX_TERMS];
	int nterms;
	long total_min, total_max, records_min, records_max;
	long total, records;		/* met so far */
	long doubled;
};

struct record {
	json_t *json;
	int line;
	bool ours;			/* belongs to this run */
	struct expectation *met;	/* the expectation it satisfied */
	struct expectation *doubles;	/* matched one that was full already */
};

struct id_list {
	long long id[MAX_IDS];
	int n;
};

static struct expectation *expectations;
static int nexpectations;
static struct record *records;
static int nrecords;
static struct id_list netns_ids, pids;
static int problems;
static bool quiet;

static void complain(const char *fmt, ...)
{
	va_list ap;

	problems++;
	if (quiet || problems > MAX_MESSAGES)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void die(const char *fmt, const char *arg)
{
	fputs("expect: ", stderr);
	fprintf(stderr, fmt, arg);
	fputc('\n', stderr);
	exit(2);
}

static void ids_parse(struct id_list *l, const char *s)
{
	char *end;

	while (*s && l->n < MAX_IDS) {
		l->id[l->n++] = strtoll(s, &end, 10);
		if (end == s)
			die("%s: not a list of numbers", s);
		s = *end == ',' ? end + 1 : end;
	}
}

static bool ids_have(const struct id_list *l, json_t *j)
{
	for (int i = 0; i < l->n; i++)
		if (json_is_integer(j) && l->id[i] == json_integer_value(j))
			return true;
	return false;
}

/* values */

/* Text of a scalar as an expectation writes it; objects and arrays as compact JSON. To be freed. */
static char *value_text(const json_t *j)
{
	char *s = NULL;

	if (json_is_string(j))
		return strdup(json_string_value(j));
	if (json_is_real(j)) {
		if (asprintf(&s, "%g", json_real_value(j)) < 0)
			abort();
		return s;
	}
	return json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);
}

static bool value_matches(const struct term *t, const json_t *j)
{
	char *text;
	bool hit;

	if (t->op == AT_LEAST || t->op == AT_MOST) {
		double have = json_number_value(j), want = atof(t->value);

		if (!json_is_number(j))
			return false;
		return t->op == AT_LEAST ? have >= want : have <= want;
	}
	text = value_text(j);
	if (t->op == REGEX)
		hit = text && !regexec(&t->re, text, 0, NULL, 0);
	else
		hit = text && !strcmp(text, t->value);
	free(text);
	return hit;
}

/* Walks the path; in an array any element that leads to a match will do. */
static bool path_matches(const struct term *t, json_t *j, const char *path)
{
	const char *dot;
	char key[128];
	json_t *el;
	size_t i;

	if (!j)
		return false;
	if (json_is_array(j)) {
		if (!*path && value_matches(t, j))
			return true;
		json_array_foreach(j, i, el)
			if (path_matches(t, el, path))
				return true;
		return false;
	}
	if (!*path)
		return value_matches(t, j);
	dot = strchrnul(path, '.');
	snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
	return path_matches(t, json_object_get(j, key), *dot ? dot + 1 : dot);
}

/* First value at the path, for messages; NULL when absent. */
static json_t *path_get(json_t *j, const char *path)
{
	const char *dot;
	char key[128];

	while (j && *path) {
		if (json_is_array(j)) {
			j = json_array_get(j, 0);
			continue;
		}
		dot = strchrnul(path, '.');
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		j = json_object_get(j, key);
		path = *dot ? dot + 1 : dot;
	}
	return j;
}

static const char *get_string(json_t *j, const char *path)
{
	const char *s = json_string_value(path_get(j, path));

	return s ? s : "";
}

static bool term_matches(const struct term *t, json_t *j)
{
	if (t->op == ABSENT)
		return !path_get(j, t->key);
	return path_matches(t, j, strcmp(t->key, "*") ? t->key : "");
}

static bool expectation_matches(const struct expectation *e, json_t *j)
{
	for (int i = 0; i < e->nterms; i++)
		if (!term_matches(&e->terms[i], j))
			return false;
	return true;
}

/* reading the expectations */

static void parse_range(const char *s, long *min, long *max)
{
	char *end;

	*min = *max = strtol(s, &end, 10);
	if (*end == '-')
		*max = strtol(end + 1, NULL, 10);
}

static void add_term(struct expectation *e, const char *word)
{
	struct term *t = &e->terms[e->nterms];
	size_t n = strcspn(word, "=~<>");
	const char *rest = word + n;

	if (e->nterms == MAX_TERMS)
		die("too many terms: %s", e->text);
	if (!strncmp(word, "total=", 6)) {
		parse_range(rest + 1, &e->total_min, &e->total_max);
		return;
	}
	if (!strncmp(word, "records=", 8)) {
		parse_range(rest + 1, &e->records_min, &e->records_max);
		return;
	}
	e->nterms++;
	if (*word == '!') {
		t->op = ABSENT;
		t->key = strdup(word + 1);
		return;
	}
	t->key = strndup(word, n);
	t->op = *rest == '~' ? REGEX : *rest == '>' ? AT_LEAST : *rest == '<' ? AT_MOST : EQUAL;
	if (!*rest || ((*rest == '>' || *rest == '<') && rest[1] != '='))
		die("%s: not a term", word);
	t->value = strdup(rest + 1 + (*rest == '>' || *rest == '<'));
	if (t->op == REGEX && regcomp(&t->re, t->value, REG_EXTENDED | REG_NOSUB))
		die("%s: not a regular expression", t->value);
}

static void read_expectations(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, *save, *w;
	size_t cap = 0;

	if (!f)
		die("%s: cannot be read", path);
	while (getline(&line, &cap, f) > 0) {
		struct expectation *e;
		bool typed;

		line[strcspn(line, "\n")] = '\0';
		w = line + strspn(line, " \t");
		if (!*w || *w == '#')
			continue;
		expectations = realloc(expectations, (nexpectations + 1) * sizeof(*e));
		if (!expectations)
			abort();
		e = &expectations[nexpectations++];
		*e = (struct expectation){ .text = strdup(w), .total_min = 1, .total_max = 1,
					   .records_max = -1 };
		typed = !strncmp(w, "type=", 5) || strstr(w, " type=");
		for (w = strtok_r(w, " \t", &save); w; w = strtok_r(NULL, " \t", &save))
			add_term(e, w);
		if (!typed)
			add_term(e, "type=failure");
	}
	free(line);
	fclose(f);
}

/* the contract every record keeps */

static bool one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

static void check_enum(json_t *j, int line, const char *path, const char *const *list, bool must)
{
	json_t *v = path_get(j, path);

	if (!v && !must)
		return;
	if (!json_is_string(v) || !one_of(json_string_value(v), list))
		complain("CONTRACT line %d: %s is \"%s\", which is not in the list of the contract",
			 line, path, get_string(j, path));
}

static void check_string(json_t *j, int line, const char *path)
{
	if (!*get_string(j, path))
		complain("CONTRACT line %d: %s is missing, empty or no string", line, path);
}

static void check_int(json_t *j, int line, const char *path, long long min, long long max, bool must)
{
	json_t *v = path_get(j, path);

	if (!v && !must)
		return;
	if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
		complain("CONTRACT line %d: %s is missing or not an integer from %lld to %lld", line,
			 path, min, max);
}

static void check_time(json_t *j, int line)
{
	const char *s = get_string(j, "time"), *p = "dddd-dd-ddTdd:dd:dd";

	for (; *p && (*p == 'd' ? isdigit((unsigned char)*s) : *s == *p); p++)
		s++;
	if (*p == '\0' && *s == '.')
		s += 1 + strspn(s + 1, "0123456789");
	if (*p || strcmp(s, "Z"))
		complain("CONTRACT line %d: time \"%s\" is not RFC 3339 in UTC", line,
			 get_string(j, "time"));
}

/* An address parses, is never v4-mapped or unspecified, and is of the family in network.type. */
static void check_endpoint(json_t *j, int line, const char *side)
{
	char path[32];
	const char *ip, *type = get_string(j, "network.type");
	unsigned char buf[16];

	snprintf(path, sizeof(path), "%s.ip", side);
	ip = get_string(j, path);
	if (path_get(j, path)) {
		int family = strchr(ip, ':') ? AF_INET6 : AF_INET;

		if (inet_pton(family, ip, buf) != 1)
			complain("CONTRACT line %d: %s \"%s\" is no address", line, path, ip);
		if (!strncasecmp(ip, "::ffff:", 7))
			complain("CONTRACT line %d: %s \"%s\" is IPv4 and must look it", line, path, ip);
		if (*type && strcmp(type, family == AF_INET6 ? "ipv6" : "ipv4"))
			complain("CONTRACT line %d: %s \"%s\" with network.type \"%s\"", line, path, ip,
				 type);
	}
	snprintf(path, sizeof(path), "%s.port", side);
	check_int(j, line, path, 1, 65535, false);
}

static void check_string_array(json_t *j, int line, const char *key)
{
	json_t *a = json_object_get(j, key), *el;
	size_t i;

	if (!a)
		return;
	if (!json_is_array(a))
		complain("CONTRACT line %d: %s is no array", line, key);
	json_array_foreach(a, i, el)
		if (!json_is_string(el))
			complain("CONTRACT line %d: %s[%zu] is no string", line, key, i);
}

static void check_evidence(json_t *j, int line)
{
	json_t *a = json_object_get(j, "evidence"), *el;
	size_t i;

	if (!json_is_array(a))
		complain("CONTRACT line %d: evidence is no array", line);
	json_array_foreach(a, i, el)
		if (!json_is_string(json_object_get(el, "fact")))
			complain("CONTRACT line %d: evidence[%zu] has no fact", line, i);
}

static void check_finding(json_t *j, int line)
{
	static const char *const layers[] = { "link", "address", "route", "neighbour", "firewall",
		"dns", "transport", "tls", "application", NULL };
	static const char *const operations[] = { "connect", "bind", "listen", "accept", "receive",
		"send", "resolve", "handshake", "authenticate", "neighbour", NULL };
	static const char *const directions[] = { "outbound", "inbound", "local", NULL };
	static const char *const confidences[] = { "observed", "inferred", "unknown", NULL };
	static const char *const families[] = { "ipv4", "ipv6", NULL };
	bool failure = !strcmp(get_string(j, "type"), "failure");
	const char *code = get_string(j, "code");
	bool unknown = !strcmp(get_string(j, "cause.confidence"), "unknown");

	if (strlen(code) != 3 || !strchr("0C", *code) || !isdigit((unsigned char)code[1]) ||
	    !isdigit((unsigned char)code[2]))
		complain("CONTRACT line %d: code \"%s\"", line, code);
	check_int(j, line, "seq", 0, LLONG_MAX, true);
	check_time(j, line);
	check_string(j, line, "title");
	check_string(j, line, "severity");
	check_string(j, line, "cause.id");
	check_string(j, line, "cause.summary");
	check_enum(j, line, "layer", layers, true);
	check_enum(j, line, "operation", operations, failure);
	check_enum(j, line, "direction", directions, false);
	check_enum(j, line, "cause.confidence", confidences, failure);
	check_enum(j, line, "network.type", families, false);
	if (unknown != !strcmp(get_string(j, "cause.id"), "unexplained"))
		complain("CONTRACT line %d: confidence unknown and cause unexplained go together", line);
	if (failure)
		check_string(j, line, "error.type");
	check_int(j, line, "error.errno", 1, 4095, false);
	check_int(j, line, "process.pid", 1, INT32_MAX, false);
	check_int(j, line, "process.tid", 1, INT32_MAX, false);
	check_int(j, line, "network.netns", 1, UINT32_MAX, false);
	check_int(j, line, "count", 1, LLONG_MAX, failure);
	check_endpoint(j, line, "source");
	check_endpoint(j, line, "destination");
	check_evidence(j, line);
	check_string_array(j, line, "related");
	check_string_array(j, line, "advice");
}

static void check_record(json_t *j, int line)
{
	static const char *const types[] = { "start", "failure", "condition", "lost", "summary",
		NULL };
	const char *type = get_string(j, "type");

	check_enum(j, line, "type", types, true);
	check_int(j, line, "schema_version", 1, 1, true);
	if (!strcmp(type, "failure") || !strcmp(type, "condition"))
		check_finding(j, line);
	if (!strcmp(type, "lost") && json_integer_value(json_object_get(j, "count")))
		complain("LOST line %d: %" JSON_INTEGER_FORMAT " records (%s)", line,
			 json_integer_value(json_object_get(j, "count")), get_string(j, "stage"));
}

/* reading connwatch's output */

static bool is_ours(json_t *j)
{
	json_t *ns = path_get(j, "network.netns"), *pid = path_get(j, "process.pid");

	if (strcmp(get_string(j, "type"), "failure") && strcmp(get_string(j, "type"), "condition"))
		return false;
	if (ns && netns_ids.n)
		return ids_have(&netns_ids, ns);
	return !pid || !pids.n || ids_have(&pids, pid);
}

static void add_record(char *line, size_t len, int number)
{
	json_error_t err;
	json_t *j;

	if (len > LINE_MAX_BYTES)
		complain("CONTRACT line %d: %zu bytes long, at most %d are allowed", number, len,
			 LINE_MAX_BYTES);
	j = json_loadb(line, len, JSON_REJECT_DUPLICATES, &err);
	if (!json_is_object(j)) {
		complain("CONTRACT line %d: no JSON object: %s\n  %.*s", number, err.text,
			 (int)(len > 200 ? 200 : len), line);
		json_decref(j);
		return;
	}
	check_record(j, number);
	records = realloc(records, (nrecords + 1) * sizeof(*records));
	if (!records)
		abort();
	records[nrecords++] = (struct record){ .json = j, .line = number, .ours = is_ours(j) };
}

static void read_records(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int number = 0;

	for (int i = 0; i < nrecords; i++)
		json_decref(records[i].json);
	nrecords = 0;
	if (!f && quiet)
		return;
	if (!f)
		die("%s: cannot be read", path);
	while ((len = getline(&line, &cap, f)) > 0) {
		number++;
		if (line[len - 1] == '\n')
			add_record(line, len, number);
		else
			complain("CONTRACT line %d: no newline at its end", number);
	}
	free(line);
	fclose(f);
}

static bool part;	/* --part: the watch goes on, there is no summary yet */

/* What concerns the run as a whole: start first, summary last, numbers that grow. */
static void check_stream(void)
{
	long long seq = -1;

	if (!nrecords || strcmp(get_string(records[0].json, "type"), "start"))
		complain("CONTRACT: the first line is not the start record");
	if (!part &&
	    (!nrecords || strcmp(get_string(records[nrecords - 1].json, "type"), "summary")))
		complain("CONTRACT: the last line is not the summary record");
	for (int i = 0; i < nrecords; i++) {
		json_t *s = json_object_get(records[i].json, "seq");

		if (!json_is_integer(s))
			continue;
		if (json_integer_value(s) <= seq)
			complain("CONTRACT line %d: seq does not grow", records[i].line);
		seq = json_integer_value(s);
	}
}

/* matching */

static void match_record(struct record *r)
{
	json_t *c = json_object_get(r->json, "count");
	long count = json_is_integer(c) ? json_integer_value(c) : 1;

	for (int i = 0; i < nexpectations; i++) {
		struct expectation *e = &expectations[i];

		if (!expectation_matches(e, r->json))
			continue;
		if (e->total + count > e->total_max) {
			if (!r->doubles)
				r->doubles = e;
			continue;
		}
		e->total += count;
		e->records++;
		r->met = e;
		return;
	}
	if (r->doubles)
		r->doubles->doubled += count;
}

static bool is_met(const struct expectation *e)
{
	return e->total >= e->total_min && e->records >= e->records_min &&
	       (e->records_max < 0 || e->records <= e->records_max);
}

static bool match_all(void)
{
	bool all = true;

	for (int i = 0; i < nexpectations; i++)
		expectations[i].total = expectations[i].records = expectations[i].doubled = 0;
	for (int i = 0; i < nrecords; i++)
		if (records[i].ours)
			match_record(&records[i]);
	for (int i = 0; i < nexpectations; i++)
		all = all && is_met(&expectations[i]);
	return all;
}

/* messages */

static void print_term_diff(const struct term *t, json_t *j)
{
	static const char *const ops[] = { "=", "~", ">=", "<=", "absent" };
	char *have = value_text(strcmp(t->key, "*") ? path_get(j, t->key) : j);

	printf("      %-22s wanted %s%s%s, got %.300s\n", t->key, t->op == EQUAL ? "" : ops[t->op],
	       t->op == EQUAL ? "" : " ", t->value ? t->value : "", have ? have : "(absent)");
	free(have);
}

/* The record that came nearest to a missed expectation, and where it differs. */
static void print_nearest(const struct expectation *e)
{
	struct record *best = NULL;
	int best_hits = 1;

	for (int i = 0; i < nrecords; i++) {
		int hits = 0;

		if (!records[i].ours || records[i].met)
			continue;
		for (int t = 0; t < e->nterms; t++)
			hits += term_matches(&e->terms[t], records[i].json);
		if (hits > best_hits) {
			best_hits = hits;
			best = &records[i];
		}
	}
	if (!best)
		return;
	printf("    nearest: line %d, %d of %d terms fit\n", best->line, best_hits, e->nterms);
	for (int t = 0; t < e->nterms; t++)
		if (!term_matches(&e->terms[t], best->json))
			print_term_diff(&e->terms[t], best->json);
}

static void print_range(const char *what, long min, long max)
{
	if (max < 0 || max == min)
		printf(" %s %ld%s", what, min, max < 0 ? " or more" : "");
	else
		printf(" %s %ld to %ld", what, min, max);
}

static void report_missed(const struct expectation *e)
{
	complain("%s %s", e->total ? "PARTLY" : "MISSED", e->text);
	if (e->total) {
		printf("    wanted:");
		print_range("total", e->total_min, e->total_max);
		print_range("records", e->records_min, e->records_max);
		printf("; seen: total %ld records %ld\n", e->total, e->records);
	}
	print_nearest(e);
}

/* Nothing in the record contradicts the expectation; it only has not all of it. */
static bool is_poorer(const struct expectation *e, json_t *j)
{
	for (int i = 0; i < e->nterms; i++) {
		const struct term *t = &e->terms[i];
		bool lacks = t->op != ABSENT && strcmp(t->key, "*") && !path_get(j, t->key);

		if (!lacks && !term_matches(t, j))
			return false;
	}
	return true;
}

static const struct expectation *richer_than(const struct record *r)
{
	for (int i = 0; i < nexpectations; i++)
		if (is_poorer(&expectations[i], r->json))
			return &expectations[i];
	return NULL;
}

static void report_record(const struct record *r)
{
	const struct expectation *richer = richer_than(r);
	char *text = json_dumps(r->json, JSON_COMPACT);

	if (richer && !r->doubles)
		complain("POORER line %d, not all of an expectation, and nothing against it:\n    %s\n    %s",
			 r->line, richer->text, text);
	else if (r->doubles)
		complain("DOUBLED line %d matches an expectation that was met already:\n    %s\n    %s",
			 r->line, r->doubles->text, text);
	else
		complain("EXTRA line %d, nothing of the kind was to be reported:\n    %s", r->line, text);
	free(text);
}

static int judge(void)
{
	int ours = 0;

	check_stream();
	match_all();
	for (int i = 0; i < nexpectations; i++)
		if (!is_met(&expectations[i]))
			report_missed(&expectations[i]);
	for (int i = 0; i < nrecords; i++) {
		ours += records[i].ours;
		if (records[i].ours && !records[i].met)
			report_record(&records[i]);
	}
	if (problems)
		printf("%d problem%s: %d expectations, %d records of this run, %d lines in all\n",
		       problems, problems == 1 ? "" : "s", nexpectations, ours, nrecords);
	return problems ? 1 : 0;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

/* Reads the records again and again until @is_met says so, for at most @ms. */
static bool wait_until(const char *path, long ms, bool (*is_met)(void))
{
	long end = now_ms() + ms;
	struct timespec nap = { .tv_nsec = 10 * 1000000 };

	quiet = true;
	for (;;) {
		read_records(path);
		if (is_met())
			return true;
		if (now_ms() > end)
			return false;
		nanosleep(&nap, NULL);
	}
}

static bool have_records(void)
{
	return nrecords > 0;
}

enum { START_MS = 20000 };

/* Whether the start record names the signal together with a hook. */
static int has_signal(const char *path, const char *name)
{
	json_t *signals, *el, *hook = NULL;
	size_t i;

	/* A thread of connwatch's own writes it, on a busy machine a little after the ready line. */
	if (!wait_until(path, START_MS, have_records))
		return 1;
	signals = json_object_get(records[0].json, "signals");
	if (json_is_object(signals)) {
		hook = json_object_get(signals, name);
	} else {
		json_array_foreach(signals, i, el)
			if (!strcmp(get_string(el, "name"), name) ||
			    !strcmp(get_string(el, "signal"), name))
				hook = el;
	}
	if (json_is_object(hook))
		hook = json_object_get(hook, "hook");
	return json_is_string(hook) && *json_string_value(hook) ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "netns", required_argument, NULL, 'n' },
		{ "pid", required_argument, NULL, 'p' },
		{ "wait", required_argument, NULL, 'w' },
		{ "has-signal", required_argument, NULL, 's' },
		{ "part", no_argument, NULL, 'P' },
		{ NULL, 0, NULL, 0 },
	};
	const char *signal_name = NULL;
	long wait = -1;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'n': ids_parse(&netns_ids, optarg); break;
		case 'p': ids_parse(&pids, optarg); break;
		case 'w': wait = atol(optarg); break;
		case 's': signal_name = optarg; break;
		case 'P': part = true; break;
		default: die("usage: see the head of %s.c", "expect");
		}
	}
	if (argc - optind != (signal_name ? 1 : 2))
		die("usage: %s", "expect [--netns I,…] [--pid P,…] [--wait MS] [--part] NDJSON EXPECTATIONS");
	if (signal_name)
		return has_signal(argv[optind], signal_name);
	read_expectations(argv[optind + 1]);
	if (wait >= 0)
		return !wait_until(argv[optind], wait, match_all);
	read_records(argv[optind]);
	return judge();
}
