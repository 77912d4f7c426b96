/* heirloom.h - what a new daemon got from the old one whose place it takes: sockets that listen, until they are claimed.
 * Made before there are threads; sockets are claimed in one thread, whichever that is then; the rest in the main thread. */
#ifndef BASE_HEIRLOOM_H
#define BASE_HEIRLOOM_H

#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "base/heir.h"

struct heirloom;

/* Waits for all that the daemon of this kind behind the path has. NULL: *error (free it) says why, or is NULL when nobody
 * is there. */
struct heirloom *heirloom_take(const char *path, uint32_t program, char **error);
unsigned heirloom_threads(const struct heirloom *heirloom);
/* The one of HEIR_METRICS or HEIR_CONTROL; the caller's from now on; -1: none. NULL is fine. */
int heirloom_only(struct heirloom *heirloom, enum heir_verb which);
/* Was there a socket of this kind, claimed or not? NULL is fine. */
bool heirloom_has(const struct heirloom *heirloom, uint32_t kind);
/* One with these three; the caller's from now on; -1: there is none (left). NULL is fine. */
int heirloom_socket(struct heirloom *heirloom, uint32_t kind, const struct in6_addr *address, uint16_t port);
/* Closes what nobody claimed. NULL is fine. */
void heirloom_settle(struct heirloom *heirloom);
/* The old one stops accepting, and has on return. gone() is called once it has ended. */
void heirloom_ready(struct heirloom *heirloom, struct ev_loop *loop, void (*gone)(void *owner), void *owner);
void heirloom_free(struct heirloom *heirloom); /* NULL is fine */

#endif
