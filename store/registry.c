/* registry.c - see registry.h. */
#include "registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "schema.h"
#include "statement.h"

enum { PATIENCE_MS = 5000, BUSY_STEP_MS = 1, VERSIONS_PER_MAJOR = 10000 };

struct registry {
	sqlite3 *db;
	char *path;
	char error[1024];
	bool failed;           /* opening failed */
	bool has_actor;        /* the open transaction has an actor row */
	int64_t changes;       /* rows this connection had changed when the actor row was there */
	int patience_ms;       /* with a lock that is in the way */
	int64_t busy_until_ms; /* when it ends with this one */
};

int registry_fail(struct registry *registry, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(registry->error, sizeof registry->error, format, args);
	va_end(args);
	return -1;
}

/* SQLite tries again without writing, so what it saw last is not why. */
static int open_error(const struct registry *r)
{
	return access(r->path, R_OK | W_OK) < 0 && errno != ENOENT ? errno : sqlite3_system_errno(r->db);
}

/* Beside the file there are two more, and SQLite has no word for a disk that is too full for those. */
static int failure(const struct registry *r)
{
	int code = sqlite3_errcode(r->db) & 0xff, error = sqlite3_system_errno(r->db);
	return (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && (error == ENOSPC || error == EDQUOT) ? SQLITE_FULL
	                                                                                                 : code;
}

int registry_fail_sqlite(struct registry *r, const char *doing)
{
	switch (failure(r)) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return registry_fail(r,
		                     "%s is locked by another program for more than %g s: end its transaction (fuser "
		                     "%s finds it) and try again",
		                     r->path, r->patience_ms / 1000.0, r->path);
	case SQLITE_READONLY:
		return registry_fail(
		    r, "%s cannot be written by this user: run the command as the owner of the file and its directory",
		    r->path);
	case SQLITE_FULL:
		return registry_fail(
		    r, "the disk that holds %s is full: nothing was changed; free some space and try again", r->path);
	case SQLITE_CANTOPEN:
		return registry_fail(r, "%s cannot be opened (%s): check the rights on the file and its directory",
		                     r->path, strerror(open_error(r)));
	case SQLITE_NOTADB:
		return registry_fail(r, "%s is not a registry (not an SQLite file): name another file", r->path);
	case SQLITE_CORRUPT:
		return registry_fail(
		    r,
		    "%s is damaged: stop the daemons, move it away with its -wal and -shm, and restore a backup "
		    "(flycast restore FILE)",
		    r->path);
	case SQLITE_IOERR:
		return registry_fail(r, "the disk that holds %s failed to %s (%s): nothing was changed", r->path, doing,
		                     strerror(sqlite3_system_errno(r->db)));
	case SQLITE_CONSTRAINT:
		return registry_fail(r, "%s", sqlite3_errmsg(r->db));
	default:
		return registry_fail(r, "could not %s %s: %s", doing, r->path, sqlite3_errmsg(r->db));
	}
}

static int pragma_number(struct registry *r, const char *sql, int *out)
{
	struct statement s;
	if (statement_open(&s, r, sql) == 0 && statement_step(&s) > 0)
		*out = (int)statement_number(&s, 0);
	bool failed = s.failed;
	statement_close(&s);
	return failed ? -1 : 0;
}

static int set_pragma(struct registry *r, const char *name, int value)
{
	char sql[96];
	snprintf(sql, sizeof sql, "PRAGMA %s = %d", name, value);
	return statement_run(r, sql);
}

static int version_of(const struct schema_step *step)
{
	return REGISTRY_MAJOR * VERSIONS_PER_MAJOR + step->number;
}

static int newest_version(void)
{
	const struct schema_step *step = schema_steps;
	while (step[1].number)
		step++;
	return version_of(step);
}

static int run_steps(struct registry *r, int version)
{
	for (const struct schema_step *step = schema_steps; step->number; step++) {
		if (version_of(step) <= version)
			continue;
		if (sqlite3_exec(r->db, step->sql, NULL, NULL, NULL) != SQLITE_OK)
			return registry_fail_sqlite(r, "lay down the schema of");
	}
	if (set_pragma(r, "application_id", REGISTRY_APPLICATION) < 0)
		return -1;
	return set_pragma(r, "user_version", newest_version());
}

/* Forward only, all steps in one transaction; another process may have done it while we waited for the lock. */
static int migrate(struct registry *r)
{
	int version = 0;
	if (registry_begin(r, NULL) < 0)
		return -1;
	if (pragma_number(r, "PRAGMA user_version", &version) < 0 ||
	    (version < newest_version() && run_steps(r, version) < 0)) {
		registry_rollback(r);
		return -1;
	}
	return registry_commit(r);
}

static int check_version(struct registry *r, enum registry_mode mode)
{
	int application = 0, version = 0;
	if (pragma_number(r, "PRAGMA application_id", &application) < 0 ||
	    pragma_number(r, "PRAGMA user_version", &version) < 0)
		return -1;
	if (application == 0 && version == 0) {
		int tables = 0;
		if (pragma_number(r, "SELECT count(*) FROM sqlite_schema", &tables) < 0)
			return -1;
		if (tables == 0 && mode == REGISTRY_CREATE)
			return 0;
		if (tables == 0)
			return registry_fail(r, "%s is empty: create the registry with: flycast init --registry %s",
			                     r->path, r->path);
	}
	if (application != REGISTRY_APPLICATION)
		return registry_fail(r, "%s is an SQLite file but not a registry: name another file", r->path);
	if (mode == REGISTRY_CREATE)
		return registry_fail(r, "%s is a registry already: nothing was changed", r->path);
	if (version / VERSIONS_PER_MAJOR > REGISTRY_MAJOR)
		return registry_fail(
		    r, "%s was written by a newer Flycast (schema %d.%d, this program knows %d): upgrade this program",
		    r->path, version / VERSIONS_PER_MAJOR, version % VERSIONS_PER_MAJOR, REGISTRY_MAJOR);
	if (version < newest_version() && mode != REGISTRY_LOOK)
		return mode == REGISTRY_WRITE ? migrate(r)
		                              : registry_fail(r,
		                                              "%s has an older schema: run any writing command once, "
		                                              "for example: flycast doctor --migrate",
		                                              r->path);
	return 0;
}

/* What is wrong with the path itself, before SQLite turns it into "unable to open database file". */
static int check_path(struct registry *r, enum registry_mode mode)
{
	struct stat st;
	if (stat(r->path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return registry_fail(r, "%s is a directory: name the file in it, for example %s/registry.db",
			                     r->path, r->path);
		if (!S_ISREG(st.st_mode))
			return registry_fail(r, "%s is not a regular file: name another file", r->path);
		return 0;
	}
	if (errno == ENOENT && mode == REGISTRY_CREATE)
		return 0;
	if (errno == ENOENT)
		return registry_fail(r, "there is no registry at %s: create it with: flycast init --registry %s",
		                     r->path, r->path);
	return registry_fail(r, "%s cannot be looked at (%s): check the rights on its directory", r->path,
	                     strerror(errno));
}

/* SQLite's own handler soon sleeps 100 ms between two looks. Writers that come back at once leave gaps of microseconds,
 * so it hardly ever looks into one: it was seen to wait for four seconds beside five others. */
static int on_busy(void *owner, int looks)
{
	struct registry *r = owner;
	if (looks == 0)
		r->busy_until_ms = clock_mono_ms() + r->patience_ms;
	else if (clock_mono_ms() >= r->busy_until_ms)
		return 0;
	poll(NULL, 0, BUSY_STEP_MS);
	return 1;
}

static int configure(struct registry *r, enum registry_mode mode)
{
	sqlite3_busy_handler(r->db, on_busy, r);
	sqlite3_extended_result_codes(r->db, 1);
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, mode != REGISTRY_CREATE, NULL);
	/* SQLite before 3.41 takes its JSON functions for unsafe in a schema; no function of ours is registered. */
	sqlite3_db_config(r->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL);
	sqlite3_wal_autocheckpoint(r->db, 0);
	static const struct {
		const char *name;
		int value;
	} pragmas[] = {
	    {"foreign_keys", 1}, {"recursive_triggers", 1},
	    {"synchronous", 2},  {"cell_size_check", 1},
	    {"mmap_size", 0},    {"journal_size_limit", 400 * (4096 + 24)}}; /* the log is cut when it starts anew */
	for (size_t i = 0; i < sizeof pragmas / sizeof pragmas[0]; i++)
		if (set_pragma(r, pragmas[i].name, pragmas[i].value) < 0)
			return -1;
	return mode == REGISTRY_READ || mode == REGISTRY_LOOK ? set_pragma(r, "query_only", 1) : 0;
}

static int open_file(struct registry *r, enum registry_mode mode)
{
	int flags = SQLITE_OPEN_NOMUTEX | (mode == REGISTRY_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	if (mode == REGISTRY_CREATE)
		flags |= SQLITE_OPEN_CREATE;
	if (check_path(r, mode) < 0)
		return -1;
	if (sqlite3_open_v2(r->path, &r->db, flags, NULL) != SQLITE_OK)
		return registry_fail_sqlite(r, "open");
	if (configure(r, mode) < 0 || check_version(r, mode) < 0)
		return -1;
	if (mode != REGISTRY_CREATE)
		return 0;
	/* WAL is a property of the file: set once, here, and never again. */
	if (statement_run(r, "PRAGMA journal_mode = WAL") < 0)
		return -1;
	return migrate(r);
}

struct registry *registry_open(const char *path, enum registry_mode mode)
{
	struct registry *r = mem_new(sizeof *r);
	r->path = mem_text(path);
	r->patience_ms = PATIENCE_MS;
	r->failed = open_file(r, mode) < 0;
	if (r->failed) {
		sqlite3_close_v2(r->db);
		r->db = NULL;
	}
	return r;
}

void registry_close(struct registry *registry)
{
	if (!registry)
		return;
	if (registry->db && !sqlite3_get_autocommit(registry->db))
		registry_rollback(registry);
	sqlite3_close_v2(registry->db);
	free(registry->path);
	free(registry);
}

bool registry_failed(const struct registry *registry)
{
	return registry->failed;
}

const char *registry_error(const struct registry *registry)
{
	return registry->error;
}

const char *registry_path(const struct registry *registry)
{
	return registry->path;
}

void registry_patience(struct registry *registry, int ms)
{
	registry->patience_ms = ms;
}

struct sqlite3 *registry_handle(struct registry *registry)
{
	return registry->db;
}

/* sudo keeps the person's id in the environment; it only names, it grants nothing. */
static uid_t actor_uid(void)
{
	const char *sudo = getenv("SUDO_UID");
	return sudo && *sudo && getuid() == 0 ? (uid_t)strtoul(sudo, NULL, 10) : getuid();
}

static int write_actor(struct registry *r, const char *command)
{
	struct statement s;
	uid_t uid = actor_uid();
	struct passwd *pw = getpwuid(uid);
	statement_open(&s, r, "INSERT OR REPLACE INTO actor (one, uid, name, command) VALUES (1, ?1, ?2, ?3)");
	statement_bind_number(&s, 1, (int64_t)uid);
	statement_bind_text(&s, 2, pw ? pw->pw_name : "");
	statement_bind_text(&s, 3, command);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int registry_begin(struct registry *registry, const char *command)
{
	if (statement_run(registry, "BEGIN IMMEDIATE") < 0)
		return -1;
	registry->has_actor = command != NULL;
	if (command && write_actor(registry, command) < 0) {
		registry_rollback(registry);
		return -1;
	}
	registry->changes = sqlite3_total_changes64(registry->db);
	return 0;
}

int registry_commit(struct registry *registry)
{
	/* A command that found nothing to change writes nothing: no reader has to look. */
	if (registry->has_actor && sqlite3_total_changes64(registry->db) == registry->changes) {
		registry_rollback(registry);
		return 0;
	}
	int rc = registry->has_actor ? statement_run(registry, "DELETE FROM actor") : 0;
	if (rc == 0)
		rc = statement_run(registry, "COMMIT");
	registry->has_actor = false;
	if (rc < 0)
		registry_rollback(registry);
	return rc;
}

void registry_rollback(struct registry *registry)
{
	registry->has_actor = false;
	if (registry->db && !sqlite3_get_autocommit(registry->db))
		sqlite3_exec(registry->db, "ROLLBACK", NULL, NULL, NULL); /* keeps the sentence of what failed before */
}

int registry_read_begin(struct registry *registry)
{
	return statement_run(registry, "BEGIN");
}

void registry_read_end(struct registry *registry)
{
	registry_rollback(registry);
}
