/* zone.h - everything this server answers, prepared: flycast., internal. and a.a.d.f.ip6.arpa., for every network.
 *
 * One thread changes it with the objects of the catalog; any thread finds, without a lock, under the rules of rcu.h.
 * What is found lives until the finder's next quiescent state. A change costs what the changed app holds (plus one text
 * of at most 64 KiB for its network), never what the registry holds; only when regions change is everything ordered
 * anew. Pure: no socket, no SQLite. */
#ifndef DNS_ZONE_H
#define DNS_ZONE_H

#include "app_names.h"

enum zone_kind { ZONE_NONE, ZONE_FLYCAST, ZONE_INTERNAL, ZONE_REVERSE, ZONE_COUNT };

struct zone;

struct zone *zone_new(const struct nearness *nearness);
void zone_free(struct zone *zone); /* no reader may be left; NULL is fine */

/* The changing thread; the signatures are catalog_observer's. Borrowed objects live until they are called old. */
void zone_app(void *zone, const struct catalog_app *old, const struct catalog_app *now);
void zone_network(void *zone, const struct catalog_network *old, const struct catalog_network *now);
void zone_places(struct zone *zone);               /* distances are different */
void zone_settle(struct zone *zone, uint32_t seq); /* what was changed is complete; seq becomes the serial */
void zone_reclaim(struct zone *zone);              /* waits for the readers and frees what was replaced */

/* Finding. */
enum zone_kind zone_of(const struct name *name);                    /* by its last labels; ZONE_NONE: not ours */
uint8_t zone_apex_at(enum zone_kind kind, const struct name *name); /* where the zone's own name starts in it */

struct zone_answer {
	enum { ZONE_NO_NETWORK, ZONE_NO_NAME, ZONE_NAME, ZONE_APEX } result;
	uint16_t type;               /* of the records; TYPE_NONE: there are none of any type */
	uint16_t count;              /* records, of one size each */
	uint32_t len;                /* octets of them all */
	uint32_t most;               /* how many are wanted */
	uint32_t run_count;          /* 0: one run, all of them */
	const struct node_run *runs; /* inside a run the order is free */
	const uint8_t *records;
};
void zone_find(const struct zone *zone, uint32_t network, enum zone_kind kind, const struct name *name,
               struct zone_answer *out);

/* The apex' records; the serial goes into the SOA's last ENCODE_SOA_SERIAL octets. */
struct bytes zone_soa(const struct zone *zone, enum zone_kind kind);
struct bytes zone_ns(const struct zone *zone);
uint32_t zone_serial(const struct zone *zone);

struct zone_stats {
	size_t nodes;    /* apps and addresses with names */
	size_t pointers; /* addresses with a name */
	size_t networks;
	size_t octets; /* of nodes, their tables not counted */
};
struct zone_stats zone_stats(const struct zone *zone); /* counts; any thread */

#endif
