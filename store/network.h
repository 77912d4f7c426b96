/* network.h - networks: closed spaces fdaa:<id high>:<id low>::/48 of an organization, and the prefixes of clients
 * outside fdaa::/16 that belong to them. Owns nothing; every call works inside the caller's transaction. */
#ifndef STORE_NETWORK_H
#define STORE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "label.h"

struct registry;
struct statement;

struct network {
	uint32_t id;
	char org[LABEL_ROOM];
	char name[LABEL_ROOM];
	char prefix[LABEL_ROOM];
	int64_t apps;      /* that live in it */
	int64_t addresses; /* that lead into it */
	bool instances;    /* _instances.internal is answered */
	bool forward;      /* its clients may ask flycast-dns for names of other zones */
};

/* A new network with the next id, which is bound to its name for ever. 0 or -1. */
int network_put(struct registry *registry, const char *org, const char *name);
/* 1 found, 0 not there, -1 failed. */
int network_find(struct registry *registry, struct network *out, const char *org, const char *name);
/* 0; -1 also when it is not there (the sentence names the closest one). */
int network_need(struct registry *registry, struct network *out, const char *org, const char *name);

/* What may change of it (instances, forward) is as *network says from now on. 0 or -1. */
int network_set(struct registry *registry, const struct network *network);

/* By organization and name; org NULL: all. */
void network_list(struct statement *s, struct registry *registry, const char *org);
int network_next(struct statement *s, struct network *out); /* 1, 0 the end, -1 failed */

/* Clients with an address in `prefix` ("192.0.2.0/24", written as prefix_text() does) are in the network. 0 or -1. */
int network_attach(struct registry *registry, const struct network *network, const char *prefix);
int network_detach(struct registry *registry, const char *prefix);

#endif
