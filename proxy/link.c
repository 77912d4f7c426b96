/* link.c - see link.h. */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "io.h"

static const double AGAIN_SECONDS = 0.1;
enum { MESSAGES_MAX = 64 }; /* of one event, before others have their turn */

static void fall(struct link *link, const char *why)
{
	bool was_up = link->is_up;
	ev_io_stop(link->loop, &link->io);
	if (link->io.fd >= 0)
		close(link->io.fd);
	link->io.fd = -1;
	link->is_up = false;
	ev_timer_again(link->loop, &link->again);
	if (was_up || !link->told)
		log_warn("agent not connected path=%s: %s; sleeping Machines cannot be woken until it is there",
		         link->path, why);
	link->told = true;
	if (was_up)
		link->events.down(link->events.owner);
}

static void receive(struct link *link)
{
	for (int i = 0; i < MESSAGES_MAX; i++) {
		ssize_t n = recv(link->io.fd, link->message, ASK_SIZE, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			fall(link, n == 0 ? "it closed the connection" : strerror(errno));
			return;
		}
		struct ask ask;
		if (ask_read(&ask, link->message, (size_t)n))
			link->events.message(link->events.owner, &ask);
		else
			log_warn("agent said something that is no message bytes=%zd", n);
	}
}

static void on_agent(struct ev_loop *loop, ev_io *io, int events)
{
	struct link *link = io->data;
	if (events & EV_WRITE) {
		io_want(loop, io, EV_READ);
		link->events.up(link->events.owner);
	}
	if (events & EV_READ && link->is_up)
		receive(link);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct link *link = timer->data;
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	(void)events;
	snprintf(name.sun_path, sizeof name.sun_path, "%s", link->path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof name) < 0) {
		const char *why = strerror(errno);
		if (fd >= 0)
			close(fd);
		fall(link, why);
		return;
	}
	ev_timer_stop(loop, timer);
	ev_io_set(&link->io, fd, EV_READ);
	ev_io_start(loop, &link->io);
	link->is_up = true;
	link->told = false;
	log_info("agent connected path=%s", link->path);
	link->events.up(link->events.owner);
}

void link_start(struct link *link, struct ev_loop *loop, const char *path, const struct link_events *events)
{
	*link = (struct link){.loop = loop, .path = path, .events = *events};
	ev_io_init(&link->io, on_agent, -1, EV_READ);
	link->io.data = link;
	ev_timer_init(&link->again, on_again, 0., AGAIN_SECONDS);
	link->again.data = link;
	on_again(loop, &link->again, 0);
}

void link_stop(struct link *link)
{
	ev_timer_stop(link->loop, &link->again);
	ev_io_stop(link->loop, &link->io);
	if (link->io.fd >= 0)
		close(link->io.fd);
}

bool link_send(struct link *link, const struct ask *ask)
{
	char out[ASK_SIZE];
	if (!link->is_up)
		return false;
	size_t len = ask_write(out, ask);
	if (send(link->io.fd, out, len, MSG_NOSIGNAL) == (ssize_t)len)
		return true;
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
		io_want(link->loop, &link->io, EV_READ | EV_WRITE);
	/* any other error is seen by the read side, which then falls */
	return false;
}
