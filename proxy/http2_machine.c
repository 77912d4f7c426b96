/* http2_machine.c - see http2_machine.h. */
#include "http2_machine.h"

#include <stdlib.h>

#include "backend.h"
#include "base/log.h"
#include "base/mem.h"
#include "http2_inside.h"
#include "worker.h"

/* The Machine is gone, or said what is no HTTP/2. What it sent before is still read. */
static void dead(struct http2 *h)
{
	wire_want(h->worker->loop, h->wire, 0);
	ev_clear_pending(h->worker->loop, &h->turn);
	while (h->ready) {
		struct http2_stream *s = h->ready;
		h->ready = s->next_ready;
		s->ready = false;
		if (s->closed)
			http2_stream_submit(s); /* its last hold */
	}
	while (h->streams)
		http2_stream_orphan(h->streams);
	nghttp2_session_del(h->ng);
	h->ng = NULL;
}

static void go_on(struct http2 *h)
{
	enum io_result put = http2_send(h);
	if (put == IO_FAILED || (!h->out && !nghttp2_session_want_read(h->ng) && !nghttp2_session_want_write(h->ng))) {
		dead(h);
		return;
	}
	wire_want(h->worker->loop, h->wire, EV_READ | (h->out ? EV_WRITE : 0));
}

static void on_turn(struct ev_loop *loop, ev_watcher *turn, int events)
{
	(void)loop, (void)events;
	go_on(turn->data);
}

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
	struct http2 *h = io->data;
	struct block *block = block_take(&h->worker->blocks);
	enum io_result got = IO_AGAIN;
	(void)loop;
	if (events & EV_READ)
		got = wire_read(h->wire, block);
	if (got == IO_DONE && nghttp2_session_mem_recv(h->ng, (const uint8_t *)block->bytes, block->to) < 0)
		got = IO_FAILED;
	block_give(&h->worker->blocks, block);
	if (got == IO_FAILED || got == IO_END)
		dead(h);
	else
		go_on(h);
}

static void add_stream(struct http2 *h)
{
	struct backend *b = h->backend;
	struct http2_stream *s = http2_stream_new(h, 0);
	s->headless = true;
	s->wire = &b->wire;
	s->wants = EV_READ;
	b->wire.stream = s;
}

void http2_machine_start(struct backend *b)
{
	struct http2 *h = mem_new(sizeof *h);
	struct ev_loop *loop = b->worker->loop;
	int fd = b->wire.io.fd;
	h->worker = b->worker;
	h->backend = b;
	h->wire = &h->socket;
	ev_init(&h->turn, on_turn);
	ev_set_priority(&h->turn, EV_MINPRI);
	h->turn.data = h;
	h->ng = http2_session_new(h);
	if (!h->ng) {
		log_error("no HTTP/2 session: out of memory");
		exit(1);
	}
	ev_io_stop(loop, &b->wire.io);
	wire_init(&h->socket, fd, on_socket, h);
	wire_init(&b->wire, -1, b->wire.io.cb, b);
	b->http2 = h;
	add_stream(h);
	wire_want(loop, h->wire, EV_READ);
	http2_ready(h, NULL);
}

bool http2_machine_quiet(const struct backend *b)
{
	return b->http2->ng && nghttp2_session_check_request_allowed(b->http2->ng);
}

bool http2_machine_renew(struct backend *b)
{
	struct http2_stream *s = b->wire.stream;
	if (!http2_machine_quiet(b) || !s->ended || !s->closed || s->in)
		return false;
	http2_stream_close(s, false);
	add_stream(b->http2);
	return true;
}

bool http2_machine_greeted(const struct backend *b)
{
	return b->http2->greeted;
}

void http2_machine_free(struct backend *b, bool reset)
{
	struct http2 *h = b->http2;
	if (!h)
		return;
	if (h->ng)
		dead(h);
	block_give(&h->worker->blocks, h->out);
	block_give(&h->worker->blocks, h->fields);
	wire_close(h->worker->loop, h->wire, reset);
	free(h);
}
