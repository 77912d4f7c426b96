/* import.c - flycast import: builds a registry from JSON under all its rules in a file of its own, then puts it in place. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backup.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/place.h"
#include "command/portable.h"
#include "command/say.h"
#include "command/session.h"
#include "registry.h"
#include "statement.h"

struct import {
	struct registry *registry; /* being built */
	const char *file;          /* for sentences */
	const struct portable_table *table;
	struct portable_columns columns;
	json_t *rows;
};

struct place_of { /* a row and the number that says when it is inserted */
	size_t index;
	json_int_t number;
};

/* Every refusal of a value: "registry.json: $.app[3].network: ...". Returns 1. */
static int wrong_value(const struct import *in, size_t row, const char *column, const char *why)
{
	static const char check[] = "CHECK constraint failed: ";
	struct text one_line = {0};
	if (strncmp(why, check, sizeof check - 1) == 0) {
		text_put(&one_line, "breaks the rule ");
		why += sizeof check - 1;
	}
	for (; *why; why++) /* the rule as the schema lays it out */
		if (!strchr(" \t\n", *why) || !strchr(" \t\n", why[1]))
			text_put(&one_line, *why == '\n' ? " " : (char[]){*why, '\0'});
	say_refused("%s: $.%s[%zu]%s%s: %s; nothing was changed", in->file, in->table->name, row, column ? "." : "",
	            column ? column : "", text_string(&one_line));
	text_free(&one_line);
	return 1;
}

static bool column_matches(const char *type, const json_t *value)
{
	if (json_is_null(value))
		return true; /* the registry says whether it may be */
	if (strcmp(type, "INTEGER") == 0)
		return json_is_integer(value);
	return strcmp(type, "REAL") == 0 ? json_is_number(value) : json_is_string(value);
}

static const char *wanted(const char *type)
{
	return strcmp(type, "INTEGER") == 0 ? "must be a whole number"
	       : strcmp(type, "REAL") == 0  ? "must be a number"
	                                    : "must be a text";
}

static int check_row(const struct import *in, size_t index, json_t *row)
{
	const char *key;
	json_t *value;
	if (!json_is_object(row))
		return wrong_value(in, index, NULL, "must be an object");
	json_object_foreach(row, key, value)
	{
		size_t i = 0;
		while (i < in->columns.count && strcmp(in->columns.column[i].name, key) != 0)
			i++;
		if (i == in->columns.count)
			return wrong_value(in, index, key, "is no column of this table");
		if (!column_matches(in->columns.column[i].type, value))
			return wrong_value(in, index, key, wanted(in->columns.column[i].type));
	}
	return 0;
}

static bool has_word(const char *sentence, const char *word)
{
	static const char part[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strlen(word);
	for (const char *at = sentence; (at = strstr(at, word)); at += len)
		if ((at == sentence || !strchr(part, at[-1])) && (!at[len] || !strchr(part, at[len])))
			return true;
	return false;
}

/* The column that the registry's sentence speaks of, NULL: none. */
static const char *column_in(const struct portable_columns *columns, const char *sentence)
{
	static const char *const words[][2] = {{"org", "organization"}, {"machine", "Machine"}, {"number", "numbers"},
	                                       {"slot", "slots"},       {"id", "ids"},          {"value", "counter"}};
	for (size_t i = 0; i < columns->count; i++)
		if (has_word(sentence, columns->column[i].name))
			return columns->column[i].name;
	for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
		for (size_t i = 0; i < columns->count; i++)
			if (strcmp(columns->column[i].name, words[w][0]) == 0 && has_word(sentence, words[w][1]))
				return words[w][0];
	return NULL;
}

static void bind(struct statement *s, int at, const json_t *value)
{
	if (json_is_string(value))
		statement_bind_text(s, at, json_string_value(value));
	else if (json_is_integer(value))
		statement_bind_number(s, at, json_integer_value(value));
	else if (json_is_real(value))
		statement_bind_real(s, at, json_real_value(value));
	else
		statement_bind_null(s, at);
}

/* A column that the row does not have gets the table's default, so every row has a statement of its own. */
static int insert_row(const struct import *in, size_t index, json_t *row)
{
	struct text sql = {0}, values = {0};
	struct statement s;
	const char *key;
	json_t *value;
	int at = 0;
	text_format(&sql, "INSERT INTO %s (", in->table->name);
	json_object_foreach(row, key, value)
	{
		text_format(&sql, "%s%s", at ? ", " : "", key);
		text_format(&values, "%s?%d", at ? ", " : "", at + 1);
		at++;
	}
	/* Only counters may be there already: the rows before made them grow. */
	text_format(&sql, ") VALUES (%s)%s", text_string(&values),
	            strcmp(in->table->name, "counter") == 0
	                ? " ON CONFLICT (kind, scope) DO UPDATE SET value = excluded.value"
	                : "");
	statement_open(&s, in->registry, sql.at);
	at = 0;
	json_object_foreach(row, key, value) bind(&s, ++at, value);
	int rc = statement_step(&s);
	statement_close(&s);
	text_free(&sql);
	text_free(&values);
	if (rc == 0)
		return 0;
	const char *why = registry_error(in->registry);
	return wrong_value(in, index, column_in(&in->columns, why), why);
}

static int by_number(const void *a, const void *b)
{
	const struct place_of *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static int insert_rows(const struct import *in)
{
	size_t count = json_array_size(in->rows);
	struct place_of *order = mem_new_array(count + 1, sizeof *order);
	int code = 0;
	for (size_t i = 0; code == 0 && i < count; i++) {
		json_t *row = json_array_get(in->rows, i);
		code = check_row(in, i, row);
		if (code == 0 && json_object_size(row) == 0)
			code = wrong_value(in, i, NULL, "is empty");
		order[i].index = i;
		order[i].number = in->table->number ? json_integer_value(json_object_get(row, in->table->number)) : 0;
	}
	if (code == 0)
		qsort(order, count, sizeof *order, by_number);
	for (size_t i = 0; code == 0 && i < count; i++)
		code = insert_row(in, order[i].index, json_array_get(in->rows, order[i].index));
	free(order);
	return code;
}

static int insert_table(struct import *in, json_t *all, const struct portable_table *table)
{
	in->table = table;
	in->rows = json_object_get(all, table->name);
	if (!in->rows)
		return 0; /* none, or for regions: those that every registry begins with */
	if (!json_is_array(in->rows))
		return say_refused("%s: $.%s: must be an array; nothing was changed", in->file, table->name);
	if (portable_columns(in->registry, table->name, &in->columns) < 0 ||
	    (strcmp(table->name, "region") == 0 && statement_run(in->registry, "DELETE FROM region") < 0))
		return say_refused("%s", registry_error(in->registry));
	return insert_rows(in);
}

static int check_top(const char *file, json_t *all)
{
	const char *key;
	json_t *value;
	const char *format = json_string_value(json_object_get(all, "format"));
	json_t *version = json_object_get(all, "version");
	if (!json_is_object(all) || !format || strcmp(format, PORTABLE_FORMAT) != 0)
		return say_refused("%s: $.format: must be \"" PORTABLE_FORMAT
		                   "\": only what flycast export wrote can be imported",
		                   file);
	if (!json_is_integer(version) || json_integer_value(version) != PORTABLE_VERSION)
		return say_refused("%s: $.version: must be %d: a newer program wrote it; upgrade this one", file,
		                   PORTABLE_VERSION);
	json_object_foreach(all, key, value)
	{
		const struct portable_table *table = portable_tables;
		while (table->name && strcmp(table->name, key) != 0)
			table++;
		if (!table->name && strcmp(key, "format") != 0 && strcmp(key, "version") != 0)
			return say_refused("%s: $.%s: is no table of a registry; nothing was changed", file, key);
	}
	return 0;
}

static int build(struct call *call, json_t *all, const char *file, const char *made)
{
	struct import in = {.registry = registry_open(made, REGISTRY_CREATE), .file = file};
	int code = 0;
	if (registry_failed(in.registry) || registry_begin(in.registry, call->line) < 0)
		code = place_refused(made, call->path, registry_error(in.registry));
	for (const struct portable_table *table = portable_tables; code == 0 && table->name; table++)
		code = insert_table(&in, all, table);
	if (code == 0 && registry_commit(in.registry) < 0)
		code = place_refused(made, call->path, registry_error(in.registry));
	registry_close(in.registry);
	return code;
}

/* Into a registry that nobody used yet: as flycast init leaves it. */
static int load(struct call *call, const char *made)
{
	static const char used[] =
	    "SELECT 'the registry is in use (it has apps, other networks, hosts or clients): import into a new one, "
	    "with"
	    " --registry' WHERE EXISTS (SELECT 1 FROM app) OR EXISTS (SELECT 1 FROM client_prefix) OR EXISTS (SELECT 1 "
	    "FROM peer)"
	    " OR EXISTS (SELECT 1 FROM counter WHERE kind IN ('address', 'slot')) OR (SELECT count(*) FROM host) > 1"
	    " OR EXISTS (SELECT 1 FROM network WHERE org <> 'personal' OR name <> 'default')";
	struct stat st;
	if (stat(call->path, &st) < 0 && errno == ENOENT)
		return place_put(made, call->path, PLACE_NEW);
	call->registry = registry_open(call->path, REGISTRY_WRITE);
	if (registry_failed(call->registry))
		return session_failed(call);
	struct backup_load what = {
	    .from = made, .command = call->line, .action = "import", .refuse = used, .wishes = true};
	return backup_load(call->registry, &what) < 0 ? session_failed(call) : 0;
}

static json_t *read_json(const char *path)
{
	json_error_t error;
	bool standard = strcmp(path, "-") == 0;
	FILE *file = standard ? stdin : fopen(path, "re");
	if (!file) {
		say_refused("%s cannot be read (%s)", path, strerror(errno));
		return NULL;
	}
	json_t *all = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	if (!all)
		say_refused("%s: line %d: %s: it is no JSON; nothing was changed", path, error.line, error.text);
	if (!standard)
		fclose(file);
	return all;
}

static int import(struct call *call)
{
	struct text made = {0};
	json_t *all = read_json(call->args[0]);
	if (!all)
		return 1;
	int code = check_top(call->args[0], all);
	if (code == 0)
		code = place_directory(call->path);
	place_name(&made, call->path, "import");
	if (code == 0)
		code = build(call, all, call->args[0], made.at);
	if (code == 0)
		code = load(call, made.at);
	if (code == 0)
		printf("Imported %s into %s\n", call->args[0], call->path);
	place_forget(made.at);
	text_free(&made);
	json_decref(all);
	return code;
}

const struct command import_command = {
    .name = "import",
    .args = "FILE",
    .summary = "Make a registry from the JSON of flycast export",
    .details = "Into a registry that does not exist yet, or that nobody used since flycast init. Ids, numbers and "
               "counters are kept;\n"
               "every rule holds, and a value that breaks one is named by its JSON path. FILE - is standard input.",
    .examples = "flycast import registry.json --registry ./copy.db",
    .min_args = 1,
    .max_args = 1,
    .run = import};
