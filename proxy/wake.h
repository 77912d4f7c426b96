/* wake.h - the control thread's part of waking: asks the agent, probes until the Machine listens, tells the queue; and
 * what only the agent knows (why does nobody answer?), and putting idle Machines to rest.
 *
 * One wake per Machine at a time: whoever sets machine->waking orders it. Everything here runs in the control thread,
 * except the functions marked "any thread", which leave a job in its inbox. */
#ifndef PROXY_WAKE_H
#define PROXY_WAKE_H

#include "choose.h"
#include "live.h"

struct proxy;
struct waiter;
struct wakes;
struct ev_loop;

enum { WAKE_EXPLAIN_SECONDS = 2 }; /* how long the agent may take to explain */

enum wake_kind {
	WAKE_START, /* ask the agent, then probe */
	WAKE_PROBE  /* it is started: only wait until it listens */
};

struct wakes *wakes_start(struct proxy *proxy, struct ev_loop *loop, const char *agent_path);
void wakes_stop(struct wakes *wakes);

/* machine->waking was set by the caller, whose hold on the service is taken over. Any thread. */
void wakes_order(struct proxy *proxy, struct live_service *service, enum wake_kind kind);
/* Answers the waiter, a refusal already, with what the agent says about the Machine as its detail. Any thread. */
void wakes_explain(struct proxy *proxy, struct waiter *waiter, const char *machine);
/* Settles the app's queue. Any thread. */
void wakes_nudge(struct proxy *proxy, struct live_app *app);
/* Asks the agent to stop or suspend a Machine whose doors (services, held) the caller closed. False: no agent, nothing
 * happens and everything stays the caller's. Otherwise the doors are opened again with the answer. */
bool wakes_rest(struct wakes *wakes, struct live_service **services, unsigned count, bool suspend);
/* Tells the agent how far the regions are (ask.h, away). False: it is not there. */
bool wakes_tell_away(struct wakes *wakes, const char *text);
unsigned wakes_ups(const struct wakes *wakes); /* times the agent was found: a new one knows nothing */

#endif
