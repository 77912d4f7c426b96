/* heir.c - see heir.h. */
#include "base/heir.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { LIMIT_SECONDS = 5 };

union room { /* for one descriptor, aligned as the kernel wants it */
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int heir_send(int sock, const struct heir_message *message, int fd)
{
	union room room = {0};
	struct iovec part = {(void *)message, sizeof *message};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	if (fd >= 0) {
		header.msg_control = room.bytes;
		header.msg_controllen = sizeof room.bytes;
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	ssize_t n;
	do
		n = sendmsg(sock, &header, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && n != (ssize_t)sizeof *message)
		errno = EPROTO;
	return n == (ssize_t)sizeof *message ? 0 : -1;
}

int heir_receive(int sock, struct heir_message *message, int *fd)
{
	union room room = {0};
	struct iovec part = {message, sizeof *message};
	struct msghdr header = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
	ssize_t n;
	*fd = -1;
	do
		n = recvmsg(sock, &header, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&header) : NULL; c; c = CMSG_NXTHDR(&header, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof *fd))
			memcpy(fd, CMSG_DATA(c), sizeof *fd);
	if (n > 0 && n != (ssize_t)sizeof *message) {
		errno = EPROTO;
		return -1;
	}
	return n > 0 ? 1 : (int)n;
}

void heir_limit(int sock)
{
	struct timeval limit = {.tv_sec = LIMIT_SECONDS};
	(void)setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}
