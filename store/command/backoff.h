/* backoff.h - how long to wait before something that ended is started again. Pure. */
#ifndef COMMAND_BACKOFF_H
#define COMMAND_BACKOFF_H

struct backoff {      /* {0} to begin with */
	int failures; /* in a row */
};

/* It has just ended after a life of so many seconds. The first time it starts again at once, then after 0.1 s, doubling
 * to 5 s; a life of 60 s counts as a good one, after which all begins anew. */
double backoff_next(struct backoff *backoff, double lived_seconds);

#endif
