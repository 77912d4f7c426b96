/* bequest.h - what a daemon that runs leaves to another one, who comes to its control socket (porter.h) to take its place
 * (heir.h). One at a time. In the main thread; the sockets may be sent by the thread that knows them. */
#ifndef BASE_BEQUEST_H
#define BASE_BEQUEST_H

#include <ev.h>
#include <netinet/in.h>

#include "base/inquiry.h"

struct bequest;

struct bequest_facts {
	const char *path;
	int door;         /* a socket that listens on the path already, which becomes the bequest's; -1: none */
	uint32_t program; /* as in heir.h */
	unsigned threads;
	int metrics; /* the socket of the metrics, or -1 */
	inquiry_answer *answer;
	void *asked; /* its owner */
	/* Somebody wants the sockets: bequest_socket() for each, then bequest_given(); at once or in another thread. */
	void (*give)(void *owner, struct bequest *bequest);
	/* Another one accepts from now on: on return this one does not. */
	void (*taken)(void *owner);
	void *owner; /* of these two */
};

struct bequest *bequest_start(struct ev_loop *loop, const struct bequest_facts *facts); /* NULL with errno */
/* -1 with errno: the heir is gone. */
int bequest_socket(struct bequest *bequest, uint32_t kind, const struct sockaddr_in6 *address, int fd);
void bequest_given(struct bequest *bequest, int rc); /* rc -1: not all, errno says why */
/* Nothing listens any more, so whoever comes gets nothing and begins anew. */
void bequest_spend(struct bequest *bequest);
/* Nobody is let in any more, and no question is being answered: what they look at may go. NULL is fine. */
void bequest_close(struct bequest *bequest);
/* Removes the path unless another one has it. The one who waits for our end hears it from the kernel. NULL is fine. */
void bequest_stop(struct bequest *bequest);

#endif
