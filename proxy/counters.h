/* counters.h - what one thread of the proxy counts; only it writes, the metrics read. Pure. */
#ifndef PROXY_COUNTERS_H
#define PROXY_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "refusal.h"

struct counters {
	_Atomic uint64_t connections; /* accepted, of the right network */
	_Atomic uint64_t open;        /* ... and not closed yet */
	_Atomic uint64_t requests;    /* HTTP requests read */
	_Atomic uint64_t responses;   /* final responses of a Machine passed on */
	_Atomic uint64_t tunnels;     /* upgraded connections */
	_Atomic uint64_t dials;       /* connections to Machines */
	_Atomic uint64_t reused;      /* requests on a connection that was there already */
	_Atomic uint64_t retries;     /* requests sent again on another connection */
	_Atomic uint64_t waits;       /* requests and connections that had to wait */
	_Atomic uint64_t wait_ms;     /* ... and how long altogether */
	_Atomic uint64_t accept_pauses;
	_Atomic uint64_t refusals[REFUSAL_KINDS];
};

/* No lock prefix: there is one writer. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
	                      memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
