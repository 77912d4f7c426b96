/* deploy_plan.h - which Machines a release makes, whose places they take, and which of them go together. Pure.
 *
 * Machines of one wave are made together, have to prove themselves, and only then take their places, all in the same
 * moment. So a strategy is nothing but a way to cut the steps into waves:
 *   rolling     one process group after the other, in each `max_unavailable` Machines at a time
 *   canary      one Machine of each group first, then rolling
 *   bluegreen   all of them at once
 *   immediate   all of them at once, and who carries it out waits for no proof */
#ifndef COMMAND_DEPLOY_PLAN_H
#define COMMAND_DEPLOY_PLAN_H

#include <stdbool.h>
#include <stddef.h>

struct machine;

enum deploy_strategy { DEPLOY_ROLLING, DEPLOY_CANARY, DEPLOY_BLUEGREEN, DEPLOY_IMMEDIATE };

struct deploy_part { /* a process group of the configuration */
	const char *name;
	bool serves; /* it has a service */
	bool wanted; /* false: its Machines stay as they are */
};

struct deploy_want { /* borrowed */
	enum deploy_strategy strategy;
	double max_unavailable; /* a share of a group's Machines below 1, a number of them from 1 on; 0: a third */
	bool spare;             /* a group that serves and has no Machine gets two */
	const struct deploy_part *parts;
	size_t part_count;
};

struct deploy_step {
	size_t part;
	const struct machine *old; /* whose place it takes; NULL: nobody's */
	size_t wave;               /* 0, 1, 2 ... without a gap */
};

struct deploy_plan {
	struct deploy_step *steps; /* by wave */
	size_t step_count;
	const struct machine **leaving; /* of process groups that there are no more */
	size_t leaving_count;
};

/* machines: the app's; those that no release made are left alone. They have to outlive the plan. */
void deploy_plan_make(struct deploy_plan *plan, const struct deploy_want *want, const struct machine *machines,
                      size_t count);
void deploy_plan_fini(struct deploy_plan *plan);

/* By name, as fly.toml and --strategy have it; NULL: rolling. */
enum deploy_strategy deploy_strategy_of(const char *name);

#endif
