/* metrics.h - what the threads counted, as Prometheus text over HTTP. In the control thread. */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include <netinet/in.h>

#include "base/text.h"

struct ev_loop;
struct metrics;
struct proxy;

/* NULL with errno. *at is where to listen, and gets its real port. taken: a socket that may listen there already, or -1;
 * used, or closed. */
struct metrics *metrics_start(struct proxy *proxy, struct ev_loop *loop, struct sockaddr_in6 *at, int taken);
int metrics_socket(const struct metrics *metrics); /* -1 for NULL */
void metrics_stop(struct metrics *metrics);        /* NULL is fine */
/* Any thread. */
void metrics_write(struct text *out, const struct proxy *proxy);

#endif
