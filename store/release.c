/* release.c - see release.h. */
#include "release.h"

#include <stdio.h>

#include "base/mem.h"
#include "registry.h"
#include "statement.h"

int release_put(struct registry *registry, const char *app, struct release *out, const char *config)
{
	struct statement s;
	statement_open(&s, registry,
	               "INSERT INTO release (app, version, who, image, config, description) VALUES (?1,"
	               " (SELECT coalesce(max(version), 0) + 1 FROM release WHERE app = ?1), ?2, ?3, ?4, ?5)"
	               " RETURNING version");
	statement_bind_text(&s, 1, app);
	statement_bind_text(&s, 2, out->who);
	statement_bind_text(&s, 3, out->image);
	statement_bind_text(&s, 4, config);
	statement_bind_text(&s, 5, out->description);
	int rc = statement_step(&s);
	if (rc > 0)
		out->version = statement_number(&s, 0);
	statement_close(&s);
	return rc > 0 ? 0 : -1;
}

int release_finish(struct registry *registry, const char *app, int64_t version, const char *status, const char *message)
{
	struct statement s;
	statement_open(&s, registry,
	               "UPDATE release SET status = ?3, message = substr(?4, 1, 1000),"
	               " finished_at = CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"
	               " WHERE app = ?1 AND version = ?2");
	statement_bind_text(&s, 1, app);
	statement_bind_number(&s, 2, version);
	statement_bind_text(&s, 3, status);
	statement_bind_text(&s, 4, message);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int run_for(struct registry *registry, const char *sql, const char *app)
{
	struct statement s;
	statement_open(&s, registry, sql);
	statement_bind_text(&s, 1, app);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int release_is_mixed(struct registry *registry, const char *app)
{
	return run_for(
	    registry,
	    "SELECT 1 FROM machine m JOIN machine_metadata d ON d.machine = m.id AND d.key = 'fly_release_version'"
	    " JOIN release r ON r.app = m.app AND r.version = CAST(d.value AS INTEGER)"
	    " WHERE m.app = ?1 AND NOT m.cordoned AND r.status <> 'complete' LIMIT 1",
	    app);
}

int release_clean(struct registry *registry, const char *app)
{
	if (run_for(registry,
	            "DELETE FROM machine WHERE app = ?1 AND cordoned AND EXISTS (SELECT 1 FROM machine_metadata d"
	            " JOIN release r ON r.app = ?1 AND r.status <> 'complete' AND r.version = CAST(d.value AS INTEGER)"
	            " WHERE d.machine = machine.id AND d.key = 'fly_release_version')",
	            app) < 0)
		return -1;
	/* The other way round: the new one was let in, and the old one had been asked to stop. */
	if (run_for(registry,
	            "DELETE FROM machine WHERE app = ?1 AND cordoned AND id IN (SELECT o.value FROM machine_metadata o"
	            " JOIN machine m ON m.id = o.machine AND m.app = ?1 WHERE o.key = 'flycast_replaces')",
	            app) < 0)
		return -1;
	return run_for(registry,
	               "UPDATE release SET status = 'interrupted', message = 'flycast deploy was killed'"
	               " WHERE app = ?1 AND status = 'running'",
	               app);
}

/* In the order release_read() takes them. */
#define COLUMNS "version, created_at, who, status, image, description, message, finished_at"

static void release_read(struct statement *s, struct release *out)
{
	out->version = statement_number(s, 0);
	out->created_at = statement_number(s, 1);
	snprintf(out->who, sizeof out->who, "%s", statement_text(s, 2));
	snprintf(out->status, sizeof out->status, "%s", statement_text(s, 3));
	snprintf(out->image, sizeof out->image, "%s", statement_text(s, 4));
	snprintf(out->description, sizeof out->description, "%s", statement_text(s, 5));
	snprintf(out->message, sizeof out->message, "%s", statement_text(s, 6));
	out->finished_at = statement_number(s, 7);
}

void release_list(struct statement *s, struct registry *registry, const char *app)
{
	statement_open(s, registry, "SELECT " COLUMNS " FROM release WHERE app = ?1 ORDER BY version DESC");
	statement_bind_text(s, 1, app);
}

int release_next(struct statement *s, struct release *out)
{
	int rc = statement_step(s);
	if (rc > 0)
		release_read(s, out);
	return rc;
}

int release_find(struct registry *registry, const char *app, int64_t version, struct release *out, char **config)
{
	struct statement s;
	statement_open(&s, registry,
	               "SELECT " COLUMNS ", config FROM release WHERE app = ?1 AND"
	               " version = CASE ?2 WHEN 0 THEN (SELECT max(version) FROM release WHERE app = ?1"
	               " AND status = 'complete') ELSE ?2 END");
	statement_bind_text(&s, 1, app);
	statement_bind_number(&s, 2, version);
	int rc = statement_step(&s);
	if (rc > 0) {
		release_read(&s, out);
		if (config)
			*config = mem_text(statement_text(&s, 8));
	}
	statement_close(&s);
	return rc;
}

int release_uses(struct registry *registry, const char *app, const char *image)
{
	struct statement s;
	statement_open(
	    &s, registry,
	    "SELECT EXISTS (SELECT 1 FROM release r WHERE r.app = ?1 AND r.image = ?2 AND (r.status = 'running'"
	    " OR r.version IN (SELECT version FROM release WHERE app = ?1 AND status = 'complete'"
	    "   ORDER BY version DESC LIMIT ?3)"
	    " OR r.version IN (SELECT CAST(d.value AS INTEGER) FROM machine m JOIN machine_metadata d"
	    "   ON d.machine = m.id AND d.key = 'fly_release_version' WHERE m.app = ?1)))");
	statement_bind_text(&s, 1, app);
	statement_bind_text(&s, 2, image);
	statement_bind_number(&s, 3, RELEASE_KEPT);
	int rc = statement_step(&s);
	int used = rc > 0 ? statement_number(&s, 0) != 0 : -1;
	statement_close(&s);
	return used;
}
