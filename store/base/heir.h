/* heir.h - what an old daemon and the new one that takes its place say to each other, over the Unix socket --control.
 *
 *   new   HEIR_TAKE       asks for everything that listens
 *   old   HEIR_THREADS    its threads; count is their number. It has as many sockets of each kind
 *   old   HEIR_METRICS    the socket of the metrics, when there are any
 *   old   HEIR_CONTROL    the socket that this is said over: its path stays, and is the new one's from HEIR_READY on
 *   old   HEIR_SOCKET     a socket; once for each. count is its kind, which only these two know
 *   old   HEIR_END        that was all. Until now nothing has changed for the old one
 *   old   HEIR_NONE       instead of all these: it drains already, nothing listens, and the path is free
 *   new   HEIR_READY      it accepts: the old one accepts no more and drains
 *   old   HEIR_GONE       it has stopped accepting
 *
 * The connection ends with the old process. One that ends before HEIR_READY changes nothing. */
#ifndef BASE_HEIR_H
#define BASE_HEIR_H

#include <netinet/in.h>
#include <stdint.h>

enum heir_verb {
	HEIR_TAKE = 1,
	HEIR_THREADS,
	HEIR_METRICS,
	HEIR_CONTROL,
	HEIR_SOCKET,
	HEIR_END,
	HEIR_READY,
	HEIR_GONE,
	HEIR_NONE
};

struct heir_message { /* of one host, so in its byte order */
	struct in6_addr address;
	uint32_t verb;
	uint32_t count;
	uint32_t port;
	uint32_t program; /* of HEIR_TAKE and HEIR_THREADS: what kind of daemon it is, for none takes another's place */
};

/* Both wait, no longer than the socket's own limits allow (heir_limit). fd -1: none goes with it. -1 with errno. */
int heir_send(int sock, const struct heir_message *message, int fd);
/* *fd: the descriptor that came with it, or -1. 0: the other side has ended; 1: a message; -1 with errno. */
int heir_receive(int sock, struct heir_message *message, int *fd);
void heir_limit(int sock); /* five seconds for each message */

#endif
