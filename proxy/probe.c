/* probe.c - when does a Machine that was started listen? See wake_inside.h. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "wake_inside.h"
#include "wake_plan.h"

/* A first packet that is lost on an interface that just came up would be sent again after a second only. */
static const double ATTEMPT_SECONDS = 0.25;

static void rest(struct probe *probe)
{
	ev_timer_stop(probe->loop, &probe->pause);
	if (probe->io.fd >= 0) {
		ev_io_stop(probe->loop, &probe->io);
		close(probe->io.fd);
		probe->io.fd = -1;
	}
	ev_timer_set(&probe->pause, wake_probe_ms(probe->attempts) / 1000., 0.);
	ev_timer_start(probe->loop, &probe->pause);
}

static void reached(struct probe *probe)
{
	int fd = probe->io.fd;
	ev_io_stop(probe->loop, &probe->io);
	ev_timer_stop(probe->loop, &probe->pause);
	probe->io.fd = -1;
	probe->reached(probe->owner, fd);
}

static void await_outcome(struct probe *probe)
{
	ev_io_start(probe->loop, &probe->io);
	ev_timer_set(&probe->pause, ATTEMPT_SECONDS, 0.);
	ev_timer_start(probe->loop, &probe->pause);
}

static void try(struct probe *probe)
{
	struct sockaddr_in name = {.sin_family = AF_INET,
	                           .sin_addr = probe->service->machine->ipv4,
	                           .sin_port = htons(probe->service->internal_port)};
	probe->attempts++;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ev_io_set(&probe->io, fd, EV_WRITE);
	if (fd < 0) {
		rest(probe);
		return;
	}
	io_socket_options(fd);
	int rc = connect(fd, (struct sockaddr *)&name, sizeof name);
	if (rc < 0 && errno == EINPROGRESS) /* on this host the answer is here by now */
		rc = connect(fd, (struct sockaddr *)&name, sizeof name);
	if (rc == 0 || errno == EISCONN)
		reached(probe);
	else if (errno == EALREADY || errno == EINPROGRESS)
		await_outcome(probe);
	else
		rest(probe);
}

static void on_pause(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct probe *probe = timer->data;
	(void)loop, (void)events;
	if (probe->io.fd >= 0)
		rest(probe);
	else
		try(probe);
}

static void on_outcome(struct ev_loop *loop, ev_io *io, int events)
{
	struct probe *probe = io->data;
	int err = 0;
	socklen_t len = sizeof err;
	(void)loop, (void)events;
	getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err)
		rest(probe);
	else
		reached(probe);
}

void probe_start(struct probe *probe)
{
	ev_io_init(&probe->io, on_outcome, -1, EV_WRITE);
	probe->io.data = probe;
	ev_timer_init(&probe->pause, on_pause, 0., 0.);
	probe->pause.data = probe;
	probe->attempts = 0;
	try(probe);
}

void probe_stop(struct probe *probe)
{
	ev_timer_stop(probe->loop, &probe->pause);
	ev_io_stop(probe->loop, &probe->io);
	if (probe->io.fd >= 0)
		close(probe->io.fd);
	probe->io.fd = -1;
}
