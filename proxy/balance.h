/* balance.h - which Machine gets a request or connection. Pure: a snapshot in, an index out; no memory is allocated.
 *
 * In this order: one that did not fail lately; what the request wishes (steer.h); the closest region, because soft limits
 * send nobody across regions and hard limits do; under its soft limit before at or over it, never at its hard limit; the
 * less loaded (load by soft limit) of two picked at random. Looking at two instead of all keeps
 * threads that decide on the same stale picture from running to the same Machine.
 *
 * The caller takes the slot itself with an atomic "add unless it is at the hard limit"; when another thread was faster it
 * refreshes that load and asks again. */
#ifndef PROXY_BALANCE_H
#define PROXY_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rand.h"

struct balance_candidate { /* a Machine that is started and not cordoned */
	uint32_t load;     /* open requests or connections */
	uint32_t soft;     /* at least 1 */
	uint32_t hard;     /* 0: none */
	uint16_t wish;     /* 0: nothing could be better for this request */
	uint32_t distance; /* microseconds to its region and back; equal numbers are equally close */
	bool failed;       /* out of the rotation (standing.h): only when nothing else is left */
	bool tried;        /* by this request already: never */
};

enum balance_result {
	BALANCE_PICKED,
	BALANCE_FULL, /* there are candidates, all at their hard limit: wait in the queue */
	BALANCE_NONE  /* no candidate that was not tried: wake one or refuse */
};

/* BALANCE_PICKED: *index is set. */
enum balance_result balance_pick(size_t *index, const struct balance_candidate *candidates, size_t count,
                                 struct rand *rand);

#endif
