/* lapse.h - how long something took, counted by powers of two of nanoseconds. One thread counts, any thread reads. Pure. */
#ifndef DNS_LAPSE_H
#define DNS_LAPSE_H

#include <stdint.h>

enum {
	LAPSE_FIRST = 10, /* counts[0]: below 2^10 ns; counts[i]: below 2^(10 + i) and not below 2^(9 + i) */
	LAPSE_BOUNDS = 16,
};

struct lapse {
	uint64_t counts[LAPSE_BOUNDS + 1]; /* the last is beyond every bound */
	uint64_t sum_ns;
};

static inline void lapse_add(struct lapse *lapse, int64_t ns, uint64_t times)
{
	uint64_t high = ns > 0 ? (uint64_t)ns >> (LAPSE_FIRST - 1) : 0;
	unsigned bits = high ? 63 - (unsigned)__builtin_clzll(high) : 0;
	uint64_t *cell = &lapse->counts[bits < LAPSE_BOUNDS ? bits : LAPSE_BOUNDS];
	__atomic_store_n(cell, *cell + times, __ATOMIC_RELAXED);
	__atomic_store_n(&lapse->sum_ns, lapse->sum_ns + (ns > 0 ? (uint64_t)ns * times : 0), __ATOMIC_RELAXED);
}

#endif
