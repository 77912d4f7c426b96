/* succession.c - see succession.h. */
#include "succession.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bequest.h"
#include "base/heirloom.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sock.h"
#include "server.h"

enum { PROGRAM = 'D' };
static const double LOOK_SECONDS = 0.01;

struct succession {
	struct ev_loop *loop;
	struct succession_facts facts;
	struct heirloom *heirloom; /* NULL: we are the first */
	int door;                  /* listens at the path, -1: nobody does, or the bequest has it */
	bool first;                /* ... and made the path */
	struct bequest *bequest;   /* NULL: nobody can take over yet */
	ev_timer drained;          /* looks whether everybody has left */
	ev_timer limit;
};

/* ---------------------------------------------------------------------------------------------------- what came to us */

struct succession *succession_begin(struct ev_loop *loop, const char *control)
{
	char *error = NULL;
	struct heirloom *heirloom = control ? heirloom_take(control, PROGRAM, &error) : NULL;
	if (error) {
		log_error("nothing taken over: %s", error);
		free(error);
		return NULL;
	}
	struct succession *s = mem_new(sizeof *s);
	s->loop = loop;
	s->heirloom = heirloom;
	s->door = -1;
	return s;
}

struct heirloom *succession_heirloom(struct succession *s, int *threads)
{
	if (!s->heirloom)
		return NULL;
	if ((int)heirloom_threads(s->heirloom) != *threads)
		log_warn("threads=%u as the daemon whose sockets were taken over has; another number takes a new start",
		         heirloom_threads(s->heirloom));
	*threads = (int)heirloom_threads(s->heirloom);
	return s->heirloom;
}

int succession_metrics(struct succession *s, const struct sockaddr_in6 *at)
{
	struct sockaddr_in6 bound = {0};
	socklen_t len = sizeof bound;
	int fd = heirloom_only(s->heirloom, HEIR_METRICS);
	if (fd < 0)
		return -1;
	if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0 && bound.sin6_port == at->sin6_port &&
	    IN6_ARE_ADDR_EQUAL(&bound.sin6_addr, &at->sin6_addr))
		return fd;
	close(fd);
	return -1;
}

/* -------------------------------------------------------------------------------------------------- what another one gets */

static int give_socket(void *owner, enum sockets_kind kind, const struct sockaddr_in6 *address, int fd)
{
	return bequest_socket(owner, (uint32_t)kind, address, fd);
}

static void give(void *owner, struct bequest *bequest)
{
	const struct succession *s = owner;
	bequest_given(bequest, server_each_socket(s->facts.server, give_socket, bequest));
}

static void on_drained(struct ev_loop *loop, ev_timer *timer, int events)
{
	const struct succession *s = timer->data;
	(void)events;
	if (server_drained(s->facts.server)) {
		log_info("ending: the last connection has ended");
		ev_break(loop, EVBREAK_ALL);
	}
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer, (void)events;
	log_info("ending: connections that go on are closed");
	ev_break(loop, EVBREAK_ALL);
}

static void on_taken(void *owner)
{
	struct succession *s = owner;
	s->facts.left(s->facts.owner);
	server_drain(s->facts.server);
	ev_timer_start(s->loop, &s->drained);
	ev_timer_start(s->loop, &s->limit);
}

int succession_open(struct succession *s, const struct succession_facts *facts)
{
	s->facts = *facts;
	ev_timer_init(&s->drained, on_drained, 0, LOOK_SECONDS);
	ev_timer_init(&s->limit, on_limit, facts->drain_seconds, 0);
	s->drained.data = s->limit.data = s;
	if (!facts->control)
		return 0;
	s->door = heirloom_only(s->heirloom, HEIR_CONTROL);
	s->first = s->door < 0;
	if (s->first)
		s->door = sock_unix(facts->control);
	return s->door < 0 ? -1 : 0;
}

static void on_alone(void *owner)
{
	(void)owner; /* whatever it had open was its own */
}

void succession_ready(struct succession *s)
{
	const struct succession_facts *facts = &s->facts;
	if (s->heirloom) {
		heirloom_settle(s->heirloom);
		heirloom_ready(s->heirloom, s->loop, on_alone, s);
	}
	if (!facts->control)
		return;
	const struct bequest_facts bequest = {.path = facts->control,
	                                      .door = s->door,
	                                      .program = PROGRAM,
	                                      .threads = (unsigned)facts->threads,
	                                      .metrics = facts->metrics,
	                                      .answer = facts->answer,
	                                      .asked = facts->asked,
	                                      .give = give,
	                                      .taken = on_taken,
	                                      .owner = s};
	s->bequest = bequest_start(s->loop, &bequest);
	s->door = -1;
	if (!s->bequest)
		log_warn("control socket not opened path=%s: %s; nobody can ask there, or take over", facts->control,
		         strerror(errno));
}

void succession_close(struct succession *s)
{
	if (s)
		bequest_close(s->bequest);
}

void succession_free(struct succession *s)
{
	if (!s)
		return;
	ev_timer_stop(s->loop, &s->drained);
	ev_timer_stop(s->loop, &s->limit);
	bequest_stop(s->bequest);
	if (s->door >= 0 && s->first)
		unlink(s->facts.control);
	if (s->door >= 0)
		close(s->door);
	heirloom_free(s->heirloom);
	free(s);
}
