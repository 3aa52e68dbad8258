/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The NDJSON records as JSON trees. What is missing is left out: the put_*
 * helpers do nothing for it. When memory is short a key is left out as well,
 * which readers have to expect anyway.
 */
#include "sinks/json_record.h"

#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"
#include "sinks/sanitize.h"

enum { SCHEMA_VERSION = 1, TEXT_MAX = 2048 };

static json_t *text_value(const char *text)
{
	char safe[TEXT_MAX];

	return json_string_nocheck(sanitize_text(text, safe, sizeof(safe)));
}

/* Keys are constants of ours, texts were cleaned: there is nothing to check once more. */
static void put(json_t *o, const char *key, json_t *value)
{
	json_object_set_new_nocheck(o, key, value);
}

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text && text[0])
		put(o, key, text_value(text));
}

/* For keys that are never missing: a process may well have set its name to nothing. */
static void put_any_text(json_t *o, const char *key, const char *text)
{
	put(o, key, text_value(text ? text : ""));
}

static void put_integer(json_t *o, const char *key, uint64_t number)
{
	put(o, key, json_integer((json_int_t)number));
}

/* To three places. By hand: round() alone would have all of libm in memory. */
static double rounded(double number)
{
	double thousandths = number * 1000;

	if (thousandths > -1e15 && thousandths < 1e15)
		return (double)(int64_t)(thousandths + (number < 0 ? -0.5 : 0.5)) / 1000;
	return number;
}

static void put_real(json_t *o, const char *key, double number)
{
	/* JSON knows no infinity; more than microseconds is noise */
	if (isfinite(number))
		put(o, key, json_real(rounded(number)));
}

/* An object without members says nothing: it is not put. */
static void put_object(json_t *o, const char *key, json_t *object)
{
	if (json_object_size(object) > 0)
		put(o, key, object);
	else
		json_decref(object);
}

/* "2026-11-20T23:30:01", kept: most records are of the second of the one before. */
static const char *date_text(time_t seconds)
{
	static char date[32] = "1970-01-01T00:00:00";
	static time_t kept;
	struct tm tm;

	if (seconds != kept && gmtime_r(&seconds, &tm)) {
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		kept = seconds;
	}
	return date;
}

const char *json_record_time(uint64_t time_ns, char *buf, size_t size)
{
	snprintf(buf, size, "%s.%09uZ", date_text((time_t)(time_ns / 1000000000)),
		 (unsigned int)(time_ns % 1000000000));
	return buf;
}

static void put_time(json_t *o, const char *key, uint64_t time_ns)
{
	char text[64];

	json_record_time(time_ns, text, sizeof(text));
	put(o, key, json_string_nocheck(text));
}

static json_t *record_new(const char *type, uint64_t seq, uint64_t time_ns)
{
	json_t *o = json_object();

	put_integer(o, "schema_version", SCHEMA_VERSION);
	put_text(o, "type", type);
	put_integer(o, "seq", seq);
	put_time(o, "time", time_ns);
	return o;
}

static json_t *process_value(const struct finding_process *p)
{
	json_t *o = json_object(), *user, *container;

	if (!p->pid)	/* not known: the rest would be guesses */
		return o;
	user = json_object();
	container = json_object();
	put_integer(o, "pid", p->pid);
	if (p->tid)
		put_integer(o, "tid", p->tid);
	put_text(o, "name", p->name);
	put_text(o, "executable", p->executable);
	if (p->has_uid)
		put_integer(user, "id", p->uid);
	put_object(o, "user", user);
	put_text(o, "cgroup", p->cgroup);
	put_text(o, "unit", p->unit);
	put_text(container, "id", p->container);
	put_object(o, "container", container);
	return o;
}

static json_t *network_value(const struct finding *f)
{
	json_t *o = json_object();

	put_text(o, "transport", f->transport);
	if (f->ip_version == 4 || f->ip_version == 6)
		put_text(o, "type", f->ip_version == 4 ? "ipv4" : "ipv6");
	if (f->netns)
		put_integer(o, "netns", f->netns);
	if (f->elsewhere)
		put_text(o, "netns_name", f->netns_name);
	put_text(o, "interface", f->interface);
	return o;
}

static json_t *endpoint_value(const struct endpoint *e)
{
	json_t *o = json_object();
	char ip[INET6_ADDRSTRLEN];

	put_text(o, "ip", endpoint_ip_text(e, ip, sizeof(ip)));
	if (e->has_port)
		put_integer(o, "port", e->port);
	put_text(o, "domain", e->domain);
	return o;
}

static json_t *destination_value(const struct finding *f)
{
	json_t *o = endpoint_value(&f->destination);

	if (f->port_count)
		put_integer(o, "ports", f->port_count);
	return o;
}

static json_t *error_value(const struct finding *f)
{
	json_t *o = json_object();

	put_text(o, "type", f->error_type);
	if (f->error > 0)
		put_integer(o, "errno", (uint64_t)f->error);
	return o;
}

static json_t *cause_value(const struct finding *f)
{
	json_t *o = json_object();

	put_text(o, "id", f->cause->id);
	put_text(o, "confidence", confidence_name(f->confidence));
	put_text(o, "summary", f->summary);
	return o;
}

static json_t *evidence_value(const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct evidence *e = &f->evidence[i];
		json_t *o = json_object();

		put_text(o, "fact", e->fact);
		put_text(o, "hook", e->hook);
		if (e->has_at)
			put_real(o, "at_ms", e->at_ms);
		put_text(o, "detail", e->detail);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *advice_value(const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->advice_count; i++)
		json_array_append_new(list, text_value(f->advice[i]));
	return list;
}

static json_t *related_value(const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->related_count; i++)
		json_array_append_new(list, text_value(f->related[i]));
	return list;
}

json_t *json_record_finding(const struct finding *f, uint64_t seq)
{
	json_t *o = record_new(f->type == FINDING_CONDITION ? "condition" : "failure", seq,
			       f->time_ns);

	put_text(o, "code", f->entry->code);
	put_text(o, "title", f->entry->title);
	put_text(o, "layer", catalog_layer(f->entry, f->cause));
	put_text(o, "severity", severity_name(f->entry->severity));
	put_text(o, "operation", f->operation);
	put_text(o, "direction", direction_name(f->direction));
	put_object(o, "error", error_value(f));
	put_object(o, "process", process_value(&f->process));
	put_object(o, "network", network_value(f));
	put_object(o, "source", endpoint_value(&f->source));
	put_object(o, "destination", destination_value(f));
	if (f->has_duration)
		put_real(o, "duration_ms", f->duration_ms);
	if (f->has_syn_retransmits)
		put_integer(o, "syn_retransmits", f->syn_retransmits);
	put_integer(o, "count", f->count ? f->count : 1);
	if (f->count > 1) {
		put_time(o, "first", f->first_ns);
		put_time(o, "last", f->last_ns);
	}
	put_object(o, "cause", cause_value(f));
	put(o, "evidence", evidence_value(f));
	put(o, "related", related_value(f));
	put(o, "advice", advice_value(f));
	return o;
}

static json_t *signals_value(const struct signal_status *signals, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();

		put_any_text(o, "name", signals[i].name);
		if (signals[i].hook)
			put_text(o, "hook", signals[i].hook);
		else
			put_text(o, "reason", signals[i].reason && signals[i].reason[0] ?
						      signals[i].reason : "not available");
		json_array_append_new(list, o);
	}
	return list;
}

json_t *json_record_start(const struct start_info *info, uint64_t seq)
{
	json_t *o = record_new("start", seq, info->time_ns);

	put_any_text(o, "version", info->version);
	put_any_text(o, "kernel", info->kernel);
	put(o, "signals", signals_value(info->signals, info->signal_count));
	return o;
}

json_t *json_record_lost(const struct lost_info *info, uint64_t seq)
{
	json_t *o = record_new("lost", seq, info->time_ns);

	put_text(o, "stage", info->stage);
	put_integer(o, "count", info->count);
	return o;
}

static json_t *losses_value(const struct summary_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->loss_count; i++) {
		json_t *o = json_object();

		put_text(o, "stage", info->losses[i].stage);
		put_integer(o, "count", info->losses[i].count);
		json_array_append_new(list, o);
	}
	return list;
}

/* @name_key: what the name of a total is, "code" or "name". */
static json_t *totals_value(const struct summary_total *totals, size_t count, const char *name_key)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();

		put_any_text(o, name_key, totals[i].name);
		put_text(o, "title", totals[i].title);
		put_integer(o, "count", totals[i].count);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *scope_value(const struct summary_info *info)
{
	json_t *o = json_object(), *list;

	if (info->destinations_tried == 0)
		return o;
	list = json_array();
	for (size_t i = 0; i < info->destination_count; i++) {
		const struct summary_scope *d = &info->destinations[i];
		json_t *item = json_object();

		put_text(item, "destination", d->destination);
		put_integer(item, "attempts", d->attempts);
		put_integer(item, "failures", d->failures);
		json_array_append_new(list, item);
	}
	put_integer(o, "tried", info->destinations_tried);
	if (info->destinations_cut)
		put(o, "at_least", json_true());
	put_integer(o, "failing", info->destinations_failing);
	/* Of one that was forgotten it is not known whether it ever succeeded. */
	if (!info->destinations_evicted)
		put_integer(o, "never_ok", info->destinations_dead);
	if (info->destinations_unnamed)
		put_integer(o, "unnamed_failures", info->destinations_unnamed);
	put(o, "worst", list);
	return o;
}

static void put_successes(json_t *o, const struct summary_info *info)
{
	if (info->successes_unknown)
		return;
	put_integer(o, "connections_ok", info->connections_ok);
	if (info->connections_ok_at_least)
		put(o, "connections_ok_at_least", json_true());
	if (info->destinations_evicted)
		put_integer(o, "destinations_evicted", info->destinations_evicted);
}

json_t *json_record_summary(const struct summary_info *info, uint64_t seq)
{
	json_t *o = record_new("summary", seq, info->time_ns);

	put_real(o, "duration_s", info->seconds);
	put_integer(o, "failures", info->failures);
	put_integer(o, "conditions", info->conditions);
	put_integer(o, "folded", info->folded);
	put_integer(o, "lost", info->lost);
	if (info->loss_count)
		put(o, "lost_stages", losses_value(info));
	if (info->conditions_lost)
		put_integer(o, "conditions_lost", info->conditions_lost);
	if (info->connections_evicted)
		put_integer(o, "connections_evicted", info->connections_evicted);
	put_successes(o, info);
	put(o, "codes", totals_value(info->codes, info->code_count, "code"));
	put(o, "processes", totals_value(info->processes, info->process_count, "name"));
	put_integer(o, "process_failures", info->process_failures);
	put_object(o, "destinations", scope_value(info));
	put(o, "signals", signals_value(info->signals, info->signal_count));
	return o;
}
