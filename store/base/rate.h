/* rate.h - so many events a second from each source, counted in a fixed room for all threads. Pure.
 *
 * Each source has a cell by its hash that says when its next event is due if it keeps the rate (the generic cell rate
 * algorithm): a burst may be early by as much as it is long. Two sources that share a cell share the rate. */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RATE_CELLS = 4096 };

struct rate {                /* zero-initialise the cells */
	uint32_t per_second; /* 0: no limit */
	uint32_t burst;
	_Atomic int64_t due_ns[RATE_CELLS];
};

/* True when another event of this source may happen now; it is counted then. */
bool rate_take(struct rate *rate, uint64_t source_hash, int64_t now_ns);

#endif
