/* listeners.h - where the programs of a Machine listen. Asks the kernel's socket diagnosis inside the Machine's network:
 * /proc/net/tcp would walk every connection table of the host, for milliseconds, in the loop. */
#ifndef AGENT_LISTENERS_H
#define AGENT_LISTENERS_H

#include "base/text.h"

/* Adds "[ADDR]:PORT" or "ADDR:PORT" of every listening TCP socket, separated by a space. netns, home: the Machine's network
 * namespace and the calling thread's own. Returns how many there are, -1 with errno when it cannot be told. */
int listeners_tell(struct text *out, int netns, int home);

#endif
