/* io.c - see io.h. */
#include "io.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEEP_IDLE_SECONDS = 30, KEEP_INTERVAL_SECONDS = 10, KEEP_COUNT = 3 };

static void set(int fd, int level, int option, int value)
{
	/* A socket that refuses an option still works; what is lost is only speed or an early notice of a dead peer. */
	(void)setsockopt(fd, level, option, &value, sizeof value);
}

void io_socket_options(int fd)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_SECONDS);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_SECONDS);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
	/* No TCP_USER_TIMEOUT: it also ends a connection whose living peer does not read for that long, such as a
	 * database client with its result in a pager. */
}

void io_want(struct ev_loop *loop, ev_io *io, int events)
{
	int now = ev_is_active(io) ? io->events & (EV_READ | EV_WRITE) : 0;
	if (now == events)
		return;
	ev_io_stop(loop, io);
	if (events == 0)
		return;
	ev_io_modify(io, events);
	ev_io_start(loop, io);
}

void io_close(int fd, bool reset)
{
	if (fd < 0)
		return;
	if (reset) {
		struct linger now = {.l_onoff = 1, .l_linger = 0};
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	}
	close(fd);
}

bool io_broken(int fd)
{
	int err = 0;
	socklen_t len = sizeof err;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 || err != 0;
}

static enum io_result outcome(ssize_t n)
{
	if (n > 0)
		return IO_DONE;
	if (n == 0)
		return IO_END;
	return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_FAILED;
}

enum io_result io_read(int fd, struct block *block)
{
	if (block->to >= BLOCK_SIZE)
		return IO_AGAIN;
	ssize_t n = recv(fd, block->bytes + block->to, BLOCK_SIZE - block->to, 0);
	if (n > 0)
		block->to += (uint32_t)n;
	return outcome(n);
}

enum io_result io_drain(int fd, char *scratch, size_t size)
{
	return outcome(recv(fd, scratch, size, 0));
}

static void keep(struct block *block, const char *bytes, size_t len)
{
	assert(len <= sizeof block->bytes - block->to);
	memcpy(block->bytes + block->to, bytes, len);
	block->to += (uint32_t)len;
}

enum io_result io_write(int fd, struct iovec *parts, int count, struct blocks *blocks, struct block **rest)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
	ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
	size_t sent = n < 0 ? 0 : (size_t)n;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return IO_FAILED;
	for (int i = 0; i < count; i++) {
		size_t len = parts[i].iov_len;
		if (sent >= len) {
			sent -= len;
			continue;
		}
		if (!*rest)
			*rest = block_take(blocks);
		keep(*rest, (char *)parts[i].iov_base + sent, len - sent);
		sent = 0;
	}
	return *rest ? IO_AGAIN : IO_DONE;
}

enum io_result io_flush(int fd, struct blocks *blocks, struct block **rest)
{
	struct block *block = *rest;
	if (!block)
		return IO_DONE;
	ssize_t n = send(fd, block->bytes + block->from, block->to - block->from, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_FAILED;
	block->from += (uint32_t)n;
	if (block->from < block->to)
		return IO_AGAIN;
	*rest = NULL;
	block_give(blocks, block);
	return IO_DONE;
}
