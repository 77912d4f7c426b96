/* choose.c - see choose.h. */
#include "choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	STOPPED_MS = 5 * 60 * 1000, /* a Machine that was stopped by hand is rather left alone that long */
	WORLD_US = FAR_UNKNOWN + 1  /* no distance is that long: a wish comes before any distance */
};

void chooser_init(struct chooser *chooser)
{
	*chooser = (struct chooser){0};
	if (getrandom(&chooser->rand.state, sizeof chooser->rand.state, 0) < 0)
		chooser->rand.state = (uint64_t)clock_mono_ns();
}

void chooser_fini(struct chooser *chooser)
{
	free(chooser->candidates);
	free(chooser->machines);
	free(chooser->services);
	*chooser = (struct chooser){0};
}

static void make_room(struct chooser *chooser, size_t count)
{
	if (count <= chooser->room)
		return;
	chooser->room = count;
	chooser->candidates = mem_resize(chooser->candidates, count * sizeof *chooser->candidates);
	chooser->machines = mem_resize(chooser->machines, count * sizeof *chooser->machines);
	chooser->services = mem_resize(chooser->services, count * sizeof *chooser->services);
}

/* Nobody complains of it, or this one is to try whether it is good again. */
static bool is_let_in(struct live_service *service)
{
	return standing_is_clear(&service->standing) ||
	       standing_try(&service->standing, atomic_load(&service->machine->epoch), clock_mono_ms());
}

enum balance_result choose_service(struct chooser *chooser, const struct site *site, const struct site_port *port,
                                   const struct tried *tried, struct live_service **out)
{
	size_t count = 0;
	make_room(chooser, port->count);
	for (uint32_t i = 0; i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		const struct site_machine *m = &site->machines[s->machine];
		uint16_t wish = choose_rank(tried->steer, m);
		if (m->cordoned || wish == STEER_NEVER || s->rule.health != HEALTH_GOOD ||
		    !live_machine_serves(m->live))
			continue;
		chooser->services[count] = s->live;
		chooser->candidates[count++] = (struct balance_candidate){
		    .load = live_service_open(s->live),
		    .soft = s->rule.soft_limit ? s->rule.soft_limit : 1,
		    .hard = s->rule.hard_limit,
		    .wish = wish,
		    .distance = far_away(m->far),
		    .failed = live_service_place(s->live) == STANDING_OUT,
		    .tried = tried_has(tried, m->live),
		};
	}
	/* Every turn of this loop another thread took the slot or the trial first, or a door closed; then that one is looked
	 * at anew. */
	for (size_t turn = 0; turn <= 3 * count; turn++) {
		size_t index;
		enum balance_result result = balance_pick(&index, chooser->candidates, count, &chooser->rand);
		if (result != BALANCE_PICKED)
			return result;
		struct live_service *service = chooser->services[index];
		if (live_service_enter(service, chooser->candidates[index].hard)) {
			/* Looked at again now that the work counts: either we see that the Machine was put to sleep, or
			 * who put it to sleep sees our work (fleet.c). */
			if (!live_machine_serves(service->machine)) {
				live_service_leave(service);
				chooser->candidates[index].tried = true;
				continue;
			}
			if (!chooser->candidates[index].failed && !is_let_in(service)) {
				live_service_leave(service);
				chooser->candidates[index].failed = true;
				continue;
			}
			chooser->over_soft = chooser->candidates[index].load >= chooser->candidates[index].soft;
			*out = live_service_hold(service);
			return BALANCE_PICKED;
		}
		chooser->candidates[index].load = live_service_open(service);
		chooser->candidates[index].tried |= !live_machine_serves(service->machine);
	}
	return BALANCE_FULL;
}

static bool stopped_lately(const struct live_machine *machine)
{
	int64_t stopped = atomic_load(&machine->stopped_ms);
	return stopped && clock_mono_ms() - stopped < STOPPED_MS;
}

/* A Machine that was asked to rest is as good as resting: to have it again it must be started. One that nobody could
 * reach is looked at anew the same way. */
static enum machine_state planned_state(const struct live_machine *machine)
{
	if (atomic_load(&machine->resting))
		return MACHINE_SUSPENDING;
	if (atomic_load(&machine->deaf))
		return MACHINE_STOPPED;
	return (enum machine_state)atomic_load(&machine->state);
}

struct live_service *choose_sleeper(struct chooser *chooser, const struct site *site, const struct site_port *port,
                                    const struct choose_need *need)
{
	size_t count = 0;
	make_room(chooser, port->count);
	for (uint32_t i = 0; i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		const struct site_machine *m = &site->machines[s->machine];
		uint16_t wish = choose_rank(need->steer, m);
		if (wish == STEER_NEVER)
			continue;
		chooser->services[count] = s->live;
		chooser->machines[count++] = (struct wake_machine){
		    .state = planned_state(m->live),
		    .autostart = s->rule.autostart,
		    .cordoned = m->cordoned,
		    .failed = s->rule.health == HEALTH_BAD || live_service_place(s->live) == STANDING_OUT,
		    .waking = atomic_load(&m->live->waking),
		    .stopped = stopped_lately(m->live),
		    .load = live_service_open(s->live),
		    .soft = s->rule.soft_limit ? s->rule.soft_limit : 1,
		    .distance = wish * (uint32_t)WORLD_US + far_away(m->far),
		    .not_before_ms = atomic_load(&m->live->shun_ms),
		};
	}
	int index = wake_pick(chooser->machines, count, need->waiting, clock_mono_ms());
	return index == WAKE_NONE ? NULL : chooser->services[index];
}

/* Comes up without us: somebody started it, or its agent does so again after it ended. */
static bool is_coming(const struct live_machine *machine)
{
	int state = atomic_load(&machine->state);
	return state == MACHINE_STARTING || state == MACHINE_RESTARTING;
}

bool choose_hopeful(const struct site *site, const struct site_port *port, const struct tried *tried)
{
	for (uint32_t i = 0; i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		const struct site_machine *m = &site->machines[s->machine];
		if (m->cordoned || tried_has(tried, m->live) || choose_rank(tried->steer, m) == STEER_NEVER)
			continue;
		if (atomic_load(&m->live->waking) || is_coming(m->live) ||
		    (s->rule.health != HEALTH_BAD && live_machine_serves(m->live)))
			return true;
	}
	return false;
}

const char *choose_ailment(char out[CHOOSE_WHY], const struct site *site, const struct site_port *port,
                           const struct steer *steer)
{
	for (uint32_t i = 0; i < port->count; i++) {
		const struct site_service *s = &site->services[site->members[port->first + i]];
		const struct site_machine *m = &site->machines[s->machine];
		if (!s->ailment || m->cordoned || choose_rank(steer, m) == STEER_NEVER || !live_machine_serves(m->live))
			continue;
		snprintf(out, CHOOSE_WHY, "a check of Machine %s %s (%s)", m->live->id,
		         s->rule.health == HEALTH_BAD ? "fails" : "has not passed yet", s->ailment);
		return out;
	}
	return NULL;
}
