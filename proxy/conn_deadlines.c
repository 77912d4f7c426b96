/* conn_deadlines.c - what happens when a limit of a client's connection runs out. See conn.h. */
#include <stddef.h>

#include "base/log.h"
#include "conn.h"
#include "exchange.h"
#include "front.h"
#include "http2.h"
#include "proxy.h"
#include "wake.h"
#include "worker.h"

static const double LOOK_SECONDS = 5; /* how late the reset of a side that is not read from may be noticed */

static struct conn *limited(struct deadline *deadline)
{
	return (struct conn *)((char *)deadline - offsetof(struct conn, deadline));
}

static void on_close_time(struct deadline *deadline)
{
	struct conn *c = limited(deadline);
	if (c->http2)
		http2_retire(c);
	else
		conn_free(c, false);
}

static void on_stall_time(struct deadline *deadline)
{
	conn_free(limited(deadline), true);
}

/* Nothing is read from one side, so its reset or its silence would go unnoticed until something is written to it. */
static void on_look_time(struct deadline *deadline)
{
	struct conn *c = limited(deadline);
	bool relayed = !c->http || c->tunnel; /* otherwise the Machine's end is the end of a response, which is read */
	if (wire_broken(&c->client) || (relayed && wire_broken(&c->backend->wire)))
		conn_free(c, true);
	else
		deadline_set(&c->worker->deadlines, &c->deadline, DEADLINE_LOOK);
}

static void request_late(struct conn *c, double seconds)
{
	c->waited_ms = (uint32_t)(seconds * 1000);
	exchange_request_late(c);
}

static void on_head_time(struct deadline *deadline)
{
	struct conn *c = limited(deadline);
	request_late(c, c->worker->proxy->limits.head_timeout);
}

static void on_body_time(struct deadline *deadline)
{
	struct conn *c = limited(deadline);
	request_late(c, c->worker->proxy->limits.body_timeout);
}

static void on_wait_time(struct conn *c, enum refusal refusal, const char *detail)
{
	queue_cancel(c->waiter);
	c->waiter = NULL;
	conn_refuse(c, refusal, detail);
}

static void on_queue_time(struct deadline *deadline)
{
	on_wait_time(limited(deadline), REFUSAL_QUEUE_TIMEOUT, NULL);
}

static void on_wake_time(struct deadline *deadline)
{
	struct conn *c = limited(deadline);
	const struct site *site = fleet_sought(&c->worker->proxy->fleet, &c->way.address, c->tried.steer);
	const struct site_port *port = site ? site_port(site, c->way.port) : NULL;
	char why[CHOOSE_WHY];
	/* It may be up all right, and a check has not passed. */
	const char *ailment = port ? choose_ailment(why, site, port, c->tried.steer) : NULL;
	on_wait_time(c, ailment ? REFUSAL_NO_INSTANCE : REFUSAL_WAKE_TIMEOUT, ailment);
}

static void on_front_time(struct deadline *deadline)
{
	front_late(limited(deadline));
}

static void on_handshake_time(struct deadline *deadline)
{
	greet_late(limited(deadline));
}

/* A stream of HTTP/2 is cut: its client was told to go on elsewhere when draining began. */
static void tell_end(struct conn *c)
{
	char sentence[CONN_SENTENCE];
	if (wire_is_stream(&c->client) || (!c->waiter && !c->exchange))
		return;
	if (c->waiter)
		queue_cancel(c->waiter);
	c->waiter = NULL;
	conn_report(c, REFUSAL_SHUTDOWN, NULL, sentence);
	if (c->exchange)
		exchange_refuse(c, REFUSAL_SHUTDOWN, sentence);
	else
		conn_free(c, true);
}

void conns_end(struct worker *worker)
{
	unsigned cut = 0;
	for (struct conn *c = worker->conns, *next; c; c = next) {
		next = c->next;
		tell_end(c);
	}
	while (worker->conns) {
		const struct conn *c = worker->conns;
		bool idle = c->http && !c->http2 && !c->tunnel && (!c->exchange || c->lingers);
		cut += !idle;
		conn_free(worker->conns, !idle);
	}
	log_warn("drain limit over thread=%u cut=%u", worker->index, cut);
}

void conn_deadlines(struct worker *worker)
{
	struct deadlines *all = &worker->deadlines;
	const struct proxy_limits *limits = &worker->proxy->limits;
	deadlines_kind(all, DEADLINE_FRONT, FRONT_SECONDS, on_front_time);
	deadlines_kind(all, DEADLINE_HANDSHAKE, limits->handshake_timeout, on_handshake_time);
	deadlines_kind(all, DEADLINE_HEAD, limits->head_timeout, on_head_time);
	deadlines_kind(all, DEADLINE_BODY, limits->body_timeout, on_body_time);
	deadlines_kind(all, DEADLINE_IDLE, limits->idle_timeout, on_close_time);
	deadlines_kind(all, DEADLINE_WRITE, limits->write_timeout, on_stall_time);
	deadlines_kind(all, DEADLINE_LINGER, limits->linger_timeout, on_close_time);
	deadlines_kind(all, DEADLINE_LOOK, LOOK_SECONDS, on_look_time);
	deadlines_kind(all, DEADLINE_QUEUE, limits->queue_timeout, on_queue_time);
	deadlines_kind(all, DEADLINE_WAKE, limits->wake_timeout + WAKE_EXPLAIN_SECONDS, on_wake_time);
}
