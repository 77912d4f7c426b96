/* zone_catalog.h - the catalog zone (RFC 9432) of a network: it names the zones that a secondary copies, so that its
 * configuration needs nothing but this one. All networks have one of this name, each with its own zones' names, which are
 * the same: a catalog cannot name a zone twice, so there is none of several networks. Pure. */
#ifndef DNS_ZONE_CATALOG_H
#define DNS_ZONE_CATALOG_H

#include "name.h"

bool zone_catalog_is(const struct name *name); /* catalog.invalid, which nobody can have (RFC 6761) */
/* Its SOA; owner and serial as those of zone_soa(). */
struct bytes zone_catalog_soa(void);
/* Appends all else, owners relative to the zone's name as in a struct journal_part. */
void zone_catalog_records(struct text *out);

#endif
