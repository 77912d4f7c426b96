/* zone.h - everything this server answers, prepared: flycast., internal. and a.a.d.f.ip6.arpa., for every network.
 *
 * Here is what any thread may do, without a lock, under the rules of rcu.h; zone_change.h is for the one thread that
 * changes it. What is found lives until the finder's next quiescent state. Pure: no socket, no SQLite.
 *
 * budget: nine functions: seven look at one thing each, one finds, one tells a name's zone. */
#ifndef DNS_ZONE_H
#define DNS_ZONE_H

#include "app_names.h"

enum zone_kind { ZONE_NONE, ZONE_FLYCAST, ZONE_INTERNAL, ZONE_REVERSE, ZONE_COUNT };

struct zone;

enum zone_kind zone_of(const struct name *name);                    /* by its last labels; ZONE_NONE: not ours */
struct bytes zone_apex(enum zone_kind kind);                        /* the zone's own name, in wire form */
uint8_t zone_apex_at(enum zone_kind kind, const struct name *name); /* where the zone's own name starts in it */
uint8_t zone_apex_labels(enum zone_kind kind);                      /* of the zone's own name */

struct zone_question {
	uint32_t network;
	enum zone_kind kind; /* zone_of(name) */
	const struct name *name;
	uint16_t type; /* what is found is of another when the name has nothing of this one */
};

struct zone_answer {
	enum { ZONE_NO_NETWORK, ZONE_NO_NAME, ZONE_NAME, ZONE_APEX } result;
	uint16_t type;               /* of the records; TYPE_NONE: there are none of any type */
	uint16_t count;              /* records, of one size each */
	uint32_t len;                /* octets of them all */
	uint32_t most;               /* how many are wanted */
	uint32_t run_count;          /* 0: one run, all of them */
	const struct node_run *runs; /* records in the order they have; those nearest here are wanted first */
	const uint32_t *away;        /* from here to a run's region */
	const uint8_t *records;
	const uint8_t *address; /* of <app>.flycast, for what points to it: an AAAA record; NULL: none */
};
void zone_find(const struct zone *zone, const struct zone_question *question, struct zone_answer *out);

/* May clients of this network have names of other zones asked for elsewhere? */
bool zone_forwards(const struct zone *zone, uint32_t network);

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
