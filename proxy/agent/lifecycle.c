/* lifecycle.c - see lifecycle.h. */
#include "lifecycle.h"

#include <assert.h>

/* One row per phase. An event that is missing from a row changes nothing: {0} reads as "stay, do nothing". */
#define STAY(a)                                                                                                        \
	{                                                                                                              \
		true, PHASE_CREATED, ACT_##a, true                                                                     \
	}
#define GO(p, a)                                                                                                       \
	{                                                                                                              \
		true, PHASE_##p, ACT_##a, false                                                                        \
	}

static const struct {
	bool there;
	enum phase phase;
	enum act act;
	bool stay;
} table[PHASE_COUNT][EVENT_COUNT] = {
    [PHASE_CREATED] =
        {
            [EVENT_START] = GO(STARTING, LAUNCH),
            [EVENT_SUSPEND] = STAY(REFUSE),
            [EVENT_RESTART] = GO(STARTING, LAUNCH),
            [EVENT_DESTROY] = GO(DESTROYING, REMOVE),
        },
    [PHASE_STARTING] =
        {
            [EVENT_STOP] = GO(STOPPING, SIGNAL),
            [EVENT_SUSPEND] = STAY(REFUSE),
            [EVENT_DESTROY] = GO(DESTROYING, KILL),
            [EVENT_RAN] = GO(STARTED, NONE),
            [EVENT_UNRUNNABLE] = GO(FAILED, NONE),
            [EVENT_EXITED] = GO(STOPPED, NONE),
            [EVENT_CRASHED] = GO(PAUSING, PAUSE),
        },
    [PHASE_STARTED] =
        {
            [EVENT_STOP] = GO(STOPPING, SIGNAL),
            [EVENT_SUSPEND] = GO(SUSPENDING, FREEZE),
            [EVENT_RESTART] = GO(RESTARTING, SIGNAL),
            [EVENT_DESTROY] = GO(DESTROYING, KILL),
            [EVENT_EXITED] = GO(STOPPED, NONE),
            [EVENT_CRASHED] = GO(PAUSING, PAUSE),
        },
    [PHASE_STOPPING] =
        {
            /* It cannot be called back; it starts as soon as it is gone. */
            [EVENT_START] = GO(RESTARTING, NONE),
            [EVENT_STOP] = STAY(SIGNAL), /* somebody wants it more urgently: another signal, a shorter time */
            [EVENT_RESTART] = GO(RESTARTING, NONE),
            [EVENT_DESTROY] = GO(DESTROYING, KILL),
            [EVENT_UNRUNNABLE] = GO(STOPPED, NONE),
            [EVENT_EXITED] = GO(STOPPED, NONE),
            [EVENT_CRASHED] = GO(STOPPED, NONE),
        },
    [PHASE_STOPPED] =
        {
            [EVENT_START] = GO(STARTING, LAUNCH),
            [EVENT_RESTART] = GO(STARTING, LAUNCH),
            [EVENT_DESTROY] = GO(DESTROYING, REMOVE),
        },
    [PHASE_SUSPENDING] =
        {
            [EVENT_START] = GO(STARTED, THAW),
            [EVENT_STOP] = GO(STOPPING, THAW_SIGNAL),
            [EVENT_RESTART] = GO(RESTARTING, THAW_SIGNAL),
            [EVENT_DESTROY] = GO(DESTROYING, KILL),
            [EVENT_FROZEN] = GO(SUSPENDED, NONE),
            /* What cannot be suspended is stopped: whoever asked wants it to use nothing. */
            [EVENT_UNFREEZABLE] = GO(STOPPING, THAW_SIGNAL),
            [EVENT_EXITED] = GO(STOPPED, NONE),
            [EVENT_CRASHED] = GO(PAUSING, PAUSE),
        },
    [PHASE_SUSPENDED] =
        {
            [EVENT_START] = GO(STARTED, THAW),
            /* Stopping a suspended Machine throws its memory away; it is not woken for a farewell. */
            [EVENT_STOP] = GO(STOPPING, KILL),
            [EVENT_RESTART] = GO(RESTARTING, KILL),
            [EVENT_DESTROY] = GO(DESTROYING, KILL),
            [EVENT_EXITED] = GO(STOPPED, NONE),
            [EVENT_CRASHED] = GO(STOPPED, NONE),
        },
    [PHASE_RESTARTING] =
        {
            [EVENT_STOP] = GO(STOPPING, NONE),
            [EVENT_SUSPEND] = STAY(REFUSE),
            [EVENT_DESTROY] = GO(DESTROYING, KILL),
            [EVENT_UNRUNNABLE] = GO(STARTING, LAUNCH),
            [EVENT_EXITED] = GO(STARTING, LAUNCH),
            [EVENT_CRASHED] = GO(STARTING, LAUNCH),
        },
    [PHASE_PAUSING] =
        {
            [EVENT_START] = GO(STARTING, LAUNCH),
            [EVENT_STOP] = GO(STOPPED, NONE),
            [EVENT_SUSPEND] = GO(STOPPED, NONE),
            [EVENT_RESTART] = GO(STARTING, LAUNCH),
            [EVENT_DESTROY] = GO(DESTROYING, REMOVE),
            [EVENT_DUE] = GO(STARTING, LAUNCH),
        },
    [PHASE_FAILED] =
        {
            [EVENT_START] = GO(STARTING, LAUNCH),
            [EVENT_SUSPEND] = STAY(REFUSE),
            [EVENT_RESTART] = GO(STARTING, LAUNCH),
            [EVENT_DESTROY] = GO(DESTROYING, REMOVE),
        },
    [PHASE_DESTROYING] =
        {
            [EVENT_START] = STAY(REFUSE),
            [EVENT_STOP] = STAY(REFUSE),
            [EVENT_SUSPEND] = STAY(REFUSE),
            [EVENT_RESTART] = STAY(REFUSE),
            [EVENT_UNRUNNABLE] = GO(DESTROYING, REMOVE),
            [EVENT_EXITED] = GO(DESTROYING, REMOVE),
            [EVENT_CRASHED] = GO(DESTROYING, REMOVE),
        },
};

struct lifecycle_step lifecycle_next(enum phase phase, enum event event)
{
	assert(phase < PHASE_COUNT && event < EVENT_COUNT);
	if (!table[phase][event].there)
		return (struct lifecycle_step){phase, ACT_NONE};
	return (struct lifecycle_step){table[phase][event].stay ? phase : table[phase][event].phase,
	                               table[phase][event].act};
}

static struct lifecycle_resume resume_running(enum machine_state state, bool same_run)
{
	/* An end that was begun is gone through with; a run that is newer than the row was started after it. */
	if (same_run && state == MACHINE_STOPPING)
		return (struct lifecycle_resume){PHASE_STARTED, EVENT_STOP};
	if (same_run && state == MACHINE_RESTARTING)
		return (struct lifecycle_resume){PHASE_STARTED, EVENT_RESTART};
	return (struct lifecycle_resume){PHASE_STARTED, EVENT_COUNT};
}

static struct lifecycle_resume resume_ended(enum machine_state state, bool same_run)
{
	if (!same_run)
		return (struct lifecycle_resume){PHASE_STARTED, EVENT_EXITED};
	switch (state) {
	case MACHINE_STARTING:
	case MACHINE_STARTED:
	case MACHINE_SUSPENDING:
		return (struct lifecycle_resume){PHASE_STARTED, EVENT_EXITED};
	case MACHINE_RESTARTING:
		return (struct lifecycle_resume){PHASE_STOPPED, EVENT_START};
	case MACHINE_CREATED:
		return (struct lifecycle_resume){PHASE_CREATED, EVENT_COUNT};
	case MACHINE_FAILED:
		return (struct lifecycle_resume){PHASE_FAILED, EVENT_COUNT};
	case MACHINE_STOPPING:
		return (struct lifecycle_resume){PHASE_STOPPING, EVENT_EXITED};
	case MACHINE_SUSPENDED:
		return (struct lifecycle_resume){PHASE_SUSPENDED, EVENT_EXITED};
	case MACHINE_STOPPED:
	case MACHINE_DESTROYING:
		break;
	}
	return (struct lifecycle_resume){PHASE_STOPPED, EVENT_COUNT};
}

/* Nothing of it is left, because the host was restarted or somebody cleared the state directory. */
static struct lifecycle_resume resume_fresh(enum machine_state state)
{
	switch (state) {
	case MACHINE_STARTING:
	case MACHINE_STARTED:
	case MACHINE_RESTARTING:
		return (struct lifecycle_resume){PHASE_STOPPED, EVENT_START};
	case MACHINE_CREATED:
		return (struct lifecycle_resume){PHASE_CREATED, EVENT_COUNT};
	case MACHINE_FAILED:
		return (struct lifecycle_resume){PHASE_FAILED, EVENT_COUNT};
	case MACHINE_SUSPENDING: /* its memory is lost with the host */
	case MACHINE_SUSPENDED:
	case MACHINE_STOPPING:
	case MACHINE_STOPPED:
	case MACHINE_DESTROYING:
		break;
	}
	return (struct lifecycle_resume){PHASE_STOPPED, EVENT_COUNT};
}

struct lifecycle_resume lifecycle_resume(const enum machine_state *state, enum found found, bool same_run)
{
	enum machine_state was = state ? *state : MACHINE_CREATED;
	switch (found) {
	case FOUND_RUNNING:
		return resume_running(was, same_run);
	case FOUND_STILL:
		return (struct lifecycle_resume){PHASE_SUSPENDED, EVENT_COUNT};
	case FOUND_ENDED:
		return resume_ended(was, same_run);
	case FOUND_NOTHING:
	case FOUND_REBOOTED:
		break;
	}
	return resume_fresh(was);
}

static enum lifecycle_verdict rest_verdict(enum phase phase)
{
	switch (phase) {
	case PHASE_STOPPING:
	case PHASE_DESTROYING:
		return VERDICT_WAIT;
	case PHASE_CREATED:
	case PHASE_STOPPED:
	case PHASE_FAILED:
		return VERDICT_DONE;
	default:
		return VERDICT_MISSED;
	}
}

enum lifecycle_verdict lifecycle_verdict(enum phase phase, enum event goal)
{
	if (goal == EVENT_STOP)
		return rest_verdict(phase);
	if (goal == EVENT_SUSPEND)
		return phase == PHASE_SUSPENDED    ? VERDICT_DONE
		       : phase == PHASE_SUSPENDING ? VERDICT_WAIT
		                                   : rest_verdict(phase);
	if (phase == PHASE_STARTED)
		return VERDICT_DONE;
	return phase == PHASE_STARTING || phase == PHASE_RESTARTING ? VERDICT_WAIT : VERDICT_MISSED;
}

enum machine_state lifecycle_state(enum phase phase)
{
	static const enum machine_state states[PHASE_COUNT] = {
	    [PHASE_CREATED] = MACHINE_CREATED,       [PHASE_STARTING] = MACHINE_STARTING,
	    [PHASE_STARTED] = MACHINE_STARTED,       [PHASE_STOPPING] = MACHINE_STOPPING,
	    [PHASE_STOPPED] = MACHINE_STOPPED,       [PHASE_SUSPENDING] = MACHINE_SUSPENDING,
	    [PHASE_SUSPENDED] = MACHINE_SUSPENDED,   [PHASE_RESTARTING] = MACHINE_RESTARTING,
	    [PHASE_PAUSING] = MACHINE_RESTARTING,    [PHASE_FAILED] = MACHINE_FAILED,
	    [PHASE_DESTROYING] = MACHINE_DESTROYING,
	};
	return states[phase];
}
