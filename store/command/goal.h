/* goal.h - has a Machine come to where somebody wants it? Pure. */
#ifndef COMMAND_GOAL_H
#define COMMAND_GOAL_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

struct goal {
	const char *state; /* a state, "settled" (any that lasts) or "destroyed" */
	bool asked;        /* its agent was asked for it: what it answers to this serial counts, not what comes later */
	int64_t serial;
};

enum goal_verdict {
	GOAL_WAIT,
	GOAL_REACHED,
	GOAL_ENDED,  /* it was started and is through with its work, without an error */
	GOAL_MISSED, /* it is somewhere else and stays there; machine->message may say why */
	GOAL_GONE    /* destroyed, while something else was wanted */
};

/* machine NULL: gone altogether. */
enum goal_verdict goal_judge(const struct goal *goal, const struct machine *machine);

#endif
