/* goal.c - see goal.h. */
#include "command/goal.h"

#include <stddef.h>
#include <string.h>

#include "machine.h"

static bool lasts(const char *state)
{
	static const char *const passing[] = {"starting", "stopping", "suspending", "restarting", "destroying"};
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		if (strcmp(state, passing[i]) == 0)
			return false;
	return true;
}

static enum goal_verdict judge_answer(const struct goal *goal, const struct machine *machine)
{
	if (machine->done_serial < goal->serial)
		return GOAL_WAIT;
	if (strcmp(machine->state, goal->state) == 0)
		return GOAL_REACHED;
	/* A short command may be through before anybody looks. */
	if (strcmp(goal->state, "started") == 0 && strcmp(machine->state, "stopped") == 0 && machine->exited &&
	    machine->exit_code == 0 && !*machine->message)
		return GOAL_ENDED;
	return GOAL_MISSED;
}

enum goal_verdict goal_judge(const struct goal *goal, const struct machine *machine)
{
	if (strcmp(goal->state, "destroyed") == 0)
		return machine ? GOAL_WAIT : GOAL_REACHED;
	if (!machine || !machine->exists)
		return GOAL_GONE;
	if (goal->asked)
		return judge_answer(goal, machine);
	if (machine->done_serial < machine->ask_serial)
		return GOAL_WAIT;
	if (strcmp(goal->state, "settled") == 0)
		return lasts(machine->state) ? GOAL_REACHED : GOAL_WAIT;
	return strcmp(machine->state, goal->state) == 0 ? GOAL_REACHED : GOAL_WAIT;
}
