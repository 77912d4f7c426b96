/* catalog_inside.h - the catalog's own parts, shared by catalog.c (publishes) and catalog_find.c (looks up). */
#ifndef STORE_CATALOG_INSIDE_H
#define STORE_CATALOG_INSIDE_H

#include "base/table.h"
#include "catalog.h"
#include "quarantine.h"
#include "reader_app.h"
#include "reader_network.h"
#include "reader_place.h"
#include "reader_transfer.h"
#include "reader_trip.h"

struct staged { /* one of them is set: it comes (or replaces the one of its key), or it goes */
	struct app_object *app;
	const struct catalog_app *app_gone;
	struct network_object *network;
	const struct catalog_network *network_gone;
};

struct leaving {
	struct in6_addr ip;
	const struct catalog_app *app;
};

struct catalog {
	/* Read by any registered thread. */
	struct table apps;         /* struct catalog_app by name */
	struct table addresses;    /* struct catalog_app by Flycast address */
	struct table networks;     /* struct catalog_network by id */
	struct places *places;     /* rcu_get */
	struct prefixes *prefixes; /* rcu_get */
	struct trips *trips;       /* rcu_get */
	uint64_t app_count, network_count;
	struct quarantine *quarantine;
	struct feed *feed;

	/* The feeder thread's. */
	struct catalog_observer observer;
	struct reclaim reclaim;
	struct reader_app *app_reader; /* NULL: no connection */
	struct reader_network *network_reader;
	uint64_t round; /* of reloads */
	bool doubted;   /* the last batch was too empty to be believed at once */
	struct staged *staged;
	size_t staged_count, staged_room;
	struct places *staged_places;
	struct prefixes *staged_prefixes;
	struct catalog_transfers *staged_transfers;
	struct trips *staged_trips;
	struct leaving *leaving;
	size_t leaving_count, leaving_room;
};

const char *catalog_own_host(const struct catalog *catalog); /* of the newest places; "": none. The feeder thread's */

uint64_t catalog_hash_name(struct bytes name);
uint64_t catalog_hash_address(const struct in6_addr *ip);
uint64_t catalog_hash_id(uint32_t id);
bool catalog_match_name(const void *app, const void *bytes);
bool catalog_match_address(const void *app, const void *in6_addr);
bool catalog_match_id(const void *network, const void *uint32);

#endif
