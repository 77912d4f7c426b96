/* http2_session.c - what nghttp2 tells and asks, and how it is set; see http2_inside.h. The callbacks never receive or
 * send, nor end the session: that would be from within nghttp2. */
#include "base/log.h"
#include "exchange.h"
#include "http1_put.h"
#include "http2_inside.h"
#include "worker.h"

enum {
	RESETS_MOST = 200,
	RESETS_PER_SECOND = 20,
	CONTINUATIONS_MOST = 8,
	ACKS_MOST = 2 * HTTP2_CALM_MOST, /* in one read; the peer has gone too far before */
	FRAME_HEAD = 9,
	WRITES = 16,                            /* in one turn of the loop */
	SECTION_ENDLESS = 4 * HTTP2_SECTION_MAX /* not even counted any further */
};

/* ----------------------------------------------------------------------------------------------- ------ fields */

/* A frame that moves nothing. */
static void spend(struct http2 *h, bool useful)
{
	if (h->backend) /* a Machine harms its own app only */
		return;
	if (h->raging || http2_calm_spend(&h->calm, ev_now(h->worker->loop), useful))
		return;
	h->raging = true;
	nghttp2_session_terminate_session(h->ng, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* Whole, or given up: nothing more is waited for. */
static void section_end(struct http2 *h)
{
	block_give(&h->worker->blocks, h->fields);
	h->fields = NULL;
}

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *session)
{
	struct http2 *h = session;
	(void)ng, (void)frame;
	if (!h->fields)
		h->fields = block_take(&h->worker->blocks);
	http2_section_init(&h->section, h->fields->bytes, sizeof h->fields->bytes);
	return 0;
}

/* budget: nghttp2 says which parameters. */
static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *session)
{
	struct http2 *h = session;
	(void)ng, (void)frame, (void)flags;
	http2_section_add(&h->section, (struct bytes){(const char *)name, name_len},
	                  (struct bytes){(const char *)value, value_len});
	if (h->section.size <= SECTION_ENDLESS)
		return 0;
	spend(h, false);
	section_end(h);
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets the stream, and tells no more of this section */
}

/* Sixteen random octets in base64, as HTTP/1.1's handshake wants them (RFC 6455 4.1). The answer to it is not compared: it
 * would only tell that the Machine speaks WebSocket, and that is what its 101 says. */
static void websocket_key(struct rand *rand, char key[HTTP2_WEBSOCKET_KEY])
{
	static const char digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (int i = 0; i < HTTP2_WEBSOCKET_KEY - 3; i++)
		key[i] = digits[rand_below(rand, 64)];
	key[HTTP2_WEBSOCKET_KEY - 3] = digits[rand_below(rand, 4) << 4]; /* only two bits are left */
	key[HTTP2_WEBSOCKET_KEY - 2] = key[HTTP2_WEBSOCKET_KEY - 1] = '=';
}

/* Content-Length, which nghttp2 has found to be one number. */
static uint64_t length_of(const struct http2_section *section)
{
	struct http2_field field;
	uint64_t length = 0;
	size_t at = 0;
	while (http2_section_next(section, &at, &field)) {
		if (!bytes_equal(field.name, BYTES("content-length")))
			continue;
		for (size_t i = 0; i < field.value.len; i++)
			length = length * 10 + (uint64_t)(field.value.at[i] - '0');
		return length;
	}
	return UINT64_MAX;
}

static void begin_request(struct http2 *h, int32_t id, bool ends)
{
	struct http2_stream *s = http2_stream_new(h, id);
	struct block *head = block_take(&h->worker->blocks);
	struct http1_fault fault = {0, NULL};
	char key[HTTP2_WEBSOCKET_KEY];
	struct http2_shape shape = {ends, key};
	websocket_key(&h->worker->chooser.rand, key);
	size_t len = http2_request_write(head->bytes, sizeof head->bytes, &h->section, shape, &fault);
	nghttp2_session_set_stream_user_data(h->ng, id, s);
	s->ended = ends;
	s->awaited = ends ? 0 : length_of(&h->section);
	s->head_left = (uint32_t)len;
	http2_stream_feed(s, head->bytes, len);
	block_give(&h->worker->blocks, head);
	struct conn *c = conn_branch(h->conn, s);
	s->wire = &c->client;
	http2_stream_want(s, EV_READ);
	if (len == 0)
		exchange_malformed(c, &fault);
}

static void end_request(struct http2 *h, struct http2_stream *s)
{
	struct http1_fault fault;
	size_t len;
	s->trailers_in = block_take(&h->worker->blocks);
	if (http2_trailers_write(s->trailers_in->bytes, sizeof s->trailers_in->bytes, &h->section, &len, &fault)) {
		s->trailers_in->to = (uint32_t)len;
		http2_stream_end(s);
		return;
	}
	nghttp2_submit_rst_stream(h->ng, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_PROTOCOL_ERROR);
}

/* A head of a Machine's response, interim or final. */
static void answer(struct http2 *h, struct http2_stream *s, bool ends)
{
	struct block *head = block_take(&h->worker->blocks);
	struct http1_fault fault = {0, NULL};
	size_t len = http2_response_write(head->bytes, sizeof head->bytes, &h->section, ends, &fault);
	s->headless = len > 0 && head->bytes[sizeof "HTTP/1.1 " - 1] == '1';
	s->bodiless = ends;
	/* No window bounds heads. One more than may be is kept, for which who reads them refuses the response. */
	if (!s->headless || s->interim <= HTTP1_INTERIM_MAX) {
		s->interim = (uint8_t)(s->interim + s->headless);
		s->head_left += (uint32_t)len;
		http2_stream_feed(s, head->bytes, len);
	}
	block_give(&h->worker->blocks, head);
	if (len == 0) {
		log_debug("http2 response refused stream=%d: %s", s->id, fault.sentence);
		nghttp2_submit_rst_stream(h->ng, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_PROTOCOL_ERROR);
	} else if (ends) {
		http2_stream_end(s);
	} else {
		http2_stream_stir(s);
	}
}

static void headers_received(struct http2 *h, const nghttp2_frame *frame)
{
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	struct http2_stream *s = nghttp2_session_get_stream_user_data(h->ng, frame->hd.stream_id);
	if (s && s->headless)
		answer(h, s, ends);
	else if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		begin_request(h, frame->hd.stream_id, ends);
	else if (s)
		end_request(h, s); /* nghttp2 saw to it that trailers end the stream */
	section_end(h);
}

/* ------------------------------------------------------------------------------------------ ----- other frames */

static void data_received(struct http2 *h, const nghttp2_frame *frame)
{
	struct http2_stream *s = nghttp2_session_get_stream_user_data(h->ng, frame->hd.stream_id);
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	if (frame->hd.length > 0)
		http2_calm_earn(&h->calm);
	else if (!ends)
		spend(h, false);
	if (s && ends)
		http2_stream_end(s);
}

static int on_frame_recv(nghttp2_session *ng, const nghttp2_frame *frame, void *session)
{
	struct http2 *h = session;
	(void)ng;
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		headers_received(h, frame);
		break;
	case NGHTTP2_DATA:
		data_received(h, frame);
		break;
	case NGHTTP2_SETTINGS:
		h->greeted = true;
		break;
	case NGHTTP2_WINDOW_UPDATE:
		spend(h, true);
		break;
	case NGHTTP2_PING:
		if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
			spend(h, true);
		else if (h->draining) /* all it sent before it knew that we go has arrived */
			nghttp2_submit_goaway(h->ng, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(h->ng),
			                      NGHTTP2_NO_ERROR, NULL, 0);
		break;
	default:
		break;
	}
	return 0;
}

/* Also of frames that nghttp2 does not tell about later. */
static int on_begin_frame(nghttp2_session *ng, const nghttp2_frame_hd *head, void *session)
{
	(void)ng;
	if (head->type != NGHTTP2_HEADERS && head->type != NGHTTP2_DATA && head->type != NGHTTP2_PING &&
	    head->type != NGHTTP2_WINDOW_UPDATE)
		spend(session, false);
	return 0;
}

static int on_invalid_frame(nghttp2_session *ng, const nghttp2_frame *frame, int error, void *session)
{
	struct http2 *h = session;
	(void)ng;
	log_debug("http2 frame refused type=%u stream=%d: %s", frame->hd.type, frame->hd.stream_id,
	          nghttp2_strerror(error));
	counter_add(&h->worker->counters.refusals[REFUSAL_BAD_REQUEST], 1);
	if (frame->hd.type == NGHTTP2_HEADERS)
		section_end(h);
	spend(h, false);
	return 0;
}

/* budget: nghttp2 says which parameters. */
static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len, void *session)
{
	struct http2_stream *s = nghttp2_session_get_stream_user_data(ng, id);
	(void)flags, (void)session;
	/* The window of the connection opens at once: a stream that nobody reads must not stop the others. */
	nghttp2_session_consume_connection(ng, len);
	if (!s)
		return 0;
	if (!s->session->backend && s->awaited != UINT64_MAX)
		s->awaited -= len; /* more than was said does not get here */
	if (!s->wire) {            /* answered already */
		nghttp2_session_consume_stream(ng, id, len);
		return 0;
	}
	http2_stream_feed(s, (const char *)bytes, len);
	http2_stream_stir(s);
	return 0;
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t code, void *session)
{
	struct http2_stream *s = nghttp2_session_get_stream_user_data(ng, id);
	(void)session;
	if (s)
		http2_stream_closed(s, code);
	return 0;
}

/* ------------------------------------------------------------------------------------------------ ----------- output */

/* Room for so much in the block that goes to the socket? */
static bool has_room(struct http2 *h, size_t len)
{
	if (!h->out)
		h->out = block_take(&h->worker->blocks);
	return sizeof h->out->bytes - h->out->to >= len;
}

static void append(struct http2 *h, const void *bytes, size_t len)
{
	put(h->out->bytes + h->out->to, bytes, len);
	h->out->to += (uint32_t)len;
}

static ssize_t on_send(nghttp2_session *ng, const uint8_t *bytes, size_t len, int flags, void *session)
{
	struct http2 *h = session;
	(void)ng, (void)flags;
	if (!has_room(h, 1))
		return NGHTTP2_ERR_WOULDBLOCK;
	size_t room = sizeof h->out->bytes - h->out->to;
	append(h, bytes, len < room ? len : room);
	return (ssize_t)(len < room ? len : room);
}

/* A DATA frame, straight from the stream's block. No padding is asked for, so none is there.
 * budget: nghttp2 says which parameters. */
static int on_send_data(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t len,
                        nghttp2_data_source *source, void *session)
{
	struct http2 *h = session;
	struct http2_stream *s = source->ptr;
	(void)ng, (void)frame;
	if (s->cut) /* since the frame was begun, which waited for room */
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (!has_room(h, FRAME_HEAD + len))
		return NGHTTP2_ERR_WOULDBLOCK;
	append(h, head, FRAME_HEAD);
	append(h, s->out->bytes + s->out->from, len);
	http2_calm_earn(&h->calm);
	http2_stream_sent(s, (uint32_t)len);
	return 0;
}

static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *session)
{
	bool of_message = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
	struct http2_stream *s = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
	/* A client that makes us reset its streams has the Machine's work thrown away as if it reset them itself. */
	if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR)
		spend(session, false);
	if (!s || !of_message || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	http2_stream_answered(s);
	return 0;
}

void http2_ready(struct http2 *session, struct http2_stream *stream)
{
	if (stream && !stream->ready) {
		stream->ready = true;
		stream->next_ready = session->ready;
		session->ready = stream;
	}
	ev_feed_event(session->worker->loop, &session->turn, EV_CUSTOM);
}

enum io_result http2_send(struct http2 *h)
{
	for (int i = 0; i < WRITES; i++) {
		while (h->ready) {
			struct http2_stream *s = h->ready;
			h->ready = s->next_ready;
			http2_stream_submit(s);
		}
		if (nghttp2_session_send(h->ng) != 0)
			return IO_FAILED;
		if (!h->out)
			return IO_DONE;
		uint32_t before = h->out->from;
		enum io_result put = wire_flush(h->wire, &h->worker->blocks, &h->out);
		if (put == IO_AGAIN)
			h->stalls = h->stalls && h->out->from == before;
		if (put != IO_DONE)
			return put;
	}
	http2_ready(h, NULL); /* there is more; others have their turn first */
	return IO_DONE;
}

/* ---------------------------------------------------------------------------------------------------------- settings */

static nghttp2_session_callbacks *callbacks_new(void)
{
	nghttp2_session_callbacks *all;
	if (nghttp2_session_callbacks_new(&all) != 0)
		return NULL;
	nghttp2_session_callbacks_set_send_callback(all, on_send);
	nghttp2_session_callbacks_set_send_data_callback(all, on_send_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(all, on_frame_sent);
	nghttp2_session_callbacks_set_on_begin_frame_callback(all, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(all, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(all, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(all, on_frame_recv);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, on_invalid_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(all, on_stream_close);
	return all;
}

static nghttp2_option *options_new(void)
{
	nghttp2_option *option;
	if (nghttp2_option_new(&option) != 0)
		return NULL;
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_outbound_ack(option, ACKS_MOST);
	nghttp2_option_set_max_continuations(option, CONTINUATIONS_MOST);
	nghttp2_option_set_stream_reset_rate_limit(option, RESETS_MOST, RESETS_PER_SECOND);
	return option;
}

static int session_make(struct http2 *h, nghttp2_session **ng, nghttp2_session_callbacks *callbacks,
                        nghttp2_option *option)
{
	return h->backend ? nghttp2_session_client_new2(ng, callbacks, h, option)
	                  : nghttp2_session_server_new2(ng, callbacks, h, option);
}

nghttp2_session *http2_session_new(struct http2 *h)
{
	static const nghttp2_settings_entry to_machines[] = {
	    {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_WINDOW},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP2_SECTION_MAX},
	};
	static const nghttp2_settings_entry settings[] = {
	    {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS},
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTP2_WINDOW},
	    {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP2_SECTION_MAX},
	    {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
	    {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
	};
	nghttp2_session *ng = NULL;
	nghttp2_session_callbacks *callbacks = callbacks_new();
	nghttp2_option *option = options_new();
	if (callbacks && option && session_make(h, &ng, callbacks, option) != 0)
		ng = NULL;
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(option);
	if (!ng)
		return NULL;
	int failed = h->backend
	                 ? nghttp2_submit_settings(ng, NGHTTP2_FLAG_NONE, to_machines,
	                                           sizeof to_machines / sizeof *to_machines)
	                 : nghttp2_submit_settings(ng, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof *settings);
	if (failed || nghttp2_session_set_local_window_size(ng, NGHTTP2_FLAG_NONE, 0, HTTP2_CONNECTION_WINDOW) != 0) {
		nghttp2_session_del(ng);
		return NULL;
	}
	return ng;
}
