/* notify.h - tells secondaries that a zone changed (NOTIFY, RFC 1996), in a thread of its own.
 *
 * For each secondary and zone: at once when the last time is 0.75 seconds ago, else when it is; again after 1, 2, 4, 8 and 16
 * seconds without an answer, and then not before the next change. What changed meanwhile is told in one. A secondary that
 * stops to answer for a zone, or refuses it, is logged once, and once when it answers again. */
#ifndef DNS_NOTIFY_H
#define DNS_NOTIFY_H

#include "grants.h"
#include "zone.h"

struct notify;

struct notify_counts {
	uint64_t sent;
	uint64_t answered; /* that it knows now */
	uint64_t given_up;
};

/* Starts the thread. from: what secondaries of IPv6 and of IPv4 are told from, port 0. NULL with errno. */
struct notify *notify_start(const struct sockaddr_in6 from[2]);
void notify_stop(struct notify *notify); /* joins it; NULL is fine */

/* The secondaries are these now; copied. */
void notify_grants(struct notify *notify, const struct grants *grants);
/* A zone changed, and who asks sees it already. */
void notify_changed(struct notify *notify, uint32_t network, enum zone_kind kind);
struct notify_counts notify_counts(const struct notify *notify); /* any thread */

#endif
