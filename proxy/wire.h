/* wire.h - what carries a peer's bytes: its socket, watched by the loop. Everything that moves bytes reads and writes
 * wires, so that whatever is spoken below (the socket alone, or a layer on it) is nobody else's business.
 *
 * Embedded in its owner, which gets the events (io.data is the owner). Contracts of reading and writing: io.h. */
#ifndef PROXY_WIRE_H
#define PROXY_WIRE_H

#include <sys/socket.h>

#include "io.h"

struct wire {
	ev_io io;
};

static inline void wire_init(struct wire *wire, int fd, void (*on_event)(struct ev_loop *, ev_io *, int), void *owner)
{
	ev_io_init(&wire->io, on_event, fd, EV_READ);
	wire->io.data = owner;
}

/* Waits for exactly these events (EV_READ, EV_WRITE); 0: for none. */
static inline void wire_want(struct ev_loop *loop, struct wire *wire, int events)
{
	io_want(loop, &wire->io, events);
}

static inline enum io_result wire_read(struct wire *wire, struct block *block)
{
	return io_read(wire->io.fd, block);
}

static inline enum io_result wire_write(struct wire *wire, struct iovec *parts, int count, struct blocks *blocks,
                                        struct block **rest)
{
	return io_write(wire->io.fd, parts, count, blocks, rest);
}

static inline enum io_result wire_flush(struct wire *wire, struct blocks *blocks, struct block **rest)
{
	return io_flush(wire->io.fd, blocks, rest);
}

/* Nothing more will be written; reading goes on. Everything written must be out. -1 with errno. */
static inline int wire_shut(struct wire *wire)
{
	return shutdown(wire->io.fd, SHUT_WR);
}

/* Throws away what the peer sends, after wire_shut(). IO_END: it has ended too. */
static inline enum io_result wire_drain(struct wire *wire, char *scratch, size_t size)
{
	return io_drain(wire->io.fd, scratch, size);
}

static inline bool wire_broken(const struct wire *wire)
{
	return io_broken(wire->io.fd);
}

static inline void wire_close(struct ev_loop *loop, struct wire *wire, bool reset)
{
	ev_io_stop(loop, &wire->io);
	io_close(wire->io.fd, reset);
}

#endif
