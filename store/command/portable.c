/* portable.c - see portable.h. */
#include "command/portable.h"

#include <stdio.h>

#include "registry.h"
#include "statement.h"

const struct portable_table portable_tables[] = {{"organization", "slug", NULL},
                                                 {"network", "id", "id"},
                                                 {"client_prefix", "prefix", NULL},
                                                 {"region", "code", NULL},
                                                 {"host", "number", "number"},
                                                 {"peer", "network, name", NULL},
                                                 {"app", "name", NULL},
                                                 {"address", "network, number", "number"},
                                                 {"public_address", "address", NULL},
                                                 {"machine", "host, slot", "slot"},
                                                 {"machine_metadata", "machine, key", NULL},
                                                 {"service", "machine, protocol, internal_port", NULL},
                                                 {"service_port", "machine, protocol, start_port", NULL},
                                                 {"release", "app, version", "version"},
                                                 {"authority", "org", NULL},
                                                 {"certificate", "app, hostname", NULL},
                                                 {"replay_source", "org, source", NULL},
                                                 {"transfer_key", "name", NULL},
                                                 {"secondary", "network, address", NULL},
                                                 {"service_check", "machine, internal_port, number", NULL},
                                                 {"counter", "kind, scope", NULL},
                                                 {0}};

int portable_columns(struct registry *registry, const char *table, struct portable_columns *out)
{
	struct statement s;
	int rc;
	out->count = 0;
	statement_open(&s, registry, "SELECT name, type FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid");
	statement_bind_text(&s, 1, table);
	while ((rc = statement_step(&s)) > 0 && out->count < PORTABLE_COLUMNS) {
		snprintf(out->column[out->count].name, sizeof out->column[0].name, "%s", statement_text(&s, 0));
		snprintf(out->column[out->count].type, sizeof out->column[0].type, "%s", statement_text(&s, 1));
		out->count++;
	}
	statement_close(&s);
	return rc;
}
