/* wire.h - what carries a peer's bytes: a socket watched by the loop, with TLS on it where that ends here, or one stream of
 * an HTTP/2 connection. Everything that moves bytes reads and writes wires, so that what is spoken below is nobody else's
 * business.
 *
 * Embedded in its owner, which gets the events (io.data is the owner) and passes them through wire_events() first.
 * Contracts of reading and writing: io.h. */
#ifndef PROXY_WIRE_H
#define PROXY_WIRE_H

#include <sys/socket.h>

#include "http2_stream.h"
#include "io.h"
#include "tls.h"

struct wire {
	ev_io io;
	struct http2_stream *stream; /* of an HTTP/2 connection instead of a socket; or NULL */
	struct tls *tls;             /* on the socket; or NULL */
};

static inline void wire_init(struct wire *wire, int fd, void (*on_event)(struct ev_loop *, ev_io *, int), void *owner)
{
	ev_io_init(&wire->io, on_event, fd, EV_READ);
	wire->io.data = owner;
	wire->stream = NULL;
	wire->tls = NULL;
}

/* Carries one message each way: a head as of HTTP/1.1, and a body without framing that ends where the wire does. */
static inline bool wire_is_stream(const struct wire *wire)
{
	return wire->stream;
}

/* The peer gave up: nothing more will come of it, whatever is waited for. Only a stream knows before it is read. */
static inline bool wire_lost(const struct wire *wire)
{
	return wire->stream && http2_stream_lost(wire->stream);
}

/* The peer says that it did nothing with the message: it may be sent again, whatever it is (RFC 9113 8.7). */
static inline bool wire_refused(const struct wire *wire)
{
	return wire->stream && http2_stream_refused(wire->stream);
}

/* Waits for exactly these events (EV_READ, EV_WRITE); 0: for none. */
static inline void wire_want(struct ev_loop *loop, struct wire *wire, int events)
{
	if (wire->stream) {
		http2_stream_want(wire->stream, events);
	} else if (wire->tls) {
		io_want(loop, &wire->io, tls_waits(wire->tls, events));
		if (wire->tls->more && events & EV_READ)
			ev_feed_event(loop, &wire->io, EV_READ);
	} else {
		io_want(loop, &wire->io, events);
	}
}

static inline int wire_events(struct wire *wire, int events)
{
	return wire->tls ? tls_events(wire->tls, events) : events;
}

static inline enum io_result wire_read(struct wire *wire, struct block *block)
{
	if (wire->stream)
		return http2_stream_read(wire->stream, block);
	return wire->tls ? tls_read(wire->tls, block) : io_read(wire->io.fd, block);
}

static inline enum io_result wire_write(struct wire *wire, struct iovec *parts, int count, struct blocks *blocks,
                                        struct block **rest)
{
	if (wire->stream)
		return http2_stream_write(wire->stream, parts, count, rest);
	return wire->tls ? tls_write(wire->tls, parts, count, blocks, rest)
	                 : io_write(wire->io.fd, parts, count, blocks, rest);
}

static inline enum io_result wire_flush(struct wire *wire, struct blocks *blocks, struct block **rest)
{
	if (wire->stream)
		return http2_stream_flush(wire->stream, rest);
	return wire->tls ? tls_flush(wire->tls, blocks, rest) : io_flush(wire->io.fd, blocks, rest);
}

/* Nothing more will be written; reading goes on. Everything written must be out. -1 with errno. */
static inline int wire_shut(struct wire *wire)
{
	if (!wire->stream)
		return wire->tls ? tls_shut(wire->tls) : shutdown(wire->io.fd, SHUT_WR);
	http2_stream_shut(wire->stream);
	return 0;
}

/* Throws away what the peer sends, after wire_shut(); what is in it does not matter any more. IO_END: it has ended too. */
static inline enum io_result wire_drain(struct wire *wire, char *scratch, size_t size)
{
	return io_drain(wire->io.fd, scratch, size);
}

/* Both are sockets with nothing on them, so that the kernel may move bytes from one to the other by itself. */
static inline bool wires_plain(const struct wire *from, const struct wire *to)
{
	return !from->stream && !to->stream && !from->tls && !to->tls;
}

static inline bool wire_broken(const struct wire *wire)
{
	return wire->stream ? http2_stream_lost(wire->stream) : io_broken(wire->io.fd);
}

/* A stream's message ended with the head that was read. */
static inline bool wire_is_bodiless(const struct wire *wire)
{
	return wire->stream && http2_stream_bodiless(wire->stream);
}

/* Trailers of a stream, which are no part of what is read and written. */
static inline struct bytes wire_trailers(const struct wire *wire)
{
	return wire->stream ? http2_stream_trailers(wire->stream) : BYTES("");
}

static inline void wire_trail(struct wire *wire, struct bytes lines)
{
	if (wire->stream)
		http2_stream_trail(wire->stream, lines);
}

static inline void wire_close(struct ev_loop *loop, struct wire *wire, bool reset)
{
	if (wire->stream) {
		http2_stream_close(wire->stream, reset);
		return;
	}
	ev_io_stop(loop, &wire->io);
	tls_free(wire->tls, reset);
	wire->tls = NULL;
	io_close(wire->io.fd, reset);
}

#endif
