/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A judge for the schema tests. Include cmocka.h first. */
#ifndef CONNWATCH_TESTS_SCHEMA_CHECK_H
#define CONNWATCH_TESTS_SCHEMA_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

/*
 * As much of JSON Schema as the strict schema uses. Returns NULL when @value is
 * valid, else the place of the first fault (a key).
 */
static inline const char *schema_check(json_t *root, json_t *schema, json_t *value,
				       const char *key);

static inline bool type_fits(const char *type, json_t *value)
{
	if (strcmp(type, "object") == 0)
		return json_is_object(value);
	if (strcmp(type, "array") == 0)
		return json_is_array(value);
	if (strcmp(type, "string") == 0)
		return json_is_string(value);
	if (strcmp(type, "integer") == 0)
		return json_is_integer(value);
	return strcmp(type, "number") == 0 && json_is_number(value);
}

static inline bool enum_has(json_t *values, json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach(values, i, item) {
		if (json_equal(item, value))
			return true;
	}
	return false;
}

static inline const char *object_check(json_t *root, json_t *schema, json_t *value)
{
	json_t *properties = json_object_get(schema, "properties"), *item;
	const char *key, *fault;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, item) {
		if (!json_object_get(value, json_string_value(item)))
			return json_string_value(item);
	}
	json_object_foreach(value, key, item) {
		json_t *sub = json_object_get(properties, key);

		if (!sub && json_is_false(json_object_get(schema, "additionalProperties")))
			return key;
		fault = sub ? schema_check(root, sub, item, key) : NULL;
		if (fault)
			return fault;
	}
	return NULL;
}

/* oneOf with references: exactly one fits; the fault is that in the record of the same type. */
static inline const char *one_of_check(json_t *root, json_t *list, json_t *value, const char *key)
{
	const char *fault = key;
	size_t i, fits = 0;
	json_t *item;

	json_array_foreach(list, i, item) {
		const char *name = strrchr(json_string_value(json_object_get(item, "$ref")), '/');
		json_t *schema = json_object_get(json_object_get(root, "$defs"), name + 1);
		json_t *type = json_object_get(json_object_get(schema, "properties"), "type");
		const char *found;

		assert_non_null(schema);
		found = schema_check(root, schema, value, key);
		fits += !found;
		if (found && !schema_check(root, type, json_object_get(value, "type"), "type"))
			fault = found;
	}
	return fits == 1 ? NULL : fault;
}

/* anyOf of object schemas: at least one fits; the fault is the first one's. */
static inline const char *any_of_check(json_t *root, json_t *list, json_t *value)
{
	const char *first = NULL;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *fault = object_check(root, item, value);

		if (!fault)
			return NULL;
		first = first ? first : fault;
	}
	return first;
}

static inline const char *schema_check(json_t *root, json_t *schema, json_t *value, const char *key)
{
	json_t *word, *item;
	const char *fault = NULL;
	size_t i;

	if ((word = json_object_get(schema, "oneOf")))
		return one_of_check(root, word, value, key);
	if ((word = json_object_get(schema, "type")) && !type_fits(json_string_value(word), value))
		return key;
	if ((word = json_object_get(schema, "const")) && !json_equal(word, value))
		return key;
	if ((word = json_object_get(schema, "enum")) && !enum_has(word, value))
		return key;
	if ((word = json_object_get(schema, "minimum")) &&
	    json_number_value(value) < json_number_value(word))
		return key;
	if ((word = json_object_get(schema, "items"))) {
		json_array_foreach(value, i, item) {
			fault = schema_check(root, word, item, key);
			if (fault)
				return fault;
		}
	}
	json_array_foreach(json_object_get(schema, "allOf"), i, item) {
		if (object_check(root, json_object_get(item, "if"), value))
			continue;
		word = json_object_get(item, "then");
		fault = object_check(root, word, value);
		if (!fault)
			fault = any_of_check(root, json_object_get(word, "anyOf"), value);
		if (fault)
			return fault;
	}
	return json_is_object(value) ? object_check(root, schema, value) : NULL;
}

#endif
