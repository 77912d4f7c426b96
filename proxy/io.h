/* io.h - the few socket operations everybody here needs. Owns nothing. */
#ifndef PROXY_IO_H
#define PROXY_IO_H

#include <ev.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "block.h"

/* TCP_NODELAY and keepalive: a peer that is gone is noticed, one that is silent or does not read is left alone. Set on a
 * listener, accepted sockets have them too. */
void io_socket_options(int fd);
/* Waits for exactly these events; 0: for none. Costs nothing when that is so already. */
void io_want(struct ev_loop *loop, ev_io *io, int events);
void io_close(int fd, bool reset); /* reset: with RST, what is unsent is lost */
/* Reset, or its peer did not answer keepalive: for sockets that nobody reads from. Takes the error off the socket. */
bool io_broken(int fd);

enum io_result { IO_DONE, IO_AGAIN, IO_END, IO_FAILED /* errno */ };

/* Appends what there is to read to the block, at most its free room up to BLOCK_SIZE. IO_AGAIN: nothing. */
enum io_result io_read(int fd, struct block *block);
/* Reads and throws away, at most size bytes. */
enum io_result io_drain(int fd, char *scratch, size_t size);
/* Writes the parts, together at most BLOCK_SIZE + BLOCK_EXTRA bytes; what does not fit into the socket is left in *rest
 * (a block is taken). parts is used up.
 * IO_DONE: everything is out; IO_AGAIN: *rest holds the rest. *rest must be NULL before. */
enum io_result io_write(int fd, struct iovec *parts, int count, struct blocks *blocks, struct block **rest);
/* Writes the rest of earlier; gives the block back when it is empty. */
enum io_result io_flush(int fd, struct blocks *blocks, struct block **rest);

#endif
