/* tcp.c - see tcp.h. */
#include "tcp.h"

#include <errno.h>
#include <ev.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"

enum {
	LISTENERS_MAX = 16,
	PREFIX = 2, /* the length before a message */
	IN_ROOM = 16384,
	OUT_ROOM = PREFIX + WIRE_MESSAGE_MAX + IN_ROOM,
	ACCEPT_BURST = 64,
};
static const double full_pause_seconds = 0.1; /* no descriptor left and nobody idle: try again then */

struct conn {
	struct tcp *tcp;
	ev_io io;
	ev_timer timer;
	struct responder_client client;
	enum conn_state {
		CONN_IDLE,    /* nothing of a question is here */
		CONN_ASKING,  /* part of one is; its time runs from its first octet */
		CONN_TELLING, /* an answer waits for room; not read meanwhile */
		CONN_LEAVING, /* said FIN; reads on until the client's, so that the last answer is not torn away by a RST */
	} state;
	bool last;     /* no question will be read any more */
	uint8_t *kept; /* of the question that is not complete, or not to be answered yet */
	size_t kept_len;
	uint8_t *unsent;
	size_t unsent_len;
	size_t unsent_at;
	TAILQ_ENTRY(conn) by_age;
};

struct tcp {
	pthread_t thread;
	struct ev_loop *loop;
	ev_async stop;
	ev_timer resume;
	struct tcp_limits limits;
	struct responder responder;
	struct tcp_counts counts;
	size_t listener_count;
	ev_io listeners[LISTENERS_MAX];
	TAILQ_HEAD(conns_by_age, conn) conns; /* the one that was quiet longest first */
	uint8_t in[IN_ROOM + PREFIX + RESPONDER_QUERY_MAX];
	uint8_t out[OUT_ROOM];
};

static void count(uint64_t *counter, int64_t more)
{
	__atomic_store_n(counter, *counter + (uint64_t)more, __ATOMIC_RELAXED);
}

static void conn_free(struct conn *c)
{
	struct tcp *t = c->tcp;
	ev_io_stop(t->loop, &c->io);
	ev_timer_stop(t->loop, &c->timer);
	close(c->io.fd);
	TAILQ_REMOVE(&t->conns, c, by_age);
	sources_leave(t->limits.sources, &c->client.source);
	count(&t->counts.open, -1);
	free(c->kept);
	free(c->unsent);
	free(c);
}

/* Keeps a copy of what is left, or nothing. */
static void conn_keep(struct conn *c, const uint8_t *from, size_t len)
{
	uint8_t *kept = len ? mem_copy(from, len) : NULL;
	free(c->kept);
	c->kept = kept;
	c->kept_len = len;
}

/* Sends, or keeps what the kernel did not take. -1: the client is gone. */
static int conn_send(struct conn *c, const uint8_t *from, size_t len)
{
	ssize_t n = len ? send(c->io.fd, from, len, MSG_NOSIGNAL) : 0;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return -1;
	size_t sent = n > 0 ? (size_t)n : 0;
	if (sent < len) {
		c->unsent = mem_copy(from + sent, len - sent);
		c->unsent_len = len - sent;
		c->unsent_at = 0;
	}
	return 0;
}

/* Answers the whole questions in `in` and keeps the rest. -1: the client is gone. */
static int conn_answer(struct conn *c, const uint8_t *in, size_t len)
{
	struct tcp *t = c->tcp;
	size_t at = 0, out = 0;
	while (!c->last && len - at >= PREFIX) {
		size_t size = wire_get16(in + at);
		if (size < WIRE_HEADER || size > RESPONDER_QUERY_MAX) {
			count(&t->counts.broken, 1);
			c->last = true;
			break;
		}
		if (len - at - PREFIX < size)
			break;
		if (OUT_ROOM - out < PREFIX + WIRE_MESSAGE_MAX) {
			if (conn_send(c, t->out, out) < 0)
				return -1;
			out = 0;
			if (c->unsent)
				break; /* the client has to read first */
		}
		struct bytes question = {(const char *)in + at + PREFIX, size};
		size_t answer = responder_respond(&t->responder, &c->client, question, t->out + out + PREFIX,
		                                  WIRE_MESSAGE_MAX);
		if (answer) {
			wire_put16(t->out + out, (unsigned)answer);
			out += PREFIX + answer;
		}
		at += PREFIX + size;
		c->state = CONN_IDLE; /* the next one's time starts anew */
	}
	conn_keep(c, in + at, c->last ? 0 : len - at);
	return conn_send(c, t->out, out);
}

/* -1: the client is gone. */
static int conn_read(struct conn *c)
{
	struct tcp *t = c->tcp;
	size_t len = c->kept_len;
	if (len)
		memcpy(t->in, c->kept, len);
	ssize_t n = recv(c->io.fd, t->in + len, sizeof t->in - len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1; /* its FIN: everything whole was answered when it was read */
	return conn_answer(c, t->in, len + (size_t)n);
}

/* -1: the client is gone. */
static int conn_write(struct conn *c)
{
	ssize_t n = send(c->io.fd, c->unsent + c->unsent_at, c->unsent_len - c->unsent_at, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	c->unsent_at += (size_t)n;
	ev_timer_again(c->tcp->loop, &c->timer);
	if (c->unsent_at < c->unsent_len)
		return 0;
	free(c->unsent);
	c->unsent = NULL;
	c->unsent_len = c->unsent_at = 0;
	size_t len = c->kept_len;
	if (len)
		memcpy(c->tcp->in, c->kept, len);
	return conn_answer(c, c->tcp->in, len);
}

/* -1: it is over. */
static int conn_discard(struct conn *c)
{
	ssize_t n = recv(c->io.fd, c->tcp->in, sizeof c->tcp->in, 0);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)) ? 0 : -1;
}

/* The only place that chooses what to wait for and how long. */
static void conn_arm(struct conn *c, enum conn_state before)
{
	struct tcp *t = c->tcp;
	int events = c->unsent ? EV_WRITE : EV_READ;
	if (c->unsent)
		c->state = CONN_TELLING;
	else if (c->last)
		c->state = CONN_LEAVING;
	else
		c->state = c->kept_len ? CONN_ASKING : CONN_IDLE;
	if (c->state == CONN_LEAVING && before != CONN_LEAVING)
		shutdown(c->io.fd, SHUT_WR);
	if (c->io.events != events) {
		ev_io_stop(t->loop, &c->io);
		ev_io_set(&c->io, c->io.fd, events);
		ev_io_start(t->loop, &c->io);
	}
	if (c->state == before && c->state != CONN_IDLE)
		return; /* its time runs on */
	c->timer.repeat = c->state == CONN_IDLE ? t->limits.idle_seconds : t->limits.io_seconds;
	ev_timer_again(t->loop, &c->timer);
	TAILQ_REMOVE(&t->conns, c, by_age);
	TAILQ_INSERT_TAIL(&t->conns, c, by_age);
}

static void on_conn(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *c = io->data;
	enum conn_state before = c->state;
	int rc = 0;
	(void)loop;
	if (c->state == CONN_LEAVING)
		rc = conn_discard(c);
	else if (events & EV_WRITE)
		rc = conn_write(c);
	else
		rc = conn_read(c);
	if (rc < 0) {
		conn_free(c);
		return;
	}
	/* A question that was answered on the way is a new start, whatever follows it. */
	conn_arm(c, c->state == CONN_IDLE ? CONN_IDLE : before);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct conn *c = timer->data;
	(void)loop, (void)events;
	count(&c->tcp->counts.expired, 1);
	conn_free(c);
}

/* Ends the one that was idle longest, or when all are at work the one that is longest at the same piece of it.
 * false: there is none. */
static bool evict(struct tcp *t)
{
	struct conn *c = TAILQ_FIRST(&t->conns);
	while (c && c->state != CONN_IDLE)
		c = TAILQ_NEXT(c, by_age);
	if (!c)
		c = TAILQ_FIRST(&t->conns);
	if (!c)
		return false;
	count(&t->counts.evicted, 1);
	conn_free(c);
	return true;
}

static void refuse(struct tcp *t, int fd)
{
	count(&t->counts.refused, 1);
	close(fd);
}

static void conn_start(struct tcp *t, int fd, const struct sockaddr_in6 *from)
{
	const int on = 1;
	struct sockaddr_in6 to = {0};
	socklen_t len = sizeof to;
	if (getsockname(fd, (struct sockaddr *)&to, &len) < 0 || !sources_enter(t->limits.sources, &from->sin6_addr)) {
		refuse(t, fd);
		return;
	}
	if (t->counts.open >= t->limits.clients)
		evict(t);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	struct conn *c = mem_new(sizeof *c);
	c->tcp = t;
	c->client = (struct responder_client){from->sin6_addr, to.sin6_addr, ntohs(from->sin6_port), RESPONDER_TCP};
	ev_io_init(&c->io, on_conn, fd, EV_READ);
	c->io.data = c;
	ev_init(&c->timer, on_timer);
	c->timer.data = c;
	TAILQ_INSERT_TAIL(&t->conns, c, by_age);
	count(&t->counts.open, 1);
	count(&t->counts.accepted, 1);
	ev_io_start(t->loop, &c->io);
	conn_arm(c, CONN_IDLE);
}

static void listeners_start(struct tcp *t, bool yes)
{
	for (size_t i = 0; i < t->listener_count; i++) {
		if (yes)
			ev_io_start(t->loop, &t->listeners[i]);
		else
			ev_io_stop(t->loop, &t->listeners[i]);
	}
}

static void on_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	listeners_start(timer->data, true);
}

static void on_listener(struct ev_loop *loop, ev_io *io, int events)
{
	struct tcp *t = io->data;
	(void)events;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		struct sockaddr_in6 from = {0};
		socklen_t len = sizeof from;
		int fd = accept4(io->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			conn_start(t, fd, &from);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			if (evict(t))
				continue;
			listeners_start(t, false);
			ev_timer_set(&t->resume, full_pause_seconds, 0);
			ev_timer_start(loop, &t->resume);
			return;
		} else if (errno == EAGAIN) {
			return;
		} /* any other error is about that one connection */
	}
}

static void on_stop(struct ev_loop *loop, ev_async *watcher, int events)
{
	(void)watcher, (void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void *run(void *owner)
{
	struct tcp *t = owner;
	struct rcu_loop *rcu = rcu_loop_start(t->loop);
	ev_run(t->loop, 0);
	struct conn *c, *next;
	for (c = TAILQ_FIRST(&t->conns); c; c = next) {
		next = TAILQ_NEXT(c, by_age);
		conn_free(c);
	}
	rcu_loop_stop(rcu);
	return NULL;
}

struct tcp *tcp_start(const struct responder_settings *settings, const struct tcp_limits *limits, const int *listeners,
                      size_t count)
{
	struct tcp *t = mem_new(sizeof *t);
	t->limits = *limits;
	t->loop = ev_loop_new(EVFLAG_AUTO);
	if (!t->loop)
		goto free_tcp;
	responder_init(&t->responder, settings);
	t->responder.tally = tally_new();
	TAILQ_INIT(&t->conns);
	ev_async_init(&t->stop, on_stop);
	ev_async_start(t->loop, &t->stop);
	ev_init(&t->resume, on_resume);
	t->resume.data = t;
	for (; t->listener_count < count; t->listener_count++) {
		ev_io *io = &t->listeners[t->listener_count];
		ev_io_init(io, on_listener, listeners[t->listener_count], EV_READ);
		io->data = t;
	}
	listeners_start(t, true);
	errno = pthread_create(&t->thread, NULL, run, t);
	if (errno == 0)
		return t;
	ev_loop_destroy(t->loop);
	free(t->responder.tally);
free_tcp:
	free(t);
	return NULL;
}

void tcp_stop(struct tcp *tcp)
{
	if (!tcp)
		return;
	ev_async_send(tcp->loop, &tcp->stop);
	pthread_join(tcp->thread, NULL);
	for (size_t i = 0; i < tcp->listener_count; i++)
		close(tcp->listeners[i].fd);
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
