/* forwarding.h - lets this host's kernel pass packets between Machines (IPv6 only; Machines have no way out over IPv4).
 * Owns nothing; who turns it off has to know who turned it on. */
#ifndef AGENT_FORWARDING_H
#define AGENT_FORWARDING_H

#include <stdbool.h>

/* *was_off: nobody forwarded before. -1: error[NETNS_ERROR] says why. */
int forwarding_turn_on(bool *was_off, char *error);
void forwarding_turn_off(void); /* again; says so when it cannot */

#endif
