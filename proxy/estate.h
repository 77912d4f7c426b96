/* estate.h - what a proxy that runs shows on its control socket, and leaves to the one that takes its place: its sockets,
 * sent by the feeder thread, which knows them. In the main thread. */
#ifndef PROXY_ESTATE_H
#define PROXY_ESTATE_H

#include "base/bequest.h"

struct proxy;

enum { ESTATE_PROGRAM = 'P' }; /* in heir.h's messages */

struct estate_facts {
	struct proxy *proxy;
	const char *path; /* --control */
	int metrics;      /* the socket of the metrics, or -1 */
	void (*taken)(void *owner);
	void *owner;
};

struct estate;

/* The control socket of the proxy whose place this one took goes on, or a new one is opened. NULL with errno. */
struct estate *estate_open(struct ev_loop *loop, const struct estate_facts *facts);
void estate_spend(struct estate *estate); /* nothing is left to be taken; NULL is fine, as for all of these */
void estate_close(struct estate *estate); /* bequest_close() */
void estate_free(struct estate *estate);  /* bequest_stop() */

#endif
