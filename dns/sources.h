/* sources.h - how many TCP connections each client has, and how often it may begin TLS, over all threads, so that one
 * client leaves room for others. A client is an IPv4 address, an IPv6 /64, or inside fdaa::/16 one Machine's /112. One
 * short lock, taken where a connection begins and ends and never where a question is answered. Pure. */
#ifndef DNS_SOURCES_H
#define DNS_SOURCES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct sources;

/* Connections of one client, and its TLS handshakes in a second (0: any number; twice as many at once). */
struct sources *sources_new(unsigned most, unsigned greetings);
void sources_free(struct sources *sources); /* everybody has left; NULL is fine */

/* false: the client has as many as it may have, and did not enter. */
bool sources_enter(struct sources *sources, const struct in6_addr *ip);
/* Another handshake of this client now? It is counted then. */
bool sources_greet(struct sources *sources, const struct in6_addr *ip, int64_t now_ns);
void sources_leave(struct sources *sources, const struct in6_addr *ip); /* once for each that entered */

#endif
