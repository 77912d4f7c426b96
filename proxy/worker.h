/* worker.h - one thread that serves connections: its loop and everything no other thread touches. */
#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>

#include "access.h"
#include "block.h"
#include "choose.h"
#include "counters.h"
#include "deadline.h"
#include "http1_write.h"
#include "inbox.h"
#include "pour.h"

struct caller;
struct conn;
struct door;
struct exchange;
struct proxy;

struct worker {
	struct proxy *proxy;
	unsigned index;
	struct ev_loop *loop;
	struct inbox inbox;
	struct deadlines deadlines;
	struct blocks blocks;
	struct pours pours;
	struct chooser chooser;
	struct counters counters;
	struct access_buffer access;
	struct door *doors;     /* listening sockets (door.c) */
	ev_timer resume;        /* accepts again after descriptors ran out; then, says that there are enough */
	bool paused;            /* ... until then */
	bool starved;           /* ... and it was said that they ran out */
	struct conn *conns;     /* every connection (conn.c) */
	struct exchange *spare; /* HTTP exchanges not in use (exchange.c) */
	unsigned spare_count;
	struct caller *callers; /* caller.c; NULL: none yet */
	size_t kept;            /* bytes of requests' bodies kept for a detour */
	bool draining;
	ev_timer drain;  /* what is left when it fires is cut */
	ev_prepare turn; /* while draining */
	pthread_t thread;
	bool running;
	_Atomic bool ended;
	char scratch[HTTP1_WRITE_MAX]; /* a head being written; nobody relies on it between two events */
};

/* The loop and its parts; no thread yet, but jobs may be posted. */
void worker_init(struct worker *worker, struct proxy *proxy, unsigned index);
int worker_start(struct worker *worker); /* -1 with errno */
/* Stops accepting; the thread ends when its connections are done or the drain limit is over. Any thread.
 * handed: another process accepts in its place, so a client between two requests is let be until it has sent one more,
 * whose answer tells it to connect again: closing on it might cross its next request. */
void worker_drain(struct worker *worker, bool handed);
void worker_join(struct worker *worker);
void worker_fini(struct worker *worker);
/* Closes the connections to this Machine that nobody uses, in every thread. Any thread. */
void workers_purge(struct proxy *proxy, struct live_machine *machine);
/* Wakes the Machine when a request of any thread waits for its answer. Any thread. */
void workers_rouse(struct proxy *proxy, struct live_machine *machine);
/* Closes idle connections that hold a slot of this app, because somebody waits for one. */
void workers_yield(struct proxy *proxy, struct live_app *app);

#endif
