/* postgres.c - see postgres.h. */
#include "postgres.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "conn.h"
#include "hello.h"
#include "pgsession.h"
#include "proxy.h"
#include "worker.h"

/* ------------------------------------------------------------------------------------------------------- before TLS */

static bool say(const struct conn *c, const void *bytes, size_t len)
{
	/* The first bytes on a connection: its buffer has room for them. */
	return send(c->client.io.fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void refuse_plain(struct conn *c)
{
	unsigned char out[HELLO_REFUSAL_MAX];
	char sentence[CONN_SENTENCE];
	size_t len = hello_refusal_write(out, "this port takes TLS only: connect with sslmode=require");
	conn_report(c, REFUSAL_TLS_FAILED, "it did not ask for TLS (sslmode=disable?)", sentence);
	(void)io_drain(c->client.io.fd, c->worker->scratch, sizeof c->worker->scratch); /* unread, it would reset us */
	(void)say(c, out, len);
	conn_free(c, false);
}

/* 'S', and not a byte that came before it is trusted: what was sent too early was not encrypted (CVE-2021-23214). */
static void accept_tls(struct conn *c)
{
	char byte;
	if (recv(c->client.io.fd, &byte, sizeof byte, MSG_PEEK) > 0) {
		greet_fail(c, REFUSAL_TLS_FAILED, "it sent more before its SSLRequest was answered");
		return;
	}
	if (!say(c, "S", 1)) {
		greet_fail(c, REFUSAL_TLS_IO, strerrordesc_np(errno));
		return;
	}
	c->greeting.stage = GREET_HANDSHAKE;
	greet_handshake(c);
}

/* The rest of it is read as what comes inside TLS would be. Clients before PostgreSQL 17 send it in the clear. */
static void take_cancel(struct conn *c)
{
	c->to_machine = block_take(&c->worker->blocks);
	memcpy(c->to_machine->bytes, c->greeting.bytes, HELLO_REQUEST);
	c->to_machine->to = HELLO_REQUEST;
	c->greeting.stage = GREET_STARTUP;
	postgres_client(c);
}

/* Takes as much as belongs to the request and no more: what comes next may be TLS. False: nothing new, or the end. */
static bool take(struct conn *c)
{
	struct greeting *g = &c->greeting;
	ssize_t n = recv(c->client.io.fd, g->bytes + g->taken, HELLO_REQUEST - (size_t)g->taken,
	                 g->taken ? 0 : MSG_PEEK);
	if (n > 0 && g->taken == 0 && hello_read(g->bytes, (size_t)n) != HELLO_TLS)
		n = recv(c->client.io.fd, g->bytes, HELLO_REQUEST, 0);
	if (n <= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		greet_fail(c, REFUSAL_TLS_CANCELED, n ? strerrordesc_np(errno) : "it closed");
	if (n <= 0)
		return false;
	g->taken = (uint8_t)(g->taken + n);
	return true;
}

void postgres_ask(struct conn *c)
{
	struct greeting *g = &c->greeting;
	if (!take(c))
		return;
	switch (hello_read(g->bytes, g->taken)) {
	case HELLO_MORE:
		return;
	case HELLO_TLS:
		g->direct = true;
		g->stage = GREET_HANDSHAKE;
		greet_handshake(c);
		return;
	case HELLO_SSL:
		accept_tls(c);
		return;
	case HELLO_GSS:
		if (g->asked_gss || !say(c, "N", 1)) {
			greet_fail(c, REFUSAL_TLS_FAILED, "it asked for GSSAPI encryption again");
			return;
		}
		g->taken = 0;
		g->asked_gss = true;
		return;
	case HELLO_CANCEL:
		take_cancel(c);
		return;
	case HELLO_PLAIN:
		refuse_plain(c);
		return;
	case HELLO_BAD:
		greet_fail(c, REFUSAL_TLS_FAILED, "it does not speak as PostgreSQL clients do");
		return;
	}
}

/* ----------------------------------------------------------------------------------------------------- the first packet */

static void over(struct conn *c)
{
	deadline_clear(&c->deadline);
	c->greeting.stage = GREET_OVER;
}

static void cancel(struct conn *c, size_t size)
{
	struct proxy *proxy = c->worker->proxy;
	const struct site *site = fleet_sought(&proxy->fleet, &c->way.address, NULL);
	struct bytes key = {c->to_machine->bytes + HELLO_REQUEST, size - HELLO_REQUEST};
	struct live_service *service = site ? pgsessions_find(&proxy->sessions, site->app, key) : NULL;
	over(c);
	c->greeting.postgres = false; /* it is no session */
	c->to_machine->to = (uint32_t)size;
	c->client_ends = true; /* nothing else goes past TLS, or comes after it */
	wire_want(c->worker->loop, &c->client, 0);
	if (service)
		conn_begin_at(c, service);
	else
		conn_begin(c);
}

/* Appends what there is to the packet. False: there is nothing of it yet, or it has ended. */
static bool read_packet(struct conn *c)
{
	if (!c->to_machine)
		c->to_machine = block_take(&c->worker->blocks);
	uint32_t before = c->to_machine->to;
	enum io_result got = wire_read(&c->client, c->to_machine);
	c->account.in += c->to_machine->to - before;
	if (got == IO_END || got == IO_FAILED) { /* it has not begun anything */
		conn_free(c, got == IO_FAILED);
		return false;
	}
	if (c->to_machine->to == 0) {
		block_give(&c->worker->blocks, c->to_machine);
		c->to_machine = NULL;
	}
	wire_want(c->worker->loop, &c->client, EV_READ);
	return c->to_machine;
}

void postgres_client(struct conn *c)
{
	if (!read_packet(c))
		return;
	const unsigned char *packet = (const unsigned char *)c->to_machine->bytes;
	switch (hello_read(packet, c->to_machine->to)) {
	case HELLO_MORE:
		return;
	case HELLO_CANCEL:
		if (c->to_machine->to >= hello_size(packet))
			cancel(c, hello_size(packet));
		return;
	case HELLO_TLS:
	case HELLO_SSL:
	case HELLO_GSS:
	case HELLO_PLAIN:
	case HELLO_BAD: /* the server's to judge */
		over(c);
		conn_begin(c);
		return;
	}
}

void postgres_begin(struct conn *c)
{
	c->greeting.stage = GREET_STARTUP;
	deadline_set(&c->worker->deadlines, &c->deadline, DEADLINE_HANDSHAKE);
	postgres_client(c); /* it is often here already */
}
