/* request.c - an HTTP request from the client's bytes to the Machine's. See exchange.h. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "exchange_inside.h"
#include "http1_write.h"
#include "patience.h"
#include "proxy.h"
#include "worker.h"

/* The fields that are the same for all requests of this connection. */
static void prepare_hop(struct conn *c)
{
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	struct http1_hop_facts facts = {
	    .client = &c->way.client,
	    .address = &c->way.address,
	    .port = c->way.port,
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
	x->asked = http1_asked_of(&x->head);
	x->id_len = request_id_write(x->request_id, clock_wall_ms(), &worker->chooser.rand,
	                             address ? address->site->here : "");
	struct http1_onward onward = {c->hop, {x->request_id, x->id_len}};
	x->onward_len = http1_request_write(x->onward, sizeof x->onward, in, &x->head, &onward);
	if (x->onward_len == 0) {
		x->big = block_take(&worker->blocks);
		x->onward_len = http1_request_write(x->big->bytes, sizeof x->big->bytes, in, &x->head, &onward);
	}
	flow_init(&x->request, x->head.framing, x->head.length, x->head.framing);
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
	if (b->epoch != atomic_load(&b->service->machine->epoch) || !live_machine_serves(b->service->machine) ||
	    backend_spoke(b) || !conn_rule(c, b->service)) {
		conn_unkeep(c);
		return false;
	}
	deadline_clear(&b->deadline);
	counter_add(&c->worker->counters.reused, 1);
	return true;
}

static void read_head(struct conn *c)
{
	struct exchange *x = c->exchange;
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
	head_done(c);
	wire_want(c->worker->loop, &c->client, c->client_ends ? 0 : EV_READ);
	if (has_kept(c))
		exchange_begin(c);
	else
		conn_seek(c);
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
		if (c->client_ends && c->for_room) /* a slot is not taken for one who left */
			conn_free(c, false);
		else
			wire_want(c->worker->loop, &c->client,
			          c->client_ends || (c->in && c->in->to >= BLOCK_SIZE) ? 0 : EV_READ);
		break;
	case EXCHANGE_RESPONSE:
	case EXCHANGE_BODY:
		if (!c->backend->connected || x->request_done || x->deaf || c->to_machine || request_send(c))
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
	x->retried = c->fresh = true;
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

bool request_send(struct conn *c)
{
	struct exchange *x = c->exchange;
	struct flow before = x->request;
	uint32_t from = c->in ? c->in->from : 0;
	struct flow_parts body = {.count = 0};
	struct iovec parts[1 + FLOW_PARTS];
	int count = 0;
	/* A head and what came behind it while a Machine was looked for can be more than the block takes that keeps what
	 * the socket does not: then one after the other. */
	bool split = !x->head_sent && x->onward_len + block_len(c->in) > BLOCK_SIZE;
	if (!x->head_sent)
		parts[count++] = (struct iovec){x->big ? x->big->bytes : x->onward, x->onward_len};
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
	}
	if (count > 0 && wire_write(&c->backend->wire, parts, count, &c->worker->blocks, &c->to_machine) == IO_FAILED) {
		if (!retry_unsent(c, &before, from))
			exchange_deafened(c);
		return false;
	}
	x->head_sent = true;
	if (split)
		return c->to_machine || x->request_done || request_send(c);
	if (c->in)
		consume(c, &c->in, 0);
	if (!x->request_done && c->client_ends) {
		conn_free(c, true); /* the body will never be complete, and must not look so */
		return false;
	}
	return true;
}
