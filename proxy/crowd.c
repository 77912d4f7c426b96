/* crowd.c - see crowd.h. */
#include "crowd.h"

bool crowd_enter(struct crowd *crowd, uint32_t network)
{
	_Atomic uint32_t *count = &crowd->count[network % CROWD_CELLS];
	uint32_t before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
	if (crowd->most == 0 || before < crowd->most)
		return true;
	atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
	return false;
}

void crowd_leave(struct crowd *crowd, uint32_t network)
{
	atomic_fetch_sub_explicit(&crowd->count[network % CROWD_CELLS], 1, memory_order_relaxed);
}
