/* gauge.c - see gauge.h. */
#include "command/gauge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

enum { ANSWER_LIMIT = 1 << 20 };

static int open_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 2};
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

static int ask(int fd, struct text *answer)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	char part[8192];
	ssize_t got;
	if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
		return -1;
	while (answer->len < ANSWER_LIMIT && (got = recv(fd, part, sizeof part, 0)) > 0)
		text_add(answer, part, (size_t)got);
	return answer->len ? 0 : -1;
}

/* "flycast_dns_registry_seq 42": the number of the line whose name ends with `name`. */
static int find(const char *answer, const char *name, int64_t *out)
{
	size_t len = strlen(name);
	for (const char *line = answer; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t word = strcspn(line, " \n");
		if (line[0] != '#' && word >= len && line[word] == ' ' && strncmp(line + word - len, name, len) == 0) {
			*out = strtoll(line + word, NULL, 10);
			return 0;
		}
	}
	return -1;
}

int gauge_read(const char *socket, const char *name, int64_t *out, char *why, size_t size)
{
	struct text answer = {0};
	int fd = open_socket(socket);
	int rc = fd < 0 ? -1 : ask(fd, &answer);
	if (rc < 0)
		snprintf(why, size, "no answer (%s)", strerror(errno));
	else if ((rc = find(text_string(&answer), name, out)) < 0)
		snprintf(why, size, "its answer has no %s", name);
	if (fd >= 0)
		close(fd);
	text_free(&answer);
	return rc;
}
