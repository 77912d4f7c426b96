/* metrics.h - what the threads counted, as Prometheus text over HTTP. In the control thread. */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include <netinet/in.h>

#include "base/text.h"

struct ev_loop;
struct metrics;
struct proxy;

/* NULL with errno. *bound is the address with its real port. */
struct metrics *metrics_start(struct proxy *proxy, struct ev_loop *loop, const struct sockaddr_in6 *listen,
                              struct sockaddr_in6 *bound);
void metrics_stop(struct metrics *metrics); /* NULL is fine */
void metrics_write(struct text *out, const struct proxy *proxy);

#endif
