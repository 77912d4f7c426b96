/* tcp.h - one thread that answers on TCP and TLS listeners: a libev loop, any number of questions per connection, answered
 * in order (RFC 7766, 7858). Owns its thread, its listeners and its connections.
 *
 * What was read before the client's FIN is answered. Length and message leave in one write. An answer may come in pieces
 * (stream.h). Memory is bounded: a connection keeps at most one unfinished question; or, while an answer could not be sent
 * yet, what is left of one write and of one read, and is not read meanwhile. */
#ifndef DNS_TCP_H
#define DNS_TCP_H

#include "dot.h"
#include "forward.h"
#include "responder.h"
#include "sources.h"

struct tcp;

struct tcp_limits {
	unsigned clients;        /* of this thread; the longest idle one makes room for a new one */
	unsigned questions;      /* of one connection, after which it ends; 0: any number */
	struct sources *sources; /* of all threads; outlives them */
	double idle_seconds;     /* without a question; less when places get short (patience.h) */
	double io_seconds;       /* for a handshake, for a question to arrive whole, for an answer to move on */
};

struct tcp_counts {
	uint64_t accepted;
	uint64_t open;
	uint64_t refused;   /* its source has as many as it may have */
	uint64_t evicted;   /* for a new one */
	uint64_t expired;   /* idle or too slow */
	uint64_t broken;    /* a length no question has */
	uint64_t exhausted; /* asked as many questions as it may */
	uint64_t greeted;   /* TLS handshakes */
	uint64_t resumed;   /* ... of them with a ticket */
	uint64_t unwelcome; /* no TLS, or not ours */
};

struct tcp_listener {
	int fd;   /* listening (sock.h) */
	bool tls; /* every octet is TLS, from the first on */
};

struct tcp_facts {
	const struct responder_settings *settings;
	const struct tcp_limits *limits;
	struct dot *dot;           /* NULL: no listener is for TLS; outlives the threads */
	struct forward_lane *lane; /* NULL: nothing is forwarded; outlives the thread */
	const struct tcp_listener *listeners;
	size_t count;
};

/* Takes over the listeners and starts the thread. NULL with errno: there is none, they are yours. */
struct tcp *tcp_start(const struct tcp_facts *facts);
/* Closes the listeners; those who are connected are answered until they leave or are idle, and are told to leave soon. */
void tcp_drain(struct tcp *tcp);
bool tcp_drained(const struct tcp *tcp); /* nobody is connected any more */
void tcp_stop(struct tcp *tcp);          /* joins the thread, closes everything; NULL is fine */

/* Has its loop take this number, not 0, when it turns. */
void tcp_turn(struct tcp *tcp, uint64_t number);
uint64_t tcp_turned(const struct tcp *tcp); /* the number it took last */
/* Any thread reads their counters, with relaxed loads. */
const struct responder *tcp_responder(const struct tcp *tcp);
const struct tcp_counts *tcp_counts(const struct tcp *tcp);

#endif
