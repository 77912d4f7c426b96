/* gauge.h - one number of a daemon's metrics, asked over its control socket. Owns nothing; waits as control_ask.h
 * does. */
#ifndef COMMAND_GAUGE_H
#define COMMAND_GAUGE_H

#include <stddef.h>
#include <stdint.h>

/* The metric whose name ends with `name`. 0, or -1 with a reason in why[size]. */
int gauge_read(const char *socket, const char *name, int64_t *out, char *why, size_t size);

#endif
