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
static int exchange(int fd, struct text *all, const char *method, const char *target)
{
	char part[65536];
	ssize_t got;
	int len = snprintf(part, sizeof part, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method,
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

struct reason {
	char *why;
	size_t size;
};

/* The head's end divides what came. */
static int take_answer(struct text *answer, const char *all, const struct reason *reason)
{
	const char *body = strstr(all, "\r\n\r\n");
	if (!body) {
		snprintf(reason->why, reason->size, "no answer that makes sense");
		return CONTROL_SILENT;
	}
	body += 4;
	if (strncmp(all, "HTTP/1.1 200 ", 13) == 0) {
		text_put(answer, body);
		return 0;
	}
	const char *told = *body ? body : all;
	snprintf(reason->why, reason->size, "%.*s", (int)strcspn(told, "\r\n"), told);
	return CONTROL_REFUSED;
}

static int request(struct text *answer, const char *socket_path, const char *const words[2],
                   const struct reason *reason)
{
	struct text all = {0};
	int rc = CONTROL_SILENT;
	int fd = open_socket(socket_path);
	if (fd < 0 || exchange(fd, &all, words[0], words[1]) < 0)
		snprintf(reason->why, reason->size, "no answer (%s)", strerror(errno));
	else
		rc = take_answer(answer, text_string(&all), reason);
	if (fd >= 0)
		close(fd);
	text_free(&all);
	return rc;
}

int control_ask(struct text *answer, const char *socket, const char *target, char *why, size_t size)
{
	return request(answer, socket, (const char *const[]){"GET", target}, &(struct reason){why, size});
}

int control_tell(struct text *answer, const char *socket, const char *target, char *why, size_t size)
{
	return request(answer, socket, (const char *const[]){"POST", target}, &(struct reason){why, size});
}
