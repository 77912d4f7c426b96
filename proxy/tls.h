/* tls.h - TLS on a client's socket: what wire.h is made of when a port's handler ends TLS here. OpenSSL does the work;
 * this says when to go on and what an end means.
 *
 * Belongs to one thread. A connection at rest holds no buffer. Plaintext that came in and was not read yet is not seen by
 * the loop, so tls_waits() tells it, and only while somebody wants to read: nothing spins, nothing waits in vain. */
#ifndef PROXY_TLS_H
#define PROXY_TLS_H

#include <stdbool.h>

#include "io.h"

struct ssl_st;
struct ssl_ctx_st;

struct tls {
	struct ssl_st *ssl;
	int fd;
	enum io_result end; /* IO_DONE: none; how reading ended, told once more whenever it is asked */
	bool more;          /* there may be something to read without an event of the socket */
	bool read_writes;   /* reading waits until the socket can be written (RFC 8446 4.6.3) */
	bool closing;       /* our close_notify has to be sent yet */
	bool more_follows;  /* what is written now: the kernel may wait for it (tls_bio.c) */
	bool broken;        /* the library must not be asked to write any more */
};

/* framed: what it carries says itself where it ends, so that an end without close_notify is an end and no failure
 * (RFC 9112 9.8). SSL_get_app_data() is the owner. NULL: no memory. */
struct tls *tls_new(struct ssl_ctx_st *context, int fd, void *owner, bool framed);
void tls_free(struct tls *tls, bool reset); /* says close_notify unless reset; the socket stays open */

enum tls_step { TLS_DONE, TLS_WANTS_READ, TLS_WANTS_WRITE, TLS_ENDED /* by the client */, TLS_FAILED };
/* Goes on with the handshake. TLS_FAILED: the reason is in why[size], the alert is out. */
enum tls_step tls_handshake(struct tls *tls, char *why, size_t size);

/* As those of io.h. */
enum io_result tls_read(struct tls *tls, struct block *block);
enum io_result tls_write(struct tls *tls, struct iovec *parts, int count, struct blocks *blocks, struct block **rest);
enum io_result tls_flush(struct tls *tls, struct blocks *blocks, struct block **rest);
int tls_shut(struct tls *tls); /* close_notify and FIN */

/* The events of the socket to wait for when the reader wants these. */
static inline int tls_waits(const struct tls *tls, int events)
{
	return events | (tls->closing || (tls->read_writes && events & EV_READ) ? EV_WRITE : 0);
}

/* What events of the socket mean to the reader. */
static inline int tls_events(struct tls *tls, int events)
{
	if (events & EV_WRITE && tls->closing)
		(void)tls_shut(tls);
	return events & EV_WRITE && tls->read_writes ? events | EV_READ : events;
}

#endif
