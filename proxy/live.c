/* live.c - see live.h. */
#include "live.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "replay_cache.h"

struct live_app *live_app_new(const char *name)
{
	struct live_app *app = mem_new(sizeof *app);
	atomic_init(&app->refs, 1);
	pthread_mutex_init(&app->lock, NULL);
	snprintf(app->name, sizeof app->name, "%s", name);
	return app;
}

struct live_machine *live_machine_new(struct live_app *app, const char *id, struct in_addr ipv4)
{
	struct live_machine *machine = mem_new(sizeof *machine);
	atomic_init(&machine->refs, 1);
	atomic_init(&machine->state, MACHINE_CREATED);
	machine->app = live_app_hold(app);
	machine->ipv4 = ipv4;
	snprintf(machine->id, sizeof machine->id, "%s", id);
	return machine;
}

struct live_service *live_service_new(struct live_machine *machine, uint16_t internal_port, unsigned threads)
{
	struct live_service *service = mem_new(sizeof *service + threads * sizeof service->idle[0]);
	atomic_init(&service->refs, 1);
	service->internal_port = internal_port;
	service->machine = live_machine_hold(machine);
	return service;
}

/* Release on every drop, acquire before the free: what the others did to it has happened. */
static bool last_ref(_Atomic uint32_t *refs)
{
	return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

void live_app_drop(struct live_app *app)
{
	if (!app || !last_ref(&app->refs))
		return;
	replay_cache_free(atomic_load(&app->replays));
	pthread_mutex_destroy(&app->lock);
	free(app);
}

void live_machine_drop(struct live_machine *machine)
{
	if (!machine || !last_ref(&machine->refs))
		return;
	live_app_drop(machine->app);
	free(machine->why_detail);
	free(machine);
}

void live_service_drop(struct live_service *service)
{
	if (!service || !last_ref(&service->refs))
		return;
	live_machine_drop(service->machine);
	free(service);
}

bool live_machine_become(struct live_machine *machine, enum machine_state state)
{
	if (atomic_exchange(&machine->state, (int)state) == (int)state)
		return false;
	uint32_t epoch = atomic_fetch_add(&machine->epoch, 1) + 1;
	bool order = state == MACHINE_STOPPING || state == MACHINE_SUSPENDING || state == MACHINE_DESTROYING;
	bool outcome = state == MACHINE_STOPPED || state == MACHINE_SUSPENDED;
	if (order || (outcome && atomic_load(&machine->ordered) == epoch - 1))
		atomic_store(&machine->ordered, epoch);
	atomic_store(&machine->deaf, false);
	atomic_store(&machine->since_ms, clock_mono_ms());
	if (state == MACHINE_STOPPING && !atomic_load(&machine->resting))
		atomic_store(&machine->stopped_ms, clock_mono_ms());
	else if (state == MACHINE_STARTED)
		atomic_store(&machine->stopped_ms, 0);
	return true;
}
