/* pgsession.h - clients' sessions with PostgreSQL servers, found by their cancellation keys: a CancelRequest comes on a
 * connection of its own, and is for the Machine that has the session.
 *
 * A session belongs to its conn and that one's thread; the set of all is shared, behind one short lock. */
#ifndef PROXY_PGSESSION_H
#define PROXY_PGSESSION_H

#include <pthread.h>

#include "base/text.h"
#include "live.h"

enum { PGSESSION_BUCKETS = 1024 };

struct pgsession;

struct pgsessions {
	pthread_mutex_t lock;
	struct pgsession *buckets[PGSESSION_BUCKETS];
};

void pgsessions_init(struct pgsessions *all);
void pgsessions_fini(struct pgsessions *all); /* no session may be left */

/* The service's server begins a session. */
struct pgsession *pgsession_new(struct pgsessions *all, struct live_service *service);
/* The server sent these bytes: from the first ones on, in order. */
void pgsession_heard(struct pgsession *session, const char *bytes, size_t len);
void pgsession_free(struct pgsession *session); /* NULL is fine */

/* The service of this app that has the session with this key (as in a CancelRequest, after its code); held. NULL: there is
 * no such session. Any thread. */
struct live_service *pgsessions_find(struct pgsessions *all, const struct live_app *app, struct bytes key);

#endif
