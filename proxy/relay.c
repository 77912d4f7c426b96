/* relay.c - see relay.h. */
#include "relay.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "conn.h"
#include "patience.h"
#include "proxyline.h"
#include "worker.h"

enum { FULL_READS = 4 }; /* reads of one event while the sender fills the block each time */

struct direction {
	struct wire *from;
	struct wire *to;
	struct block **pending;
	bool *from_ends;
	bool *to_shut;
	uint64_t *octets;
};

static struct direction to_machine(struct conn *c)
{
	return (struct direction){&c->client,      &c->backend->wire, &c->to_machine,
	                          &c->client_ends, &c->machine_shut,  &c->account.in};
}

static struct direction to_client(struct conn *c)
{
	return (struct direction){&c->backend->wire, &c->client,      &c->to_client,
	                          &c->machine_ends,  &c->client_shut, &c->account.out};
}

/* One block from one socket to the other. IO_AGAIN: nothing more for now. */
static enum io_result move(struct blocks *blocks, const struct direction *d)
{
	enum io_result put = wire_flush(d->to, blocks, d->pending);
	if (put != IO_DONE)
		return put;
	if (*d->from_ends)
		return IO_AGAIN;
	struct block *block = block_take(blocks);
	enum io_result got = wire_read(d->from, block);
	if (got != IO_DONE) {
		block_give(blocks, block);
		*d->from_ends |= got == IO_END;
		return got == IO_FAILED ? IO_FAILED : IO_AGAIN;
	}
	bool full = block->to == BLOCK_SIZE;
	*d->octets += block->to;
	*d->pending = block;
	put = wire_flush(d->to, blocks, d->pending);
	return put == IO_DONE && !full ? IO_AGAIN : put;
}

/* False: one side is broken. */
static bool pump(struct conn *c, const struct direction *d)
{
	enum io_result result = IO_DONE;
	for (int i = 0; i < FULL_READS && result == IO_DONE; i++)
		result = move(&c->worker->blocks, d);
	if (result == IO_FAILED)
		return false;
	if (*d->from_ends && !*d->pending && !*d->to_shut) {
		*d->to_shut = true;
		return wire_shut(d->to) == 0 || errno == ENOTCONN;
	}
	return true;
}

static void arm(struct conn *c)
{
	struct ev_loop *loop = c->worker->loop;
	wire_want(loop, &c->client, (c->client_ends || c->to_machine ? 0 : EV_READ) | (c->to_client ? EV_WRITE : 0));
	wire_want(loop, &c->backend->wire,
	          (c->machine_ends || c->to_client ? 0 : EV_READ) | (c->to_machine ? EV_WRITE : 0));
	if (!c->client_ends && !c->machine_ends && !c->to_client && !c->to_machine)
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
	if ((out && !pump(c, &from_client)) || (back && !pump(c, &from_machine))) {
		conn_free(c, true);
		return;
	}
	if (c->account.out)
		account_first(c);
	if (c->client_shut && c->machine_shut) {
		conn_free(c, false);
		return;
	}
	patience_moved(c->patience);
	arm(c);
}

/* Says who the client is before its first bytes, in one write with them. Once per connection to a Machine: one that
 * refused has got nothing. */
static void announce(struct conn *c)
{
	const struct conn_way *way = &c->way;
	const struct proxyline line = {
	    .client = way->client, .address = way->address, .client_port = way->client_port, .port = way->port};
	char header[PROXYLINE_V1_MOST + 1];
	if (!c->proxy_version)
		return;
	size_t len = proxyline_write(header, sizeof header, c->proxy_version, &line, (struct bytes){0});
	if (!c->to_machine)
		c->to_machine = block_take(&c->worker->blocks);
	struct block *block = c->to_machine;
	memmove(block->bytes + len, block->bytes, block->to); /* nothing of it was sent, and BLOCK_EXTRA is more */
	memcpy(block->bytes, header, len);
	block->to += (uint32_t)len;
}

void relay_begin(struct conn *c)
{
	if (!c->backend->connected)
		return;
	announce(c);
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
	c->backend->connected = true;
	deadline_clear(&c->backend->deadline);
	account_took(c, &c->account.connect_us);
	announce(c);
	step(c, c->to_machine || c->client_ends, events & EV_READ);
}
