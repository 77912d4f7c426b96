/* address.c - see address.h. */
#include "address.h"

#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/addr.h"
#include "base/log.h"
#include "network.h"
#include "registry.h"
#include "statement.h"

/* Columns in the order address_next() reads them. */
#define PRIVATE                                                                                                        \
	"SELECT a.address AS address, 'private_v6', a.app, n.org, n.name, 'global', a.network AS network, a.number, "  \
	"a.created_at"                                                                                                 \
	" FROM address a JOIN network n ON n.id = a.network"
#define PUBLIC "SELECT address, type, app, '', '', region, 0, 0, created_at FROM public_address"

int address_next(struct statement *s, struct address *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		snprintf(out->text, sizeof out->text, "%s", statement_text(s, 0));
		snprintf(out->type, sizeof out->type, "%s", statement_text(s, 1));
		snprintf(out->app, sizeof out->app, "%s", statement_text(s, 2));
		snprintf(out->org, sizeof out->org, "%s", statement_text(s, 3));
		snprintf(out->network, sizeof out->network, "%s", statement_text(s, 4));
		snprintf(out->region, sizeof out->region, "%s", statement_text(s, 5));
		out->network_id = (uint32_t)statement_number(s, 6);
		out->number = (uint32_t)statement_number(s, 7);
		out->created_at = statement_number(s, 8);
	}
	return rc;
}

void address_list(struct statement *s, struct registry *registry, const char *app)
{
	statement_open(s, registry,
	               "SELECT * FROM (" PRIVATE " WHERE a.app = ?1 UNION ALL " PUBLIC " WHERE app = ?1)"
	               " ORDER BY network IS 0, network, address");
	statement_bind_text(s, 1, app);
}

bool address_private(const struct address *address)
{
	return strcmp(address->type, "private_v6") == 0;
}

/* The network that requests will come from, with the sentences the view's literals cannot say. */
static int source_network(struct registry *registry, struct network *out, const struct app *app, const char *org,
                          const char *network)
{
	if (!org && !network)
		return network_need(registry, out, app->org, app->network_name);
	return network_need(registry, out, org ? org : app->org, network ? network : "default");
}

int address_put(struct registry *registry, struct address *out, const char *app, const char *org, const char *network)
{
	struct app owner;
	struct network source;
	struct statement s;
	if (app_need(registry, &owner, app) < 0 || source_network(registry, &source, &owner, org, network) < 0)
		return -1;
	statement_open(&s, registry, "INSERT INTO flycast (app, org, network) VALUES (?1, ?2, ?3)");
	statement_bind_text(&s, 1, app);
	statement_bind_text(&s, 2, source.org);
	statement_bind_text(&s, 3, source.name);
	int rc = statement_step(&s);
	statement_close(&s);
	if (rc < 0)
		return -1;
	statement_open(&s, registry, PRIVATE " WHERE a.app = ?1 AND a.network = ?2");
	statement_bind_text(&s, 1, app);
	statement_bind_number(&s, 2, source.id);
	rc = address_next(&s, out);
	statement_close(&s);
	return rc > 0 ? 0 : rc < 0 ? -1 : registry_fail(registry, "the registry gave no address: run flycast check");
}

/* The numbers in an address (fdaa:<network>:0:1:0:<number>), so that a key finds it; its text decides. */
static void bind_place(struct statement *s, int at, const struct in6_addr *ip)
{
	const uint8_t *b = ip->s6_addr;
	statement_bind_number(s, at, (int64_t)b[2] << 24 | b[3] << 16 | b[4] << 8 | b[5]);
	statement_bind_number(s, at + 1, (int64_t)b[12] << 24 | b[13] << 16 | b[14] << 8 | b[15]);
}

/* Somebody else's, or nobody's. */
static int not_its_own(struct registry *registry, const char *app, const struct in6_addr *ip, const char *address)
{
	struct statement s;
	statement_open(&s, registry,
	               "SELECT app FROM address WHERE network = ?2 AND number = ?3 AND address = ?1"
	               " UNION ALL SELECT app FROM public_address WHERE address = ?1");
	statement_bind_text(&s, 1, address);
	bind_place(&s, 2, ip);
	int rc = statement_step(&s);
	if (rc > 0)
		rc = registry_fail(registry, "%s is an address of app \"%s\", not of \"%s\": nothing was released",
		                   address, statement_text(&s, 0), app);
	else if (rc == 0)
		rc = registry_fail(registry,
		                   "%s is no address of app \"%s\": flycast ips list -a %s shows its addresses",
		                   address, app, app);
	statement_close(&s);
	return rc;
}

int address_delete(struct registry *registry, const char *app, const char *text)
{
	struct app owner;
	struct in6_addr ip;
	char address[ADDR_TEXT], quoted[160];
	static const char *const steps[] = {
	    "DELETE FROM address WHERE network = ?3 AND number = ?4 AND app = ?1 AND address = ?2 RETURNING 1",
	    "DELETE FROM public_address WHERE app = ?1 AND address = ?2 RETURNING ?3 + ?4"};
	if (!addr_ip_parse(&ip, text))
		return registry_fail(registry, "Invalid IP address: %s", log_quote(quoted, sizeof quoted, text));
	addr_ip_text(address, &ip);
	if (app_need(registry, &owner, app) < 0)
		return -1;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct statement s;
		statement_open(&s, registry, steps[i]);
		statement_bind_text(&s, 1, app);
		statement_bind_text(&s, 2, address);
		bind_place(&s, 3, &ip);
		int rc = statement_step(&s);
		statement_close(&s);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
	return not_its_own(registry, app, &ip, address);
}
