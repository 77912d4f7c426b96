/* rotation.c - see rotation.h. */
#include "rotation.h"

#include "base/clock.h"
#include "base/log.h"
#include "worker.h"

/* A connection of another life says nothing about this one. */
static bool is_of_now(const struct live_service *service, uint32_t epoch)
{
	return epoch == atomic_load(&service->machine->epoch);
}

void rotation_harm(struct worker *worker, struct live_service *service, uint32_t epoch, enum standing_harm harm)
{
	const struct live_machine *machine = service->machine;
	if (!is_of_now(service, epoch))
		return;
	uint32_t pause = standing_harm(&service->standing, epoch, clock_mono_ms(), harm);
	if (pause == 0)
		return;
	counter_add(&worker->counters.ejections, 1);
	log_warn("machine out of the rotation machine=%s app=%s port=%u ms=%u: it %s", machine->id, machine->app->name,
	         service->internal_port, pause,
	         harm == STANDING_REFUSED ? "does not take connections" : "ends connections without an answer");
}

void rotation_restore(const struct backend *b, bool answered)
{
	struct live_service *service = b->service;
	const struct live_machine *machine = service->machine;
	if (b->used || !is_of_now(service, b->epoch) || !standing_good(&service->standing, b->epoch, answered))
		return;
	counter_add(&b->worker->counters.restorations, 1);
	log_info("machine back in the rotation machine=%s app=%s port=%u", machine->id, machine->app->name,
	         service->internal_port);
}
