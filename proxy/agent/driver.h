/* driver.h - how Machines are run: a few verbs behind which processes, containers or units may stand.
 *
 * All calls and all watch callbacks happen in the agent's loop thread; no call blocks for longer than a fork. A callback
 * may come from inside the call that caused it, except `destroyed`, after which the instance is gone. */
#ifndef AGENT_DRIVER_H
#define AGENT_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "lifecycle.h"

struct spec;
struct instance; /* the driver's side of one Machine */

enum { DRIVER_RUN = 27 }; /* bytes of the name of one run, NUL included */

/* How a run ended. */
struct driver_end {
	int code; /* 128 + n: by signal n */
	bool oom; /* a process of it was killed for want of memory */
};

/* What create found left of an earlier agent's work. */
struct driver_past {
	enum found found;
	char run[DRIVER_RUN];  /* "" for FOUND_NOTHING */
	struct driver_end end; /* FOUND_ENDED: how */
};

struct driver_watch {
	void *owner;
	/* It may be started; error (valid during the call): not yet, a start will say the same and try again. */
	void (*created)(void *owner, const char *error);
	void (*ran)(void *owner, const char *error);               /* NULL: the command was executed; once per start */
	void (*exited)(void *owner, const struct driver_end *end); /* no process is left */
	void (*suspended)(void *owner, const char *error);
	void (*destroyed)(void *owner);
};

struct driver {
	/* Makes everything that a start needs, so that a start is only a fork. past is filled before it returns. */
	struct instance *(*create)(struct driver *driver, const struct spec *spec, const struct driver_watch *watch,
	                           struct driver_past *past);
	void (*hurry)(struct instance *instance); /* created is waited for */
	/* Before a start, while nothing runs. true: the row or the host changed so that something has to be made again
	 * first. Answer: created, not from inside this call. */
	bool (*renew)(struct instance *instance, const struct spec *spec);
	/* Only while nothing runs, after the first created. run: the name of this run. Answer: ran. */
	void (*start)(struct instance *instance, const struct spec *spec, const char *run);
	/* SIGKILL goes to every process of it, any other signal to its command. Answer: exited, when it ends. */
	void (*stop)(struct instance *instance, int signal);
	void (*suspend)(struct instance *instance); /* Answer: suspended, unless resumed or ended before */
	int (*resume)(struct instance *instance);   /* -1: nothing to resume */
	/* Only while nothing runs. Answer: destroyed, when network, files and groups of it are gone. */
	void (*destroy)(struct instance *instance);
	/* Leaves it as it is and frees the instance: the agent ends, the Machine goes on. */
	void (*leave)(struct instance *instance);
	/* A sentence on which addresses and ports it listens on, and the last lines it wrote. */
	void (*explain)(struct instance *instance, struct text *out);
};

#endif
