/* bequest.c - see bequest.h. */
#include "base/bequest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/heir.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/porter.h"

static const double TAKE_SECONDS = 5;    /* to say what it wants */
static const double READY_SECONDS = 300; /* to read its registry and to start */

struct bequest {
	struct bequest_facts facts;
	struct ev_loop *loop;
	struct porter *porter;
	ev_io heir;     /* fd -1: none */
	ev_timer limit; /* of the heir, for its next word */
	ev_async given;
	bool spent;
	bool whole; /* everything went out */
	int why;    /* errno when not */
};

static void drop_heir(struct bequest *b)
{
	ev_timer_stop(b->loop, &b->limit);
	ev_io_stop(b->loop, &b->heir);
	close(b->heir.fd);
	b->heir.fd = -1;
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	log_warn("nobody took over: no word in time on the control socket");
	drop_heir(timer->data);
}

static void limit_heir(struct bequest *b, double seconds)
{
	ev_timer_stop(b->loop, &b->limit);
	ev_timer_set(&b->limit, seconds, 0.);
	ev_timer_start(b->loop, &b->limit);
}

/* ------------------------------------------------------------------------------------- in the thread that gives sockets */

int bequest_socket(struct bequest *b, uint32_t kind, const struct sockaddr_in6 *address, int fd)
{
	struct heir_message m = {
	    .verb = HEIR_SOCKET, .count = kind, .address = address->sin6_addr, .port = ntohs(address->sin6_port)};
	return heir_send(b->heir.fd, &m, fd);
}

void bequest_given(struct bequest *b, int rc)
{
	struct heir_message end = {.verb = HEIR_END};
	bool whole = rc == 0 && heir_send(b->heir.fd, &end, -1) == 0;
	b->why = errno;
	__atomic_store_n(&b->whole, whole, __ATOMIC_RELEASE);
	ev_async_send(b->loop, &b->given);
}

/* ------------------------------------------------------------------------------------------------- in the main thread */

static void on_given(struct ev_loop *loop, ev_async *async, int events)
{
	struct bequest *b = async->data;
	(void)events;
	if (__atomic_load_n(&b->whole, __ATOMIC_ACQUIRE)) {
		limit_heir(b, READY_SECONDS);
		ev_io_start(loop, &b->heir);
		return;
	}
	log_warn("sockets not handed over: %s; going on as before", strerror(b->why));
	drop_heir(b);
}

/* What is the same for every daemon; the rest is the owner's. */
static void give(struct bequest *b)
{
	const struct bequest_facts *facts = &b->facts;
	struct heir_message threads = {.verb = HEIR_THREADS, .count = facts->threads, .program = facts->program};
	struct heir_message metrics = {.verb = HEIR_METRICS};
	struct heir_message control = {.verb = HEIR_CONTROL};
	ev_io_stop(b->loop, &b->heir);
	ev_timer_stop(b->loop, &b->limit);
	if (heir_send(b->heir.fd, &threads, -1) < 0 ||
	    (facts->metrics >= 0 && heir_send(b->heir.fd, &metrics, facts->metrics) < 0) ||
	    heir_send(b->heir.fd, &control, porter_door(b->porter)) < 0)
		bequest_given(b, -1);
	else
		facts->give(facts->owner, b);
}

static void hand_over(struct bequest *b)
{
	struct heir_message gone = {.verb = HEIR_GONE};
	log_info("another daemon takes this one's place from now on: draining");
	ev_timer_stop(b->loop, &b->limit);
	porter_close(b->porter, true);
	b->facts.taken(b->facts.owner);
	(void)heir_send(b->heir.fd, &gone, -1); /* it notices our end by the connection's, too */
	ev_io_stop(b->loop, &b->heir);          /* which stays open until then */
}

/* Nothing listens any more: the other one begins anew, on this path. */
static void give_nothing(struct bequest *b)
{
	struct heir_message none = {.verb = HEIR_NONE};
	porter_close(b->porter, false);
	(void)heir_send(b->heir.fd, &none, -1);
	drop_heir(b);
}

static void on_heir(struct ev_loop *loop, ev_io *io, int events)
{
	struct bequest *b = io->data;
	struct heir_message m = {0};
	int fd;
	(void)loop, (void)events;
	int rc = heir_receive(io->fd, &m, &fd);
	if (fd >= 0)
		close(fd);
	if (rc == 1 && m.verb == HEIR_TAKE && m.program == b->facts.program && b->spent)
		give_nothing(b);
	else if (rc == 1 && m.verb == HEIR_TAKE && m.program == b->facts.program && !b->whole)
		give(b);
	else if (rc == 1 && m.verb == HEIR_READY && b->whole)
		hand_over(b);
	else
		drop_heir(b);
}

static void on_guest(void *owner, int fd)
{
	struct bequest *b = owner;
	if (b->heir.fd >= 0) {
		close(fd); /* one at a time */
		return;
	}
	heir_limit(fd);
	b->whole = false;
	ev_io_set(&b->heir, fd, EV_READ);
	ev_io_start(b->loop, &b->heir);
	limit_heir(b, TAKE_SECONDS);
}

struct bequest *bequest_start(struct ev_loop *loop, const struct bequest_facts *facts)
{
	struct bequest *b = mem_new(sizeof *b);
	b->facts = *facts;
	b->loop = loop;
	ev_io_init(&b->heir, on_heir, -1, EV_READ);
	ev_timer_init(&b->limit, on_limit, 0., 0.);
	ev_async_init(&b->given, on_given);
	b->heir.data = b->limit.data = b->given.data = b;
	const struct porter_facts porter = {facts->path, facts->door, facts->answer, facts->asked, on_guest, b};
	b->porter = porter_start(loop, &porter);
	if (b->porter) {
		ev_async_start(loop, &b->given);
		return b;
	}
	int why = errno;
	free(b);
	errno = why;
	return NULL;
}

void bequest_spend(struct bequest *b)
{
	b->spent = true;
}

void bequest_close(struct bequest *b)
{
	if (!b)
		return;
	porter_stop(b->porter);
	b->porter = NULL;
}

void bequest_stop(struct bequest *b)
{
	if (!b)
		return;
	bequest_close(b);
	ev_async_stop(b->loop, &b->given);
	if (b->heir.fd >= 0)
		drop_heir(b);
	free(b);
}
