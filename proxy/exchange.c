/* exchange.c - see exchange.h: events, beginning and end. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "detour.h"
#include "exchange_inside.h"
#include "http2_machine.h"
#include "patience.h"
#include "proxy.h"
#include "worker.h"

struct exchange *exchange_new(struct conn *c)
{
	struct worker *worker = c->worker;
	struct exchange *x = worker->spare;
	if (x) {
		worker->spare = x->next;
		worker->spare_count--;
	} else {
		x = mem_new(sizeof *x);
	}
	x->phase = EXCHANGE_HEAD;
	x->from_machine = x->big = NULL;
	x->steer = NULL;
	x->detour = NULL;
	x->kept_sent = 0;
	x->onward_len = x->id_len = 0;
	x->request_id[0] = '\0';
	x->fault_status = 0;
	x->former = NULL;
	x->interim = x->displaced = x->refused = 0;
	x->head_sent = x->request_done = x->retried = x->client_keeps = x->machine_keeps = false;
	x->deaf = x->tainted = x->edited = x->lost = x->trailed = false;
	x->asked = (struct http1_asked){0};
	http1_head_init(&x->head);
	c->exchange = x;
	c->tried.count = 0;
	c->probed = c->fresh = false;
	c->failed_id[0] = '\0';
	c->tries = c->waited_ms = 0;
	account_begin(c);
	return x;
}

void exchange_named(const struct conn *c, struct bytes *method, struct bytes *target, struct bytes *request_id)
{
	const struct exchange *x = c->exchange;
	if (!x || !x->onward_len)
		return;
	struct bytes onward = exchange_onward(x);
	const char *head = onward.at;
	const char *end = head + onward.len;
	const char *space = memchr(head, ' ', onward.len);
	const char *second = space ? memchr(space + 1, ' ', (size_t)(end - space - 1)) : NULL;
	if (!second)
		return;
	*method = (struct bytes){head, (size_t)(space - head)};
	*target = (struct bytes){space + 1, (size_t)(second - space - 1)};
	*request_id = (struct bytes){x->request_id, x->id_len};
}

void exchange_free(struct conn *c)
{
	struct worker *worker = c->worker;
	struct exchange *x = c->exchange;
	if (!x)
		return;
	detour_forget(c);
	detour_free(c);
	c->exchange = NULL;
	block_give(&worker->blocks, x->from_machine);
	block_give(&worker->blocks, x->big);
	free(x->steer);
	live_machine_drop(x->former);
	c->tried.steer = NULL;
	if (worker->spare_count >= EXCHANGE_SPARE) {
		text_free(&x->kept);
		free(x);
		return;
	}
	x->next = worker->spare;
	worker->spare = x;
	worker->spare_count++;
}

void exchanges_free(struct worker *worker)
{
	while (worker->spare) {
		struct exchange *next = worker->spare->next;
		text_free(&worker->spare->kept);
		free(worker->spare);
		worker->spare = next;
	}
}

/* ----------------------------------------------------------------------------------------------------------- waiting */

static int client_events(const struct conn *c)
{
	const struct exchange *x = c->exchange;
	bool full = c->in && c->in->to >= BLOCK_SIZE && c->in->from == 0;
	bool body_stuck = x && !x->request_done && (c->to_machine || x->deaf);
	return (c->client_ends || full || body_stuck ? 0 : EV_READ) | (c->to_client ? EV_WRITE : 0);
}

static void arm_client_limit(struct conn *c)
{
	struct deadlines *all = &c->worker->deadlines;
	const struct exchange *x = c->exchange;
	bool own = patience_moved(c->patience);
	if (c->to_client && c->stalls)
		return; /* runs from the last byte that was taken, whatever else happens */
	c->stalls = c->to_client;
	if (c->to_client)
		deadline_set(all, &c->deadline, DEADLINE_WRITE);
	else if (!x && !own)
		deadline_set(all, &c->deadline, DEADLINE_IDLE);
	else if (x && (x->phase == EXCHANGE_HEAD || x->phase == EXCHANGE_SEEK))
		return; /* runs from the first byte of the head (request_step), from the beginning of the wait (conn.c) */
	else if (x && !(client_events(c) & EV_READ))
		deadline_set(all, &c->deadline, DEADLINE_LOOK);
	else if (x && !x->request_done)
		deadline_set(all, &c->deadline, DEADLINE_BODY);
	else
		deadline_clear(&c->deadline);
}

void exchange_arm(struct conn *c)
{
	struct ev_loop *loop = c->worker->loop;
	struct backend *b = c->backend;
	wire_want(loop, &c->client, client_events(c));
	arm_client_limit(c);
	if (!b || !c->exchange)
		return;
	if (b->connected)
		wire_want(loop, &b->wire, (c->to_client ? 0 : EV_READ) | (c->to_machine ? EV_WRITE : 0));
	if ((c->exchange->phase == EXCHANGE_RESPONSE || c->exchange->phase == EXCHANGE_REPLAY) && b->connected) {
		/* From the last piece of the request that went out to the first byte of the final response. */
		if (c->exchange->request_done || c->to_machine || c->exchange->deaf) {
			if (!deadline_is_set(&b->deadline))
				deadline_set(&c->worker->deadlines, &b->deadline, DEADLINE_RESPONSE);
		} else {
			deadline_clear(&b->deadline);
		}
	}
}

/* ------------------------------------------------------------------------------------------------------------ events */

/* After the last byte was written: reads what the client still sends, so that its kernel does not throw our answer
 * away because of a reset (RFC 9112 9.6). */
static void linger(struct conn *c)
{
	enum io_result got = wire_drain(&c->client, c->worker->scratch, sizeof c->worker->scratch);
	if (got == IO_END || got == IO_FAILED)
		conn_free(c, false);
	else
		wire_want(c->worker->loop, &c->client, EV_READ);
}

static void read_client(struct conn *c)
{
	struct blocks *blocks = &c->worker->blocks;
	if (!c->in)
		c->in = block_take(blocks);
	if (c->in->from > 0 && c->in->to >= BLOCK_SIZE) {
		memmove(c->in->bytes, c->in->bytes + c->in->from, block_len(c->in));
		c->in->to -= c->in->from;
		c->in->from = 0;
	}
	enum io_result got = wire_read(&c->client, c->in);
	if (block_len(c->in) == 0) {
		block_give(blocks, c->in);
		c->in = NULL;
	}
	switch (got) {
	case IO_FAILED:
		conn_free(c, true);
		return;
	case IO_END:
		c->client_ends = true;
		break;
	case IO_AGAIN:
	case IO_DONE:
		break;
	}
	request_step(c);
}

/* The client takes bytes again. False: the conn may be gone. */
static bool write_client(struct conn *c)
{
	c->stalls = false;
	switch (wire_flush(&c->client, &c->worker->blocks, &c->to_client)) {
	case IO_FAILED:
	case IO_END:
		conn_free(c, true);
		return false;
	case IO_AGAIN:
		arm_client_limit(c);
		return true;
	case IO_DONE:
		break;
	}
	if (c->exchange && c->exchange->phase == EXCHANGE_DONE)
		exchange_finish(c);
	else if (c->exchange && c->backend && c->exchange->phase >= EXCHANGE_RESPONSE)
		response_step(c);
	else
		return true;
	return false;
}

void exchange_client(struct conn *c, int events)
{
	if (c->lingers) {
		linger(c);
		return;
	}
	if (events & EV_WRITE && c->to_client && !write_client(c))
		return;
	if (events & EV_READ && !c->client_ends)
		read_client(c);
	else if (events & EV_CUSTOM)
		request_step(c);
}

void exchange_begin(struct conn *c)
{
	struct exchange *x = c->exchange;
	x->phase = EXCHANGE_RESPONSE;
	x->head_sent = x->deaf = false;
	x->kept_sent = 0;
	http1_head_init(&x->head);
	if (c->backend->connected && !request_send(c))
		return;
	exchange_arm(c);
}

static void read_machine(struct conn *c)
{
	struct exchange *x = c->exchange;
	if (!x->from_machine)
		x->from_machine = block_take(&c->worker->blocks);
	struct block *block = x->from_machine;
	if (block->from > 0 && block->to >= BLOCK_SIZE) {
		memmove(block->bytes, block->bytes + block->from, block_len(block));
		block->to -= block->from;
		block->from = 0;
	}
	switch (wire_read(&c->backend->wire, block)) {
	case IO_DONE:
		response_step(c);
		break;
	case IO_AGAIN:
		if (block_len(block) == 0) {
			block_give(&c->worker->blocks, block);
			x->from_machine = NULL;
		}
		break;
	case IO_END:
		response_ended(c, false);
		break;
	case IO_FAILED:
		response_ended(c, true);
		break;
	}
}

void exchange_deafened(struct conn *c)
{
	c->exchange->deaf = true;
	block_give(&c->worker->blocks, c->to_machine);
	c->to_machine = NULL;
	exchange_arm(c);
	if (!c->to_client)
		read_machine(c);
}

/* The connect has an outcome. */
static void machine_connected(struct conn *c)
{
	int err = 0;
	socklen_t len = sizeof err;
	getsockopt(c->backend->wire.io.fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		conn_machine_failed(c, err);
		return;
	}
	conn_taken(c);
	if (request_send(c))
		exchange_arm(c);
}

void exchange_machine(struct conn *c, int events)
{
	struct exchange *x = c->exchange;
	if (!x || x->phase == EXCHANGE_HEAD || x->phase == EXCHANGE_SEEK || x->phase == EXCHANGE_DONE) {
		conn_unkeep(c); /* kept for the next request, and now it said something or ended */
		return;
	}
	if (!c->backend->connected) {
		machine_connected(c);
		return;
	}
	if (events & EV_WRITE && c->to_machine) {
		enum io_result put = wire_flush(&c->backend->wire, &c->worker->blocks, &c->to_machine);
		if (put == IO_FAILED) {
			exchange_deafened(c);
			return;
		}
		deadline_clear(&c->backend->deadline); /* progress: the time for a response starts again */
		if (put == IO_DONE && exchange_sent(x) && wire_is_stream(&c->backend->wire))
			wire_shut(&c->backend->wire);
		if (put == IO_DONE && !exchange_sent(x) && !request_send(c))
			return;
		exchange_arm(c);
	}
	if (events & EV_READ)
		read_machine(c);
}

/* --------------------------------------------------------------------------------------------------------------- end */

void exchange_release(struct conn *c)
{
	struct exchange *x = c->exchange;
	struct backend *b = c->backend;
	if (!b)
		return;
	c->backend = NULL;
	b->conn = NULL;
	bool clean = x->machine_keeps && x->request_done && !x->deaf && !c->to_machine &&
	             block_len(x->from_machine) == 0 && (!b->http2 || http2_machine_renew(b));
	if (clean && atomic_load_explicit(&b->service->pooled, memory_order_relaxed)) {
		deadline_clear(&b->deadline);
		backend_rest(b);
	} else if (clean && x->client_keeps && atomic_load(&b->service->machine->app->waiting) == 0) {
		/* Concurrency counts connections: this one stays with its client and keeps its slot for a while. */
		b->conn = c;
		b->used = true;
		c->backend = b;
		deadline_set(&c->worker->deadlines, &b->deadline, DEADLINE_POOL);
	} else {
		backend_free(b, false);
	}
	block_give(&c->worker->blocks, c->to_machine);
	c->to_machine = NULL;
}

static void close_client(struct conn *c)
{
	bool more = !wire_is_stream(&c->client) && !c->client_ends && (c->in || !c->exchange->request_done);
	exchange_free(c);
	if (!more) {
		conn_free(c, false);
		return;
	}
	c->lingers = true;
	block_give(&c->worker->blocks, c->in);
	c->in = NULL;
	if (c->backend)
		conn_unkeep(c);
	wire_shut(&c->client);
	wire_want(c->worker->loop, &c->client, EV_READ);
	deadline_set(&c->worker->deadlines, &c->deadline, DEADLINE_LINGER);
}

void exchange_finish(struct conn *c)
{
	struct exchange *x = c->exchange;
	if (x->phase != EXCHANGE_DONE) {
		log_debug("answered id=%s status=%u machine=%s waited_ms=%u", x->request_id, x->head.status,
		          c->backend ? c->backend->service->machine->id : "none", c->waited_ms);
		account_end(c, c->account.refusal ? ACCOUNT_REFUSED : ACCOUNT_DONE);
		exchange_release(c);
	}
	x->phase = EXCHANGE_DONE;
	if (c->to_client) {
		exchange_arm(c);
		return;
	}
	if (!x->client_keeps || !x->request_done || c->worker->draining) {
		close_client(c);
		return;
	}
	exchange_free(c);
	exchange_arm(c);
	if (c->in ||
	    c->client_ends) /* the next request is here already; in a turn of its own, so that nothing recurses */
		ev_feed_event(c->worker->loop, &c->client.io, EV_CUSTOM);
}

void exchange_answer(struct conn *c, size_t len, uint16_t status)
{
	struct iovec part = {c->worker->scratch, len};
	c->account.status = status;
	if (exchange_write(c, &part, 1) == IO_FAILED)
		conn_free(c, true);
	else
		exchange_finish(c);
}

void exchange_refuse(struct conn *c, enum refusal refusal, const char *sentence)
{
	struct exchange *x = c->exchange;
	if (!x || x->phase == EXCHANGE_BODY || x->phase == EXCHANGE_DONE || c->to_client) {
		conn_free(c, true); /* a response has begun: cutting it is the only honest way to say no */
		return;
	}
	x->machine_keeps = false;
	x->client_keeps = x->asked.keep_alive && x->request_done && !(c->client_ends && !c->in) && !c->worker->draining;
	struct http1_refusal answer = {
	    .status = x->fault_status ? x->fault_status : refusal_status(refusal),
	    .code = refusal_code(refusal),
	    .sentence = sentence,
	    .retry_seconds = refusal_retry_seconds(refusal),
	    .request_id = {x->request_id, x->id_len},
	    .head = x->asked.method == HTTP1_HEAD,
	    .keep_alive = x->client_keeps,
	};
	exchange_answer(c, http1_refusal_write(c->worker->scratch, sizeof c->worker->scratch, &answer), answer.status);
}

void exchange_malformed(struct conn *c, const struct http1_fault *fault)
{
	exchange_new(c)->fault_status = fault->status;
	conn_refuse(c, REFUSAL_BAD_REQUEST, fault->sentence);
}

void exchange_response_late(struct conn *c)
{
	conn_refuse(c, REFUSAL_RESPONSE_TIMEOUT, NULL);
}

void exchange_request_late(struct conn *c)
{
	conn_refuse(c, REFUSAL_REQUEST_TIMEOUT, NULL);
}
