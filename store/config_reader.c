/* config_reader.c - see config_reader.h. */
#include "config_reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/closest.h"
#include "base/mem.h"
#include "base/number.h"

enum { DAYS_30 = 30 * 86400 };

size_t config_path_enter(struct config_reading *reading, const char *name)
{
	size_t before = reading->path.len;
	text_format(&reading->path, "%s%s", before ? "." : "", *name ? name : "\"\"");
	return before;
}

size_t config_path_item(struct config_reading *reading, size_t index)
{
	size_t before = reading->path.len;
	text_format(&reading->path, "[%zu]", index);
	return before;
}

void config_path_leave(struct config_reading *reading, size_t before)
{
	reading->path.len = before;
	reading->path.at[before] = '\0';
}

void config_reject(struct config_reading *reading, const char *format, ...)
{
	struct text sentence = {0};
	va_list args;
	char *out;
	va_start(args, format);
	int len = vasprintf(&out, format, args);
	va_end(args);
	if (len < 0)
		return;
	text_format(&sentence, "%s %s", text_string(&reading->path), out);
	config_findings_add(reading->findings, CONFIG_ERROR, text_string(&reading->path), "%s", sentence.at);
	text_free(&sentence);
	free(out);
}

void *config_list_add(void *list_at, size_t *count, size_t size)
{
	char *items;
	memcpy(&items, list_at, sizeof items);
	items = mem_resize(items, (*count + 1) * size);
	memcpy(list_at, &items, sizeof items);
	return memset(items + (*count)++ * size, 0, size);
}

/* ------------------------------------------------------------------------------------------------ single values */

/* The value as text when it is a string, number or switch; the string is new. NULL: another kind. */
static json_t *text_of(const json_t *value)
{
	char out[64];
	if (json_is_integer(value)) {
		snprintf(out, sizeof out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return json_string(out);
	}
	if (json_is_boolean(value))
		return json_string(json_is_true(value) ? "true" : "false");
	if (!json_is_real(value))
		return NULL;
	for (int digits = 1; digits <= 17; digits++) { /* the shortest that is the same number */
		snprintf(out, sizeof out, "%.*g", digits, json_real_value(value));
		if (strtod(out, NULL) == json_real_value(value))
			break;
	}
	return json_string(out);
}

static bool is_plain(const json_t *value)
{
	return strlen(json_string_value(value)) == json_string_length(value);
}

/* The string in the object, or NULL after an error. */
static const char *take_string(struct config_reading *r, const json_t *value)
{
	if (!json_is_string(value)) {
		config_reject(r, "must be a string: put it between double quotes");
		return NULL;
	}
	if (!is_plain(value)) {
		config_reject(r, "has a NUL character in it");
		return NULL;
	}
	return json_string_value(value);
}

/* What a field's value is replaced by, in its object. */
struct slot {
	json_t *object;
	const char *name;
};

static void take_number(struct config_reading *r, struct slot slot, json_t *value, int64_t *out)
{
	int64_t number = -1;
	if (json_is_integer(value))
		number = json_integer_value(value);
	else if (!json_is_string(value) || !number_read(&number, json_string_value(value), 0, INT64_MAX)) {
		config_reject(r, "must be a whole number");
		return;
	}
	if (number < 0) {
		config_reject(r, "must not be negative");
		return;
	}
	*out = number;
	if (!json_is_integer(value))
		json_object_set_new(slot.object, slot.name, json_integer(number));
}

const char *config_duration(char out[CONFIG_DURATION], int64_t ms)
{
	int64_t seconds = ms / 1000;
	char rest[8] = "";
	if (ms > 0 && ms < 1000) {
		snprintf(out, CONFIG_DURATION, "%" PRId64 "ms", ms);
		return out;
	}
	if (ms % 1000) {
		snprintf(rest, sizeof rest, ".%03d", (int)(ms % 1000));
		for (size_t end = strlen(rest); rest[end - 1] == '0'; end--)
			rest[end - 1] = '\0';
	}
	if (seconds >= 3600)
		snprintf(out, CONFIG_DURATION, "%" PRId64 "h%" PRId64 "m%" PRId64 "%ss", seconds / 3600,
		         seconds / 60 % 60, seconds % 60, rest);
	else if (seconds >= 60)
		snprintf(out, CONFIG_DURATION, "%" PRId64 "m%" PRId64 "%ss", seconds / 60, seconds % 60, rest);
	else
		snprintf(out, CONFIG_DURATION, "%" PRId64 "%ss", seconds, rest);
	return out;
}

/* Milliseconds, or -1 after an error. bare_ms: what a number without a unit counts. */
static int64_t take_duration(struct config_reading *r, struct slot slot, json_t *value, int64_t bare_ms)
{
	double seconds = -1; /* still so afterwards: something else */
	int64_t number;
	const char *text = json_string_value(value);
	if (json_is_number(value))
		seconds = json_number_value(value) * (double)bare_ms / 1000;
	else if (text && number_read(&number, text, 0, DAYS_30 * INT64_C(1000)))
		seconds = (double)number * (double)bare_ms / 1000;
	else if (text)
		number_seconds(&seconds, text);
	if (!(seconds >= 0 && seconds <= DAYS_30)) {
		config_reject(r, "must be a duration such as \"10s\", \"1m30s\" or \"500ms\", at most 30 days");
		return -1;
	}
	int64_t ms = (int64_t)ceil(seconds * 1000 - 1e-6); /* 0.1 s are 100 ms, whatever a double makes of it */
	char out[CONFIG_DURATION];
	json_object_set_new(slot.object, slot.name, json_string(config_duration(out, ms)));
	return ms;
}

static void take_texts(struct config_reading *r, struct slot slot, json_t *value, struct config_texts *out)
{
	size_t i;
	json_t *item;
	if (json_is_string(value)) {
		json_t *list = json_array();
		json_array_append(list, value);
		json_object_set_new(slot.object, slot.name, list);
		value = list;
	}
	if (!json_is_array(value)) {
		config_reject(r, "must be a list of strings, for example [\"app\"]");
		return;
	}
	json_array_foreach(value, i, item)
	{
		size_t before = config_path_item(r, i);
		const char *text = take_string(r, item);
		config_path_leave(r, before);
		if (text)
			*(const char **)config_list_add(&out->items, &out->count, sizeof *out->items) = text;
	}
}

static void add_pair(struct config_pairs *out, const char *name, const char *value)
{
	*(struct config_pair *)config_list_add(&out->items, &out->count,
	                                       sizeof *out->items) = (struct config_pair){name, value};
}

/* [{name, value}, ...], as the Machines API has headers, becomes an object. */
static json_t *pairs_of_list(struct slot slot, json_t *list)
{
	json_t *object = json_object(), *item;
	size_t i;
	json_array_foreach(list, i, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));
		json_t *value = json_object_get(item, "value");
		if (!value)
			value = json_array_get(json_object_get(item, "values"), 0);
		if (!name || !value || json_array_size(json_object_get(item, "values")) > 1) {
			json_decref(object);
			return NULL;
		}
		json_object_set(object, name, value);
	}
	json_object_set_new(slot.object, slot.name, object);
	return object;
}

static void take_pairs(struct config_reading *r, struct slot slot, json_t *value, struct config_pairs *out)
{
	const char *name;
	json_t *item;
	if (json_is_array(value))
		value = pairs_of_list(slot, value);
	if (!json_is_object(value)) {
		config_reject(r, "must be a table of names and values");
		return;
	}
	json_object_foreach(value, name, item)
	{
		size_t before = config_path_enter(r, name);
		if (!json_is_string(item)) {
			json_t *text = text_of(item);
			if (text)
				json_object_set_new(value, name, text);
			else
				config_reject(r, "must be a string, a number, true or false");
			item = text;
		} else if (!take_string(r, item))
			item = NULL;
		config_path_leave(r, before);
		if (item)
			add_pair(out, name, json_string_value(item));
	}
}

/* ------------------------------------------------------------------------------------------------------ tables */

static void take_inside(struct config_reading *r, const struct config_field *field, json_t *value, void *into)
{
	if (json_is_object(value))
		config_read_section(r, field->section, value, into);
	else
		config_reject(r, "must be a table");
}

static void take_list(struct config_reading *r, const struct config_field *field, struct slot slot, char *into)
{
	json_t *value = json_object_get(slot.object, slot.name), *item;
	const struct config_section *section = field->section;
	size_t i;
	if (json_is_object(value)) {
		json_t *list = json_array();
		json_array_append(list, value);
		json_object_set_new(slot.object, slot.name, list);
		value = list;
	}
	if (!json_is_array(value)) {
		config_reject(r, "must be an array of tables: [[%s]]", slot.name);
		return;
	}
	json_array_foreach(value, i, item)
	{
		size_t before = config_path_item(r, i);
		if (json_is_object(item)) {
			size_t *count = (size_t *)(void *)(into + field->count_at);
			config_read_section(r, section, item, config_list_add(into + field->at, count, section->size));
		} else {
			config_reject(r, "must be a table: [[%s]]", slot.name);
		}
		config_path_leave(r, before);
	}
}

static void take_field(struct config_reading *r, const struct config_field *field, struct slot slot, char *into)
{
	json_t *value = json_object_get(slot.object, slot.name);
	void *out = into + field->at;
	int64_t ms;
	switch (field->kind) {
	case FIELD_TEXT:
		*(const char **)out = take_string(r, value);
		break;
	case FIELD_NUMBER:
		take_number(r, slot, value, out);
		break;
	case FIELD_SWITCH:
		if (json_is_boolean(value))
			*(bool *)out = json_is_true(value);
		else
			config_reject(r, "must be true or false");
		break;
	case FIELD_SECONDS:
		ms = take_duration(r, slot, value, 1000);
		*(int64_t *)out = ms < 0 ? -1 : (ms + 999) / 1000;
		break;
	case FIELD_LONG_TIME:
		*(int64_t *)out = take_duration(r, slot, value, 1000);
		break;
	case FIELD_SHORT_TIME:
		*(int64_t *)out = take_duration(r, slot, value, 1);
		break;
	case FIELD_TEXTS:
		take_texts(r, slot, value, out);
		break;
	case FIELD_PAIRS:
		take_pairs(r, slot, value, out);
		break;
	case FIELD_INSIDE:
		take_inside(r, field, value, into);
		break;
	case FIELD_LIST:
		take_list(r, field, slot, into);
		break;
	case FIELD_OTHER:
		field->take(r, value, into);
		break;
	case FIELD_IGNORED:
		config_findings_add(r->findings, CONFIG_IGNORED, text_string(&r->path),
		                    "%s has no effect here: fly.toml(5) says why", text_string(&r->path));
		break;
	}
}

static const struct config_field *find_field(const struct config_section *section, const char *name)
{
	for (; section; section = section->base)
		for (const struct config_field *field = section->fields; field->name; field++)
			if (strcmp(field->name, name) == 0)
				return field;
	return NULL;
}

static void find_unknown(struct config_reading *r, const struct config_section *section, const char *name)
{
	struct closest near = {.wanted = name};
	for (; section; section = section->base)
		for (const struct config_field *field = section->fields; field->name; field++)
			closest_offer(&near, field->name);
	const char *meant = closest_name(&near);
	const char *path = text_string(&r->path);
	if (meant)
		config_findings_add(r->findings, CONFIG_UNKNOWN, path, "%s is not known: did you mean %s?", path,
		                    meant);
	else
		config_findings_add(r->findings, CONFIG_UNKNOWN, path, "%s is not known", path);
}

void config_read_section(struct config_reading *reading, const struct config_section *section, json_t *object,
                         void *into)
{
	const char *name;
	json_t *value;
	if (section->begin)
		section->begin(reading, into);
	json_object_foreach(object, name, value)
	{
		const struct config_field *field = find_field(section, name);
		size_t before = config_path_enter(reading, name);
		if (field)
			take_field(reading, field, (struct slot){object, name}, into);
		else
			find_unknown(reading, section, name);
		config_path_leave(reading, before);
	}
	if (section->end)
		section->end(reading, object, into);
}
