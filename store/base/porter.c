/* porter.c - see porter.h. */
#include "base/porter.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sock.h"

enum { CALLERS_MOST = 16 };              /* who have not said a word yet */
static const double WORD_SECONDS = 5;    /* for a caller's first octet */
static const double PAUSE_SECONDS = 0.1; /* before accepting again when descriptors ran out */

struct caller {
	struct porter *porter;
	ev_io io; /* fd -1: nobody */
	ev_timer limit;
};

struct porter {
	struct porter_facts facts;
	struct ev_loop *loop;
	ev_io door; /* fd -1: closed */
	ev_timer resume;
	struct inquiries *inquiries;
	struct caller callers[CALLERS_MOST]; /* in turn */
	unsigned next;
};

/* The socket is no longer the caller's: the porter's to give away. */
static int let_go(struct caller *caller)
{
	int fd = caller->io.fd;
	ev_timer_stop(caller->porter->loop, &caller->limit);
	ev_io_stop(caller->porter->loop, &caller->io);
	caller->io.fd = -1;
	return fd;
}

static void on_caller(struct ev_loop *loop, ev_io *io, int events)
{
	struct caller *caller = io->data;
	struct porter *porter = caller->porter;
	char first;
	(void)loop, (void)events;
	ssize_t n = recv(io->fd, &first, sizeof first, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	int fd = let_go(caller);
	if (n > 0 && first >= 'A' && first <= 'Z')
		inquiries_take(porter->inquiries, fd);
	else if (n > 0 && porter->facts.heir)
		porter->facts.heir(porter->facts.owner, fd);
	else
		close(fd);
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	close(let_go(timer->data));
}

/* Those who say nothing keep nobody out: the one who has been silent for longest goes. */
static struct caller *next_caller(struct porter *porter)
{
	struct caller *caller = &porter->callers[porter->next++ % CALLERS_MOST];
	if (caller->io.fd >= 0)
		close(let_go(caller));
	return caller;
}

static void on_door(struct ev_loop *loop, ev_io *io, int events)
{
	struct porter *porter = io->data;
	(void)events;
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			ev_io_stop(loop, io);
			ev_timer_set(&porter->resume, PAUSE_SECONDS, 0.);
			ev_timer_start(loop, &porter->resume);
		}
		return;
	}
	struct caller *caller = next_caller(porter);
	ev_io_set(&caller->io, fd, EV_READ);
	ev_io_start(loop, &caller->io);
	ev_timer_set(&caller->limit, WORD_SECONDS, 0.);
	ev_timer_start(loop, &caller->limit);
}

static void on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct porter *porter = timer->data;
	(void)events;
	ev_io_start(loop, &porter->door);
}

struct porter *porter_start(struct ev_loop *loop, const struct porter_facts *facts)
{
	int fd = facts->door;
	if (fd >= 0 &&
	    access(facts->path, F_OK) < 0) { /* the one before has ended by itself and took the path with it */
		close(fd);
		fd = -1;
	}
	if (fd < 0 && (fd = sock_unix(facts->path)) < 0)
		return NULL;
	struct porter *porter = mem_new(sizeof *porter);
	porter->facts = *facts;
	porter->loop = loop;
	porter->inquiries = inquiries_new(facts->answer, facts->asked);
	ev_io_init(&porter->door, on_door, fd, EV_READ);
	ev_timer_init(&porter->resume, on_resume, 0., 0.);
	porter->door.data = porter->resume.data = porter;
	for (int i = 0; i < CALLERS_MOST; i++) {
		struct caller *caller = &porter->callers[i];
		caller->porter = porter;
		ev_io_init(&caller->io, on_caller, -1, EV_READ);
		ev_timer_init(&caller->limit, on_limit, 0., 0.);
		caller->io.data = caller->limit.data = caller;
	}
	ev_io_start(loop, &porter->door);
	return porter;
}

int porter_door(const struct porter *porter)
{
	return porter->door.fd;
}

void porter_close(struct porter *porter, bool keep_path)
{
	if (porter->door.fd < 0)
		return;
	ev_timer_stop(porter->loop, &porter->resume);
	ev_io_stop(porter->loop, &porter->door);
	if (!keep_path)
		unlink(porter->facts.path); /* before the last moment in which somebody could be refused there */
	close(porter->door.fd);
	porter->door.fd = -1;
	for (int i = 0; i < CALLERS_MOST; i++)
		if (porter->callers[i].io.fd >= 0)
			close(let_go(&porter->callers[i]));
}

void porter_stop(struct porter *porter)
{
	if (!porter)
		return;
	porter_close(porter, false);
	inquiries_free(porter->inquiries);
	free(porter);
}
