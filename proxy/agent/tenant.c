/* tenant.c - see tenant.h. */
#include "tenant.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "health.h"
#include "news.h"
#include "run_id.h"
#include "writer.h"

static void step(struct tenant *t, enum event event);

/* ---------------------------------------------------------------------------------------- carrying out */

static void launch(struct tenant *t)
{
	t->message[0] = '\0';
	if (t->creating) {
		/* on_created comes back here. */
		if (t->instance)
			t->world->driver->hurry(t->instance);
		return;
	}
	if (!t->renewed && t->world->driver->renew(t->instance, t->spec)) {
		t->creating = t->renewed = true;
		return;
	}
	t->renewed = false;
	if (!t->spec->command) {
		snprintf(t->message, sizeof t->message, "its command is not a JSON array of strings");
		step(t, EVENT_UNRUNNABLE);
		return;
	}
	run_id_new(t->run);
	t->alive = true;
	t->started_ns = clock_mono_ns();
	t->world->driver->start(t->instance, t->spec, t->run);
}

static void kill_now(struct tenant *t)
{
	ev_timer_stop(t->world->loop, &t->killing);
	if (t->alive)
		t->world->driver->stop(t->instance, SIGKILL);
	else
		step(t, EVENT_EXITED); /* it was waiting for its network */
}

static void signal_now(struct tenant *t)
{
	int signal = t->stop_signal ? t->stop_signal : SIGINT;
	ev_now_update(t->world->loop);
	double left = ev_is_active(&t->killing) ? ev_timer_remaining(t->world->loop, &t->killing) : t->stop_timeout;
	if (!t->alive || signal == SIGKILL || t->stop_timeout <= 0) {
		kill_now(t);
		return;
	}
	t->world->driver->stop(t->instance, signal);
	ev_timer_stop(t->world->loop, &t->killing);
	ev_timer_set(&t->killing, left < t->stop_timeout ? left : t->stop_timeout, 0);
	ev_timer_start(t->world->loop, &t->killing);
}

static void pause_now(struct tenant *t)
{
	double seconds = (double)restart_pause_ms(t->restarts++) / 1000;
	ev_timer_stop(t->world->loop, &t->pausing);
	ev_timer_set(&t->pausing, seconds, 0);
	ev_timer_start(t->world->loop, &t->pausing);
}

static void remove_now(struct tenant *t)
{
	if (t->removing)
		return;
	t->removing = true;
	t->world->driver->destroy(t->instance);
}

static void carry_out(struct tenant *t, enum act act)
{
	switch (act) {
	case ACT_NONE:
	case ACT_REFUSE:
		break;
	case ACT_LAUNCH:
		launch(t);
		break;
	case ACT_THAW_SIGNAL:
		(void)t->world->driver->resume(t->instance);
		signal_now(t);
		break;
	case ACT_SIGNAL:
		signal_now(t);
		break;
	case ACT_KILL:
		kill_now(t);
		break;
	case ACT_FREEZE:
		t->world->driver->suspend(t->instance);
		break;
	case ACT_THAW:
		(void)t->world->driver->resume(t->instance);
		break;
	case ACT_PAUSE:
		pause_now(t);
		break;
	case ACT_REMOVE:
		remove_now(t);
		break;
	}
}

static void step(struct tenant *t, enum event event)
{
	struct lifecycle_step next = lifecycle_next(t->phase, event);
	if (next.phase != t->phase) {
		t->phase = next.phase;
		t->since = clock_wall_ms();
		if (next.phase != PHASE_PAUSING)
			ev_timer_stop(t->world->loop, &t->pausing);
	}
	/* The act may step further and publish that; what is left to say then is nothing. */
	carry_out(t, next.act);
	news_publish(t);
}

/* ---------------------------------------------------------------------------------------- what happens */

static void on_created(void *owner, const char *error)
{
	struct tenant *t = owner;
	if (error && t->phase != PHASE_STARTING) /* a start will say it */
		log_error("machine not ready to be started id=%s: %s", t->spec->id, error);
	bool first = t->creating;
	t->creating = false;
	/* instance is NULL while create itself still runs. */
	if (first && t->instance && t->phase == PHASE_STARTING && !t->alive) {
		launch(t);
		news_publish(t);
	} else {
		t->renewed = false; /* whoever wanted it started changed their mind */
	}
}

static void on_ran(void *owner, const char *error)
{
	struct tenant *t = owner;
	if (!error) {
		t->world->counts->starts++;
		t->world->counts->start_us += (uint64_t)(clock_mono_ns() - t->started_ns) / 1000;
		step(t, EVENT_RAN);
		return;
	}
	t->world->counts->failures++;
	t->alive = false;
	ev_timer_stop(t->world->loop, &t->killing);
	snprintf(t->message, sizeof t->message, "%s", error);
	step(t, EVENT_UNRUNNABLE);
}

static void tell_exit(const struct tenant *t, bool asked)
{
	char info[96];
	snprintf(info, sizeof info, "exit_code=%d,oom_killed=%s,requested_stop=%s", t->end.code,
	         t->end.oom ? "true" : "false", asked ? "true" : "false");
	news_event(t, "exit", info);
}

static bool asked_to_end(const struct tenant *t)
{
	return t->phase == PHASE_STOPPING || t->phase == PHASE_RESTARTING || t->phase == PHASE_DESTROYING;
}

/* Of an end that nobody asked for. */
static void say_crash(struct tenant *t, bool again)
{
	struct text why = {0};
	text_format(&why, "the command ended with code %d", t->end.code);
	if (t->end.oom && t->spec->guest.cpu_kind)
		text_format(&why, " after a process was killed for want of memory (its size gives %" PRId64 " MB)",
		            t->spec->guest.memory_mb);
	else if (t->end.oom)
		text_put(&why, " after a process was killed for want of memory");
	text_put(&why, again         ? "; it is started again"
	               : t->restarts ? "; it was started again too often and is left alone"
	                             : "");
	snprintf(t->message, sizeof t->message, "%s", why.at);
	text_free(&why);
}

static void ended(struct tenant *t, const struct driver_end *end)
{
	bool asked = asked_to_end(t);
	t->alive = false;
	t->has_exit = true;
	t->end = *end;
	ev_timer_stop(t->world->loop, &t->killing);
	if (asked) {
		step(t, EVENT_EXITED);
	} else {
		t->source = "flyd";
		t->restarts = restart_row(t->restarts, (clock_mono_ns() - t->started_ns) / 1000000);
		t->world->counts->crashes += end->code != 0;
		bool again = restart_wanted(&t->spec->restart, end->code, t->restarts) &&
		             lifecycle_next(t->phase, EVENT_CRASHED).phase == PHASE_PAUSING;
		if (end->code != 0)
			say_crash(t, again);
		step(t, again ? EVENT_CRASHED : EVENT_EXITED);
	}
	tell_exit(t, asked);
	if (t->phase == PHASE_STOPPED && t->spec->auto_destroy)
		writer_destroy(t->world->writer, t->spec->id);
}

static void on_exited(void *owner, const struct driver_end *end)
{
	ended(owner, end);
}

static void on_suspended(void *owner, const char *error)
{
	struct tenant *t = owner;
	if (error)
		log_warn("machine cannot be suspended, stopping it id=%s: %s", t->spec->id, error);
	step(t, error ? EVENT_UNFREEZABLE : EVENT_FROZEN);
}

static void on_destroyed(void *owner)
{
	struct tenant *t = owner;
	t->instance = NULL;
	snprintf(t->message, sizeof t->message, "the Machine was destroyed");
	for (struct asker *asker = t->askers; asker; asker = asker->next)
		news_answer(t, asker, VERDICT_MISSED);
	writer_forget(t->world->writer, t->spec->id);
	log_info("machine destroyed id=%s app=%s", t->spec->id, t->spec->app);
	t->world->removed(t->world->owner, t);
}

static void on_killing(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct tenant *t = watcher->data;
	(void)loop, (void)events;
	log_info("machine did not end in time, killing it id=%s", t->spec->id);
	kill_now(t);
}

static void on_pausing(struct ev_loop *loop, ev_timer *watcher, int events)
{
	(void)loop, (void)events;
	step(watcher->data, EVENT_DUE);
}

/* ---------------------------------------------------------------------------------------- being asked */

static void set_stop(struct tenant *t, int signal, int64_t timeout)
{
	t->stop_signal = signal ? signal : t->spec->kill_signal;
	t->stop_timeout = timeout >= 0 ? (double)timeout : t->spec->kill_timeout;
}

static void refuse(struct tenant *t, enum event event)
{
	snprintf(t->message, sizeof t->message, "a Machine that is %s cannot be %s",
	         machine_state_name(lifecycle_state(t->phase)),
	         event == EVENT_SUSPEND ? "suspended"
	         : event == EVENT_STOP  ? "stopped"
	                                : "started");
}

/* false: refused, and t->message says why. */
static bool want(struct tenant *t, enum event event, const char *source)
{
	if (lifecycle_next(t->phase, event).act == ACT_REFUSE) {
		refuse(t, event);
		return false;
	}
	t->source = source;
	if (event == EVENT_START || event == EVENT_RESTART)
		t->restarts = 0;
	if (t->phase != PHASE_FAILED)
		t->message[0] = '\0';
	step(t, event);
	return true;
}

void tenant_ask(struct tenant *tenant, struct client *client, const struct ask *ask)
{
	struct asker *asker = mem_new(sizeof *asker);
	asker->client = client;
	asker->serial = ask->serial;
	asker->since_ms = clock_mono_ms();
	asker->goal = ask->verb == ASK_START ? EVENT_START : ask->verb == ASK_STOP ? EVENT_STOP : EVENT_SUSPEND;
	enum event goal = asker->goal;
	asker->next = tenant->askers;
	tenant->askers = asker;
	/* Two proxies that find it idle are not two people in a hurry: it gets one signal. */
	if (goal == EVENT_STOP && tenant->phase == PHASE_STOPPING)
		return;
	set_stop(tenant, 0, -1);
	if (want(tenant, goal, "proxy"))
		return;
	tenant->askers = asker->next;
	news_answer(tenant, asker, VERDICT_MISSED);
	free(asker);
}

void tenant_leave(struct tenant *tenant, const struct client *client)
{
	for (struct asker **at = &tenant->askers; *at;) {
		struct asker *asker = *at;
		if (asker->client == client) {
			*at = asker->next;
			free(asker);
		} else {
			at = &asker->next;
		}
	}
}

static void read_row_ask(struct tenant *t)
{
	const struct spec *spec = t->spec;
	if (spec->ask_serial <= t->row_serial)
		return;
	t->row_serial = spec->ask_serial;
	t->row_goal = spec->ask;
	t->row_waits = spec->has_ask;
	bool taken = spec->has_ask; /* otherwise somebody took the wish back */
	if (taken) {
		set_stop(t, spec->ask_signal, spec->ask_timeout);
		taken = want(t, spec->ask, "user");
	}
	if (taken)
		return;
	t->row_waits = false;
	t->done_serial = spec->ask_serial;
	t->dirty = true;
	news_publish(t);
}

/* A backup may have taken the registry's place: it asks for what was done long ago, and its state is not ours. */
static void read_row_again(struct tenant *t, const struct spec_past *past)
{
	if (t->spec->ask_serial < t->row_serial) {
		t->row_serial = t->done_serial = t->spec->ask_serial;
		t->row_waits = false;
	}
	if (past->known && past->state == lifecycle_state(t->phase) && past->done_serial == t->done_serial)
		return;
	t->dirty = true;
	news_publish(t);
}

void tenant_update(struct tenant *tenant, struct spec *spec, const struct spec_past *past)
{
	spec_free(tenant->spec);
	tenant->spec = spec;
	tenant->renewed = false; /* what is being got ready may be another's */
	health_take(tenant->health, spec);
	tenant->returned = tenant->phase == PHASE_DESTROYING;
	if (!tenant->returned && past)
		read_row_again(tenant, past);
	if (!tenant->returned)
		read_row_ask(tenant);
}

void tenant_destroy(struct tenant *tenant)
{
	tenant->returned = false;
	if (tenant->phase != PHASE_DESTROYING)
		step(tenant, EVENT_DESTROY);
}

/* ---------------------------------------------------------------------------------------- coming and going */

static void come_back(struct tenant *t, const struct spec_past *past, const struct driver_past *there)
{
	bool same_run = strcmp(past->run, there->run) == 0;
	struct lifecycle_resume resume = lifecycle_resume(past->known ? &past->state : NULL, there->found, same_run);
	t->phase = resume.phase;
	t->shown = past->known && lifecycle_state(resume.phase) == past->state ? resume.phase : PHASE_COUNT;
	t->alive = there->found == FOUND_RUNNING || there->found == FOUND_STILL;
	snprintf(t->run, sizeof t->run, "%s", there->run[0] ? there->run : past->run);
	if (!same_run)
		t->dirty = true;
	if (past->known && t->shown == t->phase)
		t->since = past->since;
	if (t->alive)
		log_info("machine adopted id=%s app=%s run=%s", t->spec->id, t->spec->app, t->run);
	set_stop(t, 0, -1);
	/* How long it ran is not known, so it counts as steady: a crash while nobody looked is no row of crashes. */
	t->started_ns = clock_mono_ns() - RESTART_STEADY_MS * INT64_C(1000000);
	if (resume.event == EVENT_EXITED)
		ended(t, &there->end);
	else if (resume.event != EVENT_COUNT)
		step(t, resume.event);
	else
		news_publish(t);
}

struct tenant *tenant_new(const struct tenant_world *world, struct spec *spec, const struct spec_past *past)
{
	struct tenant *t = mem_new(sizeof *t);
	struct driver_past there;
	t->world = world;
	t->spec = spec;
	t->source = "flyd";
	t->creating = true;
	t->since = clock_wall_ms();
	t->restarts = past->restarts;
	t->has_exit = past->has_exit;
	t->end = (struct driver_end){past->exit_code, past->oom};
	/* A new Machine may come with an ask that nobody counted yet. */
	t->row_serial = t->done_serial = past->known ? past->done_serial : -1;
	if (!spec->has_ask && t->done_serial < spec->ask_serial)
		t->row_serial = t->done_serial = spec->ask_serial;
	t->health = health_new(world->loop, world->writer, past->checked);
	health_take(t->health, spec);
	ev_init(&t->killing, on_killing);
	ev_init(&t->pausing, on_pausing);
	t->killing.data = t->pausing.data = t;
	t->watch = (struct driver_watch){t, on_created, on_ran, on_exited, on_suspended, on_destroyed};
	t->instance = world->driver->create(world->driver, spec, &t->watch, &there);
	come_back(t, past, &there);
	read_row_ask(t);
	/* The last agent may have been killed between the two writes. */
	if (t->phase == PHASE_STOPPED && spec->auto_destroy)
		writer_destroy(world->writer, spec->id);
	return t;
}

void tenant_free(struct tenant *tenant)
{
	if (tenant->instance)
		tenant->world->driver->leave(tenant->instance);
	ev_timer_stop(tenant->world->loop, &tenant->killing);
	ev_timer_stop(tenant->world->loop, &tenant->pausing);
	for (struct asker *asker = tenant->askers, *next; asker; asker = next) {
		next = asker->next;
		free(asker);
	}
	health_free(tenant->health);
	spec_free(tenant->spec);
	free(tenant);
}
