/* replay_source.c - see replay_source.h. */
#include "replay_source.h"

#include "org.h"
#include "registry.h"
#include "statement.h"

static int run(struct registry *registry, const char *sql, const char *org, const char *source)
{
	struct statement s;
	statement_open(&s, registry, sql);
	statement_bind_text(&s, 1, org);
	statement_bind_text(&s, 2, source);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int replay_source_find(struct registry *registry, const char *org, const char *source)
{
	return run(registry, "SELECT 1 FROM replay_source WHERE org = ?1 AND source = ?2", org, source);
}

int replay_source_put(struct registry *registry, const char *org, const char *source)
{
	struct org there;
	if (org_need(registry, &there, org) < 0 || org_need(registry, &there, source) < 0)
		return -1;
	int rc = replay_source_find(registry, org, source);
	if (rc)
		return rc < 0 ? -1 : 0;
	return run(registry, "INSERT INTO replay_source (org, source) VALUES (?1, ?2)", org, source);
}

int replay_source_delete(struct registry *registry, const char *org, const char *source)
{
	struct org there;
	if (org_need(registry, &there, org) < 0)
		return -1;
	int rc = replay_source_find(registry, org, source);
	if (rc == 0)
		return registry_fail(
		    registry, "\"%s\" is no replay source of %s: flycast orgs replay-sources list -o %s shows them",
		    source, org, org);
	return rc < 0 ? -1 : run(registry, "DELETE FROM replay_source WHERE org = ?1 AND source = ?2", org, source);
}

void replay_source_list(struct statement *s, struct registry *registry, const char *org)
{
	statement_open(s, registry, "SELECT source FROM replay_source WHERE org = ?1 AND source <> ?1 ORDER BY source");
	statement_bind_text(s, 1, org);
}

int replay_source_next(struct statement *s, const char **source)
{
	int rc = statement_step(s);
	if (rc > 0)
		*source = statement_text(s, 0);
	return rc;
}
