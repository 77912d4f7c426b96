/* vip.h - owns the Flycast addresses: whatever connects to one of them, on a port with a service, is given to a
 * worker's conn_accept() with the address and port it dialled. A local route per network makes the kernel take every
 * address of it as ours, so that none of a known network is ever forwarded.
 *
 * There are two ways to hear of those connections. sk_lookup (lookup.h): one listener per thread for everything, and a
 * program in the kernel that knows the open ports; all others answer RST. freebind, where the kernel does not let us:
 * one IPV6_FREEBIND listener per (address, port) and thread; a port without one answers RST by itself, unless some
 * program of the host listens on it on all addresses. In both the sockets of a port are one SO_REUSEPORT group: no
 * thread is woken for nothing and no connection is handed over.
 *
 * vip_app, vip_retry and vip_each are called by the feeder thread, vip_missing by any, the rest by the main thread. */
#ifndef PROXY_VIP_H
#define PROXY_VIP_H

#include "base/rcu.h"
#include "site.h"

struct proxy;
struct vip;

enum vip_way { VIP_AUTO, VIP_LOOKUP, VIP_FREEBIND };

/* Before privileges are dropped: what takes them. A proxy whose sockets were taken over decides the way, so that no
 * connection that waits in one of them is lost. -1 with one log line when it cannot be as asked. */
int vip_prepare(struct proxy *proxy, enum vip_way way);
/* NULL with one log line. */
struct vip *vip_new(struct proxy *proxy, struct reclaim *reclaim);
void vip_free(struct vip *vip); /* the workers have ended */
/* Opens what `now` has and `old` had not, closes the rest; either may be NULL. */
void vip_app(struct vip *vip, const struct site *old, const struct site *now);
/* What could not be opened: pairs of address and port, or with sk_lookup addresses. */
unsigned vip_missing(const struct vip *vip);
void vip_retry(struct vip *vip);
/* Every socket that listens, by what is connected to; with sk_lookup :: and 0, for all. The first result that is not 0
 * ends it and is returned. Nothing after vip_leave(). */
typedef int vip_visit(void *owner, const struct in6_addr *address, uint16_t port, int fd);
int vip_each(struct vip *vip, vip_visit *visit, void *owner);
/* No more connections for us: another proxy, if there is one, gets them. The workers close their sockets themselves. */
void vip_leave(struct vip *vip);

#endif
