/* app.c - see app.h. */
#include "app.h"

#include <stdio.h>

#include "base/log.h"
#include "network.h"
#include "registry.h"
#include "statement.h"

/* Columns in the order app_next() reads them. */
#define COLUMNS                                                                                                        \
	"SELECT a.name, a.org, a.network, n.name, n.prefix, a.created_at,"                                             \
	" (SELECT count(*) FROM machine m WHERE m.app = a.name),"                                                      \
	" (SELECT count(*) FROM machine m JOIN machine_state s ON s.machine = m.id"                                    \
	"   WHERE m.app = a.name AND s.state = 'started'),"                                                            \
	" (SELECT count(*) FROM machine m JOIN service v ON v.machine = m.id WHERE m.app = a.name),"                   \
	" (SELECT max(updated_at) FROM machine m WHERE m.app = a.name)"                                                \
	" FROM app a JOIN network n ON n.id = a.network"

int app_next(struct statement *s, struct app *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		snprintf(out->name, sizeof out->name, "%s", statement_text(s, 0));
		snprintf(out->org, sizeof out->org, "%s", statement_text(s, 1));
		out->network = (uint32_t)statement_number(s, 2);
		snprintf(out->network_name, sizeof out->network_name, "%s", statement_text(s, 3));
		snprintf(out->prefix, sizeof out->prefix, "%s", statement_text(s, 4));
		out->created_at = statement_number(s, 5);
		out->machines = statement_number(s, 6);
		out->started = statement_number(s, 7);
		out->services = statement_number(s, 8);
		out->deployed_at = statement_number(s, 9);
	}
	return rc;
}

int app_find(struct registry *registry, struct app *out, const char *name)
{
	struct statement s;
	statement_open(&s, registry, COLUMNS " WHERE a.name = ?1");
	statement_bind_text(&s, 1, name);
	int rc = app_next(&s, out);
	statement_close(&s);
	return rc;
}

int app_need(struct registry *registry, struct app *out, const char *name)
{
	int rc = app_find(registry, out, name);
	if (rc)
		return rc < 0 ? -1 : 0;
	return label_missing(registry, &(struct label_missing){"app", name, "SELECT name FROM app", NULL,
	                                                       "flycast apps list shows them"});
}

int app_put(struct registry *registry, const char *name, const char *org, const char *network)
{
	struct network home;
	struct app there;
	struct statement s;
	char quoted[160];
	const char *wrong = label_wrong(name);
	if (wrong)
		return registry_fail(registry, "an app's name %s: %s", wrong, log_quote(quoted, sizeof quoted, name));
	if (network_need(registry, &home, org, network ? network : "default") < 0)
		return -1;
	int rc = app_find(registry, &there, name);
	if (rc)
		return rc < 0 ? -1
		              : registry_fail(
		                    registry,
		                    "app names are unique in the registry and \"%s\" is taken (by \"%s\"): choose "
		                    "another name",
		                    name, there.org);
	statement_open(&s, registry, "INSERT INTO app (name, org, network) VALUES (?1, ?2, ?3)");
	statement_bind_text(&s, 1, name);
	statement_bind_text(&s, 2, org);
	statement_bind_number(&s, 3, home.id);
	rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int app_delete(struct registry *registry, const char *name)
{
	struct app app;
	struct statement s;
	if (app_need(registry, &app, name) < 0)
		return -1;
	statement_open(&s, registry, "DELETE FROM app WHERE name = ?1"); /* the rest goes with it (app_cascade) */
	statement_bind_text(&s, 1, name);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

const char *app_status(const struct app *app)
{
	return app->started > 0 ? "deployed" : app->machines > 0 ? "suspended" : "pending";
}

void app_list(struct statement *s, struct registry *registry, const char *org)
{
	statement_open(s, registry, org ? COLUMNS " WHERE a.org = ?1 ORDER BY a.name" : COLUMNS " ORDER BY a.name");
	if (org)
		statement_bind_text(s, 1, org);
}
