/* standing.h - how a service of a Machine did lately: in the rotation, out of it for a while, or on trial. Pure.
 *
 * Harm takes it out, the longer the more of it came in a row: a connection that was refused counts at once, one that was
 * taken and ended without an answer when it happens twice. When its time is over one connection is let in on trial: what
 * comes of that decides whether the service is back, or out for longer. When nothing is heard of the trial it is back too,
 * but the next harm is one more in the row.
 *
 * One word, shared by all threads without a lock; 0 is a service that nobody complains of, and then all that anybody does
 * is load it. What was said of another life of the Machine (its epoch) counts no more. Times are clock_mono_ms(). */
#ifndef PROXY_STANDING_H
#define PROXY_STANDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	STANDING_PAUSE_MIN_MS = 500, /* out for the first time */
	STANDING_PAUSE_MAX_MS = 30000,
	STANDING_TRIAL_MS = 6000 /* longer than a connect may take */
};

enum standing_harm {
	STANDING_BROKE = 1,  /* ended a new connection before it said anything */
	STANDING_REFUSED = 2 /* refused, reset or never took a connection */
};

enum standing_place {
	STANDING_IN,
	STANDING_DUE, /* its time is over: one may try */
	STANDING_OUT  /* or on trial with somebody else: only when there is nothing else */
};

struct standing {
	_Atomic uint64_t word;
};

static inline bool standing_is_clear(const struct standing *standing)
{
	return atomic_load_explicit(&standing->word, memory_order_relaxed) == 0;
}

enum standing_place standing_look(const struct standing *standing, uint32_t epoch, int64_t now_ms);
/* Somebody is about to connect who thinks it is not out. False: it is, or another one tries already. */
bool standing_try(struct standing *standing, uint32_t epoch, int64_t now_ms);
/* How long it is out from now on, in milliseconds; 0: this did not put it out. */
uint32_t standing_harm(struct standing *standing, uint32_t epoch, int64_t now_ms, enum standing_harm harm);
/* A new connection was taken, which makes up for refused ones, or answered, which makes up for all. True: it was out. */
bool standing_good(struct standing *standing, uint32_t epoch, bool answered);

#endif
