/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Building findings, and the presentation forms of what is in them. */
#include "diagnose/finding.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct finding_value *find_value(struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->value_count; i++) {
		if (strcmp(f->values[i].name, name) == 0)
			return &f->values[i];
	}
	if (f->value_count == FINDING_VALUES_MAX)
		return NULL;
	f->values[f->value_count].name = name;
	return &f->values[f->value_count++];
}

void finding_set(struct finding *f, const char *name, const char *fmt, ...)
{
	struct finding_value *value = find_value(f, name);
	va_list args;

	if (!value)
		return;
	va_start(args, fmt);
	vsnprintf(value->text, sizeof(value->text), fmt, args);
	va_end(args);
}

const char *finding_get(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->value_count; i++) {
		if (strcmp(f->values[i].name, name) == 0)
			return f->values[i].text;
	}
	return NULL;
}

void finding_add_evidence(struct finding *f, const char *fact, const char *hook, double at_ms,
			  const char *fmt, ...)
{
	struct evidence *e;
	va_list args;

	if (f->evidence_count == FINDING_EVIDENCE_MAX)
		return;
	e = &f->evidence[f->evidence_count++];
	memset(e, 0, sizeof(*e));
	e->fact = fact;
	e->hook = hook;
	e->has_at = isfinite(at_ms);
	if (e->has_at)
		e->at_ms = at_ms;
	if (!fmt)
		return;
	va_start(args, fmt);
	vsnprintf(e->detail, sizeof(e->detail), fmt, args);
	va_end(args);
}

void finding_add_related(struct finding *f, const char *code)
{
	for (size_t i = 0; i < f->related_count; i++) {
		if (strcmp(f->related[i], code) == 0)
			return;
	}
	if (f->related_count < FINDING_RELATED_MAX)
		f->related[f->related_count++] = code;
}

static bool ip_is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

const char *endpoint_ip_text(const struct endpoint *e, char *buf, size_t size)
{
	const char *text = NULL;

	if (e->has_ip && ip_is_mapped(e->ip))
		text = inet_ntop(AF_INET, e->ip + 12, buf, size);
	else if (e->has_ip)
		text = inet_ntop(AF_INET6, e->ip, buf, size);
	if (!text && size > 0)
		buf[0] = '\0';
	return buf;
}

const char *endpoint_text(const struct endpoint *e, char *buf, size_t size)
{
	char ip[INET6_ADDRSTRLEN];

	endpoint_ip_text(e, ip, sizeof(ip));
	if (!e->has_port)
		snprintf(buf, size, "%s", ip);
	else if (strchr(ip, ':'))
		snprintf(buf, size, "[%s]:%u", ip, e->port);
	else
		snprintf(buf, size, "%s:%u", ip, e->port);
	return buf;
}

const char *duration_text(double ms, char *buf, size_t size)
{
	if (!isfinite(ms) || ms < 0)
		ms = 0;
	/* The limits are where rounding would print the next unit's 1. */
	if (ms < 0.095)
		snprintf(buf, size, "%.2f ms", ms);
	else if (ms < 9.95)
		snprintf(buf, size, "%.1f ms", ms);
	else if (ms < 999.5)
		snprintf(buf, size, "%.0f ms", ms);
	else if (ms < 9950)
		snprintf(buf, size, "%.1f s", ms / 1000);
	else if (ms < 599500)
		snprintf(buf, size, "%.0f s", ms / 1000);
	else if (ms < 7170000)
		snprintf(buf, size, "%.0f min", ms / 60000);
	else
		snprintf(buf, size, "%.1f h", ms / 3600000);
	return buf;
}

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = {
		[CONFIDENCE_UNKNOWN] = "unknown",
		[CONFIDENCE_INFERRED] = "inferred",
		[CONFIDENCE_OBSERVED] = "observed",
	};

	return names[c];
}

const char *direction_name(enum direction d)
{
	static const char *const names[] = {
		[DIRECTION_NONE] = NULL,
		[DIRECTION_OUTBOUND] = "outbound",
		[DIRECTION_INBOUND] = "inbound",
		[DIRECTION_LOCAL] = "local",
	};

	return names[d];
}
