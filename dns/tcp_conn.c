/* tcp_conn.c - one connection over TCP or TLS: octets in, questions, answers, octets out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "proxied.h"
#include "tap.h"
#include "tcp_inside.h"

enum { MOVES_ON = 4096 }; /* octets of an answer that a client must take in its time, or all */

/* ---------------------------------------------------------------------------------------------------------------- octets */

static bool is_for_later(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Sends, or keeps what the kernel did not take. -1: the client is gone. */
static int send_octets(struct tcp_conn *c, const uint8_t *from, size_t len)
{
	ssize_t n = len ? send(c->io.fd, from, len, MSG_NOSIGNAL) : 0;
	if (n < 0 && !is_for_later())
		return -1;
	size_t sent = n > 0 ? (size_t)n : 0;
	if (sent < len) {
		c->unsent = mem_copy(from + sent, len - sent);
		c->unsent_len = len - sent;
		c->unsent_at = c->moved_at = 0;
	}
	return 0;
}

static struct dot_bytes cipher_out(struct tcp *t)
{
	return (struct dot_bytes){t->cipher_out, 0, sizeof t->cipher_out};
}

/* -1: the client is gone. */
static int send_plain(struct tcp_conn *c, const uint8_t *from, size_t len)
{
	if (!c->session || len == 0)
		return send_octets(c, from, len);
	struct dot_bytes out = cipher_out(c->tcp);
	if (dot_session_put(c->session, from, len, &out) < 0)
		return -1;
	return send_octets(c, out.at, out.len);
}

/* Keeps a copy of what is left, or nothing. */
static void keep(struct tcp_conn *c, const uint8_t *from, size_t len)
{
	uint8_t *kept = len ? mem_copy(from, len) : NULL;
	free(c->kept);
	c->kept = kept;
	c->kept_len = len;
}

/* --------------------------------------------------------------------------------------------------------------- answers */

/* Takes what comes next of an answer in pieces, as much as one write may have; its octets in tcp->out, from `out` on. */
static size_t pour(struct tcp_conn *c, size_t out)
{
	struct tcp *t = c->tcp;
	ev_io_stop(t->loop, &c->wake);
	c->later = false;
	while (c->stream && TCP_OUT - out >= TCP_ANSWER) {
		size_t len = c->stream->next(c->stream, t->out + out + TCP_PREFIX, WIRE_MESSAGE_MAX);
		if (len == STREAM_LATER) {
			c->later = true;
			break;
		}
		if (len > 0) {
			wire_put16(t->out + out, (unsigned)len);
			out += TCP_PREFIX + len;
			continue;
		}
		c->stream->free(c->stream);
		c->stream = NULL;
	}
	return out;
}

/* One question's answer, at tcp->out + out. Returns where the next one goes. */
static size_t answer_one(struct tcp_conn *c, const uint8_t *in, size_t len, size_t out)
{
	struct tcp *t = c->tcp;
	struct bytes question = {(const char *)in, len};
	size_t answer = responder_respond(&t->responder, &c->client, question, t->out + out + TCP_PREFIX,
	                                  WIRE_MESSAGE_MAX);
	if (t->responder.tap)
		tap_question(t->responder.tap, &c->client, question,
		             (struct bytes){(char *)t->out + out + TCP_PREFIX, answer});
	if (answer) {
		wire_put16(t->out + out, (unsigned)answer);
		out += TCP_PREFIX + answer;
	}
	c->state = TCP_IDLE; /* the next one's time starts anew */
	c->stream = t->responder.stream;
	t->responder.stream = NULL;
	if (answer == 0 && t->lane && t->responder.outside.network)
		c->stream = forward_stream(t->lane, &t->responder.outside, question, &c->client);
	if (t->limits.questions && ++c->asked == t->limits.questions) {
		tcp_count(&t->counts.exhausted, 1);
		c->last = true;
	}
	return pour(c, out);
}

/* A PROXY header of somebody who is no front reads as the start of a long question. */
static void leave_stray(struct tcp_conn *c, const uint8_t *in, size_t len)
{
	if (!proxied_begins((struct bytes){(const char *)in, len}))
		return;
	tcp_count(&c->tcp->responder.counts.proxied_stray, 1);
	c->last = true;
}

/* Answers the whole questions in `in` and keeps the rest. -1: the client is gone. */
static int answer(struct tcp_conn *c, const uint8_t *in, size_t len)
{
	struct tcp *t = c->tcp;
	size_t at = 0, out = 0;
	c->client.keepalive = tcp_keepalive(t);
	while (!c->last && !c->stream && len - at >= TCP_PREFIX) {
		size_t size = wire_get16(in + at);
		if (size < WIRE_HEADER || size > RESPONDER_QUERY_MAX) {
			tcp_count(&t->counts.broken, 1);
			c->last = true;
			break;
		}
		if (len - at - TCP_PREFIX < size) {
			leave_stray(c, in + at, len - at);
			break;
		}
		if (TCP_OUT - out < TCP_ANSWER) {
			if (send_plain(c, t->out, out) < 0)
				return -1;
			out = 0;
			if (c->unsent)
				break; /* the client has to read first */
		}
		out = answer_one(c, in + at + TCP_PREFIX, size, out);
		at += TCP_PREFIX + size;
	}
	keep(c, in + at, c->last ? 0 : len - at);
	return send_plain(c, t->out, out);
}

/* --------------------------------------------------------------------------------------------------------------- reading */

static void greet(struct tcp_conn *c)
{
	tcp_count(&c->tcp->counts.greeted, 1);
	if (dot_session_resumed(c->session))
		tcp_count(&c->tcp->counts.resumed, 1);
	c->state = TCP_IDLE;
}

/* What came is TLS. -1: it is over. */
static int take_cipher(struct tcp_conn *c, size_t len)
{
	struct tcp *t = c->tcp;
	struct dot_bytes plain = {t->in, c->kept_len, sizeof t->in}, out = cipher_out(t);
	enum dot_step step = dot_session_take(c->session, t->cipher_in, len, &plain, &out);
	if (send_octets(c, out.at, out.len) < 0)
		return -1;
	if (c->state == TCP_GREETING && dot_session_greeted(c->session))
		greet(c);
	if (step == DOT_FAILED) {
		tcp_count(&t->counts.unwelcome, 1);
		return -1;
	}
	c->ended = step == DOT_ENDED;
	if (!c->unsent)
		return answer(c, t->in, plain.len);
	keep(c, t->in, plain.len); /* the client has to read first */
	return 0;
}

/* Reads a front's header and no octet of what is behind it, where TLS may begin. -1: it is over. */
static int read_name(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	size_t held = c->kept_len, end;
	if (held)
		memcpy(t->in, c->kept, held);
	ssize_t n = recv(c->io.fd, t->in + held, PROXYLINE_MOST - held, MSG_PEEK);
	if (n < 0)
		return is_for_later() ? 0 : -1;
	enum proxyline_parse read = proxied_read(&c->client, (struct bytes){(char *)t->in, held + (size_t)n}, &end);
	if (n == 0 || read == PROXYLINE_BAD) {
		tcp_count(&t->responder.counts.proxied_bad, held + (size_t)n > 0);
		return -1;
	}
	size_t taken = read == PROXYLINE_DONE ? end - held : (size_t)n;
	if (recv(c->io.fd, t->in + held, taken, 0) != (ssize_t)taken)
		return -1;
	keep(c, t->in, read == PROXYLINE_DONE ? 0 : held + taken);
	if (read == PROXYLINE_DONE)
		c->named = tcp_enter(t, &c->client.source, c->session);
	return read == PROXYLINE_DONE && !c->named ? -1 : 0;
}

/* -1: it is over. */
static int read_more(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	size_t len = c->kept_len;
	if (!c->named)
		return read_name(c);
	if (len)
		memcpy(t->in, c->kept, len);
	ssize_t n = recv(c->io.fd, c->session ? t->cipher_in : t->in + len, TCP_READ, 0);
	if (n < 0)
		return is_for_later() ? 0 : -1;
	if (n == 0)
		return -1; /* its FIN: everything whole was answered when it was read */
	return c->session ? take_cipher(c, (size_t)n) : answer(c, t->in, len + (size_t)n);
}

/* -1: it is over. */
static int discard(struct tcp_conn *c)
{
	ssize_t n = recv(c->io.fd, c->tcp->in, TCP_READ, 0);
	return n > 0 || (n < 0 && is_for_later()) ? 0 : -1;
}

/* --------------------------------------------------------------------------------------------------------------- writing */

/* The rest of a write, then of an answer in pieces, then of the questions behind it. -1: the client is gone. */
static int write_more(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	if (c->unsent) {
		ssize_t n = send(c->io.fd, c->unsent + c->unsent_at, c->unsent_len - c->unsent_at, MSG_NOSIGNAL);
		if (n < 0)
			return is_for_later() ? 0 : -1;
		c->unsent_at += (size_t)n;
		if (c->unsent_at < c->unsent_len)
			return 0;
		free(c->unsent);
		c->unsent = NULL;
		c->unsent_len = c->unsent_at = c->moved_at = 0;
	}
	if (c->stream) {
		c->state = TCP_IDLE; /* a piece went out: the next one's time starts anew */
		if (send_plain(c, t->out, pour(c, 0)) < 0)
			return -1;
	}
	if (c->unsent || c->stream)
		return 0;
	size_t len = c->kept_len;
	if (len)
		memcpy(t->in, c->kept, len);
	return answer(c, t->in, len);
}

/* ------------------------------------------------------------------------------------------------------------------ life */

static void say_end(struct tcp_conn *c)
{
	if (c->session && !c->unsent && !c->stream) {
		struct dot_bytes out = cipher_out(c->tcp);
		dot_session_end(c->session, &out);
		if (out.len > 0)
			(void)!send(c->io.fd, out.at, out.len, MSG_NOSIGNAL);
	}
}

void tcp_conn_free(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	say_end(c);
	ev_io_stop(t->loop, &c->io);
	close(c->io.fd);
	TAILQ_REMOVE(c->among, c, by_age);
	if (c->named)
		sources_leave(t->limits.sources, &c->client.source);
	tcp_count(&t->counts.open, -1);
	ev_io_stop(t->loop, &c->wake);
	if (c->stream)
		c->stream->free(c->stream);
	dot_session_free(c->session);
	free(c->kept);
	free(c->unsent);
	free(c);
}

static enum tcp_state state_of(const struct tcp_conn *c)
{
	if (c->unsent || c->stream)
		return TCP_TELLING;
	if (c->last || c->ended)
		return TCP_LEAVING;
	if (c->session && !dot_session_greeted(c->session))
		return TCP_GREETING;
	return c->kept_len ? TCP_ASKING : TCP_IDLE;
}

/* The only place that chooses what to wait for and how long. */
static void arm(struct tcp_conn *c, enum tcp_state before)
{
	struct tcp *t = c->tcp;
	c->state = state_of(c);
	bool later = c->later && !c->unsent;
	int events = later ? 0 : c->state == TCP_TELLING ? EV_WRITE : EV_READ;
	if (c->state == TCP_LEAVING && before != TCP_LEAVING) {
		say_end(c);
		shutdown(c->io.fd, SHUT_WR);
	}
	if (c->io.events != events) {
		ev_io_stop(t->loop, &c->io);
		ev_io_set(&c->io, c->io.fd, events);
		if (events)
			ev_io_start(t->loop, &c->io);
	}
	if (later) {
		ev_io_stop(t->loop, &c->wake);
		ev_io_set(&c->wake, c->stream->wake, EV_READ);
		ev_io_start(t->loop, &c->wake);
	}
	bool moves = c->unsent && c->unsent_at - c->moved_at >= MOVES_ON;
	if (c->state == before && c->state != TCP_IDLE && !moves)
		return; /* its time runs on */
	c->moved_at = c->unsent_at;
	tcp_await(c);
}

/* After a step of it. */
static void go_on(struct tcp_conn *c, enum tcp_state before, int rc)
{
	if (rc < 0) {
		tcp_conn_free(c);
		return;
	}
	/* A question that was answered on the way is a new start, whatever follows it. */
	arm(c, c->state == TCP_IDLE ? TCP_IDLE : before);
}

static void on_conn(struct ev_loop *loop, ev_io *io, int events)
{
	struct tcp_conn *c = io->data;
	enum tcp_state before = c->state;
	int rc = 0;
	(void)loop;
	if (c->state == TCP_LEAVING)
		rc = discard(c);
	else if (events & EV_WRITE)
		rc = write_more(c);
	else
		rc = read_more(c);
	go_on(c, before, rc);
}

static void on_wake(struct ev_loop *loop, ev_io *io, int events)
{
	struct tcp_conn *c = io->data;
	enum tcp_state before = c->state;
	(void)loop, (void)events;
	go_on(c, before, write_more(c));
}

void tcp_conn_start(struct tcp *t, int fd, const struct responder_client *client, bool tls, bool named)
{
	struct tcp_conn *c = mem_new(sizeof *c);
	c->tcp = t;
	c->client = *client;
	c->named = named;
	c->among = &t->idle;
	TAILQ_INSERT_TAIL(c->among, c, by_age);
	tcp_count(&t->counts.open, 1);
	tcp_count(&t->counts.accepted, 1);
	ev_io_init(&c->io, on_conn, fd, EV_READ);
	c->io.data = c;
	ev_init(&c->wake, on_wake);
	c->wake.data = c;
	c->session = tls ? dot_session_new(dot_context(t->dot)) : NULL;
	if (tls && !c->session) {
		tcp_conn_free(c);
		return;
	}
	ev_io_start(t->loop, &c->io);
	arm(c, TCP_IDLE);
}
