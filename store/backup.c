/* backup.c - see backup.h. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "registry.h"
#include "statement.h"

static int sync_file(struct registry *registry, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	if (rc < 0)
		registry_fail(registry, "%s could not be written to the disk (%s)", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

int backup_write(struct registry *registry, const char *path)
{
	sqlite3 *db = registry_handle(registry);
	sqlite3_stmt *vacuum = NULL;
	/* VACUUM INTO from a read-only connection fails on generated columns up to SQLite 3.40 at least. */
	if (sqlite3_db_readonly(db, "main") == 1)
		return registry_fail(registry,
		                     "%s cannot be copied by this user: run the command as the owner of the file",
		                     registry_path(registry));
	if (statement_run(registry, "PRAGMA query_only = 0") < 0)
		return -1;
	int rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &vacuum, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(vacuum, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(vacuum);
	if ((rc & 0xff) == SQLITE_CORRUPT)
		registry_fail_sqlite(registry, "copy");
	else if (rc != SQLITE_DONE) /* it is the other file that could not be written */
		registry_fail(registry, "the copy of %s could not be written to %s (%s)", registry_path(registry), path,
		              sqlite3_errmsg(db));
	sqlite3_finalize(vacuum);
	return rc == SQLITE_DONE ? sync_file(registry, path) : -1;
}

int backup_check(struct registry *registry)
{
	struct statement s;
	statement_open(&s, registry, "PRAGMA integrity_check(1)");
	int rc = statement_step(&s);
	if (rc > 0 && strcmp(statement_text(&s, 0), "ok") != 0)
		rc = registry_fail(registry, "%s is damaged (%s): use an older backup", registry_path(registry),
		                   statement_text(&s, 0));
	statement_close(&s);
	if (rc < 0)
		return -1;
	statement_open(&s, registry, "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1");
	rc = statement_step(&s);
	if (rc > 0)
		rc = registry_fail(registry, "%s has rows in %s that belong to no %s: see flycast check --registry %s",
		                   registry_path(registry), statement_text(&s, 0), statement_text(&s, 1),
		                   registry_path(registry));
	statement_close(&s);
	return rc;
}

/* Runs every text of the query's one column on `registry`; the query is read completely first. 0 or -1. */
static int run_each(struct registry *registry, struct registry *from, const char *query)
{
	struct text all = {0};
	struct statement s;
	int rc = statement_open(&s, from, query);
	while (rc == 0 && (rc = statement_step(&s)) > 0) {
		text_add(&all, statement_text(&s, 0), strlen(statement_text(&s, 0)) + 1);
		rc = 0;
	}
	statement_close(&s);
	if (rc < 0 && from != registry)
		registry_fail(registry, "%s", registry_error(from));
	for (const char *sql = all.at; rc == 0 && sql && sql < all.at + all.len; sql += strlen(sql) + 1)
		rc = statement_run(registry, sql);
	text_free(&all);
	return rc;
}

/* Tables whose rows come from the copy: all but those that tell what happens here. Columns that are computed stay out. */
#define COPIED                                                                                                         \
	" FROM (SELECT name, (SELECT group_concat(name, ', ') FROM pragma_table_xinfo(t.name) WHERE hidden = 0)"       \
	" AS columns FROM main.sqlite_schema t WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT IN"       \
	" ('meta', 'counter', 'change', 'actor', 'audit', 'replaced', 'machine_state', 'machine_event', "              \
	"'check_state'))"

static int replace_rows(struct registry *registry)
{
	if (run_each(registry, registry, "SELECT 'DELETE FROM main.' || name" COPIED) < 0 ||
	    run_each(registry, registry,
	             "SELECT 'INSERT INTO main.' || name || ' (' || columns || ') SELECT ' || columns || ' FROM copy.'"
	             " || name" COPIED) < 0)
		return -1;
	return statement_run(registry, "DELETE FROM main.check_state WHERE (machine, internal_port, number) NOT IN"
	                               " (SELECT machine, internal_port, number FROM main.service_check)");
}

int backup_renew(struct registry *registry)
{
	return statement_run(registry,
	                     "UPDATE main.meta SET value = lower(hex(randomblob(8))) WHERE key = 'generation'");
}

/* Machines of the copy do not repeat what they were asked to do when it was made, and a later wish has a higher number
 * than any that was carried out since. */
static int forget_wishes(struct registry *registry)
{
	return statement_run(
	    registry, "UPDATE main.machine SET ask = NULL, ask_options = NULL,"
	              " ask_serial = max(ask_serial, coalesce((SELECT serial FROM wish WHERE machine = id), 0))");
}

static int refused(struct registry *registry, const char *query)
{
	struct statement s;
	if (!query)
		return 0;
	statement_open(&s, registry, query);
	int rc = statement_step(&s);
	if (rc > 0)
		rc = registry_fail(registry, "%s", statement_text(&s, 0));
	statement_close(&s);
	return rc;
}

/* Inside the transaction, the copy attached. The triggers rest meanwhile: they would log and judge every row. */
static int replace_all(struct registry *registry, struct registry *reference, const struct backup_load *load)
{
	static const char wish[] =
	    "CREATE TEMP TABLE wish AS SELECT machine, max(serial) AS serial FROM (SELECT id AS machine, ask_serial AS "
	    "serial"
	    " FROM main.machine UNION ALL SELECT machine, done_serial FROM main.machine_state) GROUP BY machine";
	static const char counters[] =
	    "INSERT INTO main.counter (kind, scope, value) SELECT kind, scope, value FROM copy.counter WHERE 1"
	    " ON CONFLICT (kind, scope) DO UPDATE SET value = max(value, excluded.value)";
	static const char settings[] = "INSERT INTO main.meta (key, value) SELECT key, value FROM copy.meta WHERE key "
	                               "NOT IN ('generation', 'trimmed_to')"
	                               " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
	if (refused(registry, load->refuse) < 0 ||
	    run_each(registry, registry,
	             "SELECT 'DROP TRIGGER main.\"' || name || '\"' FROM main.sqlite_schema WHERE type = 'trigger'") <
	        0 ||
	    statement_run(registry, wish) < 0 || replace_rows(registry) < 0 ||
	    (!load->wishes && forget_wishes(registry) < 0) || statement_run(registry, "DROP TABLE temp.wish") < 0 ||
	    statement_run(registry, counters) < 0 || statement_run(registry, settings) < 0)
		return -1;
	if (run_each(registry, reference, "SELECT sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid") < 0)
		return -1;
	struct statement s;
	statement_open(
	    &s, registry,
	    "INSERT INTO main.audit (uid, name, command, object, key) SELECT uid, name, command, 'registry', ?1"
	    " FROM actor");
	statement_bind_text(&s, 1, load->action);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc < 0 ? -1 : backup_renew(registry);
}

static int attach(struct registry *registry, const char *from)
{
	struct statement s;
	if (statement_run(registry, "PRAGMA foreign_keys = 0") < 0)
		return -1;
	statement_open(&s, registry, "ATTACH ?1 AS copy");
	statement_bind_text(&s, 1, from);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int backup_load(struct registry *registry, const struct backup_load *load)
{
	struct registry *reference = registry_open(":memory:", REGISTRY_CREATE);
	int rc = -1;
	if (registry_failed(reference)) {
		registry_fail(registry, "%s", registry_error(reference));
		goto close_reference;
	}
	if (attach(registry, load->from) < 0)
		goto close_reference;
	rc = registry_begin(registry, load->command);
	if (rc == 0)
		rc = replace_all(registry, reference, load);
	if (rc == 0)
		rc = registry_commit(registry);
	registry_rollback(registry);
	/* Failing to detach harms nobody: the connection ends soon. The sentence of what failed before must stay. */
	sqlite3_exec(registry_handle(registry), "DETACH copy; PRAGMA foreign_keys = 1", NULL, NULL, NULL);
close_reference:
	registry_close(reference);
	return rc;
}
