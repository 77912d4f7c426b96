/* zone_inside.h - what zone.c (finding) and zone_change.c (changing) share and nobody else includes. */
#ifndef DNS_ZONE_INSIDE_H
#define DNS_ZONE_INSIDE_H

#include "journal.h"
#include "reverse.h"
#include "roster.h"
#include "zone_change.h"

/* The changing thread's side of a network. Readers look at id, known and forward only. */
struct side {
	uint32_t id;
	bool forward; /* its clients may ask for names of other zones */
	bool known;   /* there is such a network: questions from it are answered */
	bool queued;
	bool instances;    /* they are told */
	struct side *next; /* whose texts must be written anew */
	struct roster apps;
	struct roster started;
	struct roster deployed;
};

struct zone {
	struct table nodes; /* of struct node */
	struct table sides; /* of struct side */
	struct reverse reverse;
	struct reclaim reclaim;
	struct encoder *encoder;
	struct node_maker maker;
	struct nearness nearness;
	struct journal *journal;
	struct side *queue;
	struct text soa[ZONE_COUNT];
	struct text ns;
	struct text server_ptr;
	size_t octets;           /* of nodes, as the changing thread counts */
	uint32_t serial;         /* atomic, as is what follows */
	struct zone_stats stats; /* as of the last settling */
};

uint64_t zone_side_hash(uint32_t id);
bool zone_side_is(const void *side, const void *id); /* a table_match */

#endif
