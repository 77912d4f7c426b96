/* statement.c - see statement.h. */
#include "statement.h"

#include <sqlite3.h>
#include <stddef.h>

#include "registry.h"

int statement_open(struct statement *s, struct registry *registry, const char *sql)
{
	*s = (struct statement){.registry = registry};
	if (sqlite3_prepare_v3(registry_handle(registry), sql, -1, 0, &s->handle, NULL) == SQLITE_OK)
		return 0;
	s->failed = true;
	return registry_fail_sqlite(registry, "read");
}

static void check(struct statement *s, int rc)
{
	if (rc == SQLITE_OK)
		return;
	s->failed = true;
	registry_fail_sqlite(s->registry, "bind a value");
}

void statement_bind_text(struct statement *s, int at, const char *text)
{
	if (!s->failed)
		check(s, text ? sqlite3_bind_text(s->handle, at, text, -1, SQLITE_TRANSIENT)
		              : sqlite3_bind_null(s->handle, at));
}

void statement_bind_number(struct statement *s, int at, int64_t number)
{
	if (!s->failed)
		check(s, sqlite3_bind_int64(s->handle, at, number));
}

void statement_bind_real(struct statement *s, int at, double number)
{
	if (!s->failed)
		check(s, sqlite3_bind_double(s->handle, at, number));
}

void statement_bind_null(struct statement *s, int at)
{
	if (!s->failed)
		check(s, sqlite3_bind_null(s->handle, at));
}

int statement_step(struct statement *s)
{
	if (s->failed)
		return -1;
	switch (sqlite3_step(s->handle)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		s->failed = true;
		return registry_fail_sqlite(s->registry, sqlite3_stmt_readonly(s->handle) ? "read" : "write");
	}
}

void statement_reset(struct statement *s)
{
	if (!s->handle)
		return;
	sqlite3_reset(s->handle);
	sqlite3_clear_bindings(s->handle);
	s->failed = false;
}

void statement_close(struct statement *s)
{
	sqlite3_finalize(s->handle);
	s->handle = NULL;
}

const char *statement_text(struct statement *s, int column)
{
	if (s->values)
		return s->values[column].text.at;
	const char *text = (const char *)sqlite3_column_text(s->handle, column);
	return text ? text : "";
}

struct bytes statement_bytes(struct statement *s, int column)
{
	if (s->values)
		return s->values[column].text;
	const char *text = statement_text(s, column);
	return (struct bytes){text, (size_t)sqlite3_column_bytes(s->handle, column)};
}

int64_t statement_number(struct statement *s, int column)
{
	return s->values ? s->values[column].number : sqlite3_column_int64(s->handle, column);
}

double statement_real(struct statement *s, int column)
{
	return sqlite3_column_double(s->handle, column);
}

bool statement_null(struct statement *s, int column)
{
	return s->values ? s->values[column].null : sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

int statement_run(struct registry *registry, const char *sql)
{
	struct statement s;
	int rc = statement_open(&s, registry, sql);
	while (rc == 0 && (rc = statement_step(&s)) > 0)
		rc = 0;
	statement_close(&s);
	return rc;
}
