/* zone_copy.h - tells the zone's journal what changed in networks that are copied. For zone_change.c, in the changing
 * thread; costs one look-up where a network is not copied. Pure. */
#ifndef DNS_ZONE_COPY_H
#define DNS_ZONE_COPY_H

#include "zone_inside.h"

/* The node of this key is this one now; NULL: there is none. */
void zone_copy_node(struct zone *zone, const struct node_key *key, const struct node *node);
/* What an address points to may be another name now, or none. */
void zone_copy_address(struct zone *zone, const struct in6_addr *ip);
/* What a network has by itself is there, or gone. */
void zone_copy_network(struct zone *zone, uint32_t network, bool there);

#endif
