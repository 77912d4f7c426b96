/* transfers.h - who may copy which network, kept as the registry says it: its keys are opened here, with the seal beside
 * the registry. Secondaries are told from here
 * (notify.h); nobody is answered. Everything but start and end runs in the feeder thread. */
#ifndef DNS_TRANSFERS_H
#define DNS_TRANSFERS_H

#include "notify.h"
#include "responder.h"

struct transfers;
struct catalog_transfers;

/* Publishes what it makes in settings->grants, and has the zone follow the networks in it. */
struct transfers *transfers_new(const char *registry, struct responder_settings *settings, struct zone *zone);
/* An address of ours: secondaries are told from the first of its family that is one. Before the start. */
void transfers_tell_from(struct transfers *transfers, const struct sockaddr_in6 *address);
/* Starts the thread that tells them; before anything is taken. -1 with errno. */
int transfers_start(struct transfers *transfers);
void transfers_free(struct transfers *transfers); /* no reader may be left; NULL is fine */

void transfers_take(struct transfers *transfers, const struct catalog_transfers *rows); /* the rows are these now */
struct notify_counts transfers_counts(const struct transfers *transfers);               /* any thread */
void transfers_settled(struct transfers *transfers); /* who asks sees what changed: secondaries are told of it */
void transfers_reclaim(struct transfers *transfers); /* waits for the readers and frees what was replaced */

#endif
