/* network.c - see network.h. */
#include "network.h"

#include <stdio.h>

#include "base/addr.h"
#include "base/log.h"
#include "org.h"
#include "registry.h"
#include "statement.h"

/* Columns in the order network_next() reads them. */
#define COLUMNS "SELECT id, org, name, prefix, apps, addresses, instances, forward FROM networks"

int network_next(struct statement *s, struct network *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		out->id = (uint32_t)statement_number(s, 0);
		snprintf(out->org, sizeof out->org, "%s", statement_text(s, 1));
		snprintf(out->name, sizeof out->name, "%s", statement_text(s, 2));
		snprintf(out->prefix, sizeof out->prefix, "%s", statement_text(s, 3));
		out->apps = statement_number(s, 4);
		out->addresses = statement_number(s, 5);
		out->instances = statement_number(s, 6) != 0;
		out->forward = statement_number(s, 7) != 0;
	}
	return rc;
}

int network_find(struct registry *registry, struct network *out, const char *org, const char *name)
{
	struct statement s;
	statement_open(&s, registry, COLUMNS " WHERE org = ?1 AND name = ?2");
	statement_bind_text(&s, 1, org);
	statement_bind_text(&s, 2, name);
	int rc = network_next(&s, out);
	statement_close(&s);
	return rc;
}

int network_need(struct registry *registry, struct network *out, const char *org, const char *name)
{
	struct org owner;
	if (org_need(registry, &owner, org) < 0)
		return -1;
	int rc = network_find(registry, out, org, name);
	if (rc)
		return rc < 0 ? -1 : 0;
	char kind[128], hint[160];
	snprintf(kind, sizeof kind, "network of the organization \"%s\" named", org);
	snprintf(hint, sizeof hint, "flycast networks list -o %s shows them, flycast networks create makes one", org);
	return label_missing(registry,
	                     &(struct label_missing){kind, name, "SELECT name FROM network WHERE org = ?1", org, hint});
}

int network_put(struct registry *registry, const char *org, const char *name)
{
	struct org owner;
	struct network there;
	char quoted[160];
	const char *wrong = label_network_wrong(name);
	if (wrong)
		return registry_fail(registry, "a network's name %s: %s", wrong,
		                     log_quote(quoted, sizeof quoted, name));
	if (org_need(registry, &owner, org) < 0)
		return -1;
	int rc = network_find(registry, &there, org, name);
	if (rc)
		return rc < 0 ? -1
		              : registry_fail(registry, "the organization \"%s\" has a network \"%s\" already (%s)",
		                              org, name, there.prefix);
	struct statement s;
	statement_open(&s, registry, "INSERT INTO networks (org, name) VALUES (?1, ?2)");
	statement_bind_text(&s, 1, org);
	statement_bind_text(&s, 2, name);
	rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int network_set(struct registry *registry, const struct network *network)
{
	struct statement s;
	statement_open(&s, registry, "UPDATE network SET instances = ?2, forward = ?3 WHERE id = ?1");
	statement_bind_number(&s, 1, network->id);
	statement_bind_number(&s, 2, network->instances);
	statement_bind_number(&s, 3, network->forward);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

void network_list(struct statement *s, struct registry *registry, const char *org)
{
	statement_open(s, registry, org ? COLUMNS " WHERE org = ?1 ORDER BY org, name" : COLUMNS " ORDER BY org, name");
	if (org)
		statement_bind_text(s, 1, org);
}

/* Into out[ADDR_TEXT]: the one spelling of a prefix. */
static int canonical(struct registry *registry, char *out, const char *text)
{
	struct prefix prefix;
	char quoted[160];
	if (!prefix_parse(&prefix, text))
		return registry_fail(
		    registry,
		    "%s is not a prefix: write an address and a length with no bits set beyond it, for "
		    "example 192.0.2.0/24 or 2001:db8::/32",
		    log_quote(quoted, sizeof quoted, text));
	if (prefix.ip.s6_addr[0] == 0xfd && prefix.ip.s6_addr[1] == 0xaa && prefix.len >= 16)
		return registry_fail(
		    registry,
		    "addresses in fdaa::/16 say their network themselves: attach prefixes outside of it only");
	prefix_text(out, &prefix);
	return 0;
}

int network_attach(struct registry *registry, const struct network *network, const char *text)
{
	char prefix[ADDR_TEXT];
	struct statement s;
	if (canonical(registry, prefix, text) < 0)
		return -1;
	statement_open(&s, registry,
	               "SELECT n.org, n.name FROM client_prefix p JOIN network n ON n.id = p.network"
	               " WHERE p.prefix = ?1 AND p.network <> ?2");
	statement_bind_text(&s, 1, prefix);
	statement_bind_number(&s, 2, network->id);
	int rc = statement_step(&s);
	if (rc > 0)
		rc = registry_fail(
		    registry,
		    "%s is attached to network \"%s\" of \"%s\": detach it first (flycast networks detach %s)", prefix,
		    statement_text(&s, 1), statement_text(&s, 0), prefix);
	statement_close(&s);
	if (rc < 0)
		return -1;
	statement_open(&s, registry,
	               "INSERT INTO client_prefix (prefix, network) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
	statement_bind_text(&s, 1, prefix);
	statement_bind_number(&s, 2, network->id);
	rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int network_detach(struct registry *registry, const char *text)
{
	char prefix[ADDR_TEXT];
	struct statement s;
	if (canonical(registry, prefix, text) < 0)
		return -1;
	statement_open(&s, registry, "DELETE FROM client_prefix WHERE prefix = ?1 RETURNING prefix");
	statement_bind_text(&s, 1, prefix);
	int rc = statement_step(&s);
	statement_close(&s);
	if (rc == 0)
		return label_missing(registry, &(struct label_missing){"attached prefix", prefix,
		                                                       "SELECT prefix FROM client_prefix", NULL,
		                                                       "flycast networks list shows them"});
	return rc < 0 ? -1 : 0;
}
