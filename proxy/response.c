/* response.c - a response from the Machine's bytes to the client's. See exchange.h. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "detour.h"
#include "exchange_inside.h"
#include "http1_meaning.h"
#include "http1_write.h"
#include "http2_machine.h"
#include "proxy.h"
#include "relay.h"
#include "worker.h"

enum { HEAD_GROWS = BLOCK_EXTRA / 2 }; /* a head that gained no more than this is written together with its body */

static void name_machine(struct conn *c)
{
	if (!c->backend)
		return;
	memcpy(c->failed_id, c->backend->service->machine->id, sizeof c->failed_id);
	c->failed_port = c->backend->service->internal_port;
}

static void refuse(struct conn *c, enum refusal refusal, const char *detail)
{
	name_machine(c);
	conn_refuse(c, refusal, detail);
}

/* As the port's options are now. */
static void edit(struct conn *c, struct http1_reply *reply, const char *in)
{
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	const struct site_port *port = address ? site_port(address->site, c->way.port) : NULL;
	if (port)
		http1_reply_edit(reply, &c->exchange->head, in, port->options);
}

static size_t write_head(struct conn *c, const char *in, bool close)
{
	struct exchange *x = c->exchange;
	struct http1_reply reply = {.asked = x->asked, .request_id = {x->request_id, x->id_len}, .close = close};
	if (x->edited && x->head.status >= 200)
		edit(c, &reply, in);
	if (x->head.status >= 200)
		c->account.status = x->head.status;
	char fields[ACCOUNT_FIELDS];
	if (x->head.status >= 200 && reply.without != (HTTP1_OURS_SERVER | HTTP1_OURS_REQUEST_ID | HTTP1_OURS_VIA))
		reply.extra = (struct bytes){fields, account_fields(fields, c)};
	x->client_keeps = http1_reply_keeps(&x->head, &reply);
	return http1_response_write(c->worker->scratch, sizeof c->worker->scratch, in, &x->head, &reply);
}

static void used_up(struct conn *c)
{
	struct exchange *x = c->exchange;
	if (block_len(x->from_machine) > 0)
		return;
	block_give(&c->worker->blocks, x->from_machine);
	x->from_machine = NULL;
}

/* 100 and 103: passed on, but not to a client that does not know them (RFC 9110 15.2). False: the conn may be gone. */
static bool pass_interim(struct conn *c, struct block *block)
{
	struct exchange *x = c->exchange;
	if (++x->interim > HTTP1_INTERIM_MAX) {
		refuse(c, REFUSAL_BAD_RESPONSE, "too many interim responses");
		return false;
	}
	x->tainted |= !x->head.keep_alive;
	if (x->asked.minor >= 1) {
		struct iovec part = {c->worker->scratch, write_head(c, block->bytes + block->from, false)};
		if (exchange_write(c, &part, 1) == IO_FAILED) {
			conn_free(c, true);
			return false;
		}
	}
	block->from += x->head.end;
	http1_head_init(&x->head);
	return true;
}

/* The Machine switched protocols: from here on nobody reads what goes by. */
static void open_tunnel(struct conn *c, struct block *block)
{
	struct exchange *x = c->exchange;
	struct iovec parts[2] = {{c->worker->scratch, write_head(c, block->bytes + block->from, false)}};
	block->from += x->head.end;
	parts[1] = (struct iovec){block->bytes + block->from, block->to - block->from};
	if (exchange_write(c, parts, 2) == IO_FAILED) {
		conn_free(c, true);
		return;
	}
	c->account.status = x->head.status;
	account_first(c);
	account_end(c, ACCOUNT_DONE);
	exchange_free(c);
	c->tunnel = true;
	account_begin(c);
	c->to_machine = c->in;
	c->in = NULL;
	deadline_clear(&c->deadline);
	deadline_clear(&c->backend->deadline);
	counter_add(&c->worker->counters.tunnels, 1);
	relay_begin(c);
}

/* How the body goes on to the client. */
static enum http1_framing framing_from(const struct conn *c)
{
	const struct exchange *x = c->exchange;
	/* A stream has no chunks; its body ends with it. */
	if (wire_is_stream(&c->backend->wire) && x->head.framing == HTTP1_CHUNKED)
		return HTTP1_UNTIL_CLOSE;
	return x->head.framing;
}

static enum http1_framing framing_to(const struct conn *c)
{
	const struct exchange *x = c->exchange;
	if (wire_is_stream(&c->client) && x->head.framing != HTTP1_EMPTY)
		return HTTP1_UNTIL_CLOSE;
	return http1_reply_framing(&x->head, &x->asked);
}

enum step { STEP_ON, STEP_WAIT, STEP_GONE };

static enum step read_head(struct conn *c, struct block *block)
{
	struct exchange *x = c->exchange;
	switch (http1_response_parse(&x->head, block->bytes + block->from, block->to - block->from, &x->asked)) {
	case HTTP1_MORE:
		return STEP_WAIT;
	case HTTP1_BAD:
		refuse(c, REFUSAL_BAD_RESPONSE, x->head.fault.sentence);
		return STEP_GONE;
	case HTTP1_DONE:
		break;
	}
	rotation_good(c->backend, true);
	if (wire_is_bodiless(&c->backend->wire) && x->head.status >= 200)
		x->head.framing = HTTP1_EMPTY;
	/* Over HTTP/2 any 2xx would say that the WebSocket is open (RFC 8441 5). */
	if (x->asked.websocket && wire_is_stream(&c->client) && x->head.status / 100 == 2) {
		refuse(c, REFUSAL_BAD_RESPONSE, "it answered the request for a WebSocket as if it were a plain one");
		return STEP_GONE;
	}
	if (x->head.framing == HTTP1_TUNNEL) {
		if (c->to_machine) {
			refuse(c, REFUSAL_BAD_RESPONSE, "it switched protocols before it had the whole request");
			return STEP_GONE;
		}
		open_tunnel(c, block);
		return STEP_GONE;
	}
	if (x->head.status < 200)
		return pass_interim(c, block) ? STEP_ON : STEP_GONE;
	return STEP_ON;
}

/* Passes on what there is: the head when it is new, and as much of the body as came with it, in one write. */
static enum step pass_on(struct conn *c, bool with_head)
{
	struct exchange *x = c->exchange;
	struct flow_parts body;
	struct iovec parts[1 + FLOW_PARTS];
	int count = 0;
	if (with_head) {
		const char *in = x->from_machine->bytes + x->from_machine->from;
		account_first(c);
		bool close = !x->request_done || (c->client_ends && !c->in) || c->worker->draining;
		parts[count++] = (struct iovec){c->worker->scratch, write_head(c, in, close)};
		flow_init(&x->response, framing_from(c), x->head.length, framing_to(c));
		x->machine_keeps = (x->head.keep_alive && !x->tainted) || wire_is_stream(&c->backend->wire);
		x->phase = EXCHANGE_BODY;
		detour_forget(c);
		x->from_machine->from += x->head.end;
		deadline_clear(&c->backend->deadline);
		counter_add(&c->worker->counters.responses, 1);
		if (parts[0].iov_len > x->head.end + HEAD_GROWS && block_len(x->from_machine) > 0) {
			/* Both may be more than the block takes that keeps what the socket does not: one after the other. */
			if (exchange_write(c, parts, 1) != IO_FAILED)
				return STEP_ON;
			conn_free(c, true);
			return STEP_GONE;
		}
	}
	enum http1_body_event event = flow_take(&x->response, x->from_machine, &body);
	wire_trail(&c->client, body.trailers);
	memcpy(parts + count, body.part, (size_t)body.count * sizeof *parts);
	count += body.count;
	if (count > 0 && exchange_write(c, parts, count) == IO_FAILED) {
		conn_free(c, true);
		return STEP_GONE;
	}
	if (event == HTTP1_BODY_END) {
		exchange_finish(c);
		return STEP_GONE;
	}
	if (event == HTTP1_BODY_BAD) {
		refuse(c, REFUSAL_BODY_CUT, x->response.body.why);
		return STEP_GONE;
	}
	return STEP_WAIT;
}

void response_step(struct conn *c)
{
	struct exchange *x = c->exchange;
	enum step step = STEP_ON;
	while (step == STEP_ON && !c->to_client && x->from_machine) {
		if (x->phase == EXCHANGE_REPLAY) {
			detour_more(c);
			return;
		}
		if (x->phase == EXCHANGE_BODY) {
			step = pass_on(c, false);
			continue;
		}
		step = read_head(c, x->from_machine);
		if (step == STEP_ON && x->head.status >= 200 && x->head.seen & HTTP1_SEEN_REPLAY) {
			detour_answer(c);
			return;
		}
		if (step == STEP_ON && x->head.status >= 200)
			step = pass_on(c, true);
		else if (step == STEP_ON)
			used_up(c);
	}
	if (step == STEP_GONE)
		return;
	used_up(c);
	exchange_arm(c);
}

static bool is_displaced(const struct backend *b)
{
	return live_machine_ordered_since(b->service->machine, b->epoch);
}

/* The end of its former connection was by order after all: the word came later. */
static void excuse(struct exchange *x)
{
	if (!x->former || x->displaced >= DISPLACED_MAX || !live_machine_ordered_since(x->former, x->former_epoch))
		return;
	live_machine_drop(x->former);
	x->former = NULL;
	x->retried = false;
	x->displaced++;
}

/* When it cannot have been carried out, or does no harm if it was (exchange.h). */
static bool may_retry(const struct conn *c)
{
	const struct exchange *x = c->exchange;
	if (x->interim > 0 || block_len(x->from_machine) > 0)
		return false;
	if (wire_refused(&c->backend->wire))
		return x->refused < REFUSED_MAX && !x->lost && !x->trailed;
	bool left = is_displaced(c->backend) ? x->displaced < DISPLACED_MAX : !x->retried;
	return left && x->request.body.framing == HTTP1_EMPTY && http1_idempotent(x->asked.method);
}

static void note_retry(struct exchange *x, const struct backend *b)
{
	if (wire_refused(&b->wire)) {
		x->refused++;
	} else if (is_displaced(b)) {
		x->displaced++;
	} else {
		exchange_retried(x, b);
	}
}

static void retry(struct conn *c)
{
	struct exchange *x = c->exchange;
	struct backend *b = c->backend;
	note_retry(x, b);
	c->fresh = true;
	x->phase = EXCHANGE_SEEK;
	c->backend = NULL;
	block_give(&c->worker->blocks, c->to_machine);
	c->to_machine = NULL;
	backend_free(b, false);
	counter_add(&c->worker->counters.retries, 1);
	log_debug("request sent again id=%s: the connection had ended", x->request_id);
	conn_seek(c);
}

void response_ended(struct conn *c, bool broke)
{
	struct exchange *x = c->exchange;
	const char *why = broke ? strerror(errno) : "it closed";
	if (x->phase == EXCHANGE_RESPONSE) {
		bool refused = wire_refused(&c->backend->wire);
		excuse(x);
		if (!refused && !is_displaced(c->backend))
			rotation_broke(c->backend);
		if (c->backend->http2 && !http2_machine_greeted(c->backend))
			refuse(c, REFUSAL_NOT_HTTP2, why);
		else if (may_retry(c))
			retry(c);
		else
			refuse(c, REFUSAL_NO_RESPONSE, refused ? "it refused the stream" : why);
		return;
	}
	if (x->phase == EXCHANGE_REPLAY) {
		detour_ended(c, broke);
		return;
	}
	struct flow_parts end;
	x->machine_keeps = !broke && wire_is_stream(&c->backend->wire);
	if (broke || !flow_ended(&x->response, wire_trailers(&c->backend->wire), &end)) {
		refuse(c, REFUSAL_BODY_CUT, why);
		return;
	}
	wire_trail(&c->client, end.trailers);
	if (end.count > 0 && exchange_write(c, end.part, end.count) == IO_FAILED) {
		conn_free(c, true);
		return;
	}
	exchange_finish(c);
}
