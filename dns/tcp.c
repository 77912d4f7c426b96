/* tcp.c - see tcp.h. */
#include "tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "patience.h"
#include "proxied.h"
#include "tap.h"
#include "tcp_inside.h"

enum { ACCEPT_BURST = 64 };
static const double full_pause_seconds = 0.1; /* no descriptor left and nobody idle: try again then */
static const double well_seconds = 5;         /* without one that could not be taken: it is over */
static const double soon_seconds = 0.001;     /* libev's times are no finer */

void tcp_count(uint64_t *counter, int64_t more)
{
	__atomic_store_n(counter, *counter + (uint64_t)more, __ATOMIC_RELAXED);
}

/* ----------------------------------------------------------------------------------------------------------------- time */

double tcp_patience(const struct tcp *t)
{
	return patience_seconds(t->limits.idle_seconds, (unsigned)t->counts.open, t->limits.clients);
}

uint16_t tcp_keepalive(const struct tcp *t)
{
	double tenths = t->draining ? 0 : tcp_patience(t) * 10;
	return tenths < UINT16_MAX ? (uint16_t)tenths : UINT16_MAX;
}

static double now(void)
{
	return (double)clock_mono_ns() / 1e9; /* ev_now() would jump with the wall clock */
}

/* The sweep comes no later than in so many seconds. */
static void sweep_in(struct tcp *t, double seconds)
{
	if (ev_is_active(&t->sweep) && ev_timer_remaining(t->loop, &t->sweep) <= seconds)
		return;
	ev_timer_stop(t->loop, &t->sweep);
	ev_timer_set(&t->sweep, seconds > soon_seconds ? seconds : soon_seconds, 0);
	ev_timer_start(t->loop, &t->sweep);
}

void tcp_await(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	TAILQ_REMOVE(c->among, c, by_age);
	c->among = c->state == TCP_IDLE ? &t->idle : &t->busy;
	TAILQ_INSERT_TAIL(c->among, c, by_age);
	c->since = now();
	sweep_in(t, c->state == TCP_IDLE ? tcp_patience(t) : t->limits.io_seconds);
}

/* Ends those who are late, and comes again for the next one. */
static void sweep(struct tcp *t, struct tcp_conns *conns, bool idle)
{
	struct tcp_conn *c;
	while ((c = TAILQ_FIRST(conns))) {
		double left = c->since + (idle ? tcp_patience(t) : t->limits.io_seconds) - now();
		if (left > 0) {
			sweep_in(t, left);
			return;
		}
		tcp_count(&t->counts.expired, 1);
		tcp_conn_free(c);
	}
}

static void on_sweep(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct tcp *t = timer->data;
	(void)loop, (void)events;
	sweep(t, &t->idle, true);
	sweep(t, &t->busy, false);
}

/* --------------------------------------------------------------------------------------------------------------- places */

/* Ends the one that was idle longest, or when all are at work the one that is longest at the same piece of it.
 * false: there is none. */
static bool evict(struct tcp *t)
{
	struct tcp_conn *c = TAILQ_FIRST(&t->idle);
	if (!c)
		c = TAILQ_FIRST(&t->busy);
	if (!c)
		return false;
	tcp_count(&t->counts.evicted, 1);
	tcp_conn_free(c);
	return true;
}

bool tcp_enter(struct tcp *t, const struct in6_addr *ip, bool tls)
{
	struct sources *sources = t->limits.sources;
	if ((!tls || sources_greet(sources, ip, clock_mono_ns())) && sources_enter(sources, ip))
		return true;
	tcp_count(&t->counts.refused, 1);
	return false;
}

static void let_in(struct tcp *t, int fd, const struct sockaddr_in6 *from, bool tls)
{
	const int on = 1;
	struct sockaddr_in6 to = {0};
	socklen_t len = sizeof to;
	bool named = !proxied_is_front(t->responder.settings->fronts, &from->sin6_addr);
	if (getsockname(fd, (struct sockaddr *)&to, &len) < 0 || (named && !tcp_enter(t, &from->sin6_addr, tls))) {
		close(fd);
		return;
	}
	if (t->counts.open >= t->limits.clients)
		evict(t);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	const struct responder_client client = {.source = from->sin6_addr,
	                                        .destination = to.sin6_addr,
	                                        .port = ntohs(from->sin6_port),
	                                        .transport = tls ? RESPONDER_TLS : RESPONDER_TCP};
	tcp_conn_start(t, fd, &client, tls, named);
}

/* -------------------------------------------------------------------------------------------------------------- listeners */

static void doors_start(struct tcp *t, bool yes)
{
	for (size_t i = 0; i < t->listener_count; i++) {
		if (yes)
			ev_io_start(t->loop, &t->doors[i].io);
		else
			ev_io_stop(t->loop, &t->doors[i].io);
	}
}

static void doors_close(struct tcp *t)
{
	ev_timer_stop(t->loop, &t->resume);
	doors_start(t, false);
	for (size_t i = 0; i < t->listener_count; i++)
		close(t->doors[i].io.fd);
	t->listener_count = 0;
}

/* Sending somebody away for each that comes is one state, not one for each. */
static void say_short(struct tcp *t, int error)
{
	if (error) {
		t->short_at = now();
		if (!t->short_of)
			log_error("connections not taken open=%llu: %s; UDP goes on, idle connections make room",
			          (unsigned long long)t->counts.open, strerror(error));
		t->short_of = true;
	} else if (t->short_of && now() - t->short_at >= well_seconds) {
		log_info("connections taken again open=%llu", (unsigned long long)t->counts.open);
		t->short_of = false;
	}
}

static void on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	doors_start(timer->data, true);
}

static void on_door(struct ev_loop *loop, ev_io *io, int events)
{
	struct tcp *t = io->data;
	const struct tcp_door *door = (const struct tcp_door *)(const void *)io;
	(void)events;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_in6 from = {0};
		socklen_t len = sizeof from;
		int fd = accept4(io->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			say_short(t, 0);
			let_in(t, fd, &from, door->tls);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			say_short(t, errno);
			if (evict(t))
				continue;
			doors_start(t, false);
			ev_timer_set(&t->resume, full_pause_seconds, 0);
			ev_timer_start(loop, &t->resume);
			return;
		} else if (errno == EAGAIN) {
			return;
		} /* any other error is about that one connection */
	}
}

/* ----------------------------------------------------------------------------------------------------------------- life */

static void on_stop(struct ev_loop *loop, ev_async *watcher, int events)
{
	(void)watcher, (void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void on_drain(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct tcp *t = watcher->data;
	(void)loop, (void)events;
	doors_close(t);
	__atomic_store_n(&t->draining, true, __ATOMIC_RELEASE);
}

static void on_turn(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct tcp *t = watcher->data;
	(void)loop, (void)events;
	__atomic_store_n(&t->turn_taken, __atomic_load_n(&t->turn_asked, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
}

static void free_all(struct tcp_conns *conns)
{
	struct tcp_conn *c;
	while ((c = TAILQ_FIRST(conns)))
		tcp_conn_free(c);
}

static void *run(void *owner)
{
	struct tcp *t = owner;
	pthread_setname_np(pthread_self(), "dns-tcp");
	struct rcu_loop *rcu = rcu_loop_start(t->loop);
	ev_run(t->loop, 0);
	free_all(&t->idle);
	free_all(&t->busy);
	rcu_loop_stop(rcu);
	return NULL;
}

static void init_watchers(struct tcp *t)
{
	ev_async_init(&t->stop, on_stop);
	ev_async_init(&t->drain, on_drain);
	ev_async_init(&t->turn, on_turn);
	ev_init(&t->resume, on_resume);
	ev_init(&t->sweep, on_sweep);
	t->drain.data = t->turn.data = t->resume.data = t->sweep.data = t;
	ev_async_start(t->loop, &t->stop);
	ev_async_start(t->loop, &t->drain);
	ev_async_start(t->loop, &t->turn);
}

struct tcp *tcp_start(const struct tcp_facts *facts)
{
	struct tcp *t = mem_new(sizeof *t);
	t->limits = *facts->limits;
	t->dot = facts->dot;
	t->lane = facts->lane;
	t->loop = ev_loop_new(EVFLAG_AUTO);
	if (!t->loop)
		goto free_tcp;
	responder_init(&t->responder, facts->settings);
	t->responder.tally = tally_new();
	t->responder.tap = taps_claim(facts->settings->taps);
	TAILQ_INIT(&t->idle);
	TAILQ_INIT(&t->busy);
	init_watchers(t);
	for (; t->listener_count < facts->count; t->listener_count++) {
		struct tcp_door *door = &t->doors[t->listener_count];
		door->tls = facts->listeners[t->listener_count].tls;
		ev_io_init(&door->io, on_door, facts->listeners[t->listener_count].fd, EV_READ);
		door->io.data = t;
	}
	doors_start(t, true);
	errno = pthread_create(&t->thread, NULL, run, t);
	if (errno == 0)
		return t;
	ev_loop_destroy(t->loop);
	free(t->responder.tally);
free_tcp:
	free(t);
	return NULL;
}

void tcp_turn(struct tcp *tcp, uint64_t number)
{
	__atomic_store_n(&tcp->turn_asked, number, __ATOMIC_RELEASE);
	ev_async_send(tcp->loop, &tcp->turn);
}

uint64_t tcp_turned(const struct tcp *tcp)
{
	return __atomic_load_n(&tcp->turn_taken, __ATOMIC_ACQUIRE);
}

void tcp_drain(struct tcp *tcp)
{
	ev_async_send(tcp->loop, &tcp->drain);
}

bool tcp_drained(const struct tcp *tcp)
{
	return __atomic_load_n(&tcp->draining, __ATOMIC_ACQUIRE) &&
	       __atomic_load_n(&tcp->counts.open, __ATOMIC_RELAXED) == 0;
}

void tcp_stop(struct tcp *tcp)
{
	if (!tcp)
		return;
	ev_async_send(tcp->loop, &tcp->stop);
	pthread_join(tcp->thread, NULL);
	doors_close(tcp);
	ev_loop_destroy(tcp->loop);
	free(tcp->responder.tally);
	free(tcp);
}

const struct responder *tcp_responder(const struct tcp *tcp)
{
	return &tcp->responder;
}

const struct tcp_counts *tcp_counts(const struct tcp *tcp)
{
	return &tcp->counts;
}
