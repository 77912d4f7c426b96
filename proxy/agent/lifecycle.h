/* lifecycle.h - what a Machine does next: one table of phases and events. Pure.
 *
 * A phase is the state people see, with restarting cut in two (a process that is being ended, and a pause before the
 * next try). Nothing here knows processes, time or sockets; machine.c carries out the acts and reports the events. */
#ifndef AGENT_LIFECYCLE_H
#define AGENT_LIFECYCLE_H

#include <stdbool.h>

#include "catalog.h"

enum phase {
	PHASE_CREATED,
	PHASE_STARTING,
	PHASE_STARTED,
	PHASE_STOPPING,
	PHASE_STOPPED,
	PHASE_SUSPENDING,
	PHASE_SUSPENDED,
	PHASE_RESTARTING, /* its process ends, then it starts */
	PHASE_PAUSING,    /* it ended by itself; shown as restarting */
	PHASE_FAILED,
	PHASE_DESTROYING,
	PHASE_COUNT
};

enum event {
	/* somebody wants it */
	EVENT_START,
	EVENT_STOP,
	EVENT_SUSPEND,
	EVENT_RESTART,
	EVENT_DESTROY,
	/* it happened */
	EVENT_RAN,         /* the command was executed */
	EVENT_UNRUNNABLE,  /* it could not be */
	EVENT_EXITED,      /* every process is gone, and the restart policy lets it rest */
	EVENT_CRASHED,     /* every process is gone, and the restart policy wants another try */
	EVENT_FROZEN,      /* no process of it runs now */
	EVENT_UNFREEZABLE, /* that could not be reached */
	EVENT_DUE,         /* the pause is over */
	EVENT_COUNT
};

enum act {
	ACT_NONE,
	ACT_REFUSE, /* tell whoever asked that this phase does not allow it */
	ACT_LAUNCH,
	ACT_SIGNAL,      /* the kill signal now, SIGKILL when the kill timeout is over */
	ACT_THAW_SIGNAL, /* let it run so that it can handle the signal */
	ACT_KILL,        /* every process of it, at once */
	ACT_FREEZE,
	ACT_THAW,
	ACT_PAUSE,
	ACT_REMOVE /* what is left: network, files, rows */
};

struct lifecycle_step {
	enum phase phase;
	enum act act;
};

struct lifecycle_step lifecycle_next(enum phase phase, enum event event);

/* What an agent that starts finds: what was written last, and what is really there. */
enum found {
	FOUND_NOTHING, /* it never ran, or its traces are gone */
	FOUND_RUNNING,
	FOUND_STILL,   /* frozen */
	FOUND_ENDED,   /* while nobody looked */
	FOUND_REBOOTED /* so did the whole host */
};
struct lifecycle_resume {
	enum phase phase;
	enum event event; /* to step into at once; EVENT_COUNT: none. EVENT_EXITED: apply the restart policy */
};
/* state NULL: nothing was written. same_run: what was written last is about the run that was found. */
struct lifecycle_resume lifecycle_resume(const enum machine_state *state, enum found found, bool same_run);

/* What an ask that waits may be told when the Machine is in this phase. */
enum lifecycle_verdict { VERDICT_WAIT, VERDICT_DONE, VERDICT_MISSED };
/* goal: EVENT_START, EVENT_STOP, EVENT_SUSPEND or EVENT_RESTART. */
enum lifecycle_verdict lifecycle_verdict(enum phase phase, enum event goal);

enum machine_state lifecycle_state(enum phase phase);

#endif
