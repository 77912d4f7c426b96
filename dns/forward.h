/* forward.h - asks other servers what is in none of our zones, for clients that may (responder.h), and answers them.
 * Owns its thread, its libev loop, the questions that are on their way and their sockets. Keeps no answer: what two
 * clients of one network ask at the same time is asked once, nothing is remembered afterwards.
 *
 * Every question leaves from a socket of its own, so from a port that the kernel picks at random, with a random id; only
 * what comes from the server's address to that port with that id and that question is its answer. Over UDP a server is
 * asked over UDP, over TCP and TLS over TCP; so a truncated answer is truncated for the client, too, which then comes
 * over TCP. Bounded: by the questions on their way, of which one network has at most a quarter.
 *
 * A client is never answered twice and, while the thread runs, never not at all: SERVFAIL says why in an extended error.
 *
 * budget: nine functions: four of them are a life, three ask, two are looked at. */
#ifndef DNS_FORWARD_H
#define DNS_FORWARD_H

#include <sys/socket.h>

#include "responder.h"

struct forward;
struct forward_lane; /* from one answering thread to the forwarding one; only that thread asks through it */
struct stream;

enum { FORWARD_SERVERS = 8, FORWARD_MOST = 1024 };

struct forward_options {
	struct sockaddr_in6 servers[FORWARD_SERVERS]; /* the first is asked as long as it answers */
	size_t count;
	unsigned most; /* questions of clients on their way: FORWARD_MOST */
};

struct forward_counts {     /* any thread reads them, with relaxed loads */
	uint64_t asked;     /* by clients */
	uint64_t answered;  /* by a server */
	uint64_t failed;    /* SERVFAIL: no server helped */
	uint64_t turned;    /* SERVFAIL: too many were on their way */
	uint64_t looped;    /* REFUSED: it came back from a server */
	uint64_t foreign;   /* messages that were no answer to what was asked */
	uint64_t timeouts;  /* of one server each */
	uint64_t in_flight; /* questions to servers, now */
};

/* Starts the thread with `lanes` lanes. NULL with errno: there is none. */
struct forward *forward_start(const struct forward_options *options, size_t lanes);
struct forward_lane *forward_lane(struct forward *forward, size_t index);
void forward_stop(struct forward *forward); /* joins the thread: it sends nothing any more; NULL is fine */
void forward_free(struct forward *forward); /* stopped, and nobody asks any more; NULL is fine */

/* Where a client's answer goes over UDP: the descriptor stays open until forward_stop(). */
struct forward_return {
	int fd;
	const struct msghdr *message; /* as it came: name and control data */
};
/* What responder_respond() said of `packet`. Never waits; false: the lane is full, and nobody will answer. */
bool forward_udp(struct forward_lane *lane, const struct responder_outside *outside, struct bytes packet,
                 const struct responder_client *client, const struct forward_return *back);
/* The answer, later; NULL: as false above. */
struct stream *forward_stream(struct forward_lane *lane, const struct responder_outside *outside, struct bytes packet,
                              const struct responder_client *client);

struct forward_counts forward_counts(const struct forward *forward);
uint64_t forward_lost(const struct forward *forward); /* questions that found their lane full */

#endif
