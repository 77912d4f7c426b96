/* status.h - what a proxy that runs tells of itself and of the apps it serves, as it sees them this moment: JSON, for
 * `flycast proxy status`. Only reads what others write, each number once; owns nothing. Over the control socket:
 *
 *   GET /status             status_write()
 *   GET /status?app=NAME    the same with that app only
 *   GET /metrics            metrics.h */
#ifndef PROXY_STATUS_H
#define PROXY_STATUS_H

#include "base/inquiry.h"

struct proxy;

/* One JSON object. app: only that one's Machines; empty: those of all. By a thread that is registered with RCU and holds
 * nothing of its own: it is quiescent in between. */
void status_write(struct text *out, const struct proxy *proxy, struct bytes app);
enum inquiry_status status_answer(void *proxy, const struct inquiry_ask *ask, struct text *out); /* an inquiry_answer */

#endif
