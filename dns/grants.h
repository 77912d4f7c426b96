/* grants.h - who may copy which network: keys, and secondaries by their address. Immutable once it is published; any
 * thread reads it, under the rules of rcu.h. Pure but for what tsig.h needs. */
#ifndef DNS_GRANTS_H
#define DNS_GRANTS_H

#include <netinet/in.h>

#include "tsig.h"

struct grants_secondary {
	uint32_t network;
	struct sockaddr_in6 address; /* where it is told of changes */
	const struct tsig_key *key;  /* that it signs with; NULL: its address is enough */
};

struct grants {
	struct tsig_key **keys; /* by name */
	size_t key_count, key_room;
	struct grants_secondary *secondaries; /* by address */
	size_t secondary_count, secondary_room;
};

struct grants *grants_new(void);
void grants_free(void *grants); /* NULL is fine */

/* Takes the key over; a second one of its name is dropped. */
void grants_add_key(struct grants *grants, struct tsig_key *key);
/* After all keys were added; key NULL: none. false: the key is not there, or reads another network. */
bool grants_add_secondary(struct grants *grants, uint32_t network, const struct sockaddr_in6 *address, const char *key);
void grants_settle(struct grants *grants); /* all was added: now it can be asked */

const struct tsig_key *grants_key(const struct grants *grants, const struct name *name); /* NULL: there is none */
/* The network that whoever has this address may copy without a key; 0: none. */
uint32_t grants_network(const struct grants *grants, const struct in6_addr *address);

#endif
