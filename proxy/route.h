/* route.h - local routes for the Flycast addresses of a network, fdaa:<net>:<net>:0:1::/96 on lo (AnyIP).
 * Owns one netlink socket. They are left in place at exit: another proxy may serve already, and without one a closed
 * door is the better answer than a packet that is sent on. */
#ifndef PROXY_ROUTE_H
#define PROXY_ROUTE_H

#include <stdint.h>

struct routes;

struct routes *routes_open(void); /* NULL with one log line: routes must be there already */
void routes_close(struct routes *routes);
/* 0, also when it is there already; -1 with one log line. routes may be NULL: then nothing is done. */
int route_add(struct routes *routes, uint32_t network);
void route_remove(struct routes *routes, uint32_t network);

#endif
