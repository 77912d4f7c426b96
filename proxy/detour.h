/* detour.h - a request that a Machine sends elsewhere with fly-replay (replay.h): its answer is not passed on, another
 * Machine is looked for, told who sent the request, and given the same head and body.
 *
 * Belongs to an exchange from its first replay on. Only apps of one organization and one network replay to each other,
 * and those of organizations that the other's lets (replay_source.h); at most REPLAY_HOPS times for one request. The body is kept for it while no response has begun (detour_keep).
 *
 * A replay may be remembered for requests to come (shortcut.h, replay_cache.h), which then go the short way. When that
 * leads nowhere, it is forgotten and the app itself is asked.
 *
 * budget: nine functions, because a detour begins, is told and ends at the request's, the response's and the refusal's. */
#ifndef PROXY_DETOUR_H
#define PROXY_DETOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "refusal.h"

struct conn;
struct exchange;
struct site_port;

enum {
	DETOUR_BODY = 1 << 20,         /* bytes of a request's body that are kept */
	DETOUR_BODIES = 64 * (1 << 20) /* ... of all requests of a thread */
};

/* The head in exchange->from_machine says where to go instead of an answer (HTTP1_SEEN_REPLAY). May free the conn. */
void detour_answer(struct conn *conn);
/* More of such an answer is there (EXCHANGE_REPLAY), or its end. May free the conn. */
void detour_more(struct conn *conn);
void detour_ended(struct conn *conn, bool broke);

/* The request's head is complete, in `in`, and its app has remembered replays: goes the short way if there is one for it.
 * Returns the port of the app that it goes to now. */
const struct site_port *detour_recall(struct conn *conn, const char *in);

/* Takes over from a refusal: the request goes back to the app that sent it here, if that wants it so; or to the app
 * itself, if it had gone the short way. */
bool detour_falls_back(struct conn *conn, enum refusal refusal);

/* Lines that the next Machine is told; returns where the next byte goes. */
char *detour_told(const struct exchange *exchange, char *out);

/* Remembers what was sent of the body, in its framing. */
void detour_keep(struct conn *conn, const struct iovec *parts, int count);
/* A response that is passed on has begun, or the exchange ends: forgets the body. */
void detour_forget(struct conn *conn);
void detour_free(struct conn *conn); /* none is fine */

#endif
