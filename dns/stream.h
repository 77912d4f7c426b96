/* stream.h - an answer of more than one message (a zone transfer), made piece by piece while the client reads it; or of
 * one that is not there yet (a question that was forwarded).
 *
 * Whoever answers over TCP or TLS leaves one in struct responder after responder_respond(); the connection takes it, sends
 * the message that responder_respond() returned, if any, and asks for the next one whenever the socket has taken what was
 * sent. Questions that the client sent behind it wait until it has ended. All in the connection's thread.
 *
 * Between two calls the thread is quiescent (rcu.h): a stream must not rest on what only RCU keeps. */
#ifndef DNS_STREAM_H
#define DNS_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct stream { /* embedded in what makes the answer */
	/* Writes one message, without its length, and returns its octets; 0: that was all. Never waits: STREAM_LATER
	 * says that `wake` is readable when it is worth asking again. room is WIRE_MESSAGE_MAX. */
	size_t (*next)(struct stream *stream, uint8_t *out, size_t room);
	void (*free)(struct stream *stream); /* once: after the last message, or when the client is gone */
	int wake;                            /* a descriptor; only of a stream that says STREAM_LATER */
};
#define STREAM_LATER SIZE_MAX

#endif
