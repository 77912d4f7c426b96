/* choose.h - the live counters of a port's services, put before the pure deciders balance.h and wake_plan.h.
 * Owns its scratch arrays; one per thread. The site is read under RCU by the caller. */
#ifndef PROXY_CHOOSE_H
#define PROXY_CHOOSE_H

#include "balance.h"
#include "rand.h"
#include "site.h"
#include "steer.h"
#include "wake_plan.h"

enum { TRIED_MAX = 4, CHOOSE_WHY = 320 };

/* What is known of a request that looks for a Machine: those that failed it, each with its epoch, because one that was
 * stopped or started since is worth another try; and where it wants to go. */
struct tried {
	const struct live_machine *machine[TRIED_MAX]; /* compared, never followed */
	uint32_t epoch[TRIED_MAX];
	unsigned count;
	const struct steer *steer; /* NULL: anywhere; lives as long as the request */
};

struct chooser {
	struct rand rand;
	struct balance_candidate *candidates;
	struct wake_machine *machines;
	struct live_service **services; /* of candidates */
	size_t room;
	bool
	    over_soft; /* what choose_service() picked last is over its soft limit now: another Machine may be needed */
};

void chooser_init(struct chooser *chooser); /* seeds from the kernel */
void chooser_fini(struct chooser *chooser);

struct choose_need {
	uint32_t waiting;
	const struct steer *steer; /* NULL: anywhere */
};

/* STEER_NEVER: the request must not go there. */
static inline uint16_t choose_rank(const struct steer *steer, const struct site_machine *machine)
{
	return steer ? steer_rank(steer, &(struct steer_place){machine->live->id, machine->region, machine->areas}) : 0;
}

/* BALANCE_PICKED: *out is entered and held (queue_leave() undoes both). */
enum balance_result choose_service(struct chooser *chooser, const struct site *site, const struct site_port *port,
                                   const struct tried *tried, struct live_service **out);
/* Whose Machine should be woken now that so many wait behind the port, one of which wants it there; NULL: nobody's.
 * Call under the app's lock. */
struct live_service *choose_sleeper(struct chooser *chooser, const struct site *site, const struct site_port *port,
                                    const struct choose_need *need);
/* Some Machine behind the port serves, is being woken or comes up by itself: waiting makes sense. Not for a service with a
 * check that fails, but for one whose check has not passed yet. Not when all that is
 * left is a back-off: whoever asks then hears at once why the last wake failed. */
bool choose_hopeful(const struct site *site, const struct site_port *port, const struct tried *tried);

/* A check keeps a Machine that serves from work behind the port: which, and what it says; NULL: none does. */
const char *choose_ailment(char out[CHOOSE_WHY], const struct site *site, const struct site_port *port,
                           const struct steer *steer);

static inline bool tried_has(const struct tried *tried, const struct live_machine *machine)
{
	for (unsigned i = 0; i < tried->count; i++)
		if (tried->machine[i] == machine && tried->epoch[i] == atomic_load(&machine->epoch))
			return true;
	return false;
}

static inline void tried_add(struct tried *tried, const struct live_machine *machine)
{
	if (tried->count == TRIED_MAX || tried_has(tried, machine))
		return;
	tried->machine[tried->count] = machine;
	tried->epoch[tried->count++] = atomic_load(&machine->epoch);
}

#endif
