/* bequest.c - see bequest.h. */
#include "bequest.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/porter.h"
#include "catalog.h"
#include "feed.h"
#include "heir.h"
#include "proxy.h"
#include "status.h"
#include "vip.h"

static const double TAKE_SECONDS = 5;    /* to say what it wants */
static const double READY_SECONDS = 300; /* to read its registry and to start */

struct bequest {
	struct bequest_facts facts;
	struct ev_loop *loop;
	struct porter *porter;
	ev_io heir;     /* fd -1: none */
	ev_timer limit; /* of the heir, for its next word */
	struct job sent;
	bool sending; /* the feeder thread has heir.fd */
	bool whole;   /* ... and all went out */
	int why;      /* errno when not */
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

/* ------------------------------------------------------------------------------------------------ in the feeder thread */

static int send_listener(void *owner, const struct in6_addr *address, uint16_t port, int fd)
{
	const struct bequest *b = owner;
	struct heir_message m = {.verb = HEIR_LISTENER, .address = *address, .port = port};
	return heir_send(b->heir.fd, &m, fd);
}

static void send_all(void *owner, struct registry *registry)
{
	struct bequest *b = owner;
	struct proxy *proxy = b->facts.proxy;
	struct heir_message threads = {.verb = HEIR_THREADS, .count = proxy->worker_count};
	struct heir_message metrics = {.verb = HEIR_METRICS};
	struct heir_message end = {.verb = HEIR_END};
	(void)registry;
	b->whole = heir_send(b->heir.fd, &threads, -1) == 0 &&
	           (b->facts.metrics < 0 || heir_send(b->heir.fd, &metrics, b->facts.metrics) == 0) &&
	           vip_each(proxy->fleet.vip, send_listener, b) == 0 && heir_send(b->heir.fd, &end, -1) == 0;
	b->why = errno;
	inbox_post(proxy->control, &b->sent);
}

/* ------------------------------------------------------------------------------------------------- in the main thread */

static void on_sent(struct job *job, void *owner)
{
	struct bequest *b = (struct bequest *)((char *)job - offsetof(struct bequest, sent));
	(void)owner;
	b->sending = false;
	if (b->whole) {
		limit_heir(b, READY_SECONDS);
		ev_io_start(b->loop, &b->heir);
		return;
	}
	log_warn("sockets not handed over: %s; going on as before", strerror(b->why));
	drop_heir(b);
}

static void hand_over(struct bequest *b)
{
	struct heir_message gone = {.verb = HEIR_GONE};
	log_info("another proxy accepts from now on: draining");
	ev_timer_stop(b->loop, &b->limit);
	porter_close(b->porter);
	b->facts.taken(b->facts.owner);
	(void)heir_send(b->heir.fd, &gone, -1); /* it notices our end by the connection's, too */
	ev_io_stop(b->loop, &b->heir);          /* which stays open until then */
}

/* Nothing listens any more: the other one begins anew, on this path. */
static void give_nothing(struct bequest *b)
{
	struct heir_message none = {.verb = HEIR_NONE};
	porter_close(b->porter);
	(void)heir_send(b->heir.fd, &none, -1);
	drop_heir(b);
}

static void on_heir(struct ev_loop *loop, ev_io *io, int events)
{
	struct bequest *b = io->data;
	struct heir_message m = {0};
	int fd;
	(void)events;
	int rc = heir_receive(io->fd, &m, &fd);
	if (fd >= 0)
		close(fd);
	if (rc == 1 && m.verb == HEIR_TAKE && atomic_load(&b->facts.proxy->draining)) {
		give_nothing(b);
	} else if (rc == 1 && m.verb == HEIR_TAKE && !b->whole) {
		ev_io_stop(loop, io);
		ev_timer_stop(loop, &b->limit);
		b->sending = true;
		feed_run(catalog_feed((struct catalog *)b->facts.proxy->fleet.catalog), send_all, b);
	} else if (rc == 1 && m.verb == HEIR_READY && b->whole) {
		hand_over(b);
	} else {
		drop_heir(b);
	}
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
	b->sent.run = on_sent;
	ev_io_init(&b->heir, on_heir, -1, EV_READ);
	ev_timer_init(&b->limit, on_limit, 0., 0.);
	b->heir.data = b->limit.data = b;
	b->porter = porter_start(loop, &(struct porter_facts){facts->path, status_answer, facts->proxy, on_guest, b});
	if (b->porter)
		return b;
	int why = errno;
	free(b);
	errno = why;
	return NULL;
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
	if (b->heir.fd >= 0)
		drop_heir(b);
	free(b);
}
