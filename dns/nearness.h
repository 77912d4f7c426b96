/* nearness.h - the regions that Machines are in, by number, and how far each is from here.
 * Nodes keep numbers, so a host that moves changes one small array and no node. One thread gives out numbers and changes
 * distances; any thread reads the distances, under the rules of rcu.h. Pure. */
#ifndef DNS_NEARNESS_H
#define DNS_NEARNESS_H

#include <stddef.h>
#include <stdint.h>

struct reclaim;

/* How far a region is from here: microseconds there and back; UINT32_MAX: nobody knows. */
typedef uint32_t nearness_distance(void *owner, const char *region);

struct nearness {
	nearness_distance *distance;
	void *owner;
	struct reclaim *reclaim;
	struct nearness_region {
		char code[4];
	} * regions;
	uint16_t count;
	uint32_t *away; /* by number; a new array with every change, read with rcu_get */
};

void nearness_init(struct nearness *nearness, nearness_distance *distance, void *owner, struct reclaim *reclaim);
void nearness_fini(struct nearness *nearness); /* no reader may be left */
/* A region keeps its number; whoever reads `away` after having seen a number finds it there. */
uint16_t nearness_number(struct nearness *nearness, const char *region);
void nearness_renew(struct nearness *nearness); /* distances are different */

#endif
