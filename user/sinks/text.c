/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The text sink: one line a finding, for people.
 *
 * 23:30:01 021 refused   curl[4312]       10.0.0.7:443          peer is up, port is closed
 *              next: ss -tlnp 'sport = :443'   # on 10.0.0.7
 *
 * The columns are steady; what does not fit pushes the rest to the right. On a
 * terminal a cause that does not fit goes whole to a line of its own, because
 * half a sentence at the end of a line is hard to read.
 */
#include "sinks/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"
#include "sinks/color.h"
#include "sinks/output.h"
#include "sinks/sanitize.h"
#include "sinks/wrap.h"

/* How long the summary waits for the lines before it; who does not read by then will not. */
enum { SUMMARY_AFTER_MS = 100 };

enum {
	CODE_COLUMNS = 3,
	TITLE_COLUMNS = 9,
	PROCESS_COLUMNS = 16,
	PLACE_COLUMNS = 21,	/* 255.255.255.255:65535 */
	INDENT = 13,		/* under the title, for continuations and advice */
	WIDTH_MIN = 50,		/* on narrower terminals wrapping makes it worse */
	TEXT_MAX = 2048,
};

struct text_sink {
	struct sink base;
	int fd;				/* the terminal, if it is one */
	struct output *summary_out;	/* NULL: where all goes */
	bool color;
	bool summary_color;
	bool quiet;
	enum explain_mode explain;
	bool verbose;
	bool *explained;	/* by index into catalog_causes */
};

/* The columns of the terminal, which may change at any time; 0 when there is none. */
static size_t terminal_width(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

static void format_time(uint64_t time_ns, char *buf, size_t size)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	snprintf(buf, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void format_process(const struct finding_process *p, char *buf, size_t size)
{
	char name[TEXT_MAX];

	if (p->pid)
		snprintf(buf, size, "%s[%u]", sanitize_text(p->name, name, sizeof(name)), p->pid);
	else
		snprintf(buf, size, "-");
}

/* In the place of an address that is not the same of all. */
static const char several_addresses[] = "several addresses";

static bool endpoint_known(const struct endpoint *e)
{
	return e->has_ip || e->has_port || e->domain[0];
}

/*
 * Where it failed: the destination; for what has none (bind, listen) the local
 * end. Callers from elsewhere stand before the cause, so never here. A name that
 * was looked up stands alone when it is the subject.
 */
static void format_place(const struct finding *f, char *buf, size_t size)
{
	bool has_end = endpoint_known(&f->destination) || f->direction == DIRECTION_INBOUND;
	const struct endpoint *e = has_end ? &f->destination : &f->source;
	bool resolve = f->operation && strcmp(f->operation, "resolve") == 0;
	char address[ENDPOINT_TEXT_SIZE], domain[TEXT_MAX];

	endpoint_text(e, address, sizeof(address));
	sanitize_text(e->domain, domain, sizeof(domain));
	if (f->many_addresses && f->direction != DIRECTION_INBOUND)
		snprintf(buf, size, "%s%s", several_addresses, address);
	else if (domain[0] && (resolve || !e->has_ip))
		snprintf(buf, size, "%s%s", domain, resolve ? "" : address);
	else if (domain[0])
		snprintf(buf, size, "%s (%s)", address, domain);
	else
		snprintf(buf, size, "%s", address[0] ? address : "-");
}

/* What goes in front of the cause: repeats, the caller of an inbound failure, doubt. */
static void format_qualifier(const struct finding *f, char *buf, size_t size)
{
	static const char *const doubt[] = {
		[CONFIDENCE_UNKNOWN] = "",	/* its cause says so itself */
		[CONFIDENCE_INFERRED] = "probably ",
		[CONFIDENCE_OBSERVED] = "",
	};
	char ip[ENDPOINT_TEXT_SIZE], times[32] = "", from[80] = "";

	if (f->count > 1)
		snprintf(times, sizeof(times), "x%llu ", (unsigned long long)f->count);
	if (f->direction == DIRECTION_INBOUND && f->source.has_ip)
		snprintf(from, sizeof(from), "from %s: ",
			 endpoint_ip_text(&f->source, ip, sizeof(ip)));
	else if (f->direction == DIRECTION_INBOUND && f->many_addresses)
		snprintf(from, sizeof(from), "from %s: ", several_addresses);
	snprintf(buf, size, "%s%s%s%s", times, f->type == FINDING_CONDITION ? "condition: " : "",
		 from, doubt[f->confidence]);
}

/* Behind the cause: that it was in another network namespace than the reader's, and which. */
static void format_netns(const struct finding *f, char *buf, size_t size)
{
	enum { CONTAINER_ID_SHOWN = 12 };	/* as container tools do */
	char name[TEXT_MAX];

	buf[0] = '\0';
	if (!f->elsewhere)
		return;
	if (f->netns_name[0])
		snprintf(buf, size, " (in netns %s)",
			 sanitize_text(f->netns_name, name, sizeof(name)));
	else if (f->process.container[0])
		snprintf(buf, size, " (in container %.*s)", CONTAINER_ID_SHOWN,
			 sanitize_text(f->process.container, name, sizeof(name)));
	else
		snprintf(buf, size, " (in netns %u)", f->netns);
}

/* Fills the cell with @text and spaces up to @width, and a space; returns the columns used. */
static size_t put_cell(FILE *out, const char *text, size_t width)
{
	size_t columns = text_columns(text);
	size_t spaces = columns < width ? width - columns + 1 : 1;

	fprintf(out, "%s%*s", text, (int)spaces, "");
	return columns + spaces;
}

static void put_line(const struct text_sink *t, FILE *out, const struct finding *f)
{
	enum severity severity = f->entry->severity;
	char cell[TEXT_MAX * 2], brief[TEXT_MAX], netns[TEXT_MAX], cause[TEXT_MAX * 4];
	size_t width = terminal_width(t->fd), used = 0, place;

	format_time(f->time_ns, cell, sizeof(cell));
	used += put_cell(out, cell, 0);
	fputs(color_severity(t->color, severity, true), out);
	used += put_cell(out, f->entry->code, CODE_COLUMNS);
	fputs(color_end(t->color), out);
	fputs(color_severity(t->color, severity, false), out);
	used += put_cell(out, f->entry->short_title, TITLE_COLUMNS);
	fputs(color_end(t->color), out);
	format_process(&f->process, cell, sizeof(cell));
	used += put_cell(out, cell, PROCESS_COLUMNS);
	format_place(f, cell, sizeof(cell));
	place = text_columns(cell);
	fputs(cell, out);

	format_qualifier(f, cell, sizeof(cell));
	format_netns(f, netns, sizeof(netns));
	snprintf(cause, sizeof(cause), "%s%s%s", cell,
		 sanitize_text(f->brief, brief, sizeof(brief)), netns);
	used += place < PLACE_COLUMNS ? PLACE_COLUMNS + 1 : place + 1;
	if (width < WIDTH_MIN || used + text_columns(cause) <= width) {
		fprintf(out, "%*s%s", place < PLACE_COLUMNS ? (int)(PLACE_COLUMNS - place + 1) : 1,
			"", cause);
	} else {
		fprintf(out, "\n%*s", INDENT, "");
		wrap_print(out, cause, INDENT, INDENT, width);
	}
	fputc('\n', out);
}

/* The whole sentence, for who asked for more. */
static void put_summary(const struct text_sink *t, FILE *out, const struct finding *f)
{
	char summary[TEXT_MAX];
	size_t width = terminal_width(t->fd);

	fprintf(out, "%*s", INDENT, "");
	sanitize_text(f->summary, summary, sizeof(summary));
	if (width < WIDTH_MIN)
		fputs(summary, out);
	else
		wrap_print(out, summary, INDENT, INDENT, width);
	fputc('\n', out);
}

/* Commands are never wrapped: they must survive being copied. */
static void put_advice(FILE *out, const struct finding *f, bool all)
{
	char text[TEXT_MAX];

	for (size_t i = 0; i < f->advice_count && (i == 0 || all); i++)
		fprintf(out, "%*snext: %s\n", INDENT, "",
			sanitize_text(f->advice[i], text, sizeof(text)));
}

static void put_evidence(FILE *out, const struct finding *f)
{
	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct evidence *e = &f->evidence[i];
		char at[32] = "", duration[32], detail[TEXT_MAX];

		if (e->has_at)
			snprintf(at, sizeof(at), "%s%s", e->at_ms < 0 ? "-" : "+",
				 duration_text(e->at_ms < 0 ? -e->at_ms : e->at_ms, duration,
					       sizeof(duration)));
		sanitize_text(e->detail, detail, sizeof(detail));
		fprintf(out, "%*s%9s %s (%s)%s%s\n", INDENT, "", at, e->fact, e->hook,
			detail[0] ? ": " : "", detail);
	}
}

/* Whether this finding gets its advice; notes that it did. */
static bool explain_now(struct text_sink *t, const struct finding *f)
{
	size_t index = (size_t)(f->cause - catalog_causes);

	if (t->explain != EXPLAIN_ONCE)
		return t->explain == EXPLAIN_ALWAYS;
	if (index >= catalog_cause_count)	/* not from the table: a test */
		return true;
	if (t->explained[index])
		return false;
	t->explained[index] = true;
	return true;
}

/* Sends what was written to the memory stream @stream as one record, and frees it. */
static int text_flush(struct output *out, FILE *stream, char **data, size_t *size)
{
	int err = -ENOMEM;

	if (fclose(stream) == 0)
		err = output_put(out, *data, *size);
	free(*data);
	return err;
}

static int text_finding(struct sink *s, const struct finding *f)
{
	struct text_sink *t = (struct text_sink *)s;
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		return -ENOMEM;
	put_line(t, out, f);
	if (t->verbose) {
		put_summary(t, out, f);
		put_evidence(out, f);
	}
	if (explain_now(t, f))
		put_advice(out, f, t->verbose);
	return text_flush(t->base.out, out, &data, &size);
}

static int text_lost(struct sink *s, const struct lost_info *info)
{
	struct text_sink *t = (struct text_sink *)s;
	char *data = NULL, at[32];
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		return -ENOMEM;
	format_time(info->time_ns, at, sizeof(at));
	put_cell(out, at, 0);
	fputs(color_bold(t->color), out);
	put_cell(out, "---", CODE_COLUMNS);
	put_cell(out, "lost", TITLE_COLUMNS);
	fputs(color_end(t->color), out);
	fprintf(out, "records lost (%s): %llu; failures may be missing here\n", info->stage,
		(unsigned long long)info->count);
	return text_flush(t->base.out, out, &data, &size);
}

static int text_summary(struct sink *s, const struct summary_info *info)
{
	struct text_sink *t = (struct text_sink *)s;
	char *data = NULL;
	size_t size = 0;
	FILE *out;

	if (t->quiet)
		return 0;
	out = open_memstream(&data, &size);
	if (!out)
		return -ENOMEM;
	text_print_summary(out, info, t->summary_color);
	/* On a terminal both are one screen: first what comes first. */
	if (t->summary_out)
		output_drain(t->base.out, SUMMARY_AFTER_MS);
	return text_flush(t->summary_out ? t->summary_out : t->base.out, out, &data, &size);
}

static void text_close(struct sink *s)
{
	struct text_sink *t = (struct text_sink *)s;

	output_close(t->summary_out);
	output_close(s->out);
	free(t->explained);
	free(t);
}

static const struct sink_ops text_ops = {
	.name = "text",
	.finding = text_finding,
	.lost = text_lost,
	.summary = text_summary,
	.close = text_close,
};

static bool text_open_outputs(struct text_sink *t, const struct sink_options *options)
{
	t->base.out = output_open(options->fd, options->queue_bytes);
	if (!t->base.out)
		return false;
	if (!options->summary_fd || options->summary_fd == options->fd)
		return true;
	t->summary_out = output_open(options->summary_fd, 0);
	return t->summary_out != NULL;
}

struct sink *sink_text_open(const struct sink_options *options)
{
	struct text_sink *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->base.ops = &text_ops;
	t->fd = options->fd;
	t->color = color_enabled(options->color, options->fd);
	t->summary_color = color_enabled(options->color, options->summary_fd ?
								 options->summary_fd : options->fd);
	t->quiet = options->quiet;
	t->explain = options->explain;
	t->verbose = options->verbose;
	t->explained = calloc(catalog_cause_count, sizeof(*t->explained));
	if (t->explained && text_open_outputs(t, options))
		return &t->base;
	text_close(&t->base);
	return NULL;
}
