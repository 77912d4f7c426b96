/* wake_plan.c - see wake_plan.h. */
#include "wake_plan.h"

/* Runs, or will soon, and takes new work. */
static bool is_capacity(const struct wake_machine *machine)
{
	if (machine->waking)
		return true;
	return (machine->state == MACHINE_STARTED || machine->state == MACHINE_STARTING) && !machine->cordoned &&
	       !machine->failed;
}

int64_t wake_deficit(const struct wake_machine *machines, size_t count, uint32_t waiting)
{
	int64_t deficit = waiting;
	for (size_t i = 0; i < count; i++) {
		if (is_capacity(&machines[i]))
			deficit += (int64_t)machines[i].load - machines[i].soft;
	}
	return deficit;
}

/* Asleep, or falling asleep: the agent brings it up from there. */
static bool is_wakeable(const struct wake_machine *machine)
{
	switch (machine->state) {
	case MACHINE_CREATED: /* never ran yet: the first request starts it like any other */
	case MACHINE_STOPPED:
	case MACHINE_SUSPENDED:
	case MACHINE_STOPPING:
	case MACHINE_SUSPENDING:
		return machine->autostart && !machine->cordoned && !machine->waking;
	default:
		return false;
	}
}

/* How long it takes to come up, roughly: a thaw, a start, a start after a stop. */
static unsigned slowness(enum machine_state state)
{
	switch (state) {
	case MACHINE_SUSPENDED:
	case MACHINE_SUSPENDING:
		return 0;
	case MACHINE_CREATED:
	case MACHINE_STOPPED:
		return 1;
	default:
		return 2;
	}
}

static bool is_better(const struct wake_machine *a, const struct wake_machine *b)
{
	bool a_failed = a->not_before_ms != 0, b_failed = b->not_before_ms != 0;
	if (a->stopped != b->stopped)
		return b->stopped;
	if (a_failed != b_failed)
		return b_failed;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return slowness(a->state) < slowness(b->state);
}

int wake_pick(const struct wake_machine *machines, size_t count, uint32_t waiting, int64_t now_ms)
{
	int pick = WAKE_NONE;
	unsigned waking = 0;
	for (size_t i = 0; i < count; i++) {
		const struct wake_machine *machine = &machines[i];
		waking += machine->waking;
		if (!is_wakeable(machine) || machine->not_before_ms > now_ms)
			continue;
		if (pick == WAKE_NONE || is_better(machine, &machines[pick]))
			pick = (int)i;
	}
	if (waking >= WAKE_PARALLEL || wake_deficit(machines, count, waiting) <= 0)
		return WAKE_NONE;
	if (pick != WAKE_NONE && machines[pick].stopped && waiting == 0)
		return WAKE_NONE;
	return pick;
}

uint32_t wake_probe_ms(unsigned attempt)
{
	if (attempt == 0)
		return 0;
	return attempt <= 6 ? 1U << (attempt - 1) : WAKE_PROBE_MAX_MS;
}

uint32_t wake_backoff_ms(unsigned failures)
{
	if (failures == 0)
		return 0;
	uint32_t pause = failures <= 7 ? (uint32_t)WAKE_BACKOFF_MIN_MS << (failures - 1) : WAKE_BACKOFF_MAX_MS;
	return pause < WAKE_BACKOFF_MAX_MS ? pause : WAKE_BACKOFF_MAX_MS;
}
