/* export.c - flycast export: a registry as JSON, one row a line, so that diff shows what changed. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "command/call.h"
#include "command/commands.h"
#include "command/place.h"
#include "command/portable.h"
#include "command/say.h"
#include "command/session.h"
#include "registry.h"
#include "statement.h"

/* 0, or -1 when it is no UTF-8. */
static int put_string(struct text *out, const char *value)
{
	json_t *string = json_string(value);
	char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
	text_put(out, quoted ? quoted : "");
	json_decref(string);
	int rc = quoted ? 0 : -1;
	free(quoted);
	return rc;
}

/* As short as it can be read back exactly. */
static void put_real(struct text *out, double value)
{
	char text[32];
	snprintf(text, sizeof text, "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof text, "%.17g", value);
	text_put(out, text);
	if (!strpbrk(text, ".e"))
		text_put(out, ".0");
}

static int put_row(struct text *out, struct statement *s, const struct portable_columns *columns)
{
	text_put(out, "{");
	for (size_t i = 0; i < columns->count; i++) {
		const char *type = columns->column[i].type;
		int at = (int)i;
		text_format(out, "%s\"%s\": ", i ? ", " : "", columns->column[i].name);
		if (statement_null(s, at))
			text_put(out, "null");
		else if (strcmp(type, "INTEGER") == 0)
			text_format(out, "%lld", (long long)statement_number(s, at));
		else if (strcmp(type, "REAL") == 0)
			put_real(out, statement_real(s, at));
		else if (put_string(out, statement_text(s, at)) < 0)
			return -1;
	}
	text_put(out, "}");
	return 0;
}

static int open_rows(struct statement *s, struct call *call, const struct portable_table *table,
                     struct portable_columns *columns)
{
	struct text sql = {0};
	if (portable_columns(call->registry, table->name, columns) < 0)
		return -1;
	text_put(&sql, "SELECT ");
	for (size_t i = 0; i < columns->count; i++)
		text_format(&sql, "%s%s", i ? ", " : "", columns->column[i].name);
	text_format(&sql, " FROM %s ORDER BY %s", table->name, table->order);
	int rc = statement_open(s, call->registry, sql.at);
	text_free(&sql);
	return rc;
}

/* 0 or the exit code. */
static int write_table(struct call *call, const struct portable_table *table, FILE *to)
{
	struct portable_columns columns;
	struct statement s = {0};
	struct text row = {0};
	int rc = open_rows(&s, call, table, &columns), code = 0;
	fprintf(to, ",\n    \"%s\": [", table->name);
	for (size_t i = 0; rc == 0 && code == 0 && (rc = statement_step(&s)) > 0; i++) {
		text_clear(&row);
		if (put_row(&row, &s, &columns) < 0)
			code = say_refused(
			    "a row of table %s (%s = %s) has text that is no UTF-8: correct it in the sqlite3 shell",
			    table->name, columns.column[0].name, statement_text(&s, 0));
		fprintf(to, "%s\n        %s", i ? "," : "", row.at);
		rc = 0;
	}
	fprintf(to, "\n    ]");
	statement_close(&s);
	text_free(&row);
	return rc < 0 ? session_failed(call) : code;
}

static int write_all(struct call *call, FILE *to)
{
	fprintf(to, "{\n    \"format\": \"" PORTABLE_FORMAT "\",\n    \"version\": %d", PORTABLE_VERSION);
	for (const struct portable_table *table = portable_tables; table->name; table++) {
		int code = write_table(call, table, to);
		if (code)
			return code;
	}
	fprintf(to, "\n}\n");
	return fflush(to) != 0 || ferror(to) ? say_refused("the export could not be written (%s)", strerror(errno)) : 0;
}

/* A pipe or a device is written to, not replaced. */
static int export_stream(struct call *call, const char *path)
{
	FILE *to = fopen(path, "we");
	if (!to)
		return say_refused("%s cannot be written (%s)", path, strerror(errno));
	int code = write_all(call, to);
	fclose(to);
	return code;
}

static int export_file(struct call *call, const char *path)
{
	struct text made = {0};
	place_name(&made, path, "export");
	FILE *to = fopen(made.at, "wxe");
	int code = to ? write_all(call, to) : say_refused("%s cannot be written (%s)", path, strerror(errno));
	if (code == 0 && fsync(fileno(to)) < 0)
		code = say_refused("%s could not be written (%s)", path, strerror(errno));
	if (to)
		fclose(to);
	if (code == 0)
		code = place_put(made.at, path, PLACE_OVER);
	if (code)
		place_forget(made.at);
	text_free(&made);
	return code;
}

static int export(struct call *call)
{
	if (session_read(call) < 0)
		return 1;
	if (call->arg_count == 0 || strcmp(call->args[0], "-") == 0)
		return write_all(call, stdout);
	const char *name = call->args[0];
	struct stat there, registry;
	if (stat(name, &there) < 0)
		return export_file(call, name);
	if (stat(call->path, &registry) == 0 && there.st_dev == registry.st_dev && there.st_ino == registry.st_ino)
		return say_refused("%s is the registry itself: name another file", name);
	if (!S_ISREG(there.st_mode))
		return export_stream(call, name);
	char *path = realpath(name, NULL); /* what a symbolic link means is replaced, not the link */
	int code = export_file(call, path ? path : name);
	free(path);
	return code;
}

const struct command export_command = {.name = "export",
                                       .args = "[FILE]",
                                       .summary = "Write the registry as JSON, in an order that diff likes",
                                       .details = "Everything an operator decided is in it: organizations, networks, "
                                                  "apps, addresses, Machines, services, numbers given\n"
                                                  "out. What happens on hosts (states, events), the audit, the "
                                                  "change log and secrets are not; for those, use flycast backup.",
                                       .examples = "flycast export > registry.json\nflycast export registry.json",
                                       .max_args = 1,
                                       .run = export};
