/* freebind.h - a listener per (address, port) and thread: how the proxy hears of connections where the kernel does not
 * let it steer them (vip.h). Owns the listeners. missing by any thread, new and free by the main thread, the rest by the
 * feeder thread. */
#ifndef PROXY_FREEBIND_H
#define PROXY_FREEBIND_H

#include "base/rcu.h"
#include "site.h"
#include "vip.h"

struct freebind;

struct freebind *freebind_new(struct proxy *proxy, struct reclaim *reclaim);
void freebind_free(struct freebind *freebind); /* the workers have ended. NULL is fine */
/* As vip_app, vip_missing, vip_retry and vip_each. */
void freebind_app(struct freebind *freebind, const struct site *old, const struct site *now);
unsigned freebind_missing(const struct freebind *freebind);
void freebind_retry(struct freebind *freebind);
int freebind_each(struct freebind *freebind, vip_visit *visit, void *owner);

#endif
