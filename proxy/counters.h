/* counters.h - what one thread of the proxy counts; only it writes, the metrics read. Pure. */
#ifndef PROXY_COUNTERS_H
#define PROXY_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "histogram.h"
#include "refusal.h"

enum counters_time {
	COUNTERS_REQUEST,    /* HTTP: from the head's first byte to the last of the response */
	COUNTERS_FIRST,      /* HTTP: ... to the head of the response */
	COUNTERS_CONNECTION, /* without a handler, and tunnels: from beginning to end */
	COUNTERS_QUEUE,      /* only those that waited for room */
	COUNTERS_WAKE,       /* only those that waited for a Machine */
	COUNTERS_CONNECT,    /* only new connections to Machines */
	COUNTERS_TIMES
};

struct counters {
	_Atomic uint64_t connections;  /* accepted, of the right network */
	_Atomic uint64_t open;         /* ... and not closed yet */
	_Atomic uint64_t requests;     /* HTTP requests read */
	_Atomic uint64_t responses;    /* final responses of a Machine passed on */
	_Atomic uint64_t tunnels;      /* upgraded connections */
	_Atomic uint64_t dials;        /* connections to Machines */
	_Atomic uint64_t reused;       /* requests on a connection that was there already */
	_Atomic uint64_t replays;      /* requests that a Machine sent elsewhere */
	_Atomic uint64_t replay_hits;  /* ... that went where a remembered replay leads */
	_Atomic uint64_t retries;      /* requests sent again on another connection */
	_Atomic uint64_t waits;        /* requests and connections that had to wait */
	_Atomic uint64_t wait_ms;      /* ... and how long altogether */
	_Atomic uint64_t ejections;    /* services put out of the rotation */
	_Atomic uint64_t restorations; /* ... that came back by an answer, not by another life of the Machine */
	_Atomic uint64_t accept_pauses;
	_Atomic uint64_t handshakes; /* of TLS that were completed */
	_Atomic uint64_t resumed;    /* ... of them by a ticket */
	_Atomic uint64_t refusals[REFUSAL_KINDS];
	struct histogram times[COUNTERS_TIMES];
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
