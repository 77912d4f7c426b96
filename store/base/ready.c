/* ready.c - see ready.h. */
#include "base/ready.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int systemd = -1;

static void open_systemd(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (!path || !*path || strlen(path) >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, size) == 0) {
		systemd = fd;
		return;
	}
	log_warn("systemd is not told how we are socket=%s: it cannot be opened", path);
	if (fd >= 0)
		close(fd);
}

void ready_say(const char *state)
{
	pthread_once(&once, open_systemd);
	if (systemd >= 0 && send(systemd, state, strlen(state), MSG_NOSIGNAL) < 0)
		log_warn("systemd not told that %s", state);
}

void ready_notify(int fd)
{
	ready_say("READY=1");
	if (fd < 0)
		return;
	if (write(fd, "\n", 1) != 1)
		log_warn("ready descriptor not writable fd=%d", fd);
	close(fd);
}

void ready_reloading(void)
{
	char state[64];
	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(clock_mono_ns() / 1000));
	ready_say(state);
}

int64_t ready_watchdog_ms(void)
{
	const char *micros = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t us, whose = getpid();
	if (!micros || !number_read(&us, micros, 1000, INT64_MAX) || (pid && !number_read(&whose, pid, 1, INT32_MAX)) ||
	    whose != getpid())
		return 0;
	return us / 1000;
}
