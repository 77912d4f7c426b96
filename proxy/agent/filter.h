/* filter.h - the host's packet filter for Machines: table inet flycast.
 *
 * A packet from a Machine carries the Machine's own address or it is dropped; then it reaches Machines of its own network,
 * the two resolver addresses (port 53), its own network's Flycast addresses, and nothing else. No connection is tracked:
 * a Machine can neither fill a table of the host nor cost it a look-up per packet. Lives in the builder's thread. */
#ifndef AGENT_FILTER_H
#define AGENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "netns.h"

struct nft_ctx;

struct filter_network {
	uint32_t id;
	uint32_t machines; /* a chain lives as long as there is one */
};

struct filter {
	struct nft_ctx *nft;
	struct filter_network *networks; /* by id; those with a Machine */
	size_t count;
	size_t room;
	struct netns_place *places; /* by slot; those that the rules hold */
	size_t place_count;
	size_t place_room;
	struct text commands;
	char error[NETNS_ERROR];
};

int filter_open(struct filter *filter);
void filter_close(struct filter *filter); /* the rules stay */

/* Lays the table anew, with exactly these Machines in it, in one step. When that fails the rules are what they were, and no
 * Machine counts as being in them. */
int filter_reset(struct filter *filter, const struct netns_place *places, size_t count);
/* What is there already, or already gone, costs nothing. */
int filter_add(struct filter *filter, const struct netns_place *place);
int filter_remove(struct filter *filter, uint32_t slot);
/* The host did not forward before us, so nothing but Machines' packets may be forwarded now. */
int filter_close_host(struct filter *filter);
bool filter_host_closed(struct filter *filter); /* by us, or by an agent before us */
void filter_clear(struct filter *filter);       /* removes both tables */

#endif
