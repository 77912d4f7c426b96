/* reader_place.h - the small tables that are read whole: hosts, regions, client prefixes. Each becomes one immutable
 * object. A row that cannot be used is left out, and told to `refused` with its key and the reason. */
#ifndef STORE_READER_PLACE_H
#define STORE_READER_PLACE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"

struct registry;

struct refusals { /* who wants to hear of rows that were left out */
	void *owner;
	void (*refused)(void *owner, const char *kind, const char *key, const char *reason);
};

struct places {                         /* free() it */
	struct catalog_host *hosts;     /* by name */
	struct catalog_region *regions; /* by code */
	size_t host_count, region_count;
};

struct prefixes { /* free() it */
	size_t count;
	struct prefix_start {
		struct in6_addr from; /* and on, until the next one's */
		uint32_t network;     /* 0: none */
	} starts[];                   /* by from; the first one's is :: */
};

struct places *reader_place_read(struct registry *registry, const struct refusals *refusals); /* NULL: failed */
bool reader_place_same(const struct places *a, const struct places *b);
struct prefixes *reader_prefix_read(struct registry *registry, const struct refusals *refusals); /* NULL: failed */
uint32_t reader_prefix_find(const struct prefixes *prefixes, const struct in6_addr *ip);
/* The length of the widest prefix around `ip`, which is outside fdaa::/16, that has no part of that inside, and no attached
 * prefix that is narrower. */
uint8_t reader_prefix_block(const struct prefixes *prefixes, const struct in6_addr *ip);

#endif
