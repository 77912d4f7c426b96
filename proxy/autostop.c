/* autostop.c - see autostop.h. */
#include "autostop.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "idle.h"
#include "proxy.h"
#include "wake.h"

struct group { /* the running Machines of one region and process group */
	const struct site *site;
	const struct site_machine *first;
	struct idle_machine *idle;
	const struct site_machine **machines;
	size_t count;
	struct idle_rule rule;
};

struct pass {
	struct proxy *proxy;
	struct wakes *wakes;
	int min_up_ms;
};

/* One that is cordoned was taken out by hand: it is nobody's excess, and no room for the others. */
static bool runs(const struct site_machine *m)
{
	return live_machine_serves(m->live) && !m->cordoned;
}

static struct idle_machine idle_of(const struct site *site, const struct site_machine *m, int64_t now)
{
	struct idle_machine idle = {
	    .soft = UINT32_MAX, .up_ms = now - atomic_load(&m->live->since_ms), .autostop = m->service_count > 0};
	for (uint32_t i = m->service_first; i < m->service_first + m->service_count; i++) {
		const struct site_service *s = &site->services[i];
		idle.load += live_service_open(s->live);
		if (s->rule.soft_limit < idle.soft)
			idle.soft = s->rule.soft_limit;
		/* A service that wants its Machine to stay up decides for all of them. */
		idle.autostop &= s->rule.autostop != AUTOSTOP_OFF;
	}
	return idle;
}

static bool suspends(const struct site *site, const struct site_machine *m)
{
	for (uint32_t i = m->service_first; i < m->service_first + m->service_count; i++)
		if (site->services[i].rule.autostop != AUTOSTOP_SUSPEND)
			return false;
	return true;
}

static uint32_t min_running(const struct site *site, const char *process_group)
{
	uint32_t most = 0;
	for (uint32_t i = 0; i < site->service_count; i++) {
		const struct site_service *s = &site->services[i];
		if (strcmp(site->machines[s->machine].group, process_group) == 0 && s->rule.min_machines_running > most)
			most = s->rule.min_machines_running;
	}
	return most;
}

/* Closes every door of the Machine, or none: the second look, which no thread can slip through. */
static bool close_doors(struct live_service **services, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (live_service_close(services[i]))
			continue;
		while (i-- > 0)
			live_service_reopen(services[i]);
		return false;
	}
	return true;
}

static void put_to_rest(struct pass *pass, const struct group *group, const struct site_machine *m)
{
	const struct site *site = group->site;
	struct live_service **services = mem_new_array(m->service_count, sizeof *services);
	bool suspend = suspends(site, m);
	for (uint32_t i = 0; i < m->service_count; i++)
		services[i] = live_service_hold(site->services[m->service_first + i].live);

	pthread_mutex_lock(&site->app->lock);
	bool closed = !atomic_load(&m->live->waking) && atomic_load(&site->app->waiting) == 0 &&
	              close_doors(services, m->service_count);
	pthread_mutex_unlock(&site->app->lock);

	if (closed && wakes_rest(pass->wakes, services, m->service_count, suspend)) {
		log_info(
		    "App %s has excess capacity, auto%s machine %s. %zu out of %zu machines left running (region=%s, "
		    "process group=%s)",
		    site->app->name, suspend ? "suspending" : "stopping", m->live->id, group->count - 1, group->count,
		    m->region, m->group);
	} else {
		for (uint32_t i = 0; i < m->service_count; i++) {
			if (closed)
				live_service_reopen(services[i]);
			live_service_drop(services[i]);
		}
		/* Whoever found the doors closed waits, and nobody else will look. */
		if (closed && atomic_load(&site->app->waiting) > 0)
			wakes_nudge(pass->proxy, site->app);
	}
	free(services);
}

static bool same_group(const struct site_machine *a, const struct site_machine *b)
{
	return strcmp(a->group, b->group) == 0;
}

static void look_at_group(struct pass *pass, struct group *group)
{
	const struct site *site = group->site;
	int64_t now = clock_mono_ms();
	group->count = 0;
	group->rule = (struct idle_rule){.min_running = min_running(site, group->first->group),
	                                 .min_up_ms = pass->min_up_ms};
	for (uint32_t i = 0; i < site->machine_count; i++) {
		const struct site_machine *m = &site->machines[i];
		if (!same_group(m, group->first) || !runs(m))
			continue;
		if (strcmp(m->region, group->first->region) != 0) {
			group->rule.running_elsewhere++;
			continue;
		}
		group->machines[group->count] = m;
		group->idle[group->count++] = idle_of(site, m, now);
	}
	int pick = idle_pick(group->idle, group->count, &group->rule);
	if (pick != IDLE_NONE)
		put_to_rest(pass, group, group->machines[pick]);
}

static bool is_first_of_group(const struct site *site, uint32_t index)
{
	const struct site_machine *m = &site->machines[index];
	for (uint32_t i = 0; i < index; i++)
		if (same_group(&site->machines[i], m) && strcmp(site->machines[i].region, m->region) == 0)
			return false;
	return true;
}

static void look_at_app(const struct site *site, void *owner)
{
	struct pass *pass = owner;
	bool wanted = false;
	for (uint32_t i = 0; i < site->service_count && !wanted; i++)
		wanted = site->services[i].rule.autostop != AUTOSTOP_OFF;
	if (!wanted || atomic_load(&site->app->waiting) > 0)
		return;
	struct group group = {.site = site,
	                      .idle = mem_new_array(site->machine_count, sizeof *group.idle),
	                      .machines = mem_new_array(site->machine_count, sizeof *group.machines)};
	for (uint32_t i = 0; i < site->machine_count; i++) {
		if (!is_first_of_group(site, i))
			continue;
		group.first = &site->machines[i];
		look_at_group(pass, &group);
	}
	free(group.idle);
	free(group.machines);
}

void autostop_pass(struct proxy *proxy, struct wakes *wakes, int min_up_ms)
{
	struct pass pass = {proxy, wakes, min_up_ms};
	fleet_each(&proxy->fleet, look_at_app, &pass);
}
