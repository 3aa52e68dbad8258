/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filling catalogue templates: quoting, [[...]] groups, where a command is to run. */
#include "catalog/fill.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"

enum { VALUE_MAX = 512 };	/* holds the longest value: a path or a DNS name with a port */

/* Copies @text with every ' closed, quoted in double quotes and opened again; "" if too long. */
static const char *quote_inner(const char *text, char *buf, size_t size)
{
	size_t length = 0;

	for (; *text; text++) {
		const char one[2] = { *text, '\0' };
		const char *piece = *text == '\'' ? "'\"'\"'" : one;
		size_t n = strlen(piece);

		if (length + n >= size) {
			length = 0;
			break;
		}
		memcpy(buf + length, piece, n);
		length += n;
	}
	buf[length] = '\0';
	return buf;
}

static bool shell_safe(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("@%+=:,./_-", *p))
			return false;
	}
	return text[0];
}

const char *shell_quote(const char *text, char *buf, size_t size)
{
	size_t length;

	if (size == 0)
		return buf;
	buf[0] = '\0';
	if (shell_safe(text)) {
		if (strlen(text) < size)
			memcpy(buf, text, strlen(text) + 1);
		return buf;
	}
	if (size < 3)
		return buf;
	quote_inner(text, buf + 1, size - 2);
	length = strlen(buf + 1);
	if (length == 0 && text[0]) {
		buf[0] = '\0';
		return buf;
	}
	buf[0] = '\'';
	buf[length + 1] = '\'';
	buf[length + 2] = '\0';
	return buf;
}

struct filler {
	const struct finding *f;
	bool shell;		/* quote the values */
	char *out;
	size_t size;
	size_t length;
	bool cut;		/* something did not fit */
	bool missing;		/* a value outside [[...]], or in the open group */
	bool in_quotes;		/* between single quotes of the template */
	bool in_group;
	bool elsewhere;		/* commands are to run in the finding's namespace */
	bool no_way;		/* and there is no way to get there */
};

static void filler_append(struct filler *s, const char *text, size_t n)
{
	size_t room = s->size - 1 - s->length;

	if (s->cut)
		return;
	if (n > room) {
		s->cut = true;
		n = room;
		/* not in the middle of a character */
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(s->out + s->length, text, n);
	s->length += n;
}

static void filler_put_value(struct filler *s, const char *name, size_t length)
{
	char value[VALUE_MAX], quoted[VALUE_MAX];
	const char *text = value;

	if (!catalog_value(s->f, name, length, value, sizeof(value))) {
		s->missing = true;
		text = "?";
	} else if (s->shell) {
		text = s->in_quotes ? quote_inner(value, quoted, sizeof(quoted)) :
				      shell_quote(value, quoted, sizeof(quoted));
		if (!text[0])
			s->cut = true;
	}
	filler_append(s, text, strlen(text));
}

/*
 * The programs of the advice, by what they look at: what is one for the whole
 * machine, the network namespace they run in, or its files as well, such as
 * /etc/resolv.conf, which containers have of their own; the last change those.
 */
enum reach { MACHINE, NETWORK, FILES, CHANGES_FILES };

static const struct tool {
	const char *name;
	enum reach reach;
} tools[] = {
	{ "arping", NETWORK },
	{ "bpftool", MACHINE },
	{ "cat", FILES },
	{ "date", MACHINE },
	{ "dig", FILES },
	{ "getent", FILES },
	{ "ip", NETWORK },
	{ "{iptables}-save", NETWORK },		/* as templates write it */
	{ "journalctl", MACHINE },
	{ "ls", FILES },
	{ "mtr", NETWORK },
	{ "nc", NETWORK },
	{ "nft", NETWORK },
	{ "nstat", NETWORK },
	{ "openssl", NETWORK },
	{ "ping", NETWORK },
	{ "ps", MACHINE },
	{ "resolvectl", MACHINE },
	{ "ss", NETWORK },
	{ "ssh", FILES },
	{ "sysctl", NETWORK },
	{ "systemctl", MACHINE },
	{ "tcpdump", NETWORK },
	{ "update-ca-certificates", CHANGES_FILES },
};

static const struct tool *find_tool(const char *command)
{
	size_t length = strcspn(command, " [");

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strlen(tools[i].name) == length && !strncmp(tools[i].name, command, length))
			return &tools[i];
	return NULL;
}

/* Before a command that would look at connwatch's own namespace where another is meant. */
static void filler_enter_netns(struct filler *s, const char *command)
{
	const struct tool *tool = find_tool(command);
	char quoted[VALUE_MAX], prefix[VALUE_MAX + sizeof("ip netns exec ")];

	if (!tool || tool->reach == MACHINE || !s->elsewhere)
		return;
	if (s->f->netns_name[0])
		snprintf(prefix, sizeof(prefix), "ip netns exec %s ",
			 shell_quote(s->f->netns_name, quoted, sizeof(quoted)));
	else if (s->f->netns_pid)
		snprintf(prefix, sizeof(prefix), "nsenter -t %u %s-n ", s->f->netns_pid,
			 tool->reach >= FILES ? "-m " : "");
	else
		s->no_way = true;
	if (!s->no_way)
		filler_append(s, prefix, strlen(prefix));
}

static bool is_next_command(const char *template, const char *p)
{
	return p - template > 2 && !strncmp(p - 2, "; ", 2);
}

/* How much from @p on goes as it stands, at least one; commands begin behind "; ". */
static size_t plain_length(const char *template, const char *p)
{
	size_t length = strcspn(p, "{[]';");

	return length == 0 || (p > template && p[-1] == ';') ? 1 : length;
}

static void template_fill(struct filler *s, const char *template)
{
	struct filler before = *s;	/* the state when the open group began */
	const char *end;

	for (const char *p = template; *p; p++) {
		if (p == template || (!s->in_quotes && is_next_command(template, p)))
			filler_enter_netns(s, p);
		if (strncmp(p, "[[", 2) == 0) {
			before = *s;
			s->in_group = true;
			s->missing = false;
			p++;
		} else if (s->in_group && strncmp(p, "]]", 2) == 0) {
			bool missing = s->missing;

			if (missing)
				*s = before;
			s->missing = before.missing;
			s->in_group = false;
			p++;
		} else if (*p == '{' && (end = strchr(p, '}'))) {
			filler_put_value(s, p + 1, (size_t)(end - p - 1));
			p = end;
		} else {
			size_t length = plain_length(template, p);

			s->in_quotes ^= *p == '\'';
			filler_append(s, p, length);
			p += length - 1;
		}
	}
	s->out[s->length] = '\0';
}

/* Says in a comment which namespace is meant, where no command leads there. */
static void advice_name_netns(struct filler *s, const char *template)
{
	char comment[64];

	snprintf(comment, sizeof(comment), "%s in network namespace %u",
		 strstr(template, "   # ") ? ";" : "   #", s->f->netns);
	filler_append(s, comment, strlen(comment));
	s->out[s->length] = '\0';
}

/* Whether the @place that a template names is this host. */
static bool is_this_host(const struct finding *f, const char *place)
{
	bool is_service = !strncmp(place, "{dst_ip}", 8) || !strncmp(place, "the server", 10);

	if (f->direction == DIRECTION_INBOUND)
		return is_service;
	return f->direction == DIRECTION_LOCAL && (is_service || place[0] == '{');
}

/*
 * What a template would have run "   # on 10.0.0.7" is run here when that address
 * is this host's: the words from there on go. False: nothing to take away.
 */
static bool advice_is_here(const struct finding *f, const char *template, char *here, size_t size)
{
	const char *label = strstr(template, "   # on ");

	if (!label || !is_this_host(f, label + 8) || (size_t)(label - template) >= size)
		return false;
	memcpy(here, template, (size_t)(label - template));
	here[label - template] = '\0';
	return true;
}

/* What changes files must reach those that the process sees: ip-netns(8) leads to the host's. */
static bool reaches_its_files(const struct finding *f)
{
	if (f->elsewhere)
		return f->netns_pid && !f->netns_name[0];
	return !f->process.container[0];
}

/* A command with a hole or a cut end could do something else: such a line is not given at all. */
static void advice_add(struct finding *f, const char *template)
{
	const struct tool *tool = find_tool(template);
	char here[FINDING_TEXT_MAX];
	struct filler s = {
		.f = f,
		.shell = true,
		.out = f->advice[f->advice_count],
		.size = FINDING_TEXT_MAX,
		/* "# on 10.0.0.7": on another machine, for all that is known */
		.elsewhere = f->elsewhere && !strstr(template, "# on ") &&
			     !strstr(template, "# from another host"),
	};

	if (tool && tool->reach == CHANGES_FILES && !reaches_its_files(f))
		return;
	if (advice_is_here(f, template, here, sizeof(here))) {
		template = here;
		s.elsewhere = f->elsewhere;
	}
	template_fill(&s, template);
	if (s.no_way)
		advice_name_netns(&s, template);
	if (s.missing || s.cut)
		s.out[0] = '\0';
	else
		f->advice_count++;
}

static void advice_add_list(struct finding *f, const char *const *templates)
{
	for (; *templates && f->advice_count < FINDING_ADVICE_MAX; templates++)
		advice_add(f, *templates);
}

/*
 * Whether a step that is written for readers can be run as it stands: it is no
 * prose, has no word in capitals where a value would be, and changes nothing.
 */
static bool step_is_command(const char *step)
{
	const struct tool *tool = find_tool(step);
	const char *comment = strstr(step, "   # ");

	if (!tool || tool->reach == CHANGES_FILES)
		return false;
	for (; step[0] && step != comment; step++)
		if (isupper((unsigned char)step[0]) && isupper((unsigned char)step[1]))
			return false;
	return true;
}

static void advice_add_steps(struct finding *f, const char *const *steps)
{
	for (; *steps && f->advice_count < FINDING_ADVICE_MAX; steps++)
		if (step_is_command(*steps))
			advice_add(f, *steps);
}

/* "neighbour-failed" in words */
static void put_cause_words(const char *id, char *buf, size_t size)
{
	snprintf(buf, size, "%s", id);
	for (char *p = buf; *p; p++)
		if (*p == '-')
			*p = ' ';
}

/* What stands for many may lack what a sentence is about: then the cause in general is true. */
void catalog_fill(struct finding *f)
{
	struct filler summary = { .f = f, .out = f->summary, .size = sizeof(f->summary) };
	struct filler brief = { .f = f, .out = f->brief, .size = sizeof(f->brief) };
	bool many = f->count > 1 || f->many_addresses;

	template_fill(&summary, f->cause->summary);
	if (summary.missing && many)
		snprintf(f->summary, sizeof(f->summary), "%s", f->cause->meaning);
	template_fill(&brief, f->cause->brief);
	if (brief.missing && many)
		put_cause_words(f->cause->id, f->brief, sizeof(f->brief));
	f->advice_count = 0;
	if (f->cause->advice)
		advice_add_list(f, f->cause->advice);
	/* What is known about the code in general is better than no advice. */
	if (f->advice_count == 0)
		advice_add_steps(f, f->entry->next_steps);
}
