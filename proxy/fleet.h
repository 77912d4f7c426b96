/* fleet.h - all apps as the data path sees them: sites by Flycast address, Machines by id.
 *
 * The feeder thread is the only writer (fleet_observer hands the catalog its callbacks). Any registered thread may look
 * things up; what it finds lives until its next quiescent state. What the agent says about a Machine's state is newer
 * than what the registry says and wins as long as the agent is connected. */
#ifndef PROXY_FLEET_H
#define PROXY_FLEET_H

#include <string.h>

#include "base/hash.h"
#include "catalog.h"
#include "far.h"
#include "site.h"
#include "steer.h"

struct proxy;
struct sounder;
struct vip;

struct fleet {
	struct table by_address; /* struct site_address */
	struct table by_machine; /* struct live_machine */
	struct table by_app;     /* struct site */
	struct table by_caller;  /* struct site_caller */
	struct reclaim reclaim;
	const struct catalog *catalog; /* known before the first connection is accepted */
	const char *host_name;         /* as asked for; NULL: by hostname or the only one */
	char host[256];                /* row of this host; "": none, every Machine is ours */
	char region[SITE_REGION];
	struct far far;
	struct sounder *sounder; /* NULL: nobody measures */
	struct vip *vip;
	struct proxy *proxy;
};

/* -1 with one log line: no addresses can be had, and the process can only end. */
int fleet_init(struct fleet *fleet, struct proxy *proxy, const char *host_name);
void fleet_fini(struct fleet *fleet); /* no reader and no feeder may be left */
struct catalog_observer fleet_observer(struct fleet *fleet);

/* NULL: no such app. */
const struct site *fleet_site(const struct fleet *fleet, const char *app);
/* NULL: no such Machine here. */
const struct live_machine *fleet_machine(const struct fleet *fleet, const char *id);
/* The agent says so. Unknown Machines are ignored. */
void fleet_machine_state(struct fleet *fleet, const char *id, enum machine_state state);
/* The agent is gone: from now on the registry is the truth. */
void fleet_agent_gone(struct fleet *fleet);
/* Calls visit for every site, from any registered thread. */
void fleet_each(const struct fleet *fleet, void (*visit)(const struct site *site, void *owner), void *owner);

static inline bool fleet_address_match(const void *item, const void *key)
{
	const struct site_address *address = item;
	return IN6_ARE_ADDR_EQUAL(&address->ip, (const struct in6_addr *)key);
}

/* 0: no network of ours. */
static inline uint32_t fleet_network_of(const struct fleet *fleet, const struct in6_addr *source)
{
	uint32_t network = network_of_ip(source);
	return network ? network : catalog_network_of(fleet->catalog, source);
}

/* NULL: nobody has this address. */
static inline const struct site_address *fleet_address(const struct fleet *fleet, const struct in6_addr *ip)
{
	return table_find(&fleet->by_address, hash_bytes(ip, sizeof *ip, 0), fleet_address_match, ip);
}

enum { FLEET_CALLER = 14 }; /* octets of a 6PN address that say whose it is */

static inline bool fleet_caller_match(const void *item, const void *key)
{
	return memcmp(&((const struct site_caller *)item)->ip, key, FLEET_CALLER) == 0;
}

/* The Machine that has this address. NULL: none has. */
static inline const struct site_caller *fleet_caller(const struct fleet *fleet, const struct in6_addr *ip)
{
	return table_find(&fleet->by_caller, hash_bytes(ip, FLEET_CALLER, 1), fleet_caller_match, ip);
}

/* Whose Machines a request wants: those of the app that it was sent on to, else of the address. NULL: nobody's. */
static inline const struct site *fleet_sought(const struct fleet *fleet, const struct in6_addr *ip,
                                              const struct steer *steer)
{
	if (steer && steer->app[0])
		return fleet_site(fleet, steer->app);
	const struct site_address *address = fleet_address(fleet, ip);
	return address ? address->site : NULL;
}

#endif
