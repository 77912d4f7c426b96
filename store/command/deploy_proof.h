/* deploy_proof.h - whether a Machine that was asked to start is fit for requests: it runs, listens where its services
 * are and passes their checks; one without services has to run for a second, or to be through without an error.
 * What it should be is read from its rows, so it does not matter who made it. Never writes to the registry. */
#ifndef COMMAND_DEPLOY_PROOF_H
#define COMMAND_DEPLOY_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct call;
struct machine;

struct deploy_proof {      /* borrowed */
	struct call *call; /* its registry is open and outside a transaction */
	const char *id;
	int64_t serial;               /* of the wish that starts it */
	int64_t since;                /* clock_mono_ms() when that was asked */
	double seconds;               /* at most, from then on */
	bool once;                    /* it is a task: it is well when it is through without an error */
	void (*on_look)(void *owner); /* now and then while it waits; NULL: nothing */
	void *owner;
};

/* 0; or 1 with a sentence in `why`: nothing was said yet. On a terminal it shows what is waited for. */
int deploy_proof_await(const struct deploy_proof *proof, struct text *why);

/* Is it still what it proved to be? m: its row now; NULL: gone. */
bool deploy_proof_holds(const struct machine *m);

#endif
