/* reference.c - see reference.h. */
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "base/mem.h"
#include "base/text.h"
#include "registry.h"
#include "statement.h"

/* The statement without comments, every run of blanks as one space. */
static void plain(struct text *out, const char *sql)
{
	char quote = '\0';
	text_clear(out);
	for (; *sql; sql++) {
		if (quote) {
			quote = *sql == quote ? '\0' : quote;
		} else if (sql[0] == '-' && sql[1] == '-') {
			sql += strcspn(sql, "\n");
			if (!*sql)
				break;
		} else if (*sql == '\'' || *sql == '"') {
			quote = *sql;
		}
		bool blank = !quote && strchr(" \t\n", *sql);
		if (!blank)
			text_add(out, sql, 1);
		else if (out->len && out->at[out->len - 1] != ' ')
			text_add(out, " ", 1);
	}
}

/* How the registry has this thing: 1 the same, 0 differently, -1 failed, -2 not at all. */
static int standing(struct registry *registry, const char *type, const char *name, const char *sql)
{
	struct statement s;
	struct text ours = {0}, theirs = {0};
	statement_open(&s, registry, "SELECT sql FROM main.sqlite_schema WHERE type = ?1 AND name = ?2");
	statement_bind_text(&s, 1, type);
	statement_bind_text(&s, 2, name);
	int rc = statement_step(&s);
	if (rc > 0) {
		plain(&ours, sql);
		plain(&theirs, statement_text(&s, 0));
		rc = strcmp(text_string(&ours), text_string(&theirs)) == 0;
	} else if (rc == 0) {
		rc = -2;
	}
	statement_close(&s);
	text_free(&ours);
	text_free(&theirs);
	return rc;
}

static struct registry *open_reference(struct registry *registry)
{
	struct registry *reference = registry_open(":memory:", REGISTRY_CREATE);
	if (!registry_failed(reference))
		return reference;
	registry_fail(registry, "%s", registry_error(reference));
	registry_close(reference);
	return NULL;
}

/* Indexes of UNIQUE constraints have no statement: they come and go with their table. */
static const char sql_things[] =
    "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid";

struct reference_difference *reference_compare(struct registry *registry, long *count)
{
	struct registry *reference = open_reference(registry);
	struct reference_difference *all = NULL;
	struct statement s;
	int rc;
	*count = reference ? 0 : -1;
	if (!reference)
		return NULL;
	statement_open(&s, reference, sql_things);
	while ((rc = statement_step(&s)) > 0) {
		int is = standing(registry, statement_text(&s, 0), statement_text(&s, 1), statement_text(&s, 2));
		if (is == -1) {
			rc = -1;
			break;
		}
		if (is > 0)
			continue;
		all = mem_resize(all, ((size_t)*count + 1) * sizeof *all);
		struct reference_difference *d = &all[(*count)++];
		snprintf(d->type, sizeof d->type, "%s", statement_text(&s, 0));
		snprintf(d->name, sizeof d->name, "%s", statement_text(&s, 1));
		d->missing = is == -2;
	}
	statement_close(&s);
	registry_close(reference);
	if (rc < 0) {
		free(all);
		*count = -1;
		return NULL;
	}
	return all;
}

/* 1 mended, 0 nothing to do, -1 failed. */
static int mend_one(struct registry *registry, const char *type, const char *name, const char *sql)
{
	int is = standing(registry, type, name, sql);
	if (is == -1)
		return -1;
	if (is > 0 || (is == 0 && strcmp(type, "table") == 0))
		return 0;
	if (is == 0) {
		struct text drop = {0};
		text_format(&drop, "DROP %s main.\"%s\"", type, name);
		int rc = statement_run(registry, drop.at);
		text_free(&drop);
		if (rc < 0)
			return -1;
	}
	return statement_run(registry, sql) < 0 ? -1 : 1;
}

int reference_mend(struct registry *registry)
{
	struct registry *reference = open_reference(registry);
	struct statement s;
	int rc, mended = 0;
	if (!reference)
		return -1;
	statement_open(&s, reference, sql_things);
	while ((rc = statement_step(&s)) > 0) {
		rc = mend_one(registry, statement_text(&s, 0), statement_text(&s, 1), statement_text(&s, 2));
		if (rc < 0)
			break;
		mended += rc;
	}
	statement_close(&s);
	registry_close(reference);
	if (rc < 0 || mended == 0)
		return rc < 0 ? -1 : 0;
	if (statement_run(registry, "INSERT INTO main.audit (uid, name, command, object, key)"
	                            " SELECT uid, name, command, 'registry', 'migrate' FROM actor") < 0)
		return -1;
	return backup_renew(registry); /* what the change log has missed meanwhile is read now */
}
