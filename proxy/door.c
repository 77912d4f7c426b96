/* door.c - see door.h. */
#include "door.h"

#include <errno.h>
#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "conn.h"
#include "inbox.h"
#include "io.h"
#include "worker.h"

enum { ACCEPT_MAX = 16 };                /* connections taken from one listener before others have their turn */
static const double PAUSE_SECONDS = 0.1; /* before accepting again when descriptors ran out */
static const double CALM_SECONDS = 2;    /* without another pause until that is over */

struct door {
	struct job start;
	struct job stop;
	struct door *prev;
	struct door *next;
	struct worker *worker;
	ev_io io;
	bool many; /* addresses: the kernel says which */
	struct in6_addr address;
	uint16_t port;
};

/* ---------------------------------------------------------------------------------------------- in a worker's thread */

static void set_resume(struct worker *worker, double seconds)
{
	ev_timer_stop(worker->loop, &worker->resume);
	ev_timer_set(&worker->resume, seconds, 0.);
	ev_timer_start(worker->loop, &worker->resume);
}

/* Only the door that somebody knocks at: the others cost nothing, and there may be a hundred thousand. */
static void pause_door(struct door *door, const char *why)
{
	struct worker *worker = door->worker;
	ev_io_stop(worker->loop, &door->io);
	if (worker->paused)
		return;
	worker->paused = true;
	counter_add(&worker->counters.accept_pauses, 1);
	if (!worker->starved)
		log_warn("accept paused, again every %.0f ms thread=%u: %s", PAUSE_SECONDS * 1000, worker->index, why);
	worker->starved = true;
	set_resume(worker, PAUSE_SECONDS);
}

static void on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct worker *worker = timer->data;
	(void)events;
	if (!worker->paused) {
		worker->starved = false;
		log_info("accept goes on thread=%u: there are descriptors again", worker->index);
		return;
	}
	worker->paused = false;
	for (struct door *d = worker->doors; d; d = d->next)
		ev_io_start(loop, &d->io);
	set_resume(worker, CALM_SECONDS);
}

/* A client that has left before we looked has no address any more: nobody is there to be served. */
static void take(const struct door *door, int fd, const struct sockaddr_in6 *peer)
{
	struct sockaddr_in6 dialled = {.sin6_addr = door->address, .sin6_port = htons(door->port)};
	socklen_t len = sizeof dialled;
	if (door->many && getsockname(fd, (struct sockaddr *)&dialled, &len) < 0) {
		close(fd);
		return;
	}
	conn_accept(
	    door->worker, fd,
	    &(struct conn_way){peer->sin6_addr, ntohs(peer->sin6_port), dialled.sin6_addr, ntohs(dialled.sin6_port)});
}

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	struct door *door = io->data;
	(void)loop, (void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct sockaddr_in6 peer = {0};
		socklen_t len = sizeof peer;
		int fd = accept4(io->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			take(door, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_door(door, strerror(errno));
		return; /* EAGAIN; or the client left before we looked */
	}
}

static void start(struct job *job, void *owner)
{
	struct door *door = (struct door *)((char *)job - offsetof(struct door, start));
	struct worker *worker = owner;
	if (worker->draining) { /* nobody would accept there */
		close(door->io.fd);
		door->io.fd = -1;
		return;
	}
	if (!worker->resume.data) {
		ev_timer_init(&worker->resume, on_resume, 0., 0.);
		worker->resume.data = worker;
	}
	door->worker = worker;
	door->next = worker->doors;
	if (worker->doors)
		worker->doors->prev = door;
	worker->doors = door;
	ev_io_start(worker->loop, &door->io);
}

static void unlink_door(struct door *door)
{
	if (!door->worker)
		return;
	ev_io_stop(door->worker->loop, &door->io);
	if (door->next)
		door->next->prev = door->prev;
	if (door->prev)
		door->prev->next = door->next;
	else
		door->worker->doors = door->next;
	door->worker = NULL;
}

static void stop(struct job *job, void *owner)
{
	struct door *door = (struct door *)((char *)job - offsetof(struct door, stop));
	(void)owner;
	unlink_door(door);
	door_free(door);
}

void doors_close(struct worker *worker)
{
	ev_timer_stop(worker->loop, &worker->resume);
	while (worker->doors) {
		struct door *door = worker->doors;
		unlink_door(door);
		close(door->io.fd);
		door->io.fd = -1;
	}
}

/* ------------------------------------------------------------------------------------------------- in another thread */

int door_listen(const struct in6_addr *address, uint16_t *port, int backlog)
{
	const int on = 1;
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons(*port)};
	socklen_t len = sizeof name;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	io_socket_options(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on) < 0 ||
	    bind(fd, (struct sockaddr *)&name, sizeof name) < 0 || listen(fd, backlog) < 0 ||
	    (!*port && getsockname(fd, (struct sockaddr *)&name, &len) < 0)) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	*port = ntohs(name.sin6_port);
	return fd;
}

struct door *door_new(int fd, const struct in6_addr *address, uint16_t port)
{
	struct door *door = mem_new(sizeof *door);
	door->many = !address;
	door->address = address ? *address : in6addr_any;
	door->port = port;
	door->start.run = start;
	door->stop.run = stop;
	ev_io_init(&door->io, on_client, fd, EV_READ);
	door->io.data = door;
	return door;
}

int door_fd(const struct door *door)
{
	return door->io.fd;
}

void door_start(struct door *door, struct worker *worker)
{
	inbox_post(&worker->inbox, &door->start);
}

void door_stop(struct door *door, struct worker *worker)
{
	inbox_post(&worker->inbox, &door->stop);
}

void door_free(struct door *door)
{
	if (door && door->io.fd >= 0)
		close(door->io.fd);
	free(door);
}
