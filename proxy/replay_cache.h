/* replay_cache.h - the replays of one app that are remembered for a while, each under a key that says for which requests
 * (shortcut.h). Knows nothing of requests and apps.
 *
 * Any thread may call anything; a short lock is held, never over a system call. Bounded: REPLAY_CACHE_MOST replays, the
 * oldest goes when there is another, and a budget of bytes that all caches share. */
#ifndef PROXY_REPLAY_CACHE_H
#define PROXY_REPLAY_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "steer.h"

enum { REPLAY_CACHE_MOST = 4096 };
#define REPLAY_CACHE_BUDGET ((size_t)64 << 20) /* bytes */

struct replay_route {
	struct steer steer; /* as the replay had it; app is never empty */
	bool allow_bypass;
};

struct replay_cache;

/* *bytes: what all caches take together; it outlives them. */
struct replay_cache *replay_cache_new(_Atomic size_t *bytes);
void replay_cache_free(struct replay_cache *cache); /* NULL is fine, here and below */

bool replay_cache_is_empty(const struct replay_cache *cache); /* without the lock */
/* A copy in *out. False: nothing is remembered under this key, or not any more. */
bool replay_cache_find(struct replay_cache *cache, struct bytes key, int64_t now_ms, struct replay_route *out);
/* In the place of what was there. False: the budget is used up by others. */
bool replay_cache_put(struct replay_cache *cache, struct bytes key, int64_t until_ms, const struct replay_route *route);
bool replay_cache_drop(struct replay_cache *cache, struct bytes key); /* false: there was nothing */
void replay_cache_expire(struct replay_cache *cache, int64_t now_ms); /* drops all that are too old */

#endif
