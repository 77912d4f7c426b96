/* control_ask.c - see control_ask.h. */
#include "command/control_ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 5, ANSWER_MOST = 1 << 29 };

static int open_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = LIMIT_SECONDS};
	size_t len = strlen(path);
	if (len >= sizeof addr.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, path, len);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* -1 with errno. */
static int exchange(int fd, struct text *all, const char *target)
{
	char part[65536];
	ssize_t got;
	int len = snprintf(part, sizeof part, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
	                   target);
	if (len >= (int)sizeof part || send(fd, part, (size_t)len, MSG_NOSIGNAL) != len)
		return -1;
	while (all->len < ANSWER_MOST && (got = recv(fd, part, sizeof part, 0)) != 0) {
		if (got < 0)
			return -1;
		text_add(all, part, (size_t)got);
	}
	return 0;
}

int control_ask(struct text *answer, const char *socket, const char *target, char *why, size_t size)
{
	struct text all = {0};
	const char *body = NULL, *told;
	int rc = -1;
	int fd = open_socket(socket);
	int asked = fd < 0 ? -1 : exchange(fd, &all, target);
	const char *got = text_string(&all);
	if (asked < 0)
		snprintf(why, size, "no answer (%s)", strerror(errno));
	else if (!(body = strstr(got, "\r\n\r\n")))
		snprintf(why, size, "no answer that makes sense");
	else if (told = body[4] ? body + 4 : got, strncmp(got, "HTTP/1.1 200 ", 13) != 0)
		snprintf(why, size, "it says %.*s", (int)strcspn(told, "\r\n"), told);
	else
		rc = 0;
	if (rc == 0)
		text_put(answer, body + 4);
	if (fd >= 0)
		close(fd);
	text_free(&all);
	return rc;
}
