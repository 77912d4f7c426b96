/* queue.h - who waits for a Machine of an app, first come first served; woken by a free slot or a Machine that came up.
 *
 * A waiter belongs to the connection's thread. Its answer is decided by whichever thread frees a slot, under the app's
 * lock, with the slot already taken, and delivered through the inbox of the waiter's thread. */
#ifndef PROXY_QUEUE_H
#define PROXY_QUEUE_H

#include "choose.h"
#include "inbox.h"
#include "refusal.h"

struct conn;
struct proxy;
struct worker;

struct waiter {
	struct job job; /* delivers the answer */
	struct waiter *prev;
	struct waiter *next;
	struct live_app *app; /* held */
	struct worker *worker;
	struct conn *conn; /* its thread's business: NULL when it went away */
	struct in6_addr address;
	struct tried tried;
	int64_t since_ms;
	uint16_t port;
	bool queued; /* under the app's lock: not answered yet */

	struct live_service *service; /* the answer: entered and held, or NULL for a refusal */
	int fd;                       /* connected to it already, or -1 */
	enum refusal refusal;
	char *detail;          /* of the refusal; owned, may be NULL */
	char machine[LIVE_ID]; /* that the refusal is about; "" for none */
	uint16_t internal_port;
	uint32_t tries;     /* connects of its wake */
	uint32_t waited_ms; /* how long that took */
};

enum queue_entry { QUEUE_FULL_UP, QUEUE_FOR_ROOM, QUEUE_FOR_WAKE };

/* Not in a queue yet; conn_answered() gets it when it is answered. */
struct waiter *waiter_new(struct conn *conn, struct live_app *app);
void waiter_free(struct waiter *waiter); /* after the answer was delivered; does not leave or drop the service */
/* Gives the answer that is in it. Any thread, not under a lock. */
void waiter_answer(struct waiter *waiter);

/* Puts a waiter at the end and tries at once. QUEUE_FULL_UP: it is not taken; else its answer will come. */
enum queue_entry queue_enter(struct waiter *waiter);
/* The connection is gone or gives up: no answer is delivered any more. In the waiter's thread. */
void queue_cancel(struct waiter *waiter);

/* Work on `service` is done: its slot is free again, for whoever waits for it first. Does not drop it. */
void queue_release(struct proxy *proxy, struct chooser *chooser, struct live_service *service);

struct queue_news {
	struct live_service *reached;      /* it came up; fd is a connection to it for the first who gets it */
	int fd;                            /* -1: none; closed when nobody takes it */
	const struct live_service *failed; /* whose wake failed, and why is in its Machine; NULL: none did */
};
/* Answers everybody who can be answered, orders wakes for those who cannot, refuses those for whom there is no hope.
 * news NULL: a slot is free, nothing else. Any registered thread. */
void queue_settle(struct proxy *proxy, struct chooser *chooser, struct live_app *app, const struct queue_news *news);

/* Orders the wakes that are needed behind this port now. */
void queue_look(struct proxy *proxy, struct chooser *chooser, const struct site *site, const struct site_port *port);

#endif
