/* address.h - Flycast addresses of apps, and the public ones an imported registry may have. The registry itself chooses
 * the number (view flycast). Owns nothing; every call works inside the caller's transaction. */
#ifndef STORE_ADDRESS_H
#define STORE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "label.h"

struct registry;
struct statement;

struct address {
	char text[LABEL_ROOM];
	char type[16]; /* private_v6; v4 v6 shared_v4 */
	char app[LABEL_ROOM];
	char org[LABEL_ROOM];     /* of the network that requests come from; "" for a public address */
	char network[LABEL_ROOM]; /* its name */
	char region[LABEL_ROOM];
	uint32_t network_id;
	uint32_t number;
	int64_t created_at;
};

/* The app's address for requests from a network, allocated if there is none yet. org and network as in the view: both
 * NULL: the app's own network; org alone: its "default"; network alone: one of the app's organization. 0 or -1. */
int address_put(struct registry *registry, struct address *out, const char *app, const char *org, const char *network);
/* text in any spelling; -1 also when it is not an address of the app. */
int address_delete(struct registry *registry, const char *app, const char *text);
bool address_private(const struct address *address);

/* Of one app, private ones first. */
void address_list(struct statement *s, struct registry *registry, const char *app);
int address_next(struct statement *s, struct address *out); /* 1, 0 the end, -1 failed */

#endif
