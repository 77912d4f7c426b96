/* tcp.h - one thread that answers on TCP listeners: a libev loop, any number of questions per connection, answered in
 * order (RFC 7766). Owns its thread, its listeners and its connections.
 *
 * What was read before the client's FIN is answered. Length and message leave in one write. Memory is bounded: a
 * connection keeps at most one unfinished question; or, while an answer could not be sent yet, what is left of one
 * write and of one read, and is not read meanwhile. */
#ifndef DNS_TCP_H
#define DNS_TCP_H

#include "responder.h"
#include "sources.h"

struct tcp;

struct tcp_limits {
	unsigned clients;        /* of this thread; the longest idle one makes room for a new one */
	struct sources *sources; /* of all threads; outlives them */
	double idle_seconds;     /* without a question */
	double io_seconds;       /* for a question to arrive whole, for an answer to move on */
};

struct tcp_counts {
	uint64_t accepted;
	uint64_t open;
	uint64_t refused; /* its source has as many as it may have */
	uint64_t evicted; /* for a new one */
	uint64_t expired; /* idle or too slow */
	uint64_t broken;  /* a length no question has */
};

/* Takes over the listening sockets (sock.h) and starts the thread. NULL with errno: there is none. */
struct tcp *tcp_start(const struct responder_settings *settings, const struct tcp_limits *limits, const int *listeners,
                      size_t count);
void tcp_stop(struct tcp *tcp); /* joins the thread, closes everything; NULL is fine */

/* Any thread reads their counters, with relaxed loads. */
const struct responder *tcp_responder(const struct tcp *tcp);
const struct tcp_counts *tcp_counts(const struct tcp *tcp);

#endif
