/* patience.c - see patience.h. */
#include "patience.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conn.h"
#include "exchange_inside.h"
#include "port_options.h"
#include "worker.h"

struct patience {
	ev_timer timer;
	struct conn *conn;
	double idle; /* seconds; 0: no limit of the port's */
	double head;
};

static bool is_in(const struct conn *c, enum exchange_phase phase)
{
	return c->exchange && c->exchange->phase == phase;
}

static void on_time(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct patience *patience = timer->data;
	struct conn *c = patience->conn;
	(void)events;
	ev_timer_stop(loop, timer);
	c->waited_ms = (uint32_t)(timer->repeat * 1000);
	if (is_in(c, EXCHANGE_HEAD))
		exchange_request_late(c);
	else if (!c->exchange && !c->tunnel)
		conn_free(c, false);
	else
		conn_refuse(c, REFUSAL_SILENCE, NULL);
}

struct patience *patience_new(struct conn *c, const struct port_options *options)
{
	if (!options->idle_timeout && !options->headers_read_timeout)
		return NULL;
	struct patience *patience = mem_new(sizeof *patience);
	patience->conn = c;
	patience->idle = options->idle_timeout;
	patience->head = options->headers_read_timeout;
	ev_timer_init(&patience->timer, on_time, 0, 0);
	patience->timer.data = patience;
	return patience;
}

void patience_free(struct patience *patience)
{
	if (!patience)
		return;
	ev_timer_stop(patience->conn->worker->loop, &patience->timer);
	free(patience);
}

/* 0 seconds: stops. */
static void run(struct patience *patience, double seconds)
{
	patience->timer.repeat = seconds;
	ev_timer_again(patience->conn->worker->loop, &patience->timer);
}

bool patience_head(struct patience *patience)
{
	if (!patience)
		return false;
	run(patience, patience->head);
	return patience->head > 0;
}

bool patience_moved(struct patience *patience)
{
	if (!patience)
		return false;
	if (is_in(patience->conn, EXCHANGE_SEEK))
		run(patience, 0);
	else if (!is_in(patience->conn, EXCHANGE_HEAD))
		run(patience, patience->idle);
	return patience->idle > 0;
}
