/* zone_change.h - making and changing a zone, for the one thread that does (see zone.h).
 * A change costs what the changed app holds, plus one text of at most 64 KiB for its network, never what the registry
 * holds; when hosts or regions change, what the list of regions holds.
 *
 * budget: nine functions: what changes, and who copies it. */
#ifndef DNS_ZONE_CHANGE_H
#define DNS_ZONE_CHANGE_H

#include "zone.h"

struct zone *zone_new(nearness_distance *distance, void *owner);
void zone_free(struct zone *zone); /* no reader may be left; NULL is fine */

/* The changing thread; the signatures are catalog_observer's. Borrowed objects live until they are called old. */
void zone_app(void *zone, const struct catalog_app *old, const struct catalog_app *now);
void zone_network(void *zone, const struct catalog_network *old, const struct catalog_network *now);
void zone_places(struct zone *zone); /* distances are different */
/* From now on these networks, by number, are copied: the journal has what they say. */
void zone_follow(struct zone *zone, const uint32_t *networks, size_t count);
struct journal *zone_journal(const struct zone *zone);
void zone_settle(struct zone *zone, uint32_t seq); /* what was changed is complete; seq becomes the serial */
void zone_reclaim(struct zone *zone);              /* waits for the readers and frees what was replaced */

#endif
