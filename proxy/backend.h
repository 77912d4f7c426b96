/* backend.h - a connection to a Machine: dialled, used by one client's connection, kept for the next when it may be.
 *
 * Belongs to one thread. Holds its service, and its slot (one piece of open work) while `entered`. An idle one is watched:
 * a byte or an end from the Machine closes it, and so does any change of the Machine's state (epoch), because what
 * arrives unasked would be taken for the answer to the next request (RFC 9112 9.2). */
#ifndef PROXY_BACKEND_H
#define PROXY_BACKEND_H

#include <ev.h>
#include <stdbool.h>

#include "deadline.h"
#include "live.h"
#include "wire.h"

struct conn;
struct worker;

struct backend {
	struct worker *worker;
	struct conn *conn;            /* NULL: idle in the pool */
	struct live_service *service; /* held */
	struct backend *prev;         /* in the pool's list */
	struct backend *next;
	struct wire wire;
	struct http2 *http2; /* the Machine speaks HTTP/2: the wire is a stream of it (http2_machine.h) */
	struct deadline deadline;
	uint32_t epoch;
	bool entered;   /* has a slot */
	bool connected; /* the Machine took the connection */
	bool used;      /* a request was answered on it before */
};

/* All take over the caller's hold on the service and its slot. NULL with errno: both are given back. */
struct backend *backend_dial(struct conn *conn, struct live_service *service);
struct backend *backend_adopt(struct conn *conn, struct live_service *service, int fd); /* connected already */
struct backend *backend_reuse(struct conn *conn,
                              struct live_service *service); /* NULL: none idle, nothing given back */

/* Did the Machine say or end something on a connection that nobody uses? Asked before it is used again, because the event
 * that tells may come later in the same turn of the loop. */
bool backend_spoke(const struct backend *backend);
/* The request is answered and nothing is left over: keep the connection for another request. */
void backend_rest(struct backend *backend);
/* Closes it; reset: with RST. Gives the slot back. */
void backend_free(struct backend *backend, bool reset);

/* Closes the connections nobody uses: those to this Machine, or those that hold a slot of this app, or (both NULL) all. */
void backends_close(struct worker *worker, const struct live_machine *machine, const struct live_app *app);
void backend_deadlines(struct worker *worker); /* what happens when its limits run out */

#endif
