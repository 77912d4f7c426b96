/* trim.c - see trim.h. seq and time grow together, so what may go is always in front. */
#include "trim.h"

#include <stdbool.h>
#include <stddef.h>

#include "registry.h"
#include "statement.h"

enum { BATCH = 1000, DAY_MS = 86400000 };

/* The last of the first BATCH rows that may go, how many rows that is. */
static const char sql_change_end[] =
    "SELECT max(seq), count(*) FROM (SELECT seq, at FROM change ORDER BY seq LIMIT 1000)"
    " WHERE at < ?1 OR seq <= (SELECT max(seq) FROM change) - ?2";
static const char sql_audit_end[] =
    "SELECT max(seq), count(*) FROM (SELECT seq, at FROM audit ORDER BY seq LIMIT 1000)"
    " WHERE at < ?1 - ?2 * (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'audit_days')"
    " AND (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'audit_days') > 0";
static const char sql_change_delete[] = "DELETE FROM change WHERE seq <= ?1";
static const char sql_trimmed_to[] = "UPDATE meta SET value = CAST(?1 AS TEXT) WHERE key = 'trimmed_to'";
static const char sql_audit_delete[] = "DELETE FROM audit WHERE seq <= ?1";
/* A commit without a row in the change log would look like an edit past the triggers. */
static const char sql_audit_logged[] = "INSERT INTO change (kind, key) SELECT 'meta', 'audit' WHERE ?1 > 0";

struct front {
	int64_t end; /* seq */
	int64_t rows;
};

static int find_front(struct registry *r, const char *sql, int64_t first, int64_t second, struct front *out)
{
	struct statement s;
	statement_open(&s, r, sql);
	statement_bind_number(&s, 1, first);
	statement_bind_number(&s, 2, second);
	int rc = statement_step(&s);
	if (rc > 0)
		*out = (struct front){statement_number(&s, 0), statement_number(&s, 1)};
	statement_close(&s);
	return rc < 0 ? -1 : 0;
}

static int run_with(struct registry *r, const char *sql, int64_t number)
{
	struct statement s;
	statement_open(&s, r, sql);
	statement_bind_number(&s, 1, number);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc < 0 ? -1 : 0;
}

static int remove_front(struct registry *r, const char *remove, const char *note, int64_t end)
{
	if (registry_begin(r, NULL) < 0)
		return -1;
	if (run_with(r, remove, end) < 0 || run_with(r, note, end) < 0) {
		registry_rollback(r);
		return -1;
	}
	return registry_commit(r);
}

static int trim_changes(struct registry *r, const struct trim_limits *limits, int64_t wall_ms)
{
	struct front front = {0};
	if (find_front(r, sql_change_end, wall_ms - limits->most_ms, limits->most_rows, &front) < 0)
		return -1;
	if (front.rows < limits->least)
		return 0;
	if (remove_front(r, sql_change_delete, sql_trimmed_to, front.end) < 0)
		return -1;
	return front.rows == BATCH;
}

static int trim_audit(struct registry *r, int64_t wall_ms)
{
	struct front front = {0};
	if (find_front(r, sql_audit_end, wall_ms, DAY_MS, &front) < 0)
		return -1;
	if (front.rows == 0)
		return 0;
	if (remove_front(r, sql_audit_delete, sql_audit_logged, front.end) < 0)
		return -1;
	return front.rows == BATCH;
}

int trim_some(struct registry *registry, const struct trim_limits *limits, int64_t wall_ms)
{
	int changes = trim_changes(registry, limits, wall_ms);
	int audit = changes < 0 ? -1 : trim_audit(registry, wall_ms);
	return audit < 0 ? -1 : changes || audit;
}
