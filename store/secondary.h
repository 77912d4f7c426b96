/* secondary.h - table secondary: name servers that copy a network's names and are told when they change.
 * Owns nothing; every call works inside the caller's transaction; what fails leaves registry_error(). */
#ifndef STORE_SECONDARY_H
#define STORE_SECONDARY_H

#include <stdint.h>

#include "base/addr.h"
#include "network.h"
#include "transfer_key.h"

struct registry;
struct statement;

struct secondary {
	uint32_t network;
	char address[ADDR_TEXT];     /* [address]:port */
	char key[TRANSFER_KEY_NAME]; /* "": none, its address is enough */
	int64_t created_at;
	char org[LABEL_ROOM]; /* of the network; read only */
	char network_name[LABEL_ROOM];
};

/* "192.0.2.1", "2001:db8::1" (port 53), "192.0.2.1:5353", "[2001:db8::1]:5353" into out[ADDR_TEXT], as the table has it.
 * -1: registry_error(). */
int secondary_address(struct registry *registry, char out[ADDR_TEXT], const char *text);
/* Adds it, or gives it another key. 0 or -1. */
int secondary_put(struct registry *registry, const struct secondary *secondary);
int secondary_delete(struct registry *registry, const struct network *network,
                     const char *address); /* 0; -1 also when it is not there */
/* By network and address; org NULL: all. */
void secondary_list(struct statement *s, struct registry *registry, const char *org);
int secondary_next(struct statement *s, struct secondary *out); /* 1, 0 the end, -1 failed */

#endif
