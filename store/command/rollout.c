/* rollout.c - see rollout.h. */
#include "command/rollout.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "command/await.h"
#include "command/call.h"
#include "command/deploy_machine.h"
#include "command/deploy_plan.h"
#include "command/deploy_proof.h"
#include "command/interrupt.h"
#include "command/progress.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"

enum {
	STOP_SECONDS = 10, /* beyond a Machine's own kill_timeout */
	BACK_SECONDS = 60, /* for what ran before to be ready again, however short the new ones' time is */
	DRAIN_MS = 500     /* from when one is cordoned: proxies hear of it and requests that it has come to an end */
};

enum place_state {
	PLACE_OPEN,  /* nothing was done */
	PLACE_MADE,  /* its Machine is there, cordoned */
	PLACE_TAKEN, /* its Machine is let in, the old one is cordoned */
	PLACE_BACK   /* the other way round again */
};

struct place {
	const struct deploy_step *step;
	const struct deploy_group *group;
	char id[MACHINE_ID];
	enum place_state state;
	bool was_up;    /* the old one, before it was asked to stop */
	bool lost;      /* the old one: there is nothing to go back to */
	int64_t serial; /* of the wish to start it again */
};

struct wave {
	struct rollout *rollout;
	struct place *places;
	size_t count;
	int64_t since; /* ms */
};

/* ------------------------------------------------------------------------------------------------- what is said */

/* Says the sentence, and remembers the first. Returns 1. */
static int failed(struct rollout *r, const char *sentence)
{
	progress_clear();
	if (!r->why.len)
		text_put(&r->why, sentence);
	return say_refused("%s", sentence);
}

/* The same where it was said already. */
static int remember(struct rollout *r)
{
	if (!r->why.len)
		text_put(&r->why, registry_error(r->call->registry));
	return 1;
}

static int failed_registry(struct rollout *r)
{
	return failed(r, registry_error(r->call->registry));
}

static void print(const struct place *p, const char *what, const char *whom)
{
	printf("  Machine %s [%s] %s%s\n", p->id, p->group->name, what, whom);
	fflush(stdout);
}

/* ------------------------------------------------------------------------------------------------- transactions */

static int begin(struct rollout *r)
{
	return session_write(r->call) < 0 ? remember(r) : 0;
}

static int commit(struct rollout *r)
{
	return session_commit(r->call) < 0 ? remember(r) : 0;
}

/* ------------------------------------------------------------------------------------------------- made and proven */

static int make(struct wave *w)
{
	struct rollout *r = w->rollout;
	if (begin(r))
		return 1;
	for (size_t i = 0; i < w->count; i++) {
		struct place *p = &w->places[i];
		const struct machine *old = p->step->old;
		if (deploy_machine_put(p->group, old, !r->immediate, p->id))
			return remember(r);
		if (r->immediate && old && machine_delete(r->call->registry, old->id) < 0)
			return failed_registry(r);
	}
	if (commit(r))
		return 1;
	w->since = clock_mono_ms();
	for (size_t i = 0; i < w->count; i++) {
		const struct machine *old = w->places[i].step->old;
		w->places[i].state = r->immediate ? PLACE_TAKEN : PLACE_MADE;
		print(&w->places[i], old ? "takes the place of " : "is new", old ? old->id : "");
	}
	return 0;
}

static int prove(struct rollout *r, const char *id, int64_t serial, int64_t since, double seconds)
{
	struct text why = {0};
	const struct deploy_proof proof = {
	    .call = r->call, .id = id, .serial = serial, .since = since, .seconds = seconds};
	int code = deploy_proof_await(&proof, &why);
	if (code) {
		failed(r, why.at);
		await_last_lines(r->call, id);
	}
	text_free(&why);
	return code;
}

static int prove_all(struct wave *w)
{
	int code = 0;
	for (size_t i = 0; i < w->count; i++) {
		if (prove(w->rollout, w->places[i].id, 1, w->since, w->rollout->seconds))
			code = 1;
		else
			print(&w->places[i], "is ready", "");
		/* Nothing is undone of an immediate one, so it may as well tell of all of them. */
		if (code && !w->rollout->immediate)
			return code;
	}
	return code;
}

/* ------------------------------------------------------------------------------------------------- places change */

static bool is_up(const struct machine *m)
{
	return m && m->exists &&
	       (strcmp(m->state, "started") == 0 || strcmp(m->state, "starting") == 0 ||
	        strcmp(m->state, "restarting") == 0);
}

static int pass_over(struct rollout *r, struct place *p)
{
	struct registry *registry = r->call->registry;
	bool bad;
	struct machine *m = machine_look(registry, p->id, &bad);
	bool holds = deploy_proof_holds(m);
	machine_free(m, 1);
	if (bad)
		return failed_registry(r);
	if (!holds) {
		struct text why = {0};
		text_format(&why, "machine %s of process group %s was ready, and does not run any more", p->id,
		            p->group->name);
		failed(r, why.at);
		text_free(&why);
		return 1;
	}
	if (machine_cordon(registry, p->id, false) < 0 ||
	    (p->step->old && machine_cordon(registry, p->step->old->id, true) < 0))
		return failed_registry(r);
	return 0;
}

/* The new ones are let in and the old ones get nothing more, all in the same moment. */
static int let_in(struct wave *w)
{
	if (begin(w->rollout))
		return 1;
	for (size_t i = 0; i < w->count; i++)
		if (pass_over(w->rollout, &w->places[i]))
			return 1;
	if (commit(w->rollout))
		return 1;
	for (size_t i = 0; i < w->count; i++)
		w->places[i].state = PLACE_TAKEN;
	return 0;
}

/* ------------------------------------------------------------------------------------------------- stopped, gone */

struct going { /* a Machine that gets no more requests */
	const char *id;
	bool was_up;
	int64_t kill_timeout, serial;
};

static int take_out(struct rollout *r, struct going *going)
{
	bool bad;
	struct machine *m = machine_look(r->call->registry, going->id, &bad);
	bool there = m && m->exists;
	going->was_up = there && is_up(m);
	going->kill_timeout = there ? m->kill_timeout : 0;
	machine_free(m, 1);
	if (bad || (there && machine_cordon(r->call->registry, going->id, true) < 0))
		return failed_registry(r);
	return 0;
}

static int ask_stop(struct rollout *r, struct going *going)
{
	bool bad;
	struct machine *m = machine_look(r->call->registry, going->id, &bad);
	going->was_up = going->was_up && m && m->exists;
	machine_free(m, 1);
	if (bad || (going->was_up && machine_ask(r->call->registry, going->id, "stop", NULL, &going->serial) < 0))
		return failed_registry(r);
	return 0;
}

static void await_stopped(struct rollout *r, const struct going *going)
{
	const struct await await = {.call = r->call,
	                            .id = going->id,
	                            .goal = {.state = "stopped", .asked = true, .serial = going->serial},
	                            .seconds = (double)going->kill_timeout + STOP_SECONDS};
	(void)await_machine(&await, NULL); /* whoever does not stop is destroyed all the same */
}

static int stop_all(struct rollout *r, struct going *going, size_t count)
{
	bool any = false;
	if (begin(r))
		return 1;
	for (size_t i = 0; i < count; i++) {
		if (take_out(r, &going[i]))
			return 1;
		any = any || going[i].was_up;
	}
	if (commit(r))
		return 1;
	if (!any)
		return 0;
	(void)poll(NULL, 0, DRAIN_MS);
	if (begin(r))
		return 1;
	for (size_t i = 0; i < count; i++)
		if (ask_stop(r, &going[i]))
			return 1;
	if (commit(r))
		return 1;
	for (size_t i = 0; i < count; i++)
		if (going[i].was_up)
			await_stopped(r, &going[i]);
	return 0;
}

static int retire(struct wave *w)
{
	struct going *going = mem_new_array(w->count, sizeof *going);
	size_t count = 0;
	for (size_t i = 0; i < w->count; i++)
		if (w->places[i].step->old)
			going[count++].id = w->places[i].step->old->id;
	int code = count ? stop_all(w->rollout, going, count) : 0;
	count = 0;
	for (size_t i = 0; i < w->count; i++)
		if (w->places[i].step->old)
			w->places[i].was_up = going[count++].was_up;
	free(going);
	return code;
}

static int delete_all(struct rollout *r, const char *const *ids, size_t count)
{
	if (begin(r))
		return 1;
	for (size_t i = 0; i < count; i++)
		if (machine_delete(r->call->registry, ids[i]) < 0)
			return failed_registry(r);
	return commit(r);
}

/* Those that may have requests are stopped first. */
static int send_away(struct rollout *r, const char *const *ids, size_t count)
{
	struct going *going = mem_new_array(count, sizeof *going);
	for (size_t i = 0; i < count; i++)
		going[i].id = ids[i];
	int code = stop_all(r, going, count);
	free(going);
	return code ? code : delete_all(r, ids, count);
}

/* The Machines of places in this state: the new ones, or the old ones. */
static const char **list_places(const struct rollout *r, const struct place *places, enum place_state state, bool old,
                                size_t *count)
{
	const char **ids = (const char **)mem_new_array(r->plan->step_count, sizeof(char *));
	*count = 0;
	for (size_t i = 0; i < r->plan->step_count; i++)
		if (places[i].state == state && (!old || places[i].step->old))
			ids[(*count)++] = old ? places[i].step->old->id : places[i].id;
	return ids;
}

/* New ones that were never let in, or old ones that were stopped before: neither has requests. */
static int delete_places(struct rollout *r, const struct place *places, enum place_state state, bool old)
{
	size_t count;
	const char **ids = list_places(r, places, state, old, &count);
	int code = count ? delete_all(r, ids, count) : 0;
	free((void *)ids);
	return code;
}

/* New ones whose places were given back. */
static int send_new(struct rollout *r, const struct place *places)
{
	size_t count;
	const char **ids = list_places(r, places, PLACE_BACK, false, &count);
	int code = count ? send_away(r, ids, count) : 0;
	free((void *)ids);
	return code;
}

static int send_leaving(struct rollout *r)
{
	const char **ids = (const char **)mem_new_array(r->plan->leaving_count, sizeof(char *));
	for (size_t i = 0; i < r->plan->leaving_count; i++) {
		const struct machine *m = r->plan->leaving[i];
		printf("  Machine %s goes: there is no process group %s any more\n", m->id, m->process_group);
		ids[i] = m->id;
	}
	fflush(stdout);
	int code = r->plan->leaving_count ? send_away(r, ids, r->plan->leaving_count) : 0;
	free((void *)ids);
	return code;
}

/* ------------------------------------------------------------------------------------------------- back again */

/* Of one place whose old Machine may have been destroyed by somebody meanwhile. */
static int ask_back(struct rollout *r, struct place *p)
{
	bool bad;
	struct machine *m = machine_look(r->call->registry, p->step->old->id, &bad);
	p->lost = !m || !m->exists;
	machine_free(m, 1);
	if (bad ||
	    (!p->lost && p->was_up && machine_ask(r->call->registry, p->step->old->id, "start", NULL, &p->serial) < 0))
		return failed_registry(r);
	return 0;
}

static int ask_start(struct rollout *r, struct place *places)
{
	if (begin(r))
		return 1;
	for (size_t i = 0; i < r->plan->step_count; i++)
		if (places[i].state == PLACE_TAKEN && places[i].step->old && ask_back(r, &places[i]))
			return 1;
	return commit(r);
}

static bool comes_back(struct rollout *r, const struct place *p, int64_t since)
{
	double seconds = r->seconds > BACK_SECONDS ? r->seconds : BACK_SECONDS;
	if (!p->step->old)
		return true;
	if (p->lost || (p->was_up && prove(r, p->step->old->id, p->serial, since, seconds)))
		return false;
	printf("  Machine %s [%s] is back\n", p->step->old->id, p->group->name);
	fflush(stdout);
	return true;
}

/* Old ones that are fit are let in again, in the same moment as the new ones are taken out. */
static int pass_back(struct rollout *r, struct place *places, const bool *fit)
{
	if (begin(r))
		return 1;
	struct registry *registry = r->call->registry; /* another one since begin() */
	for (size_t i = 0; i < r->plan->step_count; i++) {
		const struct machine *old = places[i].step->old;
		if (!fit[i])
			continue;
		if (machine_cordon(registry, places[i].id, true) < 0 ||
		    (old && machine_cordon(registry, old->id, old->cordoned) < 0))
			return failed_registry(r);
	}
	if (commit(r))
		return 1;
	for (size_t i = 0; i < r->plan->step_count; i++)
		if (fit[i])
			places[i].state = PLACE_BACK;
	return 0;
}

/* Every place that was taken is given back, but where the old Machine does not come up any more. */
static int give_back(struct rollout *r, struct place *places)
{
	bool *fit = mem_new_array(r->plan->step_count, sizeof *fit);
	int64_t since = clock_mono_ms();
	int code = ask_start(r, places);
	for (size_t i = 0; i < r->plan->step_count && code == 0; i++)
		fit[i] = places[i].state == PLACE_TAKEN && comes_back(r, &places[i], since);
	if (code == 0)
		code = pass_back(r, places, fit);
	if (code == 0)
		code = send_new(r, places);
	free(fit);
	return code;
}

static enum rollout_end undo(struct rollout *r, struct place *places)
{
	size_t taken = 0;
	interrupt_forget();
	int code = delete_places(r, places, PLACE_MADE, false);
	for (size_t i = 0; i < r->plan->step_count; i++)
		taken += places[i].state == PLACE_TAKEN;
	if (taken && !r->immediate && !r->stay) {
		printf("==> Going back to what ran before\n");
		code = give_back(r, places) || code;
	}
	/* What could not be given back stays with the release, and then nothing waits for the old ones. */
	if (!r->immediate)
		code = delete_places(r, places, PLACE_TAKEN, true) || code;
	for (size_t i = 0; i < r->plan->step_count; i++)
		r->taken += places[i].state == PLACE_TAKEN;
	return r->taken || code ? ROLLOUT_MIXED : ROLLOUT_BACK;
}

/* ------------------------------------------------------------------------------------------------- the whole */

static int run_wave(struct wave *w)
{
	struct rollout *r = w->rollout;
	int code = make(w);
	if (code == 0 && !r->detach)
		code = prove_all(w);
	if (code == 0 && !r->immediate)
		code = let_in(w);
	if (code == 0 && !r->immediate)
		code = retire(w);
	return code;
}

static size_t wave_end(const struct deploy_plan *plan, size_t from)
{
	size_t end = from;
	while (end < plan->step_count && plan->steps[end].wave == plan->steps[from].wave)
		end++;
	return end;
}

static enum rollout_end carry_out(struct rollout *r, struct place *places)
{
	int code = 0;
	for (size_t from = 0, end; from < r->plan->step_count && code == 0; from = end) {
		end = wave_end(r->plan, from);
		struct wave wave = {.rollout = r, .places = &places[from], .count = end - from};
		code = run_wave(&wave);
	}
	if (code)
		return undo(r, places);
	r->taken = r->plan->step_count;
	if (!r->immediate)
		code = delete_places(r, places, PLACE_TAKEN, true);
	if (send_leaving(r) || code)
		return ROLLOUT_MIXED;
	return ROLLOUT_DONE;
}

enum rollout_end rollout_run(struct rollout *rollout)
{
	struct place *places = mem_new_array(rollout->plan->step_count, sizeof *places);
	rollout->taken = 0;
	for (size_t i = 0; i < rollout->plan->step_count; i++) {
		places[i].step = &rollout->plan->steps[i];
		places[i].group = &rollout->groups[rollout->plan->steps[i].part];
	}
	enum rollout_end end = carry_out(rollout, places);
	free(places);
	return end;
}
