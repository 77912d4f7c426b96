/* conn.c - see conn.h. */
#include "conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "exchange_inside.h"
#include "front.h"
#include "http2.h"
#include "io.h"
#include "patience.h"
#include "pgsession.h"
#include "proxy.h"
#include "relay.h"
#include "wake.h"
#include "worker.h"

enum {
	STARTING_MS = 10000, /* a Machine that came up less than this (or --wake-timeout) ago may not listen yet */
	LOOK_MS = 100        /* how often an app over its soft limits is looked at for another Machine */
};

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	struct conn *c = io->data;
	(void)loop;
	events = wire_events(&c->client, events);
	if (c->greeting.stage)
		greet_client(c);
	else if (c->http2)
		http2_client(c, events);
	else if (wire_lost(&c->client))
		conn_free(c, true);
	else if (c->http && !c->tunnel)
		exchange_client(c, events);
	else
		relay_client(c, events);
}

/* ------------------------------------------------------------------------------------------------ finding a Machine */

static void note_failure(struct conn *c, const struct live_service *service, enum refusal failure)
{
	c->failure = (uint8_t)failure;
	memcpy(c->failed_id, service->machine->id, sizeof c->failed_id);
	c->failed_port = service->internal_port;
}

/* Waits with the others until a probe finds it listening, instead of hammering it. */
static bool await_listening(struct conn *c, struct live_service *service, int err)
{
	struct live_machine *machine = service->machine;
	bool off = false;
	int64_t limit = (int64_t)(c->worker->proxy->limits.wake_timeout * 1000);
	if (err != ECONNREFUSED || c->probed || !live_machine_serves(machine) ||
	    clock_mono_ms() - atomic_load(&machine->since_ms) > (limit < STARTING_MS ? limit : STARTING_MS))
		return false;
	c->probed = true;
	if (atomic_compare_exchange_strong(&machine->waking, &off, true))
		wakes_order(c->worker->proxy, live_service_hold(service), WAKE_PROBE);
	return true;
}

/* We lack something; the Machine is not to blame and another one would not do better. */
static bool is_our_want(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM || err == EADDRNOTAVAIL;
}

static void failed_at(struct conn *c, struct live_service *service, int err)
{
	note_failure(c, service, refusal_of_errno(err));
	c->failed_errno = err;
	if (await_listening(c, service, err))
		return;
	if (!is_our_want(err))
		rotation_harm(c->worker, service, atomic_load(&service->machine->epoch), STANDING_REFUSED);
	tried_add(&c->tried, service->machine);
}

void conn_machine_failed(struct conn *c, int err)
{
	struct live_service *service = live_service_hold(c->backend->service);
	struct backend *backend = c->backend;
	c->backend = NULL;
	backend_free(backend, false);
	failed_at(c, service, err);
	live_service_drop(service);
	conn_seek(c);
}

/* conn->backend is connected, or connecting. */
static void proceed(struct conn *c)
{
	if (c->http)
		exchange_begin(c);
	else
		relay_begin(c);
}

/* The slot is ours: a connection to go with it. */
static void use(struct conn *c, struct live_service *service, int fd)
{
	struct live_service *held = live_service_hold(service);
	if (fd >= 0) {
		c->backend = backend_adopt(c, service, fd);
	} else if (!c->http || c->fresh || !standing_is_clear(&service->standing) ||
	           !(c->backend = backend_reuse(c, service))) {
		account_step(c);
		c->backend = backend_dial(c, service);
	}
	if (!c->backend)
		failed_at(c, held, errno);
	else if (c->backend->connected)
		conn_taken(c);
	live_service_drop(held);
	if (c->backend)
		proceed(c);
	else
		conn_seek(c);
}

/* More work than the soft limits allow: another Machine may be needed soon. This request does not wait for it. */
static void look_for_more(struct conn *c, const struct site *site, const struct site_port *port)
{
	int64_t now = clock_mono_ms();
	int64_t looked = atomic_load_explicit(&site->app->looked_ms, memory_order_relaxed);
	if (now - looked >= LOOK_MS && atomic_compare_exchange_strong(&site->app->looked_ms, &looked, now))
		queue_look(c->worker->proxy, &c->worker->chooser, site, port);
}

static void wait_for_one(struct conn *c, const struct site *site, bool keeps_slots)
{
	struct worker *worker = c->worker;
	c->waiter = waiter_new(c, site->app);
	enum queue_entry entry = queue_enter(c->waiter);
	if (entry == QUEUE_FULL_UP) {
		waiter_free(c->waiter);
		c->waiter = NULL;
		conn_refuse(c, REFUSAL_QUEUE_FULL, NULL);
		return;
	}
	counter_add(&worker->counters.waits, 1);
	account_step(c);
	c->for_room = entry == QUEUE_FOR_ROOM;
	deadline_set(&worker->deadlines, &c->deadline, entry == QUEUE_FOR_WAKE ? DEADLINE_WAKE : DEADLINE_QUEUE);
	if (entry == QUEUE_FOR_ROOM && keeps_slots)
		workers_yield(worker->proxy, site->app);
	if (!c->http)
		wire_want(worker->loop, &c->client, c->client_ends ? 0 : EV_READ);
}

/* Every Machine that could be tried failed: the last error is what the client hears. When a Machine refused the
 * connection its agent knows why, so it is asked first. */
static void conclude(struct conn *c)
{
	char why[64];
	const struct site *site = fleet_sought(&c->worker->proxy->fleet, &c->way.address, c->tried.steer);
	if (c->failure == REFUSAL_CONNECT_REFUSED && site) {
		c->waiter = waiter_new(c, site->app);
		c->waiter->refusal = REFUSAL_CONNECT_REFUSED;
		wakes_explain(c->worker->proxy, c->waiter, c->failed_id);
		return;
	}
	snprintf(why, sizeof why, "%s", c->failed_errno ? strerrordesc_np(c->failed_errno) : "");
	conn_refuse(c, (enum refusal)c->failure, why);
}

/* Asked for every request: its prefix may have been detached meanwhile, or the address released. */
static bool is_let_in(const struct conn *c)
{
	const struct fleet *fleet = &c->worker->proxy->fleet;
	const struct site_address *address = fleet_address(fleet, &c->way.address);
	return address && fleet_network_of(fleet, &c->way.client) == address->network;
}

const struct site_service *conn_rule(const struct conn *c, const struct live_service *service)
{
	const struct site *site = fleet_sought(&c->worker->proxy->fleet, &c->way.address, c->tried.steer);
	const struct site_port *port = site ? site_port(site, c->way.port) : NULL;
	if (!port || !is_let_in(c))
		return NULL;
	for (uint32_t i = 0; i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		if (s->live == service)
			return site->machines[s->machine].cordoned || s->rule.health == HEALTH_BAD ? NULL : s;
	}
	return NULL;
}

void conns_rouse(struct worker *worker, const struct live_machine *machine)
{
	for (const struct conn *c = worker->conns; c; c = c->next) {
		struct live_service *service = c->backend ? c->backend->service : NULL;
		bool off = false;
		if (!service || service->machine != machine || !c->exchange)
			continue;
		const struct site_service *s = conn_rule(c, service);
		if (!s || !s->rule.autostart || !live_machine_sleeps(machine))
			continue;
		if (atomic_compare_exchange_strong(&service->machine->waking, &off, true))
			wakes_order(worker->proxy, live_service_hold(service), WAKE_START);
		return;
	}
}

void conn_seek(struct conn *c)
{
	struct worker *worker = c->worker;
	const struct site *site = fleet_sought(&worker->proxy->fleet, &c->way.address, c->tried.steer);
	const struct site_port *port = site ? site_port(site, c->way.port) : NULL;
	struct live_service *service;
	char ports[256];
	if (!port) {
		conn_refuse(c, REFUSAL_NO_SERVICE, site ? site_ports_text(ports, sizeof ports, site) : "none");
		return;
	}
	if (!is_let_in(c)) {
		conn_refuse(c, REFUSAL_OTHER_NETWORK, NULL);
		return;
	}
	if (c->tried.count == TRIED_MAX) {
		conclude(c);
		return;
	}
	/* Nobody overtakes those who wait. */
	if (atomic_load(&site->app->waiting) > 0 ||
	    choose_service(&worker->chooser, site, port, &c->tried, &service) != BALANCE_PICKED) {
		wait_for_one(c, site, c->http);
		return;
	}
	if (worker->chooser.over_soft)
		look_for_more(c, site, port);
	use(c, service, -1);
}

/* The Machine that failed was stopped or started meanwhile, so its refusal says nothing about what it is now. */
static bool has_changed_since(const struct conn *c)
{
	const struct live_machine *machine = fleet_machine(&c->worker->proxy->fleet, c->failed_id);
	return machine && c->tried.count < TRIED_MAX && !tried_has(&c->tried, machine);
}

static void give_up(struct conn *c, const struct waiter *waiter)
{
	if (waiter->refusal == REFUSAL_CONNECT_REFUSED && has_changed_since(c)) {
		conn_seek(c);
		return;
	}
	if (waiter->refusal == REFUSAL_NO_INSTANCE && c->tried.count > 0) {
		conclude(c);
		return;
	}
	if (waiter->machine[0]) {
		memcpy(c->failed_id, waiter->machine, sizeof c->failed_id);
		c->failed_port = waiter->internal_port;
		c->tries = waiter->tries;
		c->waited_ms = waiter->waited_ms;
	}
	conn_refuse(c, waiter->refusal, waiter->detail);
}

void conn_answered(struct waiter *waiter)
{
	struct conn *c = waiter->conn;
	struct worker *worker = waiter->worker;
	if (!c) {
		if (waiter->service)
			queue_release(worker->proxy, &worker->chooser, waiter->service);
		live_service_drop(waiter->service);
		io_close(waiter->fd, false);
		waiter_free(waiter);
		return;
	}
	c->waiter = NULL;
	deadline_clear(&c->deadline);
	c->waited_ms = (uint32_t)(clock_mono_ms() - waiter->since_ms);
	counter_add(&worker->counters.wait_ms, c->waited_ms);
	account_took(c, c->for_room ? &c->account.queue_us : &c->account.wake_us);
	c->account.cold |= waiter->service && !c->for_room;
	if (waiter->service)
		use(c, waiter->service, waiter->fd);
	else
		give_up(c, waiter);
	waiter_free(waiter);
}

/* -------------------------------------------------------------------------------------------------- birth and death */

void conn_begin(struct conn *c)
{
	if (c->http) {
		if (!patience_moved(c->patience))
			deadline_set(&c->worker->deadlines, &c->deadline, DEADLINE_IDLE);
		exchange_client(c, EV_READ); /* the request is often here already */
	} else {
		conn_seek(c);
	}
}

void conn_begin_at(struct conn *c, struct live_service *service)
{
	if (live_service_enter(service, 0)) {
		use(c, service, -1);
		return;
	}
	live_service_drop(service);
	conn_begin(c);
}

static struct conn *conn_new(struct worker *worker, const struct conn_way *way)
{
	struct conn *c = mem_new(sizeof *c);
	c->worker = worker;
	c->way = *way;
	c->next = worker->conns;
	if (worker->conns)
		worker->conns->prev = c;
	worker->conns = c;
	return c;
}

struct conn *conn_branch(const struct conn *trunk, struct http2_stream *stream)
{
	struct conn *c = conn_new(trunk->worker, &trunk->way);
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	const struct site_port *port = address ? site_port(address->site, c->way.port) : NULL;
	c->http = true;
	c->patience = port ? patience_new(c, port->options) : NULL;
	wire_init(&c->client, -1, on_client, c);
	c->client.stream = stream;
	c->secure = trunk->secure;
	c->fronted = trunk->fronted;
	return c;
}

/* The client is known and may come in. */
static void set_out(struct conn *c, const struct site_port *port)
{
	c->http = port->handlers & HANDLER_HTTP;
	if (c->http)
		c->patience = patience_new(c, port->options);
	c->proxy_version = port->handlers & HANDLER_PROXY_PROTO ? port->options->proxy_version : 0;
	counter_add(&c->worker->counters.connections, 1);
	if (!c->http)
		account_begin(c);
	if (port->handlers & (HANDLER_TLS | HANDLER_PG_TLS)) {
		c->greeting.postgres = port->handlers & HANDLER_PG_TLS;
		greet_begin(c);
	} else {
		conn_begin(c);
	}
}

void conn_accept(struct worker *worker, int fd, const struct conn_way *way)
{
	struct fleet *fleet = &worker->proxy->fleet;
	const struct site_address *address = fleet_address(fleet, &way->address);
	const struct site_port *port = address ? site_port(address->site, way->port) : NULL;
	bool front = fronts_have(&worker->proxy->fronts, &way->client);
	bool stranger = !address || (!front && fleet_network_of(fleet, &way->client) != address->network);
	if (stranger || !port) {
		conn_turn_away(worker, fd, way, stranger ? REFUSAL_OTHER_NETWORK : REFUSAL_NO_SERVICE, address);
		return;
	}
	if (!crowd_enter(&worker->proxy->crowd, address->network)) {
		conn_turn_away(worker, fd, way, REFUSAL_NETWORK_FULL, address);
		return;
	}
	struct conn *c = conn_new(worker, way);
	c->network = address->network;
	counter_add(&worker->counters.open, 1);
	wire_init(&c->client, fd, on_client, c);
	if (front)
		front_begin(c);
	else
		set_out(c, port);
}

void conn_introduced(struct conn *c)
{
	char ports[256];
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	const struct site_port *port = address ? site_port(address->site, c->way.port) : NULL;
	if (port && is_let_in(c)) {
		set_out(c, port);
		return;
	}
	account_begin(c);
	if (!is_let_in(c))
		conn_refuse(c, REFUSAL_OTHER_NETWORK, NULL);
	else
		conn_refuse(c, REFUSAL_NO_SERVICE, site_ports_text(ports, sizeof ports, address->site));
}

void conn_free(struct conn *c, bool reset)
{
	struct worker *worker = c->worker;
	account_end(c, c->account.refusal ? ACCOUNT_REFUSED : reset || c->exchange ? ACCOUNT_CUT : ACCOUNT_DONE);
	deadline_clear(&c->deadline);
	patience_free(c->patience);
	http2_free(c);
	if (c->waiter)
		queue_cancel(c->waiter);
	exchange_free(c);
	pgsession_free(c->session);
	if (c->backend)
		c->backend->conn = NULL;
	backend_free(c->backend, reset);
	if (!wire_is_stream(&c->client)) {
		counter_add(&worker->counters.open, (uint64_t)-1);
		crowd_leave(&worker->proxy->crowd, c->network);
	}
	wire_close(worker->loop, &c->client, reset);
	block_give(&worker->blocks, c->in);
	block_give(&worker->blocks, c->to_client);
	block_give(&worker->blocks, c->to_machine);
	pour_give(&worker->pours, c->pours[0]);
	pour_give(&worker->pours, c->pours[1]);
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		worker->conns = c->next;
	free(c->hop);
	free(c);
}

/* ---------------------------------------------------------------------------------------------------------- events */

void conn_machine(struct conn *c, int events)
{
	if (c->http && !c->tunnel)
		exchange_machine(c, events);
	else
		relay_machine(c, events);
}
