/* host.c - see host.h. */
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "region.h"
#include "registry.h"
#include "statement.h"

/* Columns in the order host_next() reads them. */
#define COLUMNS                                                                                                        \
	"SELECT name, number, region, machines, coalesce((SELECT probe FROM host WHERE name = hosts.name), '') FROM "  \
	"hosts"

int host_next(struct statement *s, struct host *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		snprintf(out->name, sizeof out->name, "%s", statement_text(s, 0));
		out->number = (uint32_t)statement_number(s, 1);
		snprintf(out->region, sizeof out->region, "%s", statement_text(s, 2));
		out->machines = statement_number(s, 3);
		snprintf(out->probe, sizeof out->probe, "%s", statement_text(s, 4));
	}
	return rc;
}

int host_find(struct registry *registry, struct host *out, const char *name)
{
	struct statement s;
	statement_open(&s, registry, COLUMNS " WHERE name = ?1");
	statement_bind_text(&s, 1, name);
	int rc = host_next(&s, out);
	statement_close(&s);
	return rc;
}

int host_need(struct registry *registry, struct host *out, const char *name)
{
	int rc = host_find(registry, out, name);
	if (rc)
		return rc < 0 ? -1 : 0;
	return label_missing(registry, &(struct label_missing){"host", name, "SELECT name FROM host", NULL,
	                                                       "flycast hosts list shows them"});
}

int host_put(struct registry *registry, const char *name, const char *region)
{
	struct region there;
	struct host same;
	struct statement s;
	char quoted[160];
	if (!*name || strlen(name) > 255 || name[strcspn(name, " \t\n/")])
		return registry_fail(registry, "a host's name has 1 to 255 characters and no space or slash: %s",
		                     log_quote(quoted, sizeof quoted, name));
	if (region_need(registry, &there, region) < 0)
		return -1;
	int rc = host_find(registry, &same, name);
	if (rc)
		return rc < 0 ? -1 : registry_fail(registry, "there is a host \"%s\" already", name);
	statement_open(&s, registry, "INSERT INTO hosts (name, region) VALUES (?1, ?2)");
	statement_bind_text(&s, 1, name);
	statement_bind_text(&s, 2, region);
	rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int host_self(struct registry *registry, struct host *out)
{
	char name[256] = "";
	struct statement s;
	struct host other;
	gethostname(name, sizeof name - 1);
	int rc = host_find(registry, out, name);
	if (rc)
		return rc < 0 ? -1 : 0;
	host_list(&s, registry);
	rc = host_next(&s, out);
	int more = rc > 0 ? host_next(&s, &other) : 0;
	statement_close(&s);
	if (rc < 0 || more < 0)
		return -1;
	if (rc == 0)
		return registry_fail(
		    registry, "the registry has no host: add this one with flycast hosts create %s --region CODE",
		    name);
	return more == 0
	           ? 0
	           : registry_fail(registry,
	                           "the registry has several hosts and none is named \"%s\": name one with --host",
	                           name);
}

int host_probe(struct registry *registry, const char *name, const char *probe)
{
	struct host host;
	struct sockaddr_in6 at;
	struct statement s;
	char text[ADDR_TEXT];
	char quoted[160];
	if (host_need(registry, &host, name) < 0)
		return -1;
	if (probe && !(addr_parse(&at, probe) && at.sin6_port && !IN6_IS_ADDR_UNSPECIFIED(&at.sin6_addr)))
		return registry_fail(
		    registry,
		    "where a proxy answers probes is an address that the other hosts reach, and a port "
		    "(192.0.2.1:7946 or [2001:db8::1]:7946): %s",
		    log_quote(quoted, sizeof quoted, probe));
	statement_open(&s, registry, "UPDATE host SET probe = ?2 WHERE name = ?1");
	statement_bind_text(&s, 1, name);
	if (probe)
		statement_bind_text(&s, 2, addr_text(text, &at));
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int host_away(struct registry *registry, const char *name, const char *json)
{
	static const char *const sql[] = {
	    "DELETE FROM round_trip WHERE host = ?1 AND region NOT IN (SELECT key FROM json_each(?2))",
	    "INSERT INTO round_trip (host, region, microseconds, since) SELECT ?1, key, value, ?3 FROM json_each(?2)"
	    " WHERE key IN (SELECT code FROM region) AND ?1 IN (SELECT name FROM host) ON CONFLICT DO UPDATE SET"
	    " microseconds = excluded.microseconds, since = excluded.since WHERE microseconds <> excluded.microseconds",
	};
	int rc = 0;
	for (size_t i = 0; i < sizeof sql / sizeof *sql && rc == 0; i++) {
		struct statement s;
		statement_open(&s, registry, sql[i]);
		statement_bind_text(&s, 1, name);
		statement_bind_text(&s, 2, json);
		if (i > 0)
			statement_bind_number(&s, 3, clock_wall_ms());
		rc = statement_step(&s);
		statement_close(&s);
	}
	return rc;
}

int host_delete(struct registry *registry, const char *name)
{
	struct statement s;
	struct host host;
	if (host_need(registry, &host, name) < 0)
		return -1;
	statement_open(&s, registry, "DELETE FROM host WHERE name = ?1");
	statement_bind_text(&s, 1, name);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

void host_list(struct statement *s, struct registry *registry)
{
	statement_open(s, registry, COLUMNS " ORDER BY name");
}
