/* forward_try.c - a question on its way: one server after the other, each from a fresh socket, until one helps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "forward_inside.h"

enum {
	TRIES = 3,         /* servers, or the same one again */
	FOREIGN_MOST = 16, /* messages with another id or question at one port, before another port is taken */
	SILENT = 3,        /* time-outs in a row after which a server is said to be silent */
	SAY_MS = 60000,    /* ... once in so long: whoever asks for what it has no answer to would fill the log */
	PREFIX = 2,        /* the length before a message over TCP */
};
static const double try_seconds = 1.2; /* three of them are less than a resolver's five */

static struct forward_server *server_of(const struct pending *p)
{
	return &p->forward->servers[p->server];
}

static void server_answers(struct pending *p)
{
	struct forward_server *s = server_of(p);
	char text[ADDR_TEXT];
	if (s->silent)
		log_info("forward server answers again server=%s", addr_text(text, &s->address));
	s->silent = false;
	s->timeouts = 0;
}

static void server_is_silent(struct pending *p, bool broken)
{
	struct forward *f = p->forward;
	struct forward_server *s = server_of(p);
	char text[ADDR_TEXT];
	p->broken = broken;
	forward_count(&f->counts.timeouts, 1);
	int64_t now_ms = clock_mono_ms();
	if (++s->timeouts >= SILENT && !s->silent && (s->said_ms == 0 || now_ms - s->said_ms >= SAY_MS)) {
		log_warn("forward server is silent server=%s", addr_text(text, &s->address));
		s->silent = true;
		s->said_ms = now_ms;
	}
	if (p->server == f->best)
		f->best = (unsigned)((f->best + 1) % f->server_count);
}

/* ------------------------------------------------------------------------------------------------ one try */

void forward_try_end(struct pending *p)
{
	struct forward *f = p->forward;
	ev_timer_stop(f->loop, &p->timer);
	if (p->io.fd < 0)
		return;
	ev_io_stop(f->loop, &p->io);
	close(p->io.fd);
	p->io.fd = -1;
	free(p->in);
	p->in = NULL;
	p->sent = p->got = 0;
}

/* Another server may do better, if there is one that was not asked. */
static bool has_other(const struct pending *p)
{
	return p->tries < TRIES && p->tries < p->forward->server_count;
}

/* A message that is the answer, or says that this server does not help. */
static void take(struct pending *p, enum outward_verdict verdict, const uint8_t *packet, size_t len)
{
	server_answers(p);
	if (verdict == OUTWARD_USELESS && has_other(p))
		forward_try(p);
	else
		forward_done(p, packet, len);
}

static void on_datagram(struct ev_loop *loop, ev_io *io, int events)
{
	struct pending *p = io->data;
	struct forward *f = p->forward;
	(void)loop, (void)events;
	for (;;) {
		ssize_t n = recv(io->fd, f->packet, sizeof f->packet, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) { /* nobody listens there */
			server_is_silent(p, true);
			forward_try(p);
			return;
		}
		enum outward_verdict verdict = outward_judge(&p->outward, p->id, f->packet, (size_t)n);
		if (verdict != OUTWARD_FOREIGN) {
			take(p, verdict, f->packet, (size_t)n);
			return;
		}
		forward_count(&f->counts.foreign, 1);
		if (++p->foreign == FOREIGN_MOST) {
			forward_try(p);
			return;
		}
	}
}

/* 0; 1: more is to be sent; -1 with errno. */
static int send_stream(struct pending *p)
{
	uint8_t out[PREFIX + OUTWARD_ASK];
	size_t len = outward_ask(out + PREFIX, &p->outward, p->id);
	wire_put16(out, (unsigned)len);
	ssize_t n = send(p->io.fd, out + p->sent, PREFIX + len - p->sent, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -1;
	p->sent += (size_t)n;
	return p->sent < PREFIX + len;
}

/* 1: the answer is whole; 0: not yet; -1: it will not come. */
static int read_stream(struct pending *p)
{
	if (!p->in)
		p->in = mem_new(PREFIX + WIRE_MESSAGE_MAX);
	size_t want = p->got < PREFIX ? PREFIX : (size_t)PREFIX + wire_get16(p->in);
	ssize_t n = recv(p->io.fd, p->in + p->got, want - p->got, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	p->got += (size_t)n;
	return p->got > PREFIX && p->got == (size_t)PREFIX + wire_get16(p->in);
}

static void on_stream(struct ev_loop *loop, ev_io *io, int events)
{
	struct pending *p = io->data;
	struct forward *f = p->forward;
	int rc = events & EV_WRITE ? send_stream(p) : read_stream(p);
	if (rc < 0) {
		server_is_silent(p, true);
		forward_try(p);
		return;
	}
	if (events & EV_WRITE) {
		if (rc == 0) {
			ev_io_stop(loop, io);
			ev_io_set(io, io->fd, EV_READ);
			ev_io_start(loop, io);
		}
		return;
	}
	if (rc == 0)
		return;
	size_t len = p->got - PREFIX;
	memcpy(f->packet, p->in + PREFIX, len); /* the next try frees what is read */
	enum outward_verdict verdict = outward_judge(&p->outward, p->id, f->packet, len);
	if (verdict != OUTWARD_FOREIGN) {
		take(p, verdict, f->packet, len);
		return;
	}
	forward_count(&f->counts.foreign, 1);
	forward_try(p);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct pending *p = timer->data;
	(void)loop, (void)events;
	server_is_silent(p, false);
	forward_try(p);
}

/* -1 with errno: it cannot be asked. */
static int begin(struct pending *p)
{
	struct forward *f = p->forward;
	const struct sockaddr_in6 *to = &server_of(p)->address;
	const int no = 0;
	int type = (p->stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(AF_INET6, type, 0);
	if (fd < 0)
		return -1;
	ev_io_init(&p->io, p->stream ? on_stream : on_datagram, fd, p->stream ? EV_WRITE : EV_READ);
	p->io.data = p;
	p->foreign = 0;
	ev_timer_set(&p->timer, try_seconds, 0);
	ev_timer_start(f->loop, &p->timer);
	/* Bound by connect, to a port that the kernel draws. */
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) < 0 ||
	    getrandom(&p->id, sizeof p->id, 0) != sizeof p->id ||
	    (connect(fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS))
		return -1;
	if (!p->stream) {
		uint8_t out[OUTWARD_ASK];
		size_t len = outward_ask(out, &p->outward, p->id);
		if (send(fd, out, len, MSG_NOSIGNAL) != (ssize_t)len)
			return -1;
	}
	ev_io_start(f->loop, &p->io);
	return 0;
}

void forward_try(struct pending *p)
{
	size_t servers = p->forward->server_count;
	for (;;) {
		forward_try_end(p);
		if (p->tries == TRIES) {
			forward_done(p, NULL, 0);
			return;
		}
		p->server = p->tries++ ? (unsigned)((p->server + 1) % servers) : p->forward->best;
		ev_init(&p->timer, on_timer);
		p->timer.data = p;
		if (begin(p) == 0)
			return;
		server_is_silent(p, true);
	}
}
