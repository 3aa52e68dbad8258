/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of a run, for people: how much, where, and whether it is this host or the others. */
#include <inttypes.h>
#include <stdlib.h>

#include "diagnose/finding.h"
#include "sinks/color.h"
#include "sinks/sanitize.h"
#include "sinks/text.h"
#include "sinks/wrap.h"

enum {
	LABEL_COLUMNS = 12,
	NAME_COLUMNS = 20,	/* or more when a name in the lists is longer */
	PROCESSES_MAX = 10,	/* names listed; there are not that many codes */
	NAMED_MAX = 3,		/* destinations named in the line about scope */
	WIDTH = 100,
	TEXT_MAX = 1024,
};

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The label stands before the first row of a list only. */
static void put_label(FILE *out, const char *label, bool first)
{
	fprintf(out, "  %-*s", LABEL_COLUMNS, first ? label : "");
}

/* "021 Connection refused", or the name alone, "" if it is empty; returns the columns it takes. */
static size_t format_name(const struct summary_total *total, char *buf, size_t size)
{
	char name[TEXT_MAX];

	snprintf(name, sizeof(name), "%s%s%s", total->name[0] ? total->name : "\"\"",
		 total->title && total->title[0] ? " " : "", total->title ? total->title : "");
	return text_columns(sanitize_text(name, buf, size));
}

/* @width, or the columns of the longest name, if they are more. */
static size_t widen(size_t width, const struct summary_total *totals, size_t count)
{
	char name[TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		size_t columns = format_name(&totals[i], name, sizeof(name));

		if (columns > width)
			width = columns;
	}
	return width;
}

static void put_row(FILE *out, const char *label, const char *name, uint64_t count, size_t width)
{
	size_t columns = text_columns(name);

	put_label(out, label, label[0]);
	fprintf(out, "%s%*s %6" PRIu64 "\n", name, columns < width ? (int)(width - columns) : 0, "",
		count);
}

/* Returns the sum of the rows. */
static uint64_t put_totals(FILE *out, const char *label, const struct summary_total *totals,
			   size_t count, size_t width)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		char name[TEXT_MAX];

		format_name(&totals[i], name, sizeof(name));
		put_row(out, i ? "" : label, name, totals[i].count, width);
		sum += totals[i].count;
	}
	return sum;
}

/* The rows add up to all failures: with those of further names, and of processes not known. */
static void put_processes(FILE *out, const struct summary_info *info, size_t width)
{
	size_t listed = min_size(info->process_count, PROCESSES_MAX);
	uint64_t sum = put_totals(out, "by process", info->processes, listed, width);
	char more[48] = "others";

	if (info->process_count > listed)
		snprintf(more, sizeof(more), "and %zu more", info->process_count - listed);
	if (info->process_failures > sum)
		put_row(out, "", more, info->process_failures - sum, width);
	if (info->failures > info->process_failures && info->process_failures)
		put_row(out, "", "not known", info->failures - info->process_failures, width);
}

/* "10.0.0.7:5432, 10.0.0.8:80 (3 of 9) and 3 more": how often, where not always */
static void put_destinations(FILE *out, const struct summary_info *info)
{
	size_t named = info->destination_count < NAMED_MAX ? info->destination_count : NAMED_MAX;
	char text[TEXT_MAX];

	for (size_t i = 0; i < named; i++) {
		const struct summary_scope *d = &info->destinations[i];

		fprintf(out, "%s%s", i ? ", " : "",
			sanitize_text(d->destination, text, sizeof(text)));
		if (d->failures < d->attempts && !info->destinations_unnamed)
			fprintf(out, " (%" PRIu64 " of %" PRIu64 ")", d->failures, d->attempts);
	}
	if (info->destinations_failing > named)
		fprintf(out, "%s%" PRIu64 " more", named ? " and " : "",
			info->destinations_failing - named);
}

/* "3 of 14 destinations fail, 2 of them sometimes", "at least 3 destinations fail" */
static void put_failing(FILE *out, const struct summary_info *info)
{
	uint64_t tried = info->destinations_tried, failing = info->destinations_failing;
	uint64_t sometimes = failing - info->destinations_dead;

	if (info->destinations_unnamed)
		fprintf(out, "at least %" PRIu64 " destination%s", failing,
			failing == 1 ? " fails" : "s fail");
	else if (tried == 1 && !info->destinations_cut)
		fputs("the only destination fails", out);
	else if (failing == tried && !info->destinations_cut)
		fprintf(out, "all %" PRIu64 " fail", tried);
	else
		fprintf(out, "%" PRIu64 " of %s%" PRIu64 " destinations %s", failing,
			info->destinations_cut ? "the first " : "", tried,
			failing == 1 ? "fails" : "fail");
	/* Of one that was forgotten it is not known. */
	if (info->destinations_evicted)
		return;
	if (sometimes == failing)
		fputs(" sometimes", out);
	else if (sometimes)
		fprintf(out, ", %" PRIu64 " of them sometimes", sometimes);
}

/*
 * One destination failing points at the remote side, all failing at this host;
 * but not where they answered, if only to refuse.
 */
static void put_scope_text(FILE *out, const struct summary_info *info)
{
	uint64_t tried = info->destinations_tried;

	if (info->destinations_failing == 0) {
		if (tried == 1)
			fputs("the only destination does not fail", out);
		else
			fprintf(out, "none of %s%" PRIu64 " destinations fails",
				info->destinations_cut ? "the first " : "", tried);
		return;
	}
	put_failing(out, info);
	fputs(": look at ", out);
	if ((tried > 1 || info->destinations_unnamed) && info->blame_host)
		fputs("this host's route, link or resolver", out);
	else
		put_destinations(out, info);
}

static void put_scope(FILE *out, const struct summary_info *info)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream;

	if (info->destinations_tried == 0)
		return;
	stream = open_memstream(&text, &size);
	if (!stream)
		return;
	put_scope_text(stream, info);
	if (fclose(stream) == 0) {
		put_label(out, "scope", true);
		wrap_print(out, text, LABEL_COLUMNS + 2, LABEL_COLUMNS + 2, WIDTH);
		fputc('\n', out);
	}
	free(text);
}

static void put_missing_hooks(FILE *out, const struct summary_info *info)
{
	bool first = true;
	char text[TEXT_MAX];

	for (size_t i = 0; i < info->signal_count; i++) {
		const struct signal_status *s = &info->signals[i];

		if (s->hook)
			continue;
		put_label(out, "not watched", first);
		first = false;
		fputs(sanitize_text(s->name, text, sizeof(text)), out);
		if (s->reason && s->reason[0])
			fprintf(out, ": %s", sanitize_text(s->reason, text, sizeof(text)));
		fputc('\n', out);
	}
}

static size_t count_missing_hooks(const struct summary_info *info)
{
	size_t missing = 0;

	for (size_t i = 0; i < info->signal_count; i++)
		missing += !info->signals[i].hook;
	return missing;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "; 9 connections succeeded", "; at least 4096 connections succeeded" */
static void put_successes(FILE *out, const struct summary_info *info)
{
	if (info->successes_unknown)
		fputs("; with this filter, those that succeed are not counted", out);
	else
		fprintf(out, "; %s%" PRIu64 " connection%s succeeded",
			info->connections_ok_at_least ? "at least " : "", info->connections_ok,
			plural(info->connections_ok));
}

static void put_quiet(FILE *out, const struct summary_info *info, const char *watched)
{
	size_t missing = count_missing_hooks(info);

	fprintf(out, "connwatch: no failed connections in %s", watched);
	put_successes(out, info);
	if (missing)
		fprintf(out, "; %zu signal%s not watched", missing, plural(missing));
	fputc('\n', out);
}

/* What had no room in the output was counted before: its line is missing, nothing else. */
static void put_losses(FILE *out, const struct summary_info *info)
{
	for (size_t i = 0; i < info->loss_count; i++) {
		const struct summary_loss *loss = &info->losses[i];

		put_label(out, "lost", i == 0);
		fprintf(out, "%" PRIu64 " record%s (%s): %s\n", loss->count, plural(loss->count),
			loss->stage, loss->in_totals ? "in the totals above, without a line" :
						       "the totals above may be too low");
	}
	if (info->conditions_lost) {
		put_label(out, "lost", info->loss_count == 0);
		fprintf(out, "%" PRIu64 " condition%s (output): in the totals above, without a "
			"line\n", info->conditions_lost, plural(info->conditions_lost));
	}
	if (info->connections_evicted) {
		put_label(out, "evicted", true);
		fprintf(out, "up to %" PRIu64 " connection%s (table full): their failures may lack "
			"the process\n",
			info->connections_evicted, plural(info->connections_evicted));
	}
	if (info->destinations_evicted && !info->successes_unknown) {
		put_label(out, "evicted", info->connections_evicted == 0);
		fprintf(out, "up to %" PRIu64 " destination%s (table full): what succeeded there "
			"is not counted\n",
			info->destinations_evicted, plural(info->destinations_evicted));
	}
}

void text_print_summary(FILE *out, const struct summary_info *info, bool color)
{
	char watched[32];
	size_t width = NAME_COLUMNS;

	duration_text(info->seconds * 1000, watched, sizeof(watched));
	if (info->failures == 0 && info->conditions == 0 && info->lost == 0 &&
	    info->connections_evicted == 0) {
		put_quiet(out, info, watched);
		return;
	}
	fprintf(out, "\n%sconnwatch: %" PRIu64 " failure%s", color_bold(color), info->failures,
		plural(info->failures));
	if (info->conditions)
		fprintf(out, " and %" PRIu64 " condition%s", info->conditions,
			plural(info->conditions));
	fprintf(out, " in %s%s", watched, color_end(color));
	put_successes(out, info);
	fputc('\n', out);
	width = widen(width, info->codes, info->code_count);
	width = widen(width, info->processes, min_size(info->process_count, PROCESSES_MAX));
	put_totals(out, "by code", info->codes, info->code_count, width);
	put_processes(out, info, width);
	put_scope(out, info);
	if (info->folded) {
		put_label(out, "folded", true);
		fprintf(out, "%" PRIu64 " repeat%s without a line of %s own (see --all)\n",
			info->folded, plural(info->folded), info->folded == 1 ? "its" : "their");
	}
	put_losses(out, info);
	put_missing_hooks(out, info);
}
