/* worker.c - see worker.h. */
#include "worker.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rcu.h"
#include "caller.h"
#include "conn.h"
#include "door.h"
#include "exchange.h"
#include "http2.h"
#include "proxy.h"

static void end(struct worker *worker)
{
	ev_timer_stop(worker->loop, &worker->drain);
	ev_break(worker->loop, EVBREAK_ALL);
}

static void on_drain_over(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct worker *worker = timer->data;
	(void)loop, (void)events;
	conns_end(worker);
	end(worker);
}

/* Looks after every turn of the loop whether the last connection is gone. */
static void on_turn(struct ev_loop *loop, ev_prepare *turn, int events)
{
	struct worker *worker = turn->data;
	(void)loop, (void)events;
	if (worker->draining && !worker->conns)
		end(worker);
}

void worker_init(struct worker *worker, struct proxy *proxy, unsigned index)
{
	*worker = (struct worker){.proxy = proxy, .index = index};
	worker->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!worker->loop) {
		log_error("no event loop: %s", strerror(errno));
		exit(1);
	}
	inbox_start(&worker->inbox, worker->loop, worker);
	deadlines_start(&worker->deadlines, worker->loop);
	conn_deadlines(worker);
	access_start(&worker->access, worker->loop, &proxy->access);
	backend_deadlines(worker);
	http2_deadlines(worker);
	chooser_init(&worker->chooser);
	ev_timer_init(&worker->drain, on_drain_over, 0., 0.);
	worker->drain.data = worker;
	ev_prepare_init(&worker->turn, on_turn);
	worker->turn.data = worker;
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	struct rcu_loop *rcu = rcu_loop_start(worker->loop);
	ev_run(worker->loop, 0);
	rcu_loop_stop(rcu);
	atomic_store(&worker->ended, true);
	return NULL;
}

int worker_start(struct worker *worker)
{
	int rc = pthread_create(&worker->thread, NULL, run, worker);
	worker->running = rc == 0;
	errno = rc;
	return rc ? -1 : 0;
}

struct drain {
	struct job job;
	bool handed;
};

static void drain(struct job *job, void *owner)
{
	struct worker *worker = owner;
	bool handed = ((struct drain *)job)->handed;
	free(job);
	if (worker->draining)
		return;
	worker->draining = true;
	doors_close(worker);
	for (struct conn *c = worker->conns, *next; c; c = next) {
		next = c->next;
		if (c->http2)
			http2_drain(c);
		else if (!handed && c->http && !c->tunnel && !c->exchange)
			conn_free(c, false); /* between two requests */
	}
	ev_timer_set(&worker->drain, worker->proxy->limits.drain_timeout, 0.);
	ev_timer_start(worker->loop, &worker->drain);
	ev_prepare_start(worker->loop, &worker->turn);
}

void worker_drain(struct worker *worker, bool handed)
{
	struct drain *order = mem_new(sizeof *order);
	order->job.run = drain;
	order->handed = handed;
	inbox_post(&worker->inbox, &order->job);
}

void worker_join(struct worker *worker)
{
	if (worker->running)
		pthread_join(worker->thread, NULL);
	worker->running = false;
}

void worker_fini(struct worker *worker)
{
	inbox_stop(&worker->inbox);
	while (worker->conns)
		conn_free(worker->conns, false);
	backends_close(worker, NULL, NULL);
	inbox_stop(&worker->inbox); /* what closing them posted */
	deadlines_stop(&worker->deadlines);
	exchanges_free(worker);
	callers_free(worker);
	access_stop(&worker->access);
	blocks_free(&worker->blocks);
	pours_free(&worker->pours);
	chooser_fini(&worker->chooser);
	ev_loop_destroy(worker->loop);
}

/* --------------------------------------------------------------------------------------------------- every thread */

struct errand {
	struct job job;
	struct live_machine *machine; /* held; or NULL */
	struct live_app *app;         /* held; or NULL */
};

static void errand_free(struct errand *errand)
{
	live_machine_drop(errand->machine);
	live_app_drop(errand->app);
	free(errand);
}

static void purge(struct job *job, void *owner)
{
	struct errand *errand = (struct errand *)job;
	backends_close(owner, errand->machine, errand->app);
	errand_free(errand);
}

static void rouse(struct job *job, void *owner)
{
	struct errand *errand = (struct errand *)job;
	conns_rouse(owner, errand->machine);
	errand_free(errand);
}

static void send_all(struct proxy *proxy, const struct errand *what)
{
	for (unsigned i = 0; i < proxy->worker_count; i++) {
		struct errand *errand = mem_copy(what, sizeof *what);
		if (errand->machine)
			live_machine_hold(errand->machine);
		if (errand->app)
			live_app_hold(errand->app);
		inbox_post(&proxy->workers[i].inbox, &errand->job);
	}
}

void workers_purge(struct proxy *proxy, struct live_machine *machine)
{
	send_all(proxy, &(struct errand){.job.run = purge, .machine = machine});
}

void workers_rouse(struct proxy *proxy, struct live_machine *machine)
{
	send_all(proxy, &(struct errand){.job.run = rouse, .machine = machine});
}

void workers_yield(struct proxy *proxy, struct live_app *app)
{
	send_all(proxy, &(struct errand){.job.run = purge, .app = app});
}
