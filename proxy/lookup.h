/* lookup.h - which listener the kernel finds for a connection to one of our addresses: owns a BPF program (sk_lookup),
 * attached to this network namespace, and what it is to find. One listener, with the SO_REUSEPORT group it is in, gets
 * the connections to all open ports of all addresses; the other ports of our networks answer RST, whoever listens there.
 *
 * Nothing outlives the process: the kernel detaches the program when it ends, however it ends. Where several processes
 * have attached one, a door that is open in any of them is open, the one that attached first going before the others.
 *
 * lookup_attach() takes CAP_BPF and CAP_NET_ADMIN, all else no privilege. lookup_detach() may be called beside the three
 * that change doors; these by one thread at a time. */
#ifndef PROXY_LOOKUP_H
#define PROXY_LOOKUP_H

#include <netinet/in.h>
#include <stdbool.h>

#include "port_prefix.h"

struct lookup;

/* With no door open and no network closed. NULL with errno. */
struct lookup *lookup_attach(void);
int lookup_listener(struct lookup *lookup, int fd); /* -1 with errno */
/* All of a network's Flycast addresses but what is opened. -1 with errno. */
int lookup_close_network(struct lookup *lookup, uint32_t network, bool closed);
/* A port prefix of an address: the first port and how many of its 16 bits count. -1 with errno. */
int lookup_open(struct lookup *lookup, const struct in6_addr *address, struct port_prefix ports);
int lookup_shut(struct lookup *lookup, const struct in6_addr *address, struct port_prefix ports);
void lookup_detach(struct lookup *lookup); /* may be repeated */
void lookup_free(struct lookup *lookup);   /* NULL is fine */

#endif
