/* sock.c - see sock.h. */
#include "base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, LOCK_TRIES = 100, LOCK_PAUSE_NS = 10000000 };

static int give_up(int fd)
{
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static int bind_inet(int type, struct sockaddr_in6 *addr, bool shared)
{
	const int on = 1, off = 0;
	socklen_t len = sizeof *addr;
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0 ||
	    (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) ||
	    (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) ||
	    bind(fd, (const struct sockaddr *)addr, sizeof *addr) < 0 ||
	    getsockname(fd, (struct sockaddr *)addr, &len) < 0)
		return give_up(fd);
	return fd;
}

int sock_tcp(struct sockaddr_in6 *addr, bool shared)
{
	int fd = bind_inet(SOCK_STREAM, addr, shared);
	if (fd >= 0 && listen(fd, BACKLOG) < 0)
		return give_up(fd);
	return fd;
}

int sock_udp(struct sockaddr_in6 *addr, bool shared)
{
	return bind_inet(SOCK_DGRAM, addr, shared);
}

/* A socket file nobody listens on refuses the connection. */
static bool left_over(const struct sockaddr_un *addr)
{
	struct stat st;
	if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool dead = connect(fd, (const struct sockaddr *)addr, sizeof *addr) < 0 && errno == ECONNREFUSED;
	close(fd);
	return dead;
}

int sock_unix_lock(const char *path)
{
	char directory[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	size_t len = slash && slash > path ? (size_t)(slash - path) : slash ? 1 : 0;
	if (len >= sizeof directory)
		return -1;
	if (len > 0) {
		memcpy(directory, path, len);
		directory[len] = '\0';
	}
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* With the lock. */
static int listen_at(int fd, const struct sockaddr_un *addr)
{
	if (left_over(addr))
		unlink(addr->sun_path);
	mode_t mask = umask(0117);
	int rc = bind(fd, (const struct sockaddr *)addr, sizeof *addr);
	int why = errno;
	umask(mask);
	errno = why;
	return rc < 0 ? -1 : listen(fd, BACKLOG);
}

int sock_unix(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof addr.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(addr.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int lock = sock_unix_lock(path);
	int rc = listen_at(fd, &addr);
	int why = errno;
	if (lock >= 0)
		close(lock);
	errno = why;
	return rc < 0 ? give_up(fd) : fd;
}
