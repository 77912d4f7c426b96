/* heirloom.h - what a new proxy got from the old one whose place it takes: sockets that listen, until they are claimed.
 * Made before there are threads; claimed in the feeder thread; the rest in the main thread. */
#ifndef PROXY_HEIRLOOM_H
#define PROXY_HEIRLOOM_H

#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>

struct heirloom;

/* Waits for all that the proxy behind this socket has. NULL: *error (free it) says why, or is NULL when nobody is there. */
struct heirloom *heirloom_take(const char *path, char **error);
/* How it hears of connections (vip.h): ANY, it has no socket for them. */
enum heirloom_way { HEIRLOOM_ANY, HEIRLOOM_LOOKUP, HEIRLOOM_FREEBIND };
enum heirloom_way heirloom_way(const struct heirloom *heirloom);
unsigned heirloom_threads(const struct heirloom *heirloom);
int heirloom_metrics(struct heirloom *heirloom); /* the caller's from now on; -1: none */
/* One of this pair's, or with :: and 0 of those for all; the caller's from now on; -1: there is none (left). NULL is
 * fine. */
int heirloom_listener(struct heirloom *heirloom, const struct in6_addr *address, uint16_t port);
/* Closes what nobody claimed. */
void heirloom_settle(struct heirloom *heirloom);
/* The old one stops accepting; its path is free on return. gone() is called once it has ended. */
void heirloom_ready(struct heirloom *heirloom, struct ev_loop *loop, void (*gone)(void *owner), void *owner);
void heirloom_free(struct heirloom *heirloom); /* NULL is fine */

#endif
