/* vip.h - owns the Flycast addresses: whatever connects to one of them, on a port with a service, is given to a
 * worker's conn_accept() with the address and port it dialled.
 *
 * Here: one IPV6_FREEBIND listener per (address, port) and thread (SO_REUSEPORT: no thread is woken for nothing and no
 * connection is handed over), and a local route per network so that the kernel takes every address of it as ours. A
 * port without a service therefore answers RST by itself, and no address of a known network is ever forwarded. Steering
 * in the kernel (sk_lookup) can replace it behind this header.
 *
 * vip_app and vip_retry are called by the feeder thread, the rest as said. */
#ifndef PROXY_VIP_H
#define PROXY_VIP_H

#include "base/rcu.h"
#include "site.h"

struct proxy;
struct vip;
struct worker;

struct vip *vip_new(struct proxy *proxy, struct reclaim *reclaim);
void vip_free(struct vip *vip); /* the workers have ended */
/* Opens what `now` has and `old` had not, closes the rest; either may be NULL. */
void vip_app(struct vip *vip, const struct site *old, const struct site *now);
/* Pairs that could not be opened; any thread. */
unsigned vip_missing(const struct vip *vip);
void vip_retry(struct vip *vip);
/* Every socket that listens; the first result that is not 0 ends it and is returned. Feeder thread. */
typedef int vip_visit(void *owner, const struct in6_addr *address, uint16_t port, int fd);
int vip_each(struct vip *vip, vip_visit *visit, void *owner);
/* In the worker's thread: accepts nothing more. */
void vip_close(struct worker *worker);

#endif
