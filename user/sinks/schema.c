/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The JSON Schema of the NDJSON records: tables of keys, from which the schema
 * is generated. Codes, layers, error types and cause ids come from the
 * catalogue, so a new cause needs no change here.
 */
#include "sinks/schema.h"

#include <errno.h>
#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"

struct field {
	const char *key;
	json_t *(*value)(void);		/* the value's schema */
	const struct field *fields;	/* or: an object with these keys */
	bool required;
	bool list;			/* an array of such values */
};

static json_t *value_text(void)
{
	return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
}

/* May be empty: what outsiders call themselves. */
static json_t *value_any_text(void)
{
	return json_pack("{s:s}", "type", "string");
}

static json_t *value_count(void)
{
	return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
}

static json_t *value_positive(void)
{
	return json_pack("{s:s, s:i}", "type", "integer", "minimum", 1);
}

static json_t *value_number(void)
{
	return json_pack("{s:s}", "type", "number");
}

static json_t *value_port(void)
{
	return json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", 0, "maximum", 65535);
}

static json_t *value_true(void)
{
	return json_pack("{s:b}", "const", 1);
}

static json_t *value_version(void)
{
	return json_pack("{s:i}", "const", 1);
}

static json_t *value_time(void)
{
	return json_pack("{s:s, s:s, s:s}", "type", "string", "format", "date-time", "pattern",
			 "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{9}Z$");
}

/* Appends @text unless it is there already. */
static void enum_add(json_t *values, const char *text)
{
	json_t *value;
	size_t i;

	json_array_foreach(values, i, value) {
		if (strcmp(json_string_value(value), text) == 0)
			return;
	}
	json_array_append_new(values, json_string(text));
}

static json_t *enum_of(const char *const *texts)
{
	json_t *values = json_array();

	for (; *texts; texts++)
		enum_add(values, *texts);
	return json_pack("{s:o}", "enum", values);
}

static json_t *value_code(void)
{
	json_t *values = json_array();

	for (size_t i = 0; i < catalog_entry_count; i++)
		enum_add(values, catalog_entries[i].code);
	return json_pack("{s:o}", "enum", values);
}

static json_t *value_layer(void)
{
	json_t *values = json_array();

	for (size_t i = 0; i < catalog_entry_count; i++)
		enum_add(values, catalog_entries[i].layer);
	for (const struct catalog_cause_layer *l = catalog_cause_layers; l->code; l++)
		enum_add(values, l->layer);
	return json_pack("{s:o}", "enum", values);
}

static json_t *value_severity(void)
{
	const char *const texts[] = { severity_name(SEVERITY_INFO), severity_name(SEVERITY_WARN),
				      severity_name(SEVERITY_ERROR), NULL };

	return enum_of(texts);
}

static json_t *value_confidence(void)
{
	const char *const texts[] = { confidence_name(CONFIDENCE_UNKNOWN),
				      confidence_name(CONFIDENCE_INFERRED),
				      confidence_name(CONFIDENCE_OBSERVED), NULL };

	return enum_of(texts);
}

static json_t *value_direction(void)
{
	const char *const texts[] = { direction_name(DIRECTION_OUTBOUND),
				      direction_name(DIRECTION_INBOUND),
				      direction_name(DIRECTION_LOCAL), NULL };

	return enum_of(texts);
}

static json_t *value_operation(void)
{
	static const char *const texts[] = { "connect", "bind", "listen", "accept", "receive",
					     "send", "resolve", "handshake", "authenticate",
					     "neighbour", NULL };

	return enum_of(texts);
}

static json_t *value_ip_type(void)
{
	static const char *const texts[] = { "ipv4", "ipv6", NULL };

	return enum_of(texts);
}

static json_t *value_finding_type(void)
{
	static const char *const texts[] = { "failure", "condition", NULL };

	return enum_of(texts);
}

static json_t *value_start_type(void)
{
	return json_pack("{s:s}", "const", "start");
}

static json_t *value_lost_type(void)
{
	return json_pack("{s:s}", "const", "lost");
}

static json_t *value_summary_type(void)
{
	return json_pack("{s:s}", "const", "summary");
}

#define REQUIRED(key_, value_) { .key = key_, .value = value_, .required = true }
#define OPTIONAL(key_, value_) { .key = key_, .value = value_ }
#define RECORD(type_)                                                           \
	REQUIRED("schema_version", value_version), REQUIRED("type", type_),     \
		REQUIRED("seq", value_positive), REQUIRED("time", value_time),  \
		OPTIONAL("truncated", value_true)

static const struct field id_fields[] = { REQUIRED("id", value_text), { 0 } };
static const struct field user_fields[] = { REQUIRED("id", value_count), { 0 } };

static const struct field error_fields[] = {
	OPTIONAL("type", value_text),	/* the types of each code: code_rules() */
	OPTIONAL("errno", value_positive),
	{ 0 },
};

static const struct field process_fields[] = {
	REQUIRED("pid", value_positive),
	OPTIONAL("tid", value_positive),
	OPTIONAL("name", value_text),
	OPTIONAL("executable", value_text),
	{ .key = "user", .fields = user_fields },
	OPTIONAL("cgroup", value_text),
	OPTIONAL("unit", value_text),
	{ .key = "container", .fields = id_fields },
	{ 0 },
};

static const struct field network_fields[] = {
	OPTIONAL("transport", value_text),
	OPTIONAL("type", value_ip_type),
	OPTIONAL("netns", value_positive),
	OPTIONAL("netns_name", value_text),
	OPTIONAL("interface", value_text),
	{ 0 },
};

static const struct field endpoint_fields[] = {
	OPTIONAL("ip", value_text),
	OPTIONAL("port", value_port),
	OPTIONAL("domain", value_text),
	{ 0 },
};

static const struct field destination_fields[] = {
	OPTIONAL("ip", value_text),
	OPTIONAL("port", value_port),
	OPTIONAL("ports", value_positive),	/* how many, where it was not one */
	OPTIONAL("domain", value_text),
	{ 0 },
};

static const struct field cause_fields[] = {
	REQUIRED("id", value_text),	/* the ids of each code: code_rules() */
	REQUIRED("confidence", value_confidence),
	REQUIRED("summary", value_text),
	{ 0 },
};

static const struct field evidence_fields[] = {
	REQUIRED("fact", value_text),
	OPTIONAL("hook", value_text),	/* a recording may name one that is not known here */
	OPTIONAL("at_ms", value_number),
	OPTIONAL("detail", value_text),
	{ 0 },
};

static const struct field finding_fields[] = {
	RECORD(value_finding_type),
	REQUIRED("code", value_code),
	REQUIRED("title", value_text),
	REQUIRED("layer", value_layer),
	REQUIRED("severity", value_severity),
	OPTIONAL("operation", value_operation),
	OPTIONAL("direction", value_direction),
	{ .key = "error", .fields = error_fields },
	{ .key = "process", .fields = process_fields },
	{ .key = "network", .fields = network_fields },
	{ .key = "source", .fields = endpoint_fields },
	{ .key = "destination", .fields = destination_fields },
	OPTIONAL("duration_ms", value_number),
	OPTIONAL("syn_retransmits", value_count),
	REQUIRED("count", value_positive),
	OPTIONAL("first", value_time),
	OPTIONAL("last", value_time),
	{ .key = "cause", .fields = cause_fields, .required = true },
	{ .key = "evidence", .fields = evidence_fields, .required = true, .list = true },
	{ .key = "related", .value = value_code, .required = true, .list = true },
	{ .key = "advice", .value = value_text, .required = true, .list = true },
	{ 0 },
};

static const struct field signal_fields[] = {
	REQUIRED("name", value_any_text),
	OPTIONAL("hook", value_text),
	OPTIONAL("reason", value_text),
	{ 0 },
};

static const struct field start_fields[] = {
	RECORD(value_start_type),
	REQUIRED("version", value_any_text),
	REQUIRED("kernel", value_any_text),
	{ .key = "signals", .fields = signal_fields, .required = true, .list = true },
	{ 0 },
};

static const struct field lost_fields[] = {
	RECORD(value_lost_type),
	REQUIRED("stage", value_text),
	REQUIRED("count", value_count),
	{ 0 },
};

static const struct field code_total_fields[] = {
	REQUIRED("code", value_code),
	OPTIONAL("title", value_text),
	REQUIRED("count", value_count),
	{ 0 },
};

static const struct field process_total_fields[] = {
	REQUIRED("name", value_any_text),
	OPTIONAL("title", value_text),
	REQUIRED("count", value_count),
	{ 0 },
};

static const struct field worst_fields[] = {
	REQUIRED("destination", value_text),
	REQUIRED("attempts", value_count),
	REQUIRED("failures", value_count),
	{ 0 },
};

static const struct field scope_fields[] = {
	REQUIRED("tried", value_positive),
	OPTIONAL("at_least", value_true),
	REQUIRED("failing", value_count),
	OPTIONAL("never_ok", value_count),
	OPTIONAL("unnamed_failures", value_positive),
	{ .key = "worst", .fields = worst_fields, .required = true, .list = true },
	{ 0 },
};

static const struct field loss_fields[] = {
	REQUIRED("stage", value_text),
	REQUIRED("count", value_positive),
	{ 0 },
};

static const struct field summary_fields[] = {
	RECORD(value_summary_type),
	REQUIRED("duration_s", value_number),
	REQUIRED("failures", value_count),
	REQUIRED("conditions", value_count),
	REQUIRED("folded", value_count),
	REQUIRED("lost", value_count),
	{ .key = "lost_stages", .fields = loss_fields, .list = true },
	OPTIONAL("conditions_lost", value_positive),
	OPTIONAL("connections_evicted", value_positive),
	OPTIONAL("connections_ok", value_count),
	OPTIONAL("connections_ok_at_least", value_true),
	OPTIONAL("destinations_evicted", value_positive),
	{ .key = "codes", .fields = code_total_fields, .required = true, .list = true },
	{ .key = "processes", .fields = process_total_fields, .required = true, .list = true },
	OPTIONAL("process_failures", value_count),
	{ .key = "destinations", .fields = scope_fields },
	{ .key = "signals", .fields = signal_fields, .required = true, .list = true },
	{ 0 },
};

/* Recursion goes as deep as the tables above nest: three levels. */
static json_t *object_schema(const struct field *fields, bool strict)
{
	json_t *properties = json_object(), *required = json_array(), *schema;

	for (const struct field *f = fields; f->key; f++) {
		json_t *value = f->fields ? object_schema(f->fields, strict) : f->value();

		if (f->list)
			value = json_pack("{s:s, s:o}", "type", "array", "items", value);
		json_object_set_new(properties, f->key, value);
		if (f->required)
			json_array_append_new(required, json_string(f->key));
	}
	schema = json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties,
			   "required", required);
	if (strict)
		json_object_set_new(schema, "additionalProperties", json_false());
	return schema;
}

/*
 * If the code is @e's, then its cause ids are the catalogue's, and so are its
 * error types, but for a failure that is not explained: the kernel may return
 * any error.
 */
static json_t *code_rule(const struct catalog_entry *e)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < catalog_cause_count; i++) {
		if (strcmp(catalog_causes[i].code, e->code) == 0)
			enum_add(ids, catalog_causes[i].id);
	}
	return json_pack("{s:{s:{s:{s:s}}}, s:{s:{s:{s:{s:{s:o}}}},"
			 " s:[{s:{s:{s:{s:o}}}}, {s:{s:{s:{s:{s:s}}}}}]}}",
			 "if", "properties", "code", "const", e->code, "then",
			 "properties", "cause", "properties", "id", "enum", ids, "anyOf",
			 "properties", "error", "properties", "type", enum_of(e->errors),
			 "properties", "cause", "properties", "id", "const", "unexplained");
}

static json_t *code_rules(void)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < catalog_entry_count; i++)
		json_array_append_new(rules, code_rule(&catalog_entries[i]));
	return rules;
}

static json_t *ref(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

json_t *schema_build(bool strict)
{
	json_t *finding = object_schema(finding_fields, strict);

	json_object_set_new(finding, "allOf", code_rules());
	return json_pack("{s:s, s:s, s:s, s:[o,o,o,o], s:{s:o, s:o, s:o, s:o}}",
			 "$schema", "https://json-schema.org/draft/2020-12/schema",
			 "title", "connwatch NDJSON record, schema 1",
			 "description", "One line of connwatch --json; ignore unknown keys.",
			 "oneOf", ref("start"), ref("finding"), ref("lost"), ref("summary"),
			 "$defs",
			 "start", object_schema(start_fields, strict),
			 "finding", finding,
			 "lost", object_schema(lost_fields, strict),
			 "summary", object_schema(summary_fields, strict));
}

int schema_print(FILE *out)
{
	json_t *schema = schema_build(false);
	int err = 0;

	if (!schema)
		return -ENOMEM;
	if (json_dumpf(schema, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0 ||
	    fputc('\n', out) == EOF || fflush(out) == EOF)
		err = -EIO;
	json_decref(schema);
	return err;
}
