/* site.h - what the data path needs of an app, put together once when the registry changes: its addresses, and for each
 * port the services behind it with their live counters.
 *
 * A site never changes; a new one takes its place (RCU) and keeps the live objects, so counters go on. Made and
 * published by the feeder thread, found by any registered thread, valid until that thread's next quiescent state. */
#ifndef PROXY_SITE_H
#define PROXY_SITE_H

#include "base/rcu.h"
#include "base/table.h"
#include "catalog.h"
#include "far.h"
#include "keyring.h"
#include "live.h"
#include "port_options.h"

enum { SITE_REGION = 4, SITE_NAME = 64 };

struct site_machine {
	struct live_machine *live;
	const struct far_region *far; /* how far its region is */
	bool cordoned;
	char region[SITE_REGION];
	uint8_t areas; /* steer_area bits of the region */
	char group[SITE_NAME];
	uint32_t service_first; /* index into site->services */
	uint32_t service_count;
};

struct site_service {
	struct live_service *live;
	struct catalog_service rule;
	uint32_t machine; /* index into site->machines */
	char *ailment;    /* as in rule, but the site's own; NULL: none */
};

struct site_port { /* no two overlap */
	uint16_t start;
	uint16_t end;
	uint8_t handlers;
	bool force_https;
	uint32_t first; /* index into site->members */
	uint32_t count;
	const struct port_options *options; /* never NULL; the site has them */
};

struct site_address {
	struct in6_addr ip;
	uint32_t network;
	const struct site *site;
};

struct site_caller {        /* a Machine of the app, on any host: what calls from its addresses */
	struct in6_addr ip; /* the first 14 octets are its own (6PN) */
	const struct site *site;
	char id[LIVE_ID];
};

struct site {
	struct live_app *app;
	uint32_t machine_count;
	uint32_t service_count;
	uint32_t port_count;
	uint32_t member_count;
	uint32_t address_count;
	uint32_t caller_count;
	uint16_t https_port;           /* a port with TLS and HTTP, 443 if it is one; 0: none */
	struct site_machine *machines; /* by id */
	struct site_service *services; /* by machine */
	struct site_port *ports;       /* by start */
	uint32_t *members;             /* indexes into services */
	struct port_options **options; /* one for each port; NULL: all defaults */
	struct site_address *addresses;
	struct site_caller *callers; /* by id */
	struct keyring *keyring;     /* held; NULL: no TLS port */
	char org[SITE_NAME];
	char *replay_sources;   /* as in catalog_app */
	uint32_t network;       /* the app's own */
	char here[SITE_REGION]; /* region of this host, "" when it has none */
};

struct site_context {
	const struct catalog *catalog; /* NULL until it was read completely: no region is in any area then */
	struct far *far;               /* NULL: everything is near */
	const char *host;              /* name of this host; NULL: every Machine is ours */
	const char *region;            /* of this host */
	const struct seal *seal;       /* of the registry's private keys; NULL: none */
	unsigned threads;
};

/* `old` (may be NULL) lends its live objects. */
struct site *site_new(const struct catalog_app *app, const struct site *old, const struct site_context *context);
void site_free(void *site); /* drops the live objects; after a grace period */

/* NULL: no service there. */
const struct site_port *site_port(const struct site *site, uint16_t port);
/* "80, 443-444 (http)": for a log line and people; returns out. */
char *site_ports_text(char *out, size_t size, const struct site *site);

#endif
