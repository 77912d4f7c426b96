/* request.c - an HTTP request from the client's bytes to the Machine's. See exchange.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "authority.h"
#include "caller.h"
#include "detour.h"
#include "exchange_inside.h"
#include "http1_meaning.h"
#include "http1_put.h"
#include "http1_write.h"
#include "http2.h"
#include "http2_machine.h"
#include "patience.h"
#include "proxy.h"
#include "replay_cache.h"
#include "worker.h"

enum { HEAD_PARTS = 2, STATUS_MOVED = 301, DNS_NAME_TEXT = 262 /* with a port */ };

/* The fields that are the same for all requests of this connection. */
static void prepare_hop(struct conn *c)
{
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	struct http1_hop_facts facts = {
	    .client = &c->way.client,
	    .address = &c->way.address,
	    .port = c->way.port,
	    .tls = c->secure,
	    .region = address ? address->site->here : "",
	};
	c->hop = mem_new(sizeof *c->hop);
	http1_hop_init(c->hop, &facts);
}

static void consume(struct conn *c, struct block **block, uint32_t len)
{
	(*block)->from += len;
	if ((*block)->from < (*block)->to)
		return;
	block_give(&c->worker->blocks, *block);
	*block = NULL;
}

static void read_steer(struct conn *c, const char *in)
{
	struct exchange *x = c->exchange;
	struct steer steer;
	if (steer_read(&steer, &x->head, in))
		c->tried.steer = x->steer = mem_copy(&steer, sizeof steer);
}

/* The head is complete: what goes to a Machine is written down once, whichever Machine it will be. */
static void head_done(struct conn *c)
{
	struct exchange *x = c->exchange;
	struct worker *worker = c->worker;
	const char *in = c->in->bytes + c->in->from;
	const struct site_address *address = fleet_address(&worker->proxy->fleet, &c->way.address);
	const struct site_port *port = address ? site_port(address->site, c->way.port) : NULL;
	if (!c->hop)
		prepare_hop(c);
	x->edited = port && (port->options->pristine || port->options->header_count > 0);
	bool stream = wire_is_stream(&c->client);
	x->asked = http1_asked_of(&x->head);
	x->asked.keep_alive &= !stream;
	x->id_len = request_id_write(x->request_id, clock_wall_ms(), &worker->chooser.rand,
	                             address ? address->site->here : "");
	struct http1_onward onward = {c->hop, {x->request_id, x->id_len}, stream, caller_lines(c)};
	x->onward_len = http1_request_write(x->onward, sizeof x->onward, in, &x->head, &onward);
	if (x->onward_len == 0) {
		x->big = block_take(&worker->blocks);
		x->onward_len = http1_request_write(x->big->bytes, sizeof x->big->bytes, in, &x->head, &onward);
	}
	if (x->head.seen & HTTP1_SEEN_STEER)
		read_steer(c, in);
	if (address && !replay_cache_is_empty(atomic_load(&address->site->app->replays)))
		port = detour_recall(c, in);
	/* The body of a stream has no chunks, and ends with it. */
	c->http2_machine = port && port->options->h2_backend && !x->head.websocket;
	bool chunked = x->head.framing == HTTP1_CHUNKED;
	flow_init(&x->request, stream && chunked ? HTTP1_UNTIL_CLOSE : x->head.framing, x->head.length,
	          c->http2_machine && chunked ? HTTP1_UNTIL_CLOSE : x->head.framing);
	x->request_done = x->head.framing == HTTP1_EMPTY;
	x->tainted = http1_body_is_odd(&x->head);
	x->phase = EXCHANGE_SEEK;
	patience_moved(c->patience);
	counter_add(&worker->counters.requests, 1);
	c->account.in = x->head.end;
	consume(c, &c->in, x->head.end);
	deadline_clear(&c->deadline);
}

/* A connection kept from the client's last request, if it is still good. */
static bool has_kept(struct conn *c)
{
	struct backend *b = c->backend;
	if (!b)
		return false;
	if (c->tried.steer || b->epoch != atomic_load(&b->service->machine->epoch) ||
	    !live_machine_serves(b->service->machine) || backend_spoke(b) || !conn_rule(c, b->service)) {
		conn_unkeep(c);
		return false;
	}
	deadline_clear(&b->deadline);
	counter_add(&c->worker->counters.reused, 1);
	return true;
}

/* The port that is to be used instead of this one; 0: this one will do. */
static uint16_t https_instead(const struct conn *c)
{
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	const struct site_port *port = address ? site_port(address->site, c->way.port) : NULL;
	return port && port->force_https && !c->secure ? address->site->https_port : 0;
}

/* The request's own words are gone once its head is done, so they are kept aside. */
static void redirect(struct conn *c, uint16_t port)
{
	struct exchange *x = c->exchange;
	const char *in = c->in->bytes + c->in->from;
	char address[ADDR_TEXT + 2];
	char ip[ADDR_TEXT];
	struct text words = {0};
	struct bytes authority = http1_head_authority(&x->head, in), target = http1_head_target(&x->head, in);
	if (authority.len == 0) {
		snprintf(address, sizeof address, "[%s]", addr_ip_text(ip, &c->way.address));
		authority = bytes_of(address);
	}
	text_add(&words, authority.at, authority.len);
	text_add(&words, target.at, target.len);
	head_done(c);
	x->client_keeps = x->asked.keep_alive && x->request_done && !(c->client_ends && !c->in) && !c->worker->draining;
	struct http1_redirect there = {
	    .authority = {words.at, authority.len},
	    .target = {words.at + authority.len, target.len},
	    .port = port,
	    .request_id = {x->request_id, x->id_len},
	    .keep_alive = x->client_keeps,
	};
	size_t len = http1_redirect_write(c->worker->scratch, sizeof c->worker->scratch, &there);
	text_free(&words);
	exchange_answer(c, len, STATUS_MOVED);
}

/* Over TLS a name of ours that leads to another app is sent there; the conn may be gone then. */
static bool is_misdirected(struct conn *c)
{
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	struct bytes authority = http1_head_authority(&c->exchange->head, c->in->bytes + c->in->from);
	char name[DNS_NAME_TEXT];
	if (!c->secure || !address || !authority_is_elsewhere(authority, address->site->app->name))
		return false;
	snprintf(name, sizeof name, "%.*s", (int)authority.len, authority.at);
	head_done(c);
	conn_refuse(c, REFUSAL_MISDIRECTED, name);
	return true;
}

static void read_head(struct conn *c)
{
	struct exchange *x = c->exchange;
	uint16_t https;
	switch (http1_request_parse(&x->head, c->in->bytes + c->in->from, block_len(c->in))) {
	case HTTP1_BAD:
		x->fault_status = x->head.fault.status;
		conn_refuse(c, REFUSAL_BAD_REQUEST, x->head.fault.sentence);
		return;
	case HTTP1_MORE:
		if (c->client_ends)
			conn_free(c, false);
		else
			exchange_arm(c);
		return;
	case HTTP1_DONE:
		break;
	}
	if (is_misdirected(c))
		return;
	https = https_instead(c);
	if (https) {
		redirect(c, https);
		return;
	}
	head_done(c);
	wire_want(c->worker->loop, &c->client, c->client_ends ? 0 : EV_READ);
	if (has_kept(c))
		exchange_begin(c);
	else
		conn_seek(c);
}

/* Only the first bytes of a connection can say otherwise. False: they do, or may still; the conn may be gone. */
static bool is_http1(struct conn *c)
{
	enum http2_preface preface = wire_is_stream(&c->client) ? HTTP2_PREFACE_NO : http2_preface_seen(c);
	if (preface == HTTP2_PREFACE_NO)
		return true;
	if (preface == HTTP2_PREFACE_YES)
		http2_start(c);
	else if (c->client_ends)
		conn_free(c, false);
	else
		exchange_arm(c);
	return false;
}

void request_step(struct conn *c)
{
	struct exchange *x = c->exchange;
	if (!x) {
		if (!c->in) {
			if (c->client_ends)
				conn_free(c, false);
			else
				exchange_arm(c);
			return;
		}
		if (!c->hop && !is_http1(c))
			return;
		x = exchange_new(c);
		if (patience_head(c->patience))
			deadline_clear(&c->deadline);
		else
			deadline_set(&c->worker->deadlines, &c->deadline, DEADLINE_HEAD);
	}
	switch (x->phase) {
	case EXCHANGE_HEAD:
		if (c->in)
			read_head(c);
		else if (c->client_ends)
			conn_free(c, false);
		break;
	case EXCHANGE_SEEK:
		/* A slot is not taken for one who left; a stream that has said all has not. */
		if (c->client_ends && c->for_room && !wire_is_stream(&c->client))
			conn_free(c, false);
		else
			wire_want(c->worker->loop, &c->client,
			          c->client_ends || (c->in && c->in->to >= BLOCK_SIZE) ? 0 : EV_READ);
		break;
	case EXCHANGE_RESPONSE:
	case EXCHANGE_REPLAY:
	case EXCHANGE_BODY:
		if (!c->backend->connected || exchange_sent(x) || x->deaf || c->to_machine || request_send(c))
			exchange_arm(c);
		break;
	case EXCHANGE_DONE:
		exchange_arm(c);
		break;
	}
}

/* The first write on a connection that had gone stale: nothing of the request went out, so it may go elsewhere. */
static bool retry_unsent(struct conn *c, const struct flow *before, uint32_t from)
{
	struct exchange *x = c->exchange;
	if (x->head_sent || x->retried || !c->backend->used || before->body.framing == HTTP1_CHUNKED)
		return false;
	c->fresh = true;
	exchange_retried(x, c->backend);
	x->request = *before;
	x->request_done = before->body.framing == HTTP1_EMPTY;
	if (c->in)
		c->in->from = from;
	counter_add(&c->worker->counters.retries, 1);
	struct backend *b = c->backend;
	c->backend = NULL;
	backend_free(b, false);
	x->phase = EXCHANGE_SEEK;
	conn_seek(c);
	return true;
}

/* A stream ends its body beside it, with the trailers it has; as far as they fit behind what is sent already. */
static int end_body(struct conn *c, struct iovec *parts, int count)
{
	struct exchange *x = c->exchange;
	struct bytes trailers = wire_trailers(&c->client);
	struct flow_parts end;
	size_t len = trailers.len;
	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	if (!wire_is_stream(&c->client) || !c->client_ends || len > BLOCK_SIZE ||
	    !flow_ended(&x->request, trailers, &end))
		return count;
	x->request_done = true;
	wire_trail(&c->backend->wire, end.trailers);
	x->trailed |= end.trailers.len > 0;
	memcpy(parts + count, end.part, (size_t)end.count * sizeof *parts);
	return count + end.count;
}

/* What only this Machine is told, in front of the empty line. */
static size_t put_told(const struct conn *c, char *out)
{
	const struct steer *steer = c->tried.steer;
	char *at = out;
	at = detour_told(c->exchange, at);
	if (steer->prefer_id[0] && strcmp(steer->prefer_id, c->backend->service->machine->id) != 0) {
		at = PUT(at, "Fly-Preferred-Instance-Unavailable: ");
		at = PUT(put(at, steer->prefer_id, strlen(steer->prefer_id)), "\r\n");
	}
	return (size_t)(PUT(at, "\r\n") - out);
}

/* The head as it is sent to this Machine; returns the count of parts. */
static int head_parts(struct conn *c, struct iovec *parts)
{
	struct exchange *x = c->exchange;
	struct bytes head = exchange_onward(x);
	parts[0] = (struct iovec){(char *)head.at, head.len};
	if (!c->tried.steer)
		return 1;
	parts[0].iov_len -= strlen("\r\n");
	parts[1] = (struct iovec){c->worker->scratch, put_told(c, c->worker->scratch)};
	return 2;
}

/* A stream to a Machine is told when the request has ended. */
static void shut_stream(struct conn *c)
{
	if (exchange_sent(c->exchange) && !c->to_machine && wire_is_stream(&c->backend->wire))
		wire_shut(&c->backend->wire);
}

/* After a detour: the part of the body that another Machine had already. */
static bool send_kept(struct conn *c)
{
	struct exchange *x = c->exchange;
	while (x->kept_sent < x->kept.len && !c->to_machine) {
		size_t left = x->kept.len - x->kept_sent;
		struct iovec part = {x->kept.at + x->kept_sent, left < BLOCK_SIZE ? left : BLOCK_SIZE};
		if (wire_write(&c->backend->wire, &part, 1, &c->worker->blocks, &c->to_machine) == IO_FAILED) {
			exchange_deafened(c);
			return false;
		}
		x->kept_sent += part.iov_len;
	}
	shut_stream(c);
	return c->to_machine || exchange_sent(x) || request_send(c);
}

bool request_send(struct conn *c)
{
	struct exchange *x = c->exchange;
	struct flow before = x->request;
	uint32_t from = c->in ? c->in->from : 0;
	struct flow_parts body = {.count = 0};
	struct iovec parts[HEAD_PARTS + 2 * FLOW_PARTS];
	int count = 0;
	int head_count = 0;
	/* A head and what came behind it while a Machine was looked for can be more than the block takes that keeps what
	 * the socket does not: then one after the other. */
	if (c->http2_machine && !c->backend->http2)
		http2_machine_start(c->backend);
	bool split = !x->head_sent &&
	             (c->tried.steer || x->kept.len > 0 || x->onward_len + block_len(c->in) > BLOCK_SIZE);
	if (x->head_sent && x->kept_sent < x->kept.len)
		return send_kept(c);
	if (!x->head_sent)
		count = head_count = head_parts(c, parts);
	if (!x->request_done && !split) {
		enum http1_body_event event = flow_take(&x->request, c->in, &body);
		c->account.in += c->in ? c->in->from - from : 0;
		switch (event) {
		case HTTP1_BODY_BAD:
			x->fault_status = 400;
			conn_refuse(c, REFUSAL_BAD_REQUEST, x->request.body.why);
			return false;
		case HTTP1_BODY_END:
			x->request_done = true;
			break;
		default:
			break;
		}
		memcpy(parts + count, body.part, (size_t)body.count * sizeof *parts);
		count += body.count;
		wire_trail(&c->backend->wire, body.trailers);
		x->trailed |= body.trailers.len > 0;
		if (!x->request_done)
			count = end_body(c, parts, count);
	}
	if (count > 0 && wire_write(&c->backend->wire, parts, count, &c->worker->blocks, &c->to_machine) == IO_FAILED) {
		if (!retry_unsent(c, &before, from)) {
			detour_keep(c, parts + head_count, count - head_count);
			exchange_deafened(c);
		}
		return false;
	}
	if (count > head_count && x->phase == EXCHANGE_RESPONSE)
		detour_keep(c, parts + head_count, count - head_count);
	x->head_sent = true;
	shut_stream(c);
	if (split)
		return c->to_machine || exchange_sent(x) || request_send(c);
	if (c->in)
		consume(c, &c->in, 0);
	if (!x->request_done && c->client_ends && x->request.body.framing == HTTP1_UNTIL_CLOSE)
		return c->to_machine || request_send(c); /* the trailers did not fit */
	if (!x->request_done && c->client_ends) {
		conn_free(c, true); /* the body will never be complete, and must not look so */
		return false;
	}
	return true;
}
