/* http2_stream.c - see http2_stream.h. */
#include "http2_stream.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http1_put.h"
#include "http2_inside.h"
#include "proxy.h"
#include "worker.h"

static void give(struct http2_stream *s, struct block **block)
{
	block_give(&s->worker->blocks, *block);
	*block = NULL;
}

static void drop_in(struct http2_stream *s)
{
	while (s->in) {
		struct block *next = s->in->next;
		give(s, &s->in);
		s->in = next;
	}
	s->in_last = NULL;
}

static void drop_out(struct http2_stream *s)
{
	give(s, &s->out);
	deadline_clear(&s->deadline);
}

/* Frees it when nobody has it any more. */
static void let_go(struct http2_stream *s)
{
	if (s->wire || !s->closed || s->ready)
		return;
	drop_in(s);
	drop_out(s);
	give(s, &s->trailers_in);
	give(s, &s->trailers_out);
	free(s);
}

struct http2_stream *http2_stream_new(struct http2 *session, int32_t id)
{
	struct http2_stream *s = mem_new(sizeof *s);
	s->session = session;
	s->worker = session->worker;
	s->id = id;
	s->next = session->streams;
	if (s->next)
		s->next->prev = s;
	session->streams = s;
	return s;
}

static void close_as(struct http2_stream *s, uint32_t code, struct http2 *session)
{
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		s->session->streams = s->next;
	s->session = session;
	s->closed = true;
	s->code = code;
	drop_out(s);
	http2_stream_stir(s);
	let_go(s);
}

void http2_stream_closed(struct http2_stream *s, uint32_t code)
{
	close_as(s, code, s->session);
}

void http2_stream_orphan(struct http2_stream *s)
{
	close_as(s, NGHTTP2_CANCEL, NULL);
}

/* ---------------------------------------------------------------------------------------------------------- events */

bool http2_stream_lost(const struct http2_stream *s)
{
	return !s->session || (s->closed && (s->code != NGHTTP2_NO_ERROR || !s->ended || !s->end_sent));
}

bool http2_stream_refused(const struct http2_stream *s)
{
	return s->closed && s->code == NGHTTP2_REFUSED_STREAM;
}

void http2_stream_end(struct http2_stream *s)
{
	s->ended = true;
	http2_stream_stir(s);
}

void http2_stream_stir(struct http2_stream *s)
{
	int events = 0;
	if (!s->wire)
		return;
	if (s->wants & EV_READ && (s->in || s->ended))
		events |= EV_READ;
	if (s->wants & EV_WRITE && !s->out)
		events |= EV_WRITE;
	if (http2_stream_lost(s)) /* who reads finds it when what came before is read */
		events |= EV_CUSTOM | (s->wants & EV_READ);
	if (events)
		ev_feed_event(s->worker->loop, &s->wire->io, events);
}

void http2_stream_want(struct http2_stream *s, int events)
{
	s->wants = events;
	ev_clear_pending(s->worker->loop, &s->wire->io);
	http2_stream_stir(s);
}

/* --------------------------------------------------------------------------------------------------------- reading */

void http2_stream_feed(struct http2_stream *s, const char *bytes, size_t len)
{
	while (len > 0) {
		if (!s->in_last || s->in_last->to >= BLOCK_SIZE) {
			struct block *block = block_take(&s->worker->blocks);
			block->next = NULL;
			if (s->in_last)
				s->in_last->next = block;
			else
				s->in = block;
			s->in_last = block;
		}
		size_t room = BLOCK_SIZE - s->in_last->to;
		size_t part = len < room ? len : room;
		memcpy(s->in_last->bytes + s->in_last->to, bytes, part);
		s->in_last->to += (uint32_t)part;
		bytes += part;
		len -= part;
	}
}

/* Moves what fits; the window opens by what was of the body. */
static uint32_t take(struct http2_stream *s, struct block *block)
{
	uint32_t room = BLOCK_SIZE - block->to;
	uint32_t len = (uint32_t)block_len(s->in);
	if (len > room)
		len = room;
	memcpy(block->bytes + block->to, s->in->bytes + s->in->from, len);
	block->to += len;
	s->in->from += len;
	if (block_len(s->in) == 0) {
		struct block *next = s->in->next;
		give(s, &s->in);
		s->in = next;
		if (!next)
			s->in_last = NULL;
	}
	return len;
}

static uint32_t unread(const struct http2_stream *s)
{
	uint32_t len = 0;
	for (const struct block *block = s->in; block; block = block->next)
		len += (uint32_t)block_len(block);
	return len;
}

/* So many bytes of in are done with; those of the head took nothing of the window. */
static void open_window(struct http2_stream *s, uint32_t len)
{
	uint32_t head = len < s->head_left ? len : s->head_left;
	s->head_left -= head;
	if (len == head || s->ended || s->closed || !s->session)
		return;
	nghttp2_session_consume_stream(s->session->ng, s->id, len - head);
	http2_ready(s->session, NULL);
}

enum io_result http2_stream_read(struct http2_stream *s, struct block *block)
{
	if (block->to >= BLOCK_SIZE)
		return IO_AGAIN;
	if (!s->in && s->ended)
		return IO_END;
	if (!s->in && http2_stream_lost(s)) {
		errno = ECONNRESET;
		return IO_FAILED;
	}
	if (!s->in)
		return IO_AGAIN;
	uint32_t len = take(s, block);
	open_window(s, len);
	http2_stream_stir(s);
	return IO_DONE;
}

bool http2_stream_bodiless(const struct http2_stream *s)
{
	return s->bodiless;
}

struct bytes http2_stream_trailers(const struct http2_stream *s)
{
	return s->trailers_in ? (struct bytes){s->trailers_in->bytes, s->trailers_in->to} : BYTES("");
}

/* --------------------------------------------------------------------------------------------------------- writing */

static void wait_for_room(struct http2_stream *s)
{
	if (!s->session->backend) /* how long a Machine takes to read is its affair, as over HTTP/1.1 */
		deadline_set(&s->worker->deadlines, &s->deadline, DEADLINE_STREAM);
}

static void append(struct block *block, const char *bytes, size_t len)
{
	put(block->bytes + block->to, bytes, len);
	block->to += (uint32_t)len;
}

static enum io_result broken(void)
{
	errno = EPIPE;
	return IO_FAILED;
}

enum io_result http2_stream_write(struct http2_stream *s, struct iovec *parts, int count, struct block **rest)
{
	struct block **to = s->out ? rest : &s->out;
	if (http2_stream_lost(s) || s->closed)
		return broken();
	if (!*to)
		*to = block_take(&s->worker->blocks);
	for (int i = 0; i < count; i++)
		append(*to, parts[i].iov_base, parts[i].iov_len);
	if (to == rest)
		return IO_AGAIN;
	wait_for_room(s);
	http2_ready(s->session, s);
	return IO_DONE;
}

enum io_result http2_stream_flush(struct http2_stream *s, struct block **rest)
{
	if (!*rest)
		return IO_DONE;
	if (http2_stream_lost(s) || s->closed)
		return broken();
	if (s->out)
		return IO_AGAIN;
	s->out = *rest;
	*rest = NULL;
	wait_for_room(s);
	http2_ready(s->session, s);
	return IO_DONE;
}

void http2_stream_trail(struct http2_stream *s, struct bytes lines)
{
	if (lines.len == 0)
		return;
	if (!s->trailers_out)
		s->trailers_out = block_take(&s->worker->blocks);
	if (lines.len <= sizeof s->trailers_out->bytes - s->trailers_out->to)
		append(s->trailers_out, lines.at, lines.len);
}

void http2_stream_shut(struct http2_stream *s)
{
	if (s->last || !s->session || s->closed)
		return;
	s->last = true;
	http2_ready(s->session, s);
}

static struct http2_stream *limited(struct deadline *deadline)
{
	return (struct http2_stream *)((char *)deadline - offsetof(struct http2_stream, deadline));
}

/* Before the answer ends: the client may send the rest of its request, if that is not much, without hearing of us again.
 * There are those who do not listen any more once they have an answer, and those who take a reset for a failure of the
 * request, although they must not (RFC 9113 8.1): curl 7.88 is both. */
static bool let_remnant_in(struct http2_stream *s)
{
	nghttp2_session *ng = s->session->ng;
	return s->awaited <= HTTP2_REMNANT &&
	       nghttp2_session_set_local_window_size(ng, NGHTTP2_FLAG_NONE, 0, 2 * HTTP2_REMNANT) == 0 &&
	       nghttp2_submit_window_update(ng, NGHTTP2_FLAG_NONE, s->id, (int32_t)s->awaited) == 0;
}

static void on_remnant_time(struct deadline *deadline)
{
	struct http2_stream *s = limited(deadline);
	nghttp2_submit_rst_stream(s->session->ng, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
	http2_ready(s->session, NULL);
}

static void cut(struct http2_stream *s, uint32_t code)
{
	s->cut = true;
	drop_out(s);
	nghttp2_submit_rst_stream(s->session->ng, NGHTTP2_FLAG_NONE, s->id, code);
	http2_ready(s->session, NULL);
}

void http2_stream_close(struct http2_stream *s, bool reset)
{
	ev_clear_pending(s->worker->loop, &s->wire->io);
	s->wire = NULL;
	open_window(s, unread(s));
	drop_in(s);
	if (s->session && !s->closed && s->id <= 0) { /* no request was made of it */
		http2_stream_orphan(s);
		return;
	}
	if (s->session && !s->closed) {
		if (reset || (!s->headed && !s->out)) {
			cut(s, NGHTTP2_INTERNAL_ERROR);
		} else {
			s->remnant = !s->ended && !s->session->backend && let_remnant_in(s);
			http2_stream_shut(s);
		}
	}
	let_go(s);
}

void http2_stream_answered(struct http2_stream *s)
{
	s->end_sent = true;
	if (s->ended || s->wire || s->session->backend)
		return;
	if (s->remnant)
		deadline_set(&s->worker->deadlines, &s->deadline, DEADLINE_REMNANT);
	else
		nghttp2_submit_rst_stream(s->session->ng, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
}

static void on_stream_time(struct deadline *deadline)
{
	cut(limited(deadline), NGHTTP2_CANCEL);
}

void http2_deadlines(struct worker *worker)
{
	const struct proxy_limits *limits = &worker->proxy->limits;
	deadlines_kind(&worker->deadlines, DEADLINE_STREAM, limits->write_timeout, on_stream_time);
	deadlines_kind(&worker->deadlines, DEADLINE_REMNANT, limits->linger_timeout, on_remnant_time);
}

/* ---------------------------------------------------------------------------------------------------- to the session */

void http2_stream_sent(struct http2_stream *s, uint32_t len)
{
	s->out->from += len;
	if (block_len(s->out) > 0) {
		wait_for_room(s);
		return;
	}
	drop_out(s);
	http2_stream_stir(s);
}

static size_t to_nghttp2(nghttp2_nv *to, const struct http2_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct http2_field *f = &fields[i];
		/* What is secret is kept out of the table that an attacker could probe (RFC 7541 7.1.3). */
		bool secret = bytes_equal(f->name, BYTES("set-cookie")) || bytes_equal(f->name, BYTES("authorization"));
		to[i] = (nghttp2_nv){(uint8_t *)f->name.at, (uint8_t *)f->value.at, f->name.len, f->value.len,
		                     secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE};
	}
	return count;
}

/* Behind the last octet of the body: ends the stream, or lets the trailers do it. */
static void end_body(struct http2_stream *s, uint32_t *flags)
{
	struct http2_field fields[HTTP2_SECTION_FIELDS];
	nghttp2_nv list[HTTP2_SECTION_FIELDS];
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (!s->trailers_out)
		return;
	size_t count = http2_trailer_fields(fields, s->trailers_out->bytes, s->trailers_out->to);
	if (count > 0 && nghttp2_submit_trailer(s->session->ng, s->id, list, to_nghttp2(list, fields, count)) == 0)
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
	give(s, &s->trailers_out);
}

/* budget: nghttp2 says which parameters. */
static ssize_t on_body(nghttp2_session *ng, int32_t id, uint8_t *to, size_t most, uint32_t *flags,
                       nghttp2_data_source *source, void *session)
{
	struct http2_stream *s = source->ptr;
	(void)ng, (void)id, (void)to, (void)session;
	size_t len = block_len(s->out);
	bool ends = s->last && len <= most;
	if (len == 0 && !ends)
		return NGHTTP2_ERR_DEFERRED;
	if (len > 0)
		*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (ends)
		end_body(s, flags);
	return (ssize_t)(len < most ? len : most);
}

/* The head at the beginning of what was written. False: nghttp2 did not take it. */
static bool submit_head(struct http2_stream *s)
{
	struct http2_field fields[HTTP2_SECTION_FIELDS];
	nghttp2_nv list[HTTP2_SECTION_FIELDS];
	nghttp2_session *ng = s->session->ng;
	nghttp2_data_provider body = {.source.ptr = s, .read_callback = on_body};
	char *head = s->out->bytes + s->out->from;
	const char *end = memmem(head, block_len(s->out), "\r\n\r\n", 4);
	if (!end)
		return false;
	size_t len = (size_t)(end + 4 - head);
	bool request = s->session->backend;
	size_t count = request ? http2_request_fields(fields, head, len) : http2_response_fields(fields, head, len);
	s->headed = request || fields[0].value.at[0] != '1';
	to_nghttp2(list, fields, count);
	s->out->from += (uint32_t)len;
	bool more = block_len(s->out) > 0 || !s->last || s->trailers_out;
	if (request) {
		s->id = nghttp2_submit_request(ng, NULL, list, count, more ? &body : NULL, s);
		if (block_len(s->out) == 0)
			drop_out(s);
		return s->id > 0;
	}
	int failed = s->headed ? nghttp2_submit_response(ng, s->id, list, count, more ? &body : NULL)
	                       : nghttp2_submit_headers(ng, NGHTTP2_FLAG_NONE, s->id, NULL, list, count, NULL);
	if (block_len(s->out) == 0)
		drop_out(s);
	return failed == 0;
}

void http2_stream_submit(struct http2_stream *s)
{
	s->ready = false;
	if (s->closed) {
		let_go(s);
		return;
	}
	if (s->headed)
		nghttp2_session_resume_data(s->session->ng, s->id);
	while (!s->headed && s->out) {
		if (!submit_head(s)) {
			drop_out(s);
			if (s->id > 0)
				nghttp2_submit_rst_stream(s->session->ng, NGHTTP2_FLAG_NONE, s->id,
				                          NGHTTP2_INTERNAL_ERROR);
			else
				http2_stream_closed(s, NGHTTP2_REFUSED_STREAM);
			return;
		}
	}
	http2_stream_stir(s);
}
