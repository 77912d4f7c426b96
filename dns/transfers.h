/* transfers.h - who may copy which network, kept as the registry says it: its keys are opened here, with the seal beside
 * the registry. Never answers anything itself. Everything runs in the feeder thread. */
#ifndef DNS_TRANSFERS_H
#define DNS_TRANSFERS_H

#include "responder.h"

struct transfers;
struct catalog_transfers;

/* Publishes what it makes in settings->grants, and has the zone follow the networks in it. */
struct transfers *transfers_new(const char *registry, struct responder_settings *settings, struct zone *zone);
void transfers_free(struct transfers *transfers); /* no reader may be left; NULL is fine */

void transfers_take(struct transfers *transfers, const struct catalog_transfers *rows); /* the rows are these now */
void transfers_reclaim(struct transfers *transfers); /* waits for the readers and frees what was replaced */

#endif
