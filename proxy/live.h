/* live.h - what is true this moment about apps, Machines and their services: state, open work, who waits.
 *
 * Shared by all threads and counted: a service holds its Machine, a Machine holds its app. The feeder thread makes them
 * (site.c) and holds them as long as the registry has them; whoever keeps a pointer beyond an RCU read section holds it.
 * Counters are exact: work is admitted by one compare-and-swap that also sees the hard limit and a closed door.
 * The app's lock guards its queue and its wakes; it is never held over a system call. */
#ifndef PROXY_LIVE_H
#define PROXY_LIVE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "catalog.h"
#include "standing.h"

enum { LIVE_CLOSED = 1u << 31, LIVE_ID = 16 };

struct waiter;
struct backend;
struct replay_cache;

struct live_app {
	_Atomic uint32_t refs;
	_Atomic uint32_t waiting;               /* length of the queue; read without the lock */
	_Atomic int64_t looked_ms;              /* when somebody last looked whether another Machine should be woken */
	_Atomic(struct replay_cache *) replays; /* that are remembered of it; owned; NULL: never one was */
	pthread_mutex_t lock;
	struct waiter *first; /* under the lock; see queue.h */
	struct waiter *last;
	char name[64];
};

struct live_machine {
	_Atomic uint32_t refs;
	_Atomic uint32_t epoch;   /* grows with every change of state: connections of an older one are not used again */
	_Atomic uint32_t ordered; /* the last epoch begun by an order to rest or go, or by its outcome */
	_Atomic int state;        /* enum machine_state */
	_Atomic bool from_agent;  /* state came from the agent, which knows first; the registry's is not asked */
	_Atomic bool waking;      /* asked to start, or started and not reachable yet: nobody connects */
	_Atomic bool deaf;        /* started, but a wake found nobody answering: woken again before anybody connects */
	_Atomic bool resting;     /* asked to stop or suspend, no answer yet: nothing is admitted */
	_Atomic int64_t since_ms; /* clock_mono_ms() of the last change of state */
	_Atomic int64_t shun_ms;  /* not woken before this time, after a failed wake */
	_Atomic int64_t
	    stopped_ms; /* when it was last ordered to stop, not by us for want of work; 0: not since it started */
	_Atomic uint32_t failures; /* wakes that failed in a row */
	int why;                   /* under the app's lock: enum refusal of the last failed wake, and its detail */
	char *why_detail;          /* owned; NULL: no wake failed since it was last reached */
	uint32_t why_tries;        /* connects of that wake */
	uint32_t why_ms;           /* how long it took */
	struct live_app *app;
	struct in_addr ipv4;
	char id[LIVE_ID];
};

struct live_service {
	_Atomic uint32_t refs;
	_Atomic uint32_t open; /* requests or connections at work now; LIVE_CLOSED: the door is closed */
	_Atomic bool pooled;   /* concurrency counts requests: connections may be kept for any client (backend.h) */
	struct standing standing;
	uint16_t internal_port;
	struct live_machine *machine;
	struct backend
	    *idle[]; /* connections nobody uses, one list per thread, each touched by its thread only (backend.c) */
};

struct live_app *live_app_new(const char *name);
struct live_machine *live_machine_new(struct live_app *app, const char *id, struct in_addr ipv4);
struct live_service *live_service_new(struct live_machine *machine, uint16_t internal_port, unsigned threads);

void live_app_drop(struct live_app *app); /* NULL is fine for all three */
void live_machine_drop(struct live_machine *machine);
void live_service_drop(struct live_service *service);

/* True when it was another state before. */
bool live_machine_become(struct live_machine *machine, enum machine_state state);

static inline struct live_app *live_app_hold(struct live_app *app)
{
	atomic_fetch_add_explicit(&app->refs, 1, memory_order_relaxed);
	return app;
}

static inline struct live_machine *live_machine_hold(struct live_machine *machine)
{
	atomic_fetch_add_explicit(&machine->refs, 1, memory_order_relaxed);
	return machine;
}

static inline struct live_service *live_service_hold(struct live_service *service)
{
	atomic_fetch_add_explicit(&service->refs, 1, memory_order_relaxed);
	return service;
}

static inline uint32_t live_service_open(const struct live_service *service)
{
	return atomic_load_explicit(&service->open, memory_order_relaxed) & ~(uint32_t)LIVE_CLOSED;
}

/* Connections may be made to it now. */
static inline bool live_machine_serves(const struct live_machine *machine)
{
	return atomic_load_explicit(&machine->state, memory_order_acquire) == MACHINE_STARTED &&
	       !atomic_load_explicit(&machine->waking, memory_order_acquire) &&
	       !atomic_load_explicit(&machine->deaf, memory_order_acquire) &&
	       !atomic_load_explicit(&machine->resting, memory_order_acquire);
}

/* Who connected in `epoch`, before the order or while it was carried out, lost the Machine to it: not to a crash, which
 * the request may have caused. */
static inline bool live_machine_ordered_since(const struct live_machine *machine, uint32_t epoch)
{
	return (int32_t)(atomic_load(&machine->ordered) - epoch) >= 0;
}

/* Put to sleep with all it has open. */
static inline bool live_machine_sleeps(const struct live_machine *machine)
{
	int state = atomic_load(&machine->state);
	return state == MACHINE_SUSPENDING || state == MACHINE_SUSPENDED;
}

static inline enum standing_place live_service_place(const struct live_service *service)
{
	if (standing_is_clear(&service->standing))
		return STANDING_IN;
	return standing_look(&service->standing, atomic_load(&service->machine->epoch), clock_mono_ms());
}

/* Admits one piece of work unless `hard` (0: no limit) are at work or the door is closed. */
static inline bool live_service_enter(struct live_service *service, uint32_t hard)
{
	uint32_t open = atomic_load(&service->open);
	do {
		if (open & LIVE_CLOSED || (hard && open >= hard))
			return false;
	} while (!atomic_compare_exchange_weak(&service->open, &open, open + 1));
	return true;
}

/* The work is done. Look at the app's `waiting` afterwards (queue.h does). */
static inline void live_service_leave(struct live_service *service)
{
	atomic_fetch_sub(&service->open, 1);
}

/* Closes the door if nothing is at work. */
static inline bool live_service_close(struct live_service *service)
{
	uint32_t none = 0;
	return atomic_compare_exchange_strong(&service->open, &none, LIVE_CLOSED);
}

static inline void live_service_reopen(struct live_service *service)
{
	atomic_fetch_and(&service->open, ~(uint32_t)LIVE_CLOSED);
}

#endif
