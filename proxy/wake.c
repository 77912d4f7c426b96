/* wake.c - see wake.h. */
#include "wake.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "wake_inside.h"
#include "wake_plan.h"
#include "worker.h"

static const double AGENT_SECONDS = 2; /* a wake waits that long for an agent that is not there: it may be restarting */

struct wake {
	struct asked asked;
	struct job job; /* the order, on its way to the control thread */
	struct wakes *wakes;
	struct live_service *service; /* held */
	enum wake_kind kind;
	uint32_t epoch; /* of the Machine when it was ordered */
	bool probing;
	enum refusal failure; /* while the agent explains it */
	int64_t began_ms;
	ev_timer limit;
	struct probe probe;
};

struct rest {
	struct asked asked;
	struct live_service **services; /* held; their doors are closed */
	unsigned count;
};

/* ------------------------------------------------------------------------------------------------- what was asked */

static void send_unsent(void *owner)
{
	struct wakes *wakes = owner;
	for (struct asked *a = wakes->first; a; a = a->next)
		if (!a->sent && !a->answered)
			a->sent = link_send(&wakes->link, &a->ask);
}

void asked_add(struct wakes *wakes, struct asked *asked, enum ask_verb verb, const char *machine)
{
	if (++wakes->serial == 0) /* 0 is the agent's own */
		wakes->serial = 1;
	asked->ask = (struct ask){.serial = wakes->serial, .verb = verb};
	snprintf(asked->ask.machine, sizeof asked->ask.machine, "%s", machine);
	asked->next = NULL;
	asked->prev = wakes->last;
	if (wakes->last)
		wakes->last->next = asked;
	else
		wakes->first = asked;
	wakes->last = asked;
	asked->sent = !asked->answered && link_send(&wakes->link, &asked->ask);
}

void asked_remove(struct wakes *wakes, struct asked *asked)
{
	if (asked->next)
		asked->next->prev = asked->prev;
	else
		wakes->last = asked->prev;
	if (asked->prev)
		asked->prev->next = asked->next;
	else
		wakes->first = asked->next;
}

/* ---------------------------------------------------------------------------------------------------------- waking */

static void wake_free(struct wake *wake)
{
	ev_timer_stop(wake->wakes->loop, &wake->limit);
	if (wake->probing)
		probe_stop(&wake->probe);
	asked_remove(wake->wakes, &wake->asked);
	live_service_drop(wake->service);
	free(wake);
}

static void settle(struct wake *wake, const struct queue_news *news)
{
	struct live_machine *machine = wake->service->machine;
	atomic_store(&machine->waking, false);
	queue_settle(wake->wakes->proxy, &wake->wakes->chooser, machine->app, news);
	wake_free(wake);
}

/* detail NULL: all is well. */
static void set_why(struct wake *wake, enum refusal refusal, const char *detail)
{
	struct live_machine *machine = wake->service->machine;
	char *now = mem_text(detail);
	pthread_mutex_lock(&machine->app->lock);
	char *old = machine->why_detail;
	machine->why = (int)refusal;
	machine->why_detail = now;
	machine->why_tries = wake->probe.attempts;
	machine->why_ms = (uint32_t)(clock_mono_ms() - wake->began_ms);
	pthread_mutex_unlock(&machine->app->lock);
	free(old);
}

static void fail(struct wake *wake, enum refusal refusal, const char *detail)
{
	struct live_machine *machine = wake->service->machine;
	uint32_t failures = atomic_fetch_add(&machine->failures, 1) + 1;
	atomic_store(&machine->shun_ms, clock_mono_ms() + wake_backoff_ms(failures));
	if (refusal == REFUSAL_UNREACHABLE)
		atomic_store(&machine->deaf, true);
	set_why(wake, refusal, detail ? detail : "");
	log_warn("wake failed code=%s machine=%s app=%s after_ms=%lld attempts=%u: %s", refusal_code(refusal),
	         machine->id, machine->app->name, (long long)(clock_mono_ms() - wake->began_ms), wake->probe.attempts,
	         detail ? detail : "no explanation");
	settle(wake, &(struct queue_news){.fd = -1, .failed = wake->service});
}

static void on_explained(void *owner, const char *text)
{
	struct wake *wake = owner;
	fail(wake, wake->failure, text);
}

/* Why is what people need to know; the agent has the log and sees what listens. */
static void fail_explained(struct wake *wake, enum refusal refusal)
{
	wake->failure = refusal;
	ev_timer_stop(wake->wakes->loop, &wake->limit);
	if (wake->probing)
		probe_stop(&wake->probe);
	explain_start(wake->wakes, wake->service->machine->id, on_explained, wake);
}

static void on_reached(void *owner, int fd)
{
	struct wake *wake = owner;
	struct live_machine *machine = wake->service->machine;
	atomic_store(&machine->failures, 0);
	atomic_store(&machine->shun_ms, 0);
	standing_good(&wake->service->standing, atomic_load(&machine->epoch), false);
	atomic_store(&machine->deaf, false);
	set_why(wake, REFUSAL_NO_INSTANCE, NULL);
	log_info("machine became reachable machine=%s app=%s port=%u after_ms=%lld attempts=%u", machine->id,
	         machine->app->name, wake->service->internal_port, (long long)(clock_mono_ms() - wake->began_ms),
	         wake->probe.attempts);
	settle(wake, &(struct queue_news){.reached = wake->service, .fd = fd});
}

static void probe_it(struct wake *wake)
{
	wake->probing = true;
	wake->probe = (struct probe){
	    .loop = wake->wakes->loop, .service = wake->service, .owner = wake, .reached = on_reached};
	probe_start(&wake->probe);
}

static void on_limit(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct wake *wake = timer->data;
	(void)loop, (void)events;
	if (wake->probing)
		fail_explained(wake, REFUSAL_UNREACHABLE);
	else
		fail(wake, wake->wakes->link.is_up ? REFUSAL_WAKE_TIMEOUT : REFUSAL_NO_AGENT, NULL);
}

static void set_limit(struct wake *wake)
{
	double whole = wake->wakes->proxy->limits.wake_timeout;
	double left = whole - (double)(clock_mono_ms() - wake->began_ms) / 1000;
	if (!wake->wakes->link.is_up && wake->kind == WAKE_START && left > AGENT_SECONDS)
		left = AGENT_SECONDS;
	ev_timer_stop(wake->wakes->loop, &wake->limit);
	ev_timer_set(&wake->limit, left > 0 ? left : 0, 0.);
	ev_timer_start(wake->wakes->loop, &wake->limit);
}

static void order(struct job *job, void *owner)
{
	struct wake *wake = (struct wake *)((char *)job - offsetof(struct wake, job));
	struct proxy *proxy = owner;
	struct wakes *wakes = proxy->wakes;
	const struct live_machine *machine = wake->service->machine;
	wake->wakes = wakes;
	wake->began_ms = clock_mono_ms();
	wake->epoch = atomic_load(&machine->epoch);
	wake->asked.kind = ASKED_WAKE;
	ev_timer_init(&wake->limit, on_limit, 0., 0.);
	wake->limit.data = wake;
	set_limit(wake);
	wake->asked.answered = wake->kind == WAKE_PROBE;
	if (wake->kind == WAKE_START)
		log_info("Starting machine machine=%s app=%s state=%s", machine->id, machine->app->name,
		         machine_state_name((enum machine_state)atomic_load(&machine->state)));
	asked_add(wakes, &wake->asked, ASK_START, machine->id);
	if (wake->kind == WAKE_PROBE)
		probe_it(wake);
}

static void woken(struct wake *wake, const struct ask *answer)
{
	wake->asked.answered = true;
	fleet_machine_state(&wake->wakes->proxy->fleet, answer->machine, answer->state);
	if (answer->verb == ASK_OK && answer->state == MACHINE_STARTED) {
		set_limit(wake);
		probe_it(wake);
	} else {
		fail(wake, REFUSAL_WAKE_REFUSED,
		     answer->verb == ASK_ERROR ? answer->text : machine_state_name(answer->state));
	}
}

/* -------------------------------------------------------------------------------------------------- putting to rest */

static void rest_done(struct wakes *wakes, struct rest *rest)
{
	struct live_machine *machine = rest->services[0]->machine;
	for (unsigned i = 0; i < rest->count; i++)
		live_service_reopen(rest->services[i]);
	atomic_store(&machine->resting, false);
	asked_remove(wakes, &rest->asked);
	if (atomic_load(&machine->app->waiting) > 0)
		queue_settle(wakes->proxy, &wakes->chooser, machine->app, NULL);
	for (unsigned i = 0; i < rest->count; i++)
		live_service_drop(rest->services[i]);
	free(rest->services);
	free(rest);
}

static void rested(struct wakes *wakes, struct rest *rest, const struct ask *answer)
{
	if (answer)
		fleet_machine_state(&wakes->proxy->fleet, answer->machine, answer->state);
	if (answer && answer->verb != ASK_OK)
		log_warn("machine not put to rest machine=%s state=%s: %s", answer->machine,
		         machine_state_name(answer->state), answer->text);
	rest_done(wakes, rest);
}

bool wakes_rest(struct wakes *wakes, struct live_service **services, unsigned count, bool suspend)
{
	struct live_machine *machine = services[0]->machine;
	if (!wakes->link.is_up)
		return false;
	struct rest *rest = mem_new(sizeof *rest);
	rest->services = mem_copy(services, count * sizeof *services);
	rest->count = count;
	rest->asked.kind = ASKED_REST;
	atomic_store(&machine->resting, true);
	atomic_fetch_add(&machine->epoch, 1);
	workers_purge(wakes->proxy, machine);
	asked_add(wakes, &rest->asked, suspend ? ASK_SUSPEND : ASK_STOP, machine->id);
	/* Whoever came between the closing of the doors and now waits, and must wake it again. */
	if (atomic_load(&machine->app->waiting) > 0)
		queue_settle(wakes->proxy, &wakes->chooser, machine->app, NULL);
	return true;
}

bool wakes_tell_away(struct wakes *wakes, const char *text)
{
	return link_send(&wakes->link, &(struct ask){.verb = ASK_AWAY, .state = MACHINE_CREATED, .text = text});
}

unsigned wakes_ups(const struct wakes *wakes)
{
	return wakes->ups;
}

/* ------------------------------------------------------------------------------------------------------ agent's word */

static bool is_over(enum machine_state state)
{
	return state == MACHINE_STOPPED || state == MACHINE_FAILED || state == MACHINE_DESTROYING;
}

/* A Machine that ends while it is probed will not listen any more. */
/* Its Machine is over while somebody still looks whether it listens. When it was ordered to stop meanwhile, that is no
 * failure: whoever waits may have it started. */
static void over(struct wake *wake)
{
	if (wake->kind == WAKE_PROBE && live_machine_ordered_since(wake->service->machine, wake->epoch))
		settle(wake, NULL);
	else
		fail_explained(wake, REFUSAL_UNREACHABLE);
}

static void on_state(struct wakes *wakes, const struct ask *ask)
{
	struct fleet *fleet = &wakes->proxy->fleet;
	fleet_machine_state(fleet, ask->machine, ask->state);
	const struct live_machine *machine = fleet_machine(fleet, ask->machine);
	if (!is_over(ask->state) || (machine && !atomic_load(&machine->waking)))
		return;
	for (struct asked *a = wakes->first, *next; a; a = next) {
		next = a->next;
		struct wake *wake = (struct wake *)a;
		if (a->kind == ASKED_WAKE && wake->probing && !wake->failure &&
		    strcmp(a->ask.machine, ask->machine) == 0)
			over(wake);
	}
}

static void answered(struct wakes *wakes, struct asked *asked, const struct ask *ask)
{
	switch (asked->kind) {
	case ASKED_WAKE:
		woken((struct wake *)asked, ask);
		break;
	case ASKED_REST:
		rested(wakes, (struct rest *)asked, ask);
		break;
	case ASKED_EXPLAIN:
		explain_answer(wakes, asked, ask);
		break;
	}
}

static void on_message(void *owner, const struct ask *ask)
{
	struct wakes *wakes = owner;
	if (ask->verb == ASK_STATE) {
		on_state(wakes, ask);
		return;
	}
	for (struct asked *a = wakes->first; a; a = a->next) {
		if (a->ask.serial == ask->serial && a->sent && !a->answered) {
			answered(wakes, a, ask);
			return;
		}
	}
}

static void on_up(void *owner)
{
	struct wakes *wakes = owner;
	atomic_store(&wakes->proxy->agent_is_up, true);
	wakes->ups++;
	for (struct asked *a = wakes->first; a; a = a->next)
		if (a->kind == ASKED_WAKE && !a->answered)
			set_limit((struct wake *)a);
	send_unsent(wakes);
}

/* A wake is asked again when the agent is back; the rest is over. */
static void on_down(void *owner)
{
	struct wakes *wakes = owner;
	struct asked *next;
	atomic_store(&wakes->proxy->agent_is_up, false);
	fleet_agent_gone(&wakes->proxy->fleet);
	for (struct asked *a = wakes->first; a; a = next) {
		next = a->next;
		a->sent = false;
		if (a->kind == ASKED_WAKE && !a->answered)
			set_limit((struct wake *)a);
	}
	/* One at a time from the start: an answer may add and remove others. */
	for (struct asked *a = wakes->first; a;) {
		if (a->kind == ASKED_WAKE) {
			a = a->next;
			continue;
		}
		answered(wakes, a, NULL);
		a = wakes->first;
	}
}

struct wakes *wakes_start(struct proxy *proxy, struct ev_loop *loop, const char *agent_path)
{
	struct wakes *wakes = mem_new(sizeof *wakes);
	struct link_events events = {wakes, on_up, on_down, on_message};
	wakes->proxy = proxy;
	wakes->loop = loop;
	proxy->wakes = wakes;
	chooser_init(&wakes->chooser);
	link_start(&wakes->link, loop, agent_path, &events);
	return wakes;
}

void wakes_stop(struct wakes *wakes)
{
	link_stop(&wakes->link);
	for (struct asked *a = wakes->first, *next; a; a = next) {
		next = a->next;
		if (a->kind == ASKED_WAKE)
			wake_free((struct wake *)a);
		else
			answered(wakes, a, NULL);
	}
	chooser_fini(&wakes->chooser);
	free(wakes);
}

/* ------------------------------------------------------------------------------------------------------- any thread */

void wakes_order(struct proxy *proxy, struct live_service *service, enum wake_kind kind)
{
	struct wake *wake = mem_new(sizeof *wake);
	wake->service = service;
	wake->kind = kind;
	wake->job.run = order;
	inbox_post(proxy->control, &wake->job);
}

struct question {
	struct job job;
	struct waiter *waiter;
	char machine[LIVE_ID];
};

static void on_told(void *owner, const char *text)
{
	struct waiter *waiter = owner;
	waiter->detail = mem_text(text);
	waiter_answer(waiter);
}

static void ask_why(struct job *job, void *owner)
{
	struct question *question = (struct question *)job;
	struct proxy *proxy = owner;
	explain_start(proxy->wakes, question->machine, on_told, question->waiter);
	free(question);
}

void wakes_explain(struct proxy *proxy, struct waiter *waiter, const char *machine)
{
	struct question *question = mem_new(sizeof *question);
	question->waiter = waiter;
	question->job.run = ask_why;
	snprintf(question->machine, sizeof question->machine, "%s", machine);
	inbox_post(proxy->control, &question->job);
}

struct nudge {
	struct job job;
	struct live_app *app;
};

static void nudge(struct job *job, void *owner)
{
	struct nudge *n = (struct nudge *)job;
	struct proxy *proxy = owner;
	queue_settle(proxy, &proxy->wakes->chooser, n->app, NULL);
	live_app_drop(n->app);
	free(n);
}

void wakes_nudge(struct proxy *proxy, struct live_app *app)
{
	struct nudge *n = mem_new(sizeof *n);
	n->app = live_app_hold(app);
	n->job.run = nudge;
	inbox_post(proxy->control, &n->job);
}
