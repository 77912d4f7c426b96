/* http2.c - see http2.h: the session. */
#include "http2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange.h"
#include "http1_put.h"
#include "http2_inside.h"
#include "patience.h"
#include "proxy.h"
#include "worker.h"

enum {
	READS = 4, /* of one event */
	LOG_BURST = 20
};

static const char preface[] = NGHTTP2_CLIENT_MAGIC;

enum http2_preface http2_preface_seen(const struct conn *c)
{
	size_t len = block_len(c->in);
	size_t whole = sizeof preface - 1;
	if (memcmp(c->in->bytes + c->in->from, preface, len < whole ? len : whole) != 0)
		return HTTP2_PREFACE_NO;
	return len < whole ? HTTP2_PREFACE_MORE : HTTP2_PREFACE_YES;
}

/* ------------------------------------------------------------------------------------------------------------ events */

static void arm(struct http2 *h)
{
	struct conn *c = h->conn;
	struct deadlines *all = &h->worker->deadlines;
	/* A peer that takes nothing is not read either: what it says would only add to what we have to say. */
	wire_want(h->worker->loop, &c->client, h->out ? EV_WRITE : EV_READ);
	if (h->out && h->stalls)
		return; /* runs since it last took something */
	h->stalls = h->out;
	if (h->out)
		deadline_set(all, &c->deadline, DEADLINE_WRITE);
	else if (h->fields)
		return; /* runs from the beginning of the section, see read_more() */
	else if (!h->streams)
		deadline_set(all, &c->deadline, DEADLINE_IDLE);
	else
		deadline_clear(&c->deadline);
}

/* False: the conn is gone. */
static bool flush(struct http2 *h)
{
	if (http2_send(h) != IO_FAILED)
		return true;
	conn_free(h->conn, true);
	return false;
}

static void log_rage(const struct http2 *h)
{
	static _Thread_local struct log_limit limit;
	char client[ADDR_TEXT];
	char sentence[256];
	struct refusal_facts facts = {.client = addr_ip_text(client, &h->conn->way.client)};
	counter_add(&h->worker->counters.refusals[REFUSAL_FLOOD], 1);
	if (log_limited(&limit, LOG_BURST))
		log_info("refused code=%s client=%s port=%u: %s", refusal_code(REFUSAL_FLOOD), client,
		         h->conn->way.port, refusal_sentence(sentence, sizeof sentence, REFUSAL_FLOOD, &facts));
}

/* Everything was said: what still comes in is thrown away for a while, so that what we said last is not lost. */
static void end(struct http2 *h)
{
	struct conn *c = h->conn;
	if (h->raging)
		log_rage(h);
	http2_free(c);
	c->lingers = true;
	wire_shut(&c->client);
	wire_want(c->worker->loop, &c->client, EV_READ);
	deadline_set(&c->worker->deadlines, &c->deadline, DEADLINE_LINGER);
}

static void go_on(struct http2 *h)
{
	if (!flush(h))
		return;
	if (!h->out && !nghttp2_session_want_read(h->ng) && !nghttp2_session_want_write(h->ng))
		end(h);
	else
		arm(h);
}

static void on_turn(struct ev_loop *loop, ev_watcher *turn, int events)
{
	(void)loop, (void)events;
	go_on(turn->data);
}

/* What conn->in holds. False: the conn is gone. */
static bool understand(struct http2 *h)
{
	struct conn *c = h->conn;
	bool between = !h->fields;
	const uint8_t *bytes = (const uint8_t *)c->in->bytes + c->in->from;
	ssize_t used = nghttp2_session_mem_recv(h->ng, bytes, block_len(c->in));
	c->in->from = c->in->to = 0;
	if (used < 0) {
		log_debug("http2 connection broken: %s", nghttp2_strerror((int)used));
		conn_free(c, true);
		return false;
	}
	if (between && h->fields && !h->stalls)
		deadline_set(&h->worker->deadlines, &c->deadline, DEADLINE_HEAD);
	return true;
}

static enum io_result read_more(struct http2 *h)
{
	struct conn *c = h->conn;
	enum io_result got = wire_read(&c->client, c->in);
	if (got == IO_DONE && !understand(h))
		return IO_FAILED;
	if (got == IO_FAILED || got == IO_END) { /* RFC 9113 knows no half of a connection */
		conn_free(c, got == IO_FAILED);
		return IO_FAILED;
	}
	return got;
}

void http2_client(struct conn *c, int events)
{
	struct http2 *h = c->http2;
	enum io_result got = IO_DONE;
	if (events & EV_READ && !h->out) {
		c->in = block_take(&c->worker->blocks);
		for (int i = 0; i < READS && got == IO_DONE; i++)
			got = read_more(h);
		if (got == IO_FAILED)
			return;
		block_give(&c->worker->blocks, c->in);
		c->in = NULL;
	}
	go_on(h);
}

/* --------------------------------------------------------------------------------------------------- birth and death */

void http2_start(struct conn *c)
{
	struct http2 *h = mem_new(sizeof *h);
	h->worker = c->worker;
	h->conn = c;
	h->wire = &c->client;
	ev_init(&h->turn, on_turn);
	ev_set_priority(&h->turn, EV_MINPRI);
	h->turn.data = h;
	http2_calm_init(&h->calm, ev_now(c->worker->loop));
	c->http2 = h;
	patience_free(c->patience); /* each request has its own */
	c->patience = NULL;
	h->ng = http2_session_new(h);
	if (!h->ng) {
		log_error("no HTTP/2 session: out of memory");
		conn_free(c, true);
		return;
	}
	if (c->in && !understand(h))
		return;
	block_give(&c->worker->blocks, c->in);
	c->in = NULL;
	go_on(h);
}

void http2_drain(struct conn *c)
{
	struct http2 *h = c->http2;
	h->draining = true;
	nghttp2_submit_shutdown_notice(h->ng);
	nghttp2_submit_ping(h->ng, NGHTTP2_FLAG_NONE, NULL);
	http2_ready(h, NULL);
}

void http2_retire(struct conn *c)
{
	nghttp2_session_terminate_session(c->http2->ng, NGHTTP2_NO_ERROR);
	go_on(c->http2);
}

void http2_free(struct conn *c)
{
	struct http2 *h = c->http2;
	if (!h)
		return;
	c->http2 = NULL;
	ev_clear_pending(h->worker->loop, &h->turn);
	while (h->ready) {
		struct http2_stream *s = h->ready;
		h->ready = s->next_ready;
		if (s->closed)
			http2_stream_submit(s); /* its last hold */
		else
			s->ready = false;
	}
	while (h->streams)
		http2_stream_orphan(h->streams);
	nghttp2_session_del(h->ng);
	block_give(&h->worker->blocks, h->out);
	block_give(&h->worker->blocks, h->fields);
	free(h);
}
