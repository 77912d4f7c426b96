/* nearness.c - see nearness.h. A registry has some dozens of regions: they are looked through one by one. */
#include "nearness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rcu.h"

void nearness_init(struct nearness *nearness, nearness_distance *distance, void *owner, struct reclaim *reclaim)
{
	*nearness = (struct nearness){.distance = distance, .owner = owner, .reclaim = reclaim};
}

void nearness_fini(struct nearness *nearness)
{
	free(nearness->regions);
	free(nearness->away);
}

void nearness_renew(struct nearness *nearness)
{
	uint32_t *away = mem_new_array(nearness->count + 1u, sizeof *away);
	for (uint16_t i = 0; i < nearness->count; i++)
		away[i] = nearness->distance(nearness->owner, nearness->regions[i].code);
	reclaim_later(nearness->reclaim, free, nearness->away);
	rcu_set(nearness->away, away);
}

uint16_t nearness_number(struct nearness *nearness, const char *region)
{
	for (uint16_t i = 0; i < nearness->count; i++)
		if (strcmp(nearness->regions[i].code, region) == 0)
			return i;
	nearness->regions = mem_resize(nearness->regions, (nearness->count + 1u) * sizeof *nearness->regions);
	struct nearness_region *fresh = &nearness->regions[nearness->count++];
	snprintf(fresh->code, sizeof fresh->code, "%s", region);
	nearness_renew(nearness);
	return (uint16_t)(nearness->count - 1);
}
