/* idle.h - which Machine may go to sleep: one decision per app, region and process group and pass. Pure.
 *
 * The rule (Fly's): of n running Machines excess = n - (those at or over their soft limit + 1); with an excess of at
 * least one, one Machine goes; a lone Machine goes when its load is 0. So a group shrinks by one Machine per pass.
 * Ours on top of it: a Machine with open work never goes, nor one that was woken less than `min_up_ms` ago; and min_machines_running is kept per app and process group in all regions together, not in a
 * primary region only, because an app that asks for two running Machines means two anywhere. */
#ifndef PROXY_IDLE_H
#define PROXY_IDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idle_machine {  /* a running Machine of the group in the region */
	uint32_t load; /* open requests, tunnels and connections of all its services */
	uint32_t soft; /* the smallest soft limit of its services */
	int64_t up_ms; /* since it came up */
	bool autostop; /* its services allow it to be stopped or suspended, and nobody is changing its state */
};

struct idle_rule {
	uint32_t running_elsewhere; /* running Machines of the app's group in other regions */
	uint32_t min_running;       /* the largest min_machines_running of the group's services */
	int64_t min_up_ms;
};

enum { IDLE_NONE = -1 };

/* The index of the one Machine to stop or suspend now, or IDLE_NONE. The longest running of those that may go, the last
 * of equals. The caller must take it out of balance atomically with a second look at its load. */
int idle_pick(const struct idle_machine *machines, size_t count, const struct idle_rule *rule);

#endif
