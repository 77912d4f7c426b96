/* deploy_plan.c - see deploy_plan.h. */
#include "command/deploy_plan.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "machine.h"

/* flyctl's: of three Machines one, of four two. */
static const double usual_share = 0.33;

enum deploy_strategy deploy_strategy_of(const char *name)
{
	static const char *const names[] = {[DEPLOY_ROLLING] = "rolling",
	                                    [DEPLOY_CANARY] = "canary",
	                                    [DEPLOY_BLUEGREEN] = "bluegreen",
	                                    [DEPLOY_IMMEDIATE] = "immediate"};
	for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			return (enum deploy_strategy)i;
	return DEPLOY_ROLLING;
}

/* Those that were made by hand are nobody's but the hand's. */
static bool is_deployed(const struct machine *m)
{
	json_t *metadata = json_loads(m->metadata, 0, NULL);
	bool is = m->exists && json_is_string(json_object_get(metadata, "fly_release_version"));
	json_decref(metadata);
	return is;
}

static size_t part_of(const struct deploy_want *want, const struct machine *m)
{
	size_t part = 0;
	while (part < want->part_count && strcmp(want->parts[part].name, m->process_group) != 0)
		part++;
	return part;
}

static size_t at_a_time(const struct deploy_want *want, size_t machines)
{
	double most = want->max_unavailable > 0 ? want->max_unavailable : usual_share;
	double wide = most < 1 ? ceil((double)machines * most) : floor(most);
	return wide < 1 ? 1 : wide > (double)machines ? machines : (size_t)wide;
}

/* The steps from `first` on are all of one group. Returns the wave that comes after them. */
static size_t cut(struct deploy_plan *plan, const struct deploy_want *want, size_t first, size_t wave)
{
	size_t count = plan->step_count - first, wide, canary = want->strategy == DEPLOY_CANARY && count > 0;
	if (want->strategy == DEPLOY_BLUEGREEN || want->strategy == DEPLOY_IMMEDIATE || count == 0)
		return wave;
	wide = plan->steps[first].old ? at_a_time(want, count) : count;
	for (size_t i = canary; i < count; i++)
		plan->steps[first + i].wave = wave + (i - canary) / wide;
	return wave + (count - canary + wide - 1) / wide;
}

static void add_step(struct deploy_plan *plan, size_t *room, size_t part, const struct machine *old)
{
	plan->steps = mem_grow(plan->steps, plan->step_count, room, sizeof *plan->steps);
	plan->steps[plan->step_count++] = (struct deploy_step){.part = part, .old = old};
}

static int by_wave(const void *a, const void *b)
{
	const struct deploy_step *x = a, *y = b;
	if (x->wave != y->wave)
		return x->wave < y->wave ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->old && y->old ? strcmp(x->old->id, y->old->id) : 0;
}

static void plan_leaving(struct deploy_plan *plan, const struct deploy_want *want, const struct machine *machines,
                         size_t count)
{
	size_t room = 0;
	for (size_t i = 0; i < want->part_count; i++)
		if (!want->parts[i].wanted)
			return; /* it was asked for some groups, and that is no reason to end others */
	for (size_t i = 0; i < count; i++) {
		if (!is_deployed(&machines[i]) || part_of(want, &machines[i]) < want->part_count)
			continue;
		plan->leaving = (const struct machine **)mem_grow((void *)plan->leaving, plan->leaving_count, &room,
		                                                  sizeof(struct machine *));
		plan->leaving[plan->leaving_count++] = &machines[i];
	}
}

void deploy_plan_make(struct deploy_plan *plan, const struct deploy_want *want, const struct machine *machines,
                      size_t count)
{
	size_t room = 0, wave = want->strategy == DEPLOY_CANARY;
	*plan = (struct deploy_plan){0};
	for (size_t part = 0; part < want->part_count; part++) {
		size_t first = plan->step_count;
		if (!want->parts[part].wanted)
			continue;
		for (size_t i = 0; i < count; i++)
			if (part_of(want, &machines[i]) == part && is_deployed(&machines[i]))
				add_step(plan, &room, part, &machines[i]);
		if (plan->step_count == first) {
			add_step(plan, &room, part, NULL);
			if (want->spare && want->parts[part].serves)
				add_step(plan, &room, part, NULL);
		}
		wave = cut(plan, want, first, wave);
	}
	if (plan->step_count)
		qsort(plan->steps, plan->step_count, sizeof *plan->steps, by_wave);
	plan_leaving(plan, want, machines, count);
}

void deploy_plan_fini(struct deploy_plan *plan)
{
	free(plan->steps);
	free((void *)plan->leaving);
	*plan = (struct deploy_plan){0};
}
