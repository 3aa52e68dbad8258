/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filling catalogue templates with a finding's own values. */
#ifndef CONNWATCH_CATALOG_FILL_H
#define CONNWATCH_CATALOG_FILL_H

#include <stdbool.h>
#include <stddef.h>

struct finding;

/*
 * Fills @f->summary, @f->brief and @f->advice from its cause's templates. Names
 * that are always tried, besides the values the rules set (finding_set): dst, dst_ip,
 * dst_port, src, src_ip, src_port, pid, name, interface, duration (with unit),
 * error, errno, transport, count, syn_count (retransmits + 1), retransmits.
 * {ss_dst} is dst_ip, bracketed when IPv6, as ss(8) filters want it.
 * The whole list, with the form of each, is catalog_value_names.
 * In advice every value is quoted for the shell where it needs it; a line with
 * a missing value outside [[...]] is left out as a whole; when none is left, those
 * of the code's next_steps are given that can be run as they stand. In a summary
 * or brief a missing value outside [[...]] becomes "?": a test finds that.
 */
void catalog_fill(struct finding *f);
/*
 * Every name that a template may use, with what its text looks like; ended by
 * a NULL name. @get takes the value from the finding itself, and returns false
 * when it is not known; it is NULL for the values that only rules set.
 */
struct catalog_value_name {
	const char *name;
	const char *example;
	bool (*get)(const struct finding *f, char *buf, size_t size);
};
extern const struct catalog_value_name catalog_value_names[];
/* The value of @f that is called @name (of @length bytes); false when it is not known. */
bool catalog_value(const struct finding *f, const char *name, size_t length, char *buf,
		   size_t size);
/*
 * Quotes @text for a POSIX shell into @buf when it holds anything but
 * [A-Za-z0-9@%+=:,./_-]; returns @buf. Never adds a backslash. When @size is too
 * small @buf becomes "", never an open quote (an empty @text gives '').
 */
const char *shell_quote(const char *text, char *buf, size_t size);

#endif
