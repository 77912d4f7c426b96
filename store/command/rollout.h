/* rollout.h - the steps of a plan carried out: Machines made, proven and let in, wave by wave; and all of it undone when
 * one of them is not fit for requests.
 *
 * Machines whose place was taken are stopped, and kept until the last wave is through: going back is to start them
 * again, which brings back exactly what ran. Whatever moment the program is killed in, release_clean() tells by
 * `cordoned` and by the metadata flycast_replaces which of two Machines is to stay. */
#ifndef COMMAND_ROLLOUT_H
#define COMMAND_ROLLOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct call;
struct deploy_group;
struct deploy_plan;

enum rollout_end {
	ROLLOUT_DONE,
	ROLLOUT_BACK,  /* nothing of it is left: what ran before runs again */
	ROLLOUT_MIXED, /* some Machines are of the release, others are not */
};

struct rollout { /* borrowed, but for `why` */
	struct call *call;
	const struct deploy_plan *plan;
	const struct deploy_group *groups; /* one for each part of the plan's deploy_want */
	double seconds;                    /* for a wave to be ready */
	bool immediate;  /* let in and replaced without waiting for a proof, which is told all the same */
	bool detach;     /* immediate, and no proof at all */
	bool stay;       /* what took its place before another one failed stays */
	size_t taken;    /* comes out: Machines of the release that stay */
	struct text why; /* comes out: the first thing that went wrong; text_free() it */
};

/* Outside a transaction. It has said what went wrong. */
enum rollout_end rollout_run(struct rollout *rollout);

#endif
