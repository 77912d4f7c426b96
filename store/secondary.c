/* secondary.c - see secondary.h. */
#include "secondary.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "registry.h"
#include "statement.h"

enum { DNS_PORT = 53 };

static bool read_address(struct sockaddr_in6 *out, const char *text)
{
	*out = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT)};
	if (addr_ip_parse(&out->sin6_addr, text))
		return true;
	return addr_parse(out, text) && out->sin6_port != 0;
}

int secondary_address(struct registry *registry, char out[ADDR_TEXT], const char *text)
{
	struct sockaddr_in6 address;
	char quoted[160];
	if (!read_address(&address, text) || IN6_IS_ADDR_UNSPECIFIED(&address.sin6_addr) ||
	    IN6_IS_ADDR_MULTICAST(&address.sin6_addr))
		return registry_fail(
		    registry,
		    "%s is no address of a name server: write 192.0.2.1, 192.0.2.1:5353, 2001:db8::1 or "
		    "[2001:db8::1]:5353",
		    log_quote(quoted, sizeof quoted, text));
	addr_text(out, &address);
	return 0;
}

int secondary_put(struct registry *registry, const struct secondary *secondary)
{
	struct statement s;
	statement_open(&s, registry,
	               "INSERT INTO secondary (network, address, key) VALUES (?1, ?2, ?3)"
	               " ON CONFLICT (network, address) DO UPDATE SET key = excluded.key");
	statement_bind_number(&s, 1, secondary->network);
	statement_bind_text(&s, 2, secondary->address);
	statement_bind_text(&s, 3, secondary->key[0] ? secondary->key : NULL);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int secondary_delete(struct registry *registry, const struct network *network, const char *address)
{
	struct statement s;
	char kind[160], hint[LABEL_ROOM + 64], sql[96];
	statement_open(&s, registry, "DELETE FROM secondary WHERE network = ?1 AND address = ?2 RETURNING 1");
	statement_bind_number(&s, 1, network->id);
	statement_bind_text(&s, 2, address);
	int rc = statement_step(&s);
	if (rc > 0)
		rc = statement_step(&s) < 0 ? -1 : 1; /* to the end, so that it is done */
	statement_close(&s);
	if (rc)
		return rc < 0 ? -1 : 0;
	snprintf(kind, sizeof kind, "secondary of network \"%s\" of \"%s\" at", network->name, network->org);
	snprintf(hint, sizeof hint, "flycast secondaries list -o %s shows them", network->org);
	snprintf(sql, sizeof sql, "SELECT address FROM secondary WHERE network = %u", (unsigned)network->id);
	return label_missing(registry, &(struct label_missing){kind, address, sql, NULL, hint});
}

/* Columns in the order secondary_next() reads them. */
#define COLUMNS                                                                                                        \
	"SELECT s.network, s.address, s.key, s.created_at, n.org, n.name"                                              \
	" FROM secondary s JOIN network n ON n.id = s.network"

void secondary_list(struct statement *s, struct registry *registry, const char *org)
{
	statement_open(s, registry,
	               org ? COLUMNS " WHERE n.org = ?1 ORDER BY n.org, n.name, s.address"
	                   : COLUMNS " ORDER BY n.org, n.name, s.address");
	if (org)
		statement_bind_text(s, 1, org);
}

int secondary_next(struct statement *s, struct secondary *out)
{
	int rc = statement_step(s);
	if (rc > 0) {
		out->network = (uint32_t)statement_number(s, 0);
		snprintf(out->address, sizeof out->address, "%s", statement_text(s, 1));
		snprintf(out->key, sizeof out->key, "%s", statement_text(s, 2));
		out->created_at = statement_number(s, 3);
		snprintf(out->org, sizeof out->org, "%s", statement_text(s, 4));
		snprintf(out->network_name, sizeof out->network_name, "%s", statement_text(s, 5));
	}
	return rc;
}
