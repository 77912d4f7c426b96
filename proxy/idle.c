/* idle.c - see idle.h. */
#include "idle.h"

static bool may_go(const struct idle_machine *machine, const struct idle_rule *rule)
{
	return machine->autostop && machine->load == 0 && machine->up_ms >= rule->min_up_ms;
}

int idle_pick(const struct idle_machine *machines, size_t count, const struct idle_rule *rule)
{
	size_t over_soft = 0;
	int pick = IDLE_NONE;
	for (size_t i = 0; i < count; i++) {
		if (machines[i].load >= machines[i].soft)
			over_soft++;
		if (may_go(&machines[i], rule) && (pick == IDLE_NONE || machines[i].up_ms >= machines[pick].up_ms))
			pick = (int)i;
	}
	if (count > 1 && count < over_soft + 2) /* excess = count - (over_soft + 1) is less than one */
		return IDLE_NONE;
	if (count + rule->running_elsewhere <= rule->min_running)
		return IDLE_NONE;
	return pick;
}
