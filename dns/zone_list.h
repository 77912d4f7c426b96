/* zone_list.h - every record set that one network sees, from the same nodes that questions are answered from: for copies
 * of a view and for tests. For the thread that changes the zone, or where nothing changes it: others would see no
 * consistent picture. Costs what the whole zone holds. Pure. */
#ifndef DNS_ZONE_LIST_H
#define DNS_ZONE_LIST_H

#include "zone.h"

/* What one name holds of one type. Of the apex' SOA the serial is 0 in here: zone_serial(). */
struct zone_entry {
	enum zone_kind kind;
	uint16_t type;        /* TYPE_NONE: the name exists and holds nothing */
	uint16_t count;       /* records, of one size each; their owner is 0xc00c */
	struct bytes name;    /* in wire form, folded, the zone's own included */
	struct bytes records; /* all of them; valid during the call, like the name */
};
typedef void zone_visitor(const struct zone_entry *entry, void *owner);

/* Each name and type once, the apexes first, else in no order. What is no name but a pattern is not there:
 * top<n>.nearest.of.<app>. Of empty non-terminals there are those below an app, not those above an address. false: there
 * is no such network. */
bool zone_list(const struct zone *zone, uint32_t network, zone_visitor *visit, void *owner);

#endif
