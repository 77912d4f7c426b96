/* wake_plan.h - whom to wake, and how long to pause after a failed wake or probe. Pure.
 *
 * Sleeping Machines are woken one per need: as long as what waits or is open is more than the soft limits of those that
 * run and of those already waking can take, and fewer than WAKE_PARALLEL are on their way. */
#ifndef PROXY_WAKE_PLAN_H
#define PROXY_WAKE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"

enum {
	WAKE_PARALLEL = 8, /* Machines of one app that are woken at the same time */
	WAKE_PROBE_MAX_MS = 50,
	WAKE_BACKOFF_MIN_MS = 250, /* after the first failed wake of a Machine */
	WAKE_BACKOFF_MAX_MS = 30000,
	WAKE_NONE = -1
};

struct wake_machine { /* a Machine of the app with the service that is asked for */
	enum machine_state state;
	bool autostart; /* the service's */
	bool cordoned;
	bool failed;   /* started, but out of the rotation: takes nothing off the need */
	bool waking;   /* a wake of ours is in flight */
	bool stopped;  /* by hand, and not long ago */
	uint32_t load; /* of a started one */
	uint32_t soft;
	uint32_t distance;     /* microseconds to its region and back */
	int64_t not_before_ms; /* back-off: not woken before this time; 0: never failed */
};

/* Soft-limit slots that are missing: waiting requests and load over soft limits, less what is free under the soft limits
 * of those that run, wake, or are starting for somebody else. */
int64_t wake_deficit(const struct wake_machine *machines, size_t count, uint32_t waiting);

/* The index of the Machine to wake now: one that did not fail before one that did, the nearest region, suspended before
 * stopped, the first of equals. One that somebody stopped by hand lately comes last, and only for requests that wait:
 * not merely to have more room. WAKE_NONE: nobody needs it, or nobody can be woken now. Call again after marking the
 * Machine as waking: there may be need for another. */
int wake_pick(const struct wake_machine *machines, size_t count, uint32_t waiting, int64_t now_ms);

/* Pause before connect probe number `attempt` (0 is the first): 0, 1, 2, 4, 8, 16, 32, 50, 50 ... ms. */
uint32_t wake_probe_ms(unsigned attempt);
/* Pause after `failures` failed wakes in a row of one Machine: 0, 250, 500, 1000 ... 30000 ms. */
uint32_t wake_backoff_ms(unsigned failures);

#endif
