/* crowd.h - how many client connections each network has open, so that one cannot take the descriptors of all. Pure;
 * for all threads.
 *
 * Networks are counted in a fixed room by their number; those whose numbers are CROWD_CELLS apart are counted together. */
#ifndef PROXY_CROWD_H
#define PROXY_CROWD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CROWD_CELLS = 65536 };

struct crowd {         /* zero-initialise the cells */
	uint32_t most; /* of one network; 0: no limit */
	_Atomic uint32_t count[CROWD_CELLS];
};

/* False: the network has as many as it may; nothing was counted. Otherwise crowd_leave() when the connection ends. */
bool crowd_enter(struct crowd *crowd, uint32_t network);
void crowd_leave(struct crowd *crowd, uint32_t network);

#endif
