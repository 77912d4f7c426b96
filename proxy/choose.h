/* choose.h - the live counters of a port's services, put before the pure deciders balance.h and wake_plan.h.
 * Owns its scratch arrays; one per thread. The site is read under RCU by the caller. */
#ifndef PROXY_CHOOSE_H
#define PROXY_CHOOSE_H

#include "balance.h"
#include "rand.h"
#include "site.h"
#include "wake_plan.h"

enum { TRIED_MAX = 4 };

struct tried { /* Machines that failed this request; compared, never followed */
	const struct live_machine *machine[TRIED_MAX];
	unsigned count;
};

struct chooser {
	struct rand rand;
	struct balance_candidate *candidates;
	struct wake_machine *machines;
	struct live_service **services; /* of candidates */
	size_t room;
	bool over_soft; /* what choose_service() picked last is now at its soft limit: another Machine may be needed */
};

void chooser_init(struct chooser *chooser); /* seeds from the kernel */
void chooser_fini(struct chooser *chooser);

/* BALANCE_PICKED: *out is entered and held (queue_leave() undoes both). */
enum balance_result choose_service(struct chooser *chooser, const struct site *site, const struct site_port *port,
                                   const struct tried *tried, struct live_service **out);
/* Whose Machine should be woken now; NULL: nobody's. Call under the app's lock. */
struct live_service *choose_sleeper(struct chooser *chooser, const struct site *site, const struct site_port *port);
/* Some Machine behind the port serves or is being woken: waiting makes sense. */
bool choose_hopeful(const struct site *site, const struct site_port *port, const struct tried *tried);

static inline bool tried_has(const struct tried *tried, const struct live_machine *machine)
{
	for (unsigned i = 0; i < tried->count; i++)
		if (tried->machine[i] == machine)
			return true;
	return false;
}

static inline void tried_add(struct tried *tried, const struct live_machine *machine)
{
	if (tried->count < TRIED_MAX && !tried_has(tried, machine))
		tried->machine[tried->count++] = machine;
}

#endif
