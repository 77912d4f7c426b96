/* status.h - what a proxy that runs tells of itself and of the apps it serves, as it sees them this moment: JSON, for
 * `flycast proxy status`. Only reads what others write, each number once; owns nothing. */
#ifndef PROXY_STATUS_H
#define PROXY_STATUS_H

#include "base/text.h"

struct proxy;

/* One JSON object. app: only that one's Machines; empty: those of all. By a thread that is registered with RCU and holds
 * nothing of its own: it is quiescent in between. */
void status_write(struct text *out, const struct proxy *proxy, struct bytes app);

#endif
