/* sources.h - how many TCP connections each client has, over all threads, so that one client leaves room for others.
 * A client is an IPv4 address, an IPv6 /64, or inside fdaa::/16 one Machine's /112. One short lock, taken where a
 * connection begins and ends and never where a question is answered. Pure. */
#ifndef DNS_SOURCES_H
#define DNS_SOURCES_H

#include <netinet/in.h>
#include <stdbool.h>

struct sources;

struct sources *sources_new(unsigned most); /* connections of one client */
void sources_free(struct sources *sources); /* everybody has left; NULL is fine */

/* false: the client has as many as it may have, and did not enter. */
bool sources_enter(struct sources *sources, const struct in6_addr *ip);
void sources_leave(struct sources *sources, const struct in6_addr *ip); /* once for each that entered */

#endif
