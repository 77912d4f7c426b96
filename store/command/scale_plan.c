/* scale_plan.c - see scale_plan.h. */
#include "command/scale_plan.h"

#include <stdbool.h>

static size_t then(const struct scale_region *region)
{
	return (size_t)((long)region->now + region->delta);
}

static struct scale_region *fewest(struct scale_region *regions, size_t count, size_t most)
{
	struct scale_region *found = NULL;
	for (size_t i = 0; i < count; i++)
		if ((!most || then(&regions[i]) < most) && (!found || then(&regions[i]) < then(found)))
			found = &regions[i];
	return found;
}

static struct scale_region *fullest(struct scale_region *regions, size_t count)
{
	struct scale_region *found = NULL;
	for (size_t i = 0; i < count; i++)
		if (then(&regions[i]) > 0 && (!found || then(&regions[i]) >= then(found)))
			found = &regions[i];
	return found;
}

int scale_plan(struct scale_region *regions, size_t count, size_t wanted, size_t most)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++) {
		regions[i].delta = most && regions[i].now > most ? (long)most - (long)regions[i].now : 0;
		total += then(&regions[i]);
	}
	for (; total < wanted; total++) {
		struct scale_region *region = fewest(regions, count, most);
		if (!region)
			return -1;
		region->delta++;
	}
	for (; total > wanted; total--)
		fullest(regions, count)->delta--;
	return 0;
}
