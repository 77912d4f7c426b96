/* bequest.h - what a proxy that runs leaves to another one, who comes to its control socket (base/porter.h) to take its place
 * (heir.h). One at a time.
 * In the main thread; the sockets are sent by the feeder thread, which knows them. */
#ifndef PROXY_BEQUEST_H
#define PROXY_BEQUEST_H

#include <ev.h>

struct bequest;
struct proxy;

struct bequest_facts {
	struct proxy *proxy;
	const char *path;
	int metrics; /* the socket of the metrics, or -1 */
	/* Another one accepts from now on: stop accepting, drain. */
	void (*taken)(void *owner);
	void *owner;
};

struct bequest *bequest_start(struct ev_loop *loop, const struct bequest_facts *facts); /* NULL with errno */
/* Nobody is let in any more, and no question is being answered: what they look at may go. NULL is fine. */
void bequest_close(struct bequest *bequest);
/* Removes the path unless another proxy has it. The one who waits for our end hears it from the kernel. NULL is fine. */
void bequest_stop(struct bequest *bequest);

#endif
