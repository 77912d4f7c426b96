/* front.c - see front.h. */
#include "front.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/proxyline.h"
#include "conn.h"
#include "worker.h"

/* ------------------------------------------------------------------------------------------------------- who they are */

/* prefix_parse() wants a length; an address alone is itself. */
static bool read_prefix(struct prefix *out, const char *text)
{
	if (strchr(text, '/'))
		return prefix_parse(out, text);
	out->len = 128;
	return addr_ip_parse(&out->ip, text);
}

const char *fronts_read(struct fronts *out, const char *list)
{
	char text[ADDR_TEXT];
	out->count = 0;
	for (const char *at = list; at; at = *at ? at + 1 : NULL) {
		size_t len = strcspn(at, ",");
		if (len == 0 || len >= sizeof text)
			return "not prefixes with commas between them; for example 10.0.0.0/8,fdaa:0:1::/48";
		memcpy(text, at, len);
		text[len] = '\0';
		if (out->count == FRONTS_MOST)
			return "more than 32 prefixes";
		if (!read_prefix(&out->prefixes[out->count], text))
			return "not a prefix, or bits set beyond its length; for example 10.0.0.0/8 or fdaa:0:1::/48";
		out->count++;
		at += len;
	}
	return NULL;
}

/* --------------------------------------------------------------------------------------------------------- the header */

static void fail(struct conn *c, enum refusal refusal, const char *why)
{
	account_begin(c); /* a line in the access log, as for everybody who is turned away */
	conn_refuse(c, refusal, why);
}

/* The block, when there is nothing in it. */
static void let_go(struct conn *c)
{
	if (c->in->to > 0)
		return;
	block_give(&c->worker->blocks, c->in);
	c->in = NULL;
}

static void done(struct conn *c, const struct proxyline *line)
{
	c->in->to = 0;
	let_go(c);
	deadline_clear(&c->deadline);
	c->greeting.stage = GREET_OVER;
	if (!line->local) {
		c->fronted = true;
		c->way.client = line->client;
		c->way.client_port = line->client_port;
	}
	conn_introduced(c);
}

/* What is not a header's any more is left in the socket: TLS may begin there. False: a reset took away what was seen, and
 * the conn is gone. */
static bool take(struct conn *c, size_t len)
{
	if (recv(c->client.io.fd, c->in->bytes + c->in->to, len, 0) != (ssize_t)len) {
		conn_free(c, true);
		return false;
	}
	c->in->to += (uint32_t)len;
	return true;
}

void front_client(struct conn *c)
{
	struct proxyline line;
	const char *why;
	size_t end = 0;
	if (!c->in)
		c->in = block_take(&c->worker->blocks);
	size_t held = c->in->to;
	/* A whole header fits: proxyline_read() wants no more of one that is longer. */
	ssize_t n = recv(c->client.io.fd, c->in->bytes + held, PROXYLINE_MOST - held, MSG_PEEK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		let_go(c);
		return;
	}
	if (n <= 0) {
		if (held == 0) /* came and went: somebody looked whether we are there */
			conn_free(c, false);
		else
			fail(c, REFUSAL_FRONT_BAD, n ? strerrordesc_np(errno) : "it closed in the middle of it");
		return;
	}
	switch (proxyline_read(&line, (struct bytes){c->in->bytes, held + (size_t)n}, &end, &why)) {
	case PROXYLINE_PARTIAL:
		(void)take(c, (size_t)n);
		return;
	case PROXYLINE_DONE:
		if (line.datagram && !line.local)
			fail(c, REFUSAL_FRONT_BAD, "not TCP over IPv4 or IPv6");
		else if (take(c, end - held))
			done(c, &line);
		return;
	case PROXYLINE_BAD:
		fail(c, REFUSAL_FRONT_BAD, why);
		return;
	}
}

void front_begin(struct conn *c)
{
	struct worker *worker = c->worker;
	c->greeting.stage = GREET_FRONT;
	deadline_set(&worker->deadlines, &c->deadline, DEADLINE_FRONT);
	wire_want(worker->loop, &c->client, EV_READ);
	front_client(c); /* the header is often here already */
}

void front_late(struct conn *c)
{
	c->waited_ms = FRONT_SECONDS * 1000;
	fail(c, REFUSAL_FRONT_TIMEOUT, NULL);
}
