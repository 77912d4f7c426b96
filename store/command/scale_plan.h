/* scale_plan.h - how many Machines of a process group come and go in each region, to have so many in all. Pure. */
#ifndef COMMAND_SCALE_PLAN_H
#define COMMAND_SCALE_PLAN_H

#include <stddef.h>

struct scale_region {
	char code[4];
	size_t now; /* Machines there */
	long delta; /* filled in */
};

/* Evenly: one more goes where there are fewest, the first of these; one goes from where there are most, the last of these.
 * most: in one region; 0: no limit. 0; or -1: so many do not fit, or there is no region for them. */
int scale_plan(struct scale_region *regions, size_t count, size_t wanted, size_t most);

#endif
