/* queue.c - see queue.h. */
#include "queue.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conn.h"
#include "proxy.h"
#include "wake.h"
#include "worker.h"

enum { BLOCKED_MAX = 8, ORDERS_MAX = 2 * WAKE_PARALLEL };

/* What one round under the lock found out; acted on after the lock, because that makes system calls. */
struct round {
	struct proxy *proxy;
	struct chooser *chooser;
	struct live_app *app;
	const struct queue_news *news;
	struct waiter *answered; /* list by next, oldest last */
	struct live_service *orders[ORDERS_MAX];
	unsigned order_count;
	uint16_t blocked[BLOCKED_MAX]; /* ports whose first waiter got nothing: those behind it do not overtake */
	unsigned blocked_count;
	const struct site_port *counted; /* the port that `waiting` is of */
	uint32_t waiting;
	bool fd_taken;
};

struct waiter *waiter_new(struct conn *conn, struct live_app *app)
{
	struct waiter *waiter = mem_new(sizeof *waiter);
	waiter->app = live_app_hold(app);
	waiter->worker = conn->worker;
	waiter->conn = conn;
	waiter->address = conn->way.address;
	waiter->port = conn->way.port;
	waiter->tried = conn->tried;
	waiter->since_ms = clock_mono_ms();
	waiter->fd = -1;
	return waiter;
}

void waiter_free(struct waiter *waiter)
{
	live_app_drop(waiter->app);
	free(waiter->detail);
	free(waiter);
}

static void deliver(struct job *job, void *owner)
{
	(void)owner;
	conn_answered((struct waiter *)((char *)job - offsetof(struct waiter, job)));
}

void waiter_answer(struct waiter *waiter)
{
	waiter->job.run = deliver;
	inbox_post(&waiter->worker->inbox, &waiter->job);
}

static void unlink_waiter(struct live_app *app, struct waiter *waiter)
{
	if (waiter->prev)
		waiter->prev->next = waiter->next;
	else
		app->first = waiter->next;
	if (waiter->next)
		waiter->next->prev = waiter->prev;
	else
		app->last = waiter->prev;
	waiter->prev = waiter->next = NULL;
	waiter->queued = false;
	atomic_fetch_sub(&app->waiting, 1);
}

static bool covers(const struct site_port *port, const struct waiter *waiter)
{
	return port && port->start <= waiter->port && waiter->port <= port->end;
}

static void answer_later(struct round *round, struct waiter *waiter)
{
	unlink_waiter(round->app, waiter);
	round->waiting -= covers(round->counted, waiter);
	waiter->next = round->answered;
	round->answered = waiter;
}

/* Who waits behind other ports needs other Machines. Counted once per round, not once per waiter. */
static uint32_t count_waiting(struct round *round, const struct site_port *port)
{
	if (round->counted != port) {
		round->counted = port;
		round->waiting = 0;
		for (const struct waiter *w = round->app->first; w; w = w->next)
			round->waiting += covers(port, w);
	}
	return round->waiting;
}

static void order_wakes(struct round *round, const struct site *site, const struct site_port *port,
                        const struct steer *steer)
{
	struct live_service *service;
	struct choose_need need = {count_waiting(round, port), steer};
	while (round->order_count < ORDERS_MAX && (service = choose_sleeper(round->chooser, site, port, &need))) {
		atomic_store(&service->machine->waking, true);
		round->orders[round->order_count++] = live_service_hold(service);
	}
}

static bool is_blocked(const struct round *round, uint16_t port)
{
	for (unsigned i = 0; i < round->blocked_count; i++)
		if (round->blocked[i] == port)
			return true;
	return false;
}

static void refuse_later(struct round *round, struct waiter *waiter, enum refusal refusal, const char *detail)
{
	waiter->refusal = refusal;
	waiter->detail = mem_text(detail);
	answer_later(round, waiter);
}

/* The last wake of this Machine failed: says why. */
static void refuse_for(struct round *round, struct waiter *waiter, const struct live_service *service)
{
	const struct live_machine *machine = service->machine;
	memcpy(waiter->machine, machine->id, sizeof waiter->machine);
	waiter->internal_port = service->internal_port;
	waiter->tries = machine->why_tries;
	waiter->waited_ms = machine->why_ms;
	refuse_later(round, waiter, (enum refusal)machine->why, machine->why_detail);
}

static const char *why_nobody(const struct site *site, const struct site_port *port, const struct steer *steer)
{
	for (uint32_t i = 0; i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		const struct site_machine *m = &site->machines[s->machine];
		if (!m->cordoned && choose_rank(steer, m) != STEER_NEVER)
			return s->rule.autostart ? "none runs, and none can be started from the state it is in"
			                         : "none runs, and autostart is off";
	}
	return steer && steer_forces(steer)
	           ? "none of them is the Machine or in the regions that the request insists on"
	           : "all of them are cordoned";
}

/* What it waits for is not what others wait for. */
static bool forces(const struct waiter *waiter)
{
	return waiter->tried.steer && steer_forces(waiter->tried.steer);
}

/* Nobody serves, nobody wakes: says why the last wake behind the port failed, if one did. That of a Machine that came up
 * since, and now fails otherwise, is old news. */
static void refuse_hopeless(struct round *round, struct waiter *waiter, const struct site *site,
                            const struct site_port *port)
{
	char why[CHOOSE_WHY];
	if (!forces(waiter) && round->news && round->news->failed && round->news->failed->machine->why_detail) {
		refuse_for(round, waiter, round->news->failed);
		return;
	}
	for (uint32_t i = 0; i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		const struct live_service *service = s->live;
		if (service->machine->why_detail && !live_machine_serves(service->machine) &&
		    choose_rank(waiter->tried.steer, &site->machines[s->machine]) != STEER_NEVER) {
			refuse_for(round, waiter, service);
			return;
		}
	}
	const char *ill = choose_ailment(why, site, port, waiter->tried.steer);
	refuse_later(round, waiter, REFUSAL_NO_INSTANCE, ill ? ill : why_nobody(site, port, waiter->tried.steer));
}

static void try_waiter(struct round *round, struct waiter *waiter)
{
	const struct site *site = fleet_sought(&round->proxy->fleet, &waiter->address, waiter->tried.steer);
	const struct site_port *port = site ? site_port(site, waiter->port) : NULL;
	char ports[256];
	if (!port) {
		refuse_later(round, waiter, REFUSAL_NO_SERVICE,
		             site ? site_ports_text(ports, sizeof ports, site) : "none");
		return;
	}
	struct live_service *service;
	if (choose_service(round->chooser, site, port, &waiter->tried, &service) == BALANCE_PICKED) {
		waiter->service = service;
		if (round->news && round->news->fd >= 0 && !round->fd_taken && service == round->news->reached) {
			waiter->fd = round->news->fd;
			round->fd_taken = true;
		}
		answer_later(round, waiter);
		return;
	}
	order_wakes(round, site, port, waiter->tried.steer);
	if (!choose_hopeful(site, port, &waiter->tried))
		refuse_hopeless(round, waiter, site, port);
	else if (waiter->tried.count == 0 && !forces(waiter) && round->blocked_count < BLOCKED_MAX)
		round->blocked[round->blocked_count++] = waiter->port;
}

/* Without the lock: rings the other threads. */
static void act(struct round *round)
{
	struct waiter *oldest = NULL;
	while (round->answered) {
		struct waiter *next = round->answered->next;
		round->answered->next = oldest;
		oldest = round->answered;
		round->answered = next;
	}
	while (oldest) {
		struct waiter *next = oldest->next;
		oldest->next = NULL;
		waiter_answer(oldest);
		oldest = next;
	}
	for (unsigned i = 0; i < round->order_count; i++)
		wakes_order(round->proxy, round->orders[i], WAKE_START);
	if (round->news && round->news->fd >= 0 && !round->fd_taken)
		close(round->news->fd);
}

void queue_settle(struct proxy *proxy, struct chooser *chooser, struct live_app *app, const struct queue_news *news)
{
	struct round round = {.proxy = proxy, .chooser = chooser, .app = app, .news = news};
	pthread_mutex_lock(&app->lock);
	for (struct waiter *w = app->first, *next; w; w = next) {
		next = w->next;
		if (!is_blocked(&round, w->port))
			try_waiter(&round, w);
	}
	pthread_mutex_unlock(&app->lock);
	act(&round);
}

enum queue_entry queue_enter(struct waiter *waiter)
{
	struct worker *worker = waiter->worker;
	struct live_app *app = waiter->app;
	enum queue_entry entry = QUEUE_FOR_WAKE;
	pthread_mutex_lock(&app->lock);
	if (atomic_load(&app->waiting) >= (uint32_t)worker->proxy->limits.queue_limit) {
		pthread_mutex_unlock(&app->lock);
		return QUEUE_FULL_UP;
	}
	waiter->queued = true;
	waiter->prev = app->last;
	if (app->last)
		app->last->next = waiter;
	else
		app->first = waiter;
	app->last = waiter;
	atomic_fetch_add(&app->waiting, 1);
	pthread_mutex_unlock(&app->lock);

	/* Before the settle, which may hand the waiter to its answer. A slot that came free before it stood in the queue
	 * is found by the settle, one that comes free later finds it waiting: `open` and `waiting` are in one order. */
	const struct site *site = fleet_sought(&worker->proxy->fleet, &waiter->address, waiter->tried.steer);
	const struct site_port *port = site ? site_port(site, waiter->port) : NULL;
	for (uint32_t i = 0; port && i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		if (s->rule.health == HEALTH_GOOD && live_machine_serves(s->live->machine) &&
		    !tried_has(&waiter->tried, s->live->machine) &&
		    choose_rank(waiter->tried.steer, &site->machines[s->machine]) != STEER_NEVER)
			entry = QUEUE_FOR_ROOM;
	}
	queue_settle(worker->proxy, &worker->chooser, app, NULL);
	return entry;
}

void queue_cancel(struct waiter *waiter)
{
	struct live_app *app = waiter->app;
	pthread_mutex_lock(&app->lock);
	bool queued = waiter->queued;
	if (queued)
		unlink_waiter(app, waiter);
	pthread_mutex_unlock(&app->lock);
	waiter->conn = NULL; /* the answer is on its way to this thread, which finds nobody */
	if (queued)
		waiter_free(waiter);
}

void queue_release(struct proxy *proxy, struct chooser *chooser, struct live_service *service)
{
	live_service_leave(service);
	if (atomic_load(&service->machine->app->waiting) > 0)
		queue_settle(proxy, chooser, service->machine->app, NULL);
}

void queue_look(struct proxy *proxy, struct chooser *chooser, const struct site *site, const struct site_port *port)
{
	struct round round = {.proxy = proxy, .chooser = chooser, .app = site->app};
	pthread_mutex_lock(&site->app->lock);
	order_wakes(&round, site, port, NULL);
	pthread_mutex_unlock(&site->app->lock);
	act(&round);
}
