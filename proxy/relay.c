/* relay.c - see relay.h. */
#include "relay.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/proxyline.h"
#include "caller.h"
#include "conn.h"
#include "patience.h"
#include "pgsession.h"
#include "pour.h"
#include "proxy.h"
#include "worker.h"

enum { FULL_READS = 4 }; /* reads of one event while the sender fills the block each time */

struct direction {
	struct wire *from;
	struct wire *to;
	struct block **pending;
	struct pour **pour; /* what is pending in a pipe; a block goes before it */
	uint8_t *full_reads;
	bool *from_ends;
	bool *to_shut;
	uint64_t *octets;
	struct pgsession *session; /* that the sender's bytes may begin; or NULL */
};

static struct direction to_machine(struct conn *c)
{
	return (struct direction){
	    .from = &c->client,
	    .to = &c->backend->wire,
	    .pending = &c->to_machine,
	    .pour = &c->pours[0],
	    .full_reads = &c->full_reads[0],
	    .from_ends = &c->client_ends,
	    .to_shut = &c->machine_shut,
	    .octets = &c->account.in,
	};
}

static struct direction to_client(struct conn *c)
{
	return (struct direction){
	    .from = &c->backend->wire,
	    .to = &c->client,
	    .pending = &c->to_client,
	    .pour = &c->pours[1],
	    .full_reads = &c->full_reads[1],
	    .from_ends = &c->machine_ends,
	    .to_shut = &c->client_shut,
	    .octets = &c->account.out,
	    .session = c->session,
	};
}

/* Is the flow of the kind that lasts? */
static void note_read(const struct direction *d, size_t len)
{
	if (len >= BLOCK_SIZE && *d->full_reads < POUR_AFTER)
		++*d->full_reads;
	else if (len < POUR_LEAST || *d->full_reads < POUR_AFTER)
		*d->full_reads = 0;
}

/* As much as a pipe takes, from one socket to the other. The pipe is kept while something is in it. */
static enum io_result pour(struct worker *worker, const struct direction *d)
{
	struct pour *pipe = *d->pour;
	bool new = pipe->held == 0;
	enum io_result result = new ? pour_fill(pipe, d->from->io.fd) : IO_DONE;
	size_t len = new ? pipe->held : 0;
	if (new)
		note_read(d, len);
	*d->octets += len;
	*d->from_ends |= result == IO_END;
	if (result == IO_DONE)
		result = pour_empty(pipe, d->to->io.fd);
	if (result == IO_FAILED || pipe->held)
		return result;
	*d->pour = NULL;
	pour_give(&worker->pours, pipe);
	return result == IO_DONE && (!new || len >= BLOCK_SIZE) ? IO_DONE : IO_AGAIN;
}

/* One block from one socket to the other. */
static enum io_result copy(struct worker *worker, const struct direction *d)
{
	struct block *block = block_take(&worker->blocks);
	enum io_result got = wire_read(d->from, block);
	if (got != IO_DONE) {
		block_give(&worker->blocks, block);
		*d->from_ends |= got == IO_END;
		return got == IO_FAILED ? IO_FAILED : IO_AGAIN;
	}
	bool full = block->to == BLOCK_SIZE;
	note_read(d, block->to);
	*d->octets += block->to;
	if (d->session)
		pgsession_heard(d->session, block->bytes, block->to);
	*d->pending = block;
	enum io_result put = wire_flush(d->to, &worker->blocks, d->pending);
	return put == IO_DONE && !full ? IO_AGAIN : put;
}

/* What is pending, else what there is to read. IO_AGAIN: nothing more for now. */
static enum io_result move(struct worker *worker, const struct direction *d)
{
	enum io_result put = wire_flush(d->to, &worker->blocks, d->pending);
	if (put != IO_DONE)
		return put;
	if (*d->pour)
		return pour(worker, d);
	if (*d->from_ends)
		return IO_AGAIN;
	if (*d->full_reads >= POUR_AFTER && wires_plain(d->from, d->to))
		*d->pour = pour_take(&worker->pours);
	return *d->pour ? pour(worker, d) : copy(worker, d);
}

static bool is_pending(const struct direction *d)
{
	return *d->pending || *d->pour;
}

/* False: one side is broken. */
static bool pump(struct conn *c, const struct direction *d)
{
	enum io_result result = IO_DONE;
	for (int i = 0; i < FULL_READS && result == IO_DONE; i++)
		result = move(c->worker, d);
	if (result == IO_FAILED)
		return false;
	if (*d->from_ends && !is_pending(d) && !*d->to_shut) {
		*d->to_shut = true;
		return wire_shut(d->to) == 0 || errno == ENOTCONN;
	}
	return true;
}

static void arm(struct conn *c, bool out_waits, bool back_waits)
{
	struct ev_loop *loop = c->worker->loop;
	wire_want(loop, &c->client, (c->client_ends || out_waits ? 0 : EV_READ) | (back_waits ? EV_WRITE : 0));
	wire_want(loop, &c->backend->wire, (c->machine_ends || back_waits ? 0 : EV_READ) | (out_waits ? EV_WRITE : 0));
	if (!c->client_ends && !c->machine_ends && !out_waits && !back_waits)
		deadline_clear(&c->deadline);
	else if (!deadline_is_set(&c->deadline))
		deadline_set(&c->worker->deadlines, &c->deadline, DEADLINE_LOOK);
}

/* Pumps the directions in which something can be done: a side that can be read feeds the other, one that can be
 * written takes from it. */
static void step(struct conn *c, bool out, bool back)
{
	struct direction from_client = to_machine(c);
	struct direction from_machine = to_client(c);
	bool client_fails = out && !pump(c, &from_client);
	if (client_fails || (back && !pump(c, &from_machine))) {
		/* Not a word of the Machine, so it was not the client who did not take it. */
		if (!client_fails && !c->account.out && errno == ECONNRESET && !c->tunnel)
			rotation_broke(c->backend);
		conn_free(c, true);
		return;
	}
	if (c->account.out && !c->account.first_us) {
		account_first(c);
		rotation_good(c->backend, true);
	}
	if (c->client_shut && c->machine_shut) {
		conn_free(c, false);
		return;
	}
	patience_moved(c->patience);
	arm(c, is_pending(&from_client), is_pending(&from_machine));
}

/* Says who the client is before its first bytes, in one write with them. Once per connection to a Machine: one that
 * refused has got nothing. */
static void announce(struct conn *c)
{
	const struct conn_way *way = &c->way;
	const struct proxyline line = {
	    .client = way->client, .address = way->address, .client_port = way->client_port, .port = way->port};
	char header[PROXYLINE_V1_MOST + 1 + CALLER_TLVS], tlvs[CALLER_TLVS];
	if (!c->proxy_version)
		return;
	struct bytes caller = {tlvs, c->proxy_version == 2 ? caller_tlvs(tlvs, c) : 0};
	size_t len = proxyline_write(header, sizeof header, c->proxy_version, &line, caller);
	if (!c->to_machine)
		c->to_machine = block_take(&c->worker->blocks);
	struct block *block = c->to_machine;
	memmove(block->bytes + len, block->bytes, block->to); /* nothing of it was sent, and BLOCK_EXTRA is more */
	memcpy(block->bytes, header, len);
	block->to += (uint32_t)len;
}

/* The Machine took the connection. */
static void meet(struct conn *c)
{
	if (c->greeting.postgres)
		c->session = pgsession_new(&c->worker->proxy->sessions, c->backend->service);
	announce(c);
}

void relay_begin(struct conn *c)
{
	if (!c->backend->connected)
		return;
	meet(c);
	step(c, c->to_machine || c->client_ends, c->to_client);
}

/* No Machine yet: one block is kept for it. */
static void hold(struct conn *c)
{
	enum io_result got;
	if (!c->to_machine)
		c->to_machine = block_take(&c->worker->blocks);
	uint32_t before = c->to_machine->to;
	got = wire_read(&c->client, c->to_machine);
	c->account.in += c->to_machine->to - before;
	c->client_ends |= got == IO_END;
	if (c->to_machine->to == 0) {
		block_give(&c->worker->blocks, c->to_machine);
		c->to_machine = NULL;
		if (c->client_ends && !c->backend)
			got = IO_FAILED; /* came and went without a word: nobody to wake a Machine for */
	}
	if (got == IO_FAILED) {
		conn_free(c, true);
		return;
	}
	bool full = c->to_machine && c->to_machine->to >= BLOCK_SIZE;
	wire_want(c->worker->loop, &c->client, c->client_ends || full ? 0 : EV_READ);
}

void relay_client(struct conn *c, int events)
{
	if (c->backend && c->backend->connected)
		step(c, events & EV_READ, events & EV_WRITE);
	else
		hold(c);
}

void relay_machine(struct conn *c, int events)
{
	if (c->backend->connected) {
		step(c, events & EV_WRITE, events & EV_READ);
		return;
	}
	int err = 0;
	socklen_t len = sizeof err;
	getsockopt(c->backend->wire.io.fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		conn_machine_failed(c, err);
		return;
	}
	conn_taken(c);
	meet(c);
	step(c, c->to_machine || c->client_ends, events & EV_READ);
}
