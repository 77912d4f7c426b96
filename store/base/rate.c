/* rate.c - see rate.h. */
#include "base/rate.h"

static const int64_t SECOND_NS = 1000000000;

bool rate_take(struct rate *rate, uint64_t source_hash, int64_t now_ns)
{
	if (rate->per_second == 0)
		return true;
	_Atomic int64_t *cell = &rate->due_ns[source_hash % RATE_CELLS];
	int64_t step = SECOND_NS / rate->per_second;
	int64_t due = atomic_load_explicit(cell, memory_order_relaxed);
	for (;;) {
		int64_t next = (due > now_ns ? due : now_ns) + step;
		if (next - now_ns > step * rate->burst)
			return false;
		if (atomic_compare_exchange_weak_explicit(cell, &due, next, memory_order_relaxed, memory_order_relaxed))
			return true;
	}
}
