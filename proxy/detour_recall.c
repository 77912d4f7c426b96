/* detour_recall.c - replays that are remembered: the part of detour.h about requests to come. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "detour_inside.h"
#include "http1_scan.h"
#include "proxy.h"
#include "replay_cache.h"
#include "worker.h"

enum { TTL_LEAST = 10, EXPIRE_MS = 10000, LOG_BURST = 5 };

static const struct site *dialled(const struct conn *c, const struct site_port **port, uint32_t *network)
{
	const struct site_address *address = fleet_address(&c->worker->proxy->fleet, &c->way.address);
	*port = address ? site_port(address->site, c->way.port) : NULL;
	*network = address ? address->network : 0;
	return *port ? address->site : NULL;
}

static struct bytes bytes_in(const struct shortcut_key *key)
{
	return (struct bytes){key->bytes, key->len};
}

/* ----------------------------------------------------------------------------------------------------------- recalling */

static bool wants_bypass(const struct http1_head *head, const char *in)
{
	struct bytes value = http1_head_value(head, in, "fly-replay-cache-control");
	return value.at && http1_word_is(value, "skip");
}

/* The request goes to its app, which is told why. */
static void pass_by(struct conn *c)
{
	struct detour *d = detour_of(c);
	const struct steer *own = c->exchange->steer;
	d->bypassed = true;
	d->steer = own ? *own : (struct steer){0};
	snprintf(d->told, sizeof d->told, "Fly-Replay-Cache-Status: bypass\r\n");
	c->tried.steer = &d->steer;
}

static void go_ahead(struct conn *c, const struct replay_route *route, const struct shortcut_key *key)
{
	struct detour *d = detour_of(c);
	d->ahead = true;
	d->key = *key;
	d->steer = route->steer;
	snprintf(d->told, sizeof d->told, "Fly-Replay-Cache-Status: hit\r\n");
	c->tried.steer = &d->steer;
	counter_add(&c->worker->counters.replay_hits, 1);
}

const struct site_port *detour_recall(struct conn *c, const char *in)
{
	struct shortcut_walk walk;
	struct shortcut_key key;
	struct replay_route route;
	struct shortcut_ask ask = {.port = c->way.port, .head = &c->exchange->head, .in = in};
	const struct site_port *port;
	const struct site *site = dialled(c, &port, &ask.network);
	if (!site)
		return port;
	struct replay_cache *cache = atomic_load(&site->app->replays);
	ask.options = port->options;
	shortcut_walk_init(&walk, &ask);
	while (shortcut_next(&walk, &key)) {
		if (!replay_cache_find(cache, bytes_in(&key), clock_mono_ms(), &route))
			continue;
		if (route.allow_bypass && wants_bypass(ask.head, in)) {
			pass_by(c);
			return port;
		}
		const struct site *to = fleet_site(&c->worker->proxy->fleet, route.steer.app);
		if (detour_judge(c, site, to) == REFUSAL_KINDS) {
			go_ahead(c, &route, &key);
			return site_port(to, c->way.port);
		}
		replay_cache_drop(cache, bytes_in(&key)); /* it was allowed once */
	}
	return port;
}

bool detour_ask_again(struct conn *c, struct detour *d)
{
	struct exchange *x = c->exchange;
	uint32_t network;
	const struct site_port *port;
	const struct site *site = dialled(c, &port, &network);
	if (site)
		replay_cache_drop(atomic_load(&site->app->replays), bytes_in(&d->key));
	bool http2 = port && port->options->h2_backend && !x->asked.websocket;
	if (x->refused > 0 && http2 != c->http2_machine && !detour_body_is_plain(x))
		return false;
	d->ahead = false;
	d->told[0] = '\0';
	d->steer = x->steer ? *x->steer : (struct steer){0};
	c->http2_machine = http2;
	if (x->request.out == HTTP1_CHUNKED || x->request.out == HTTP1_UNTIL_CLOSE)
		x->request.out = c->http2_machine ? HTTP1_UNTIL_CLOSE : HTTP1_CHUNKED;
	detour_set_out(c, d);
	return true;
}

/* --------------------------------------------------------------------------------------------------------- remembering */

static bool ask_of(struct shortcut_ask *ask, const struct conn *c, struct http1_head *head)
{
	struct bytes original = detour_original(c->exchange);
	const struct site_port *port;
	*ask = (struct shortcut_ask){.port = c->way.port, .head = head, .in = original.at};
	http1_head_init(head);
	if (!dialled(c, &port, &ask->network) || http1_request_parse(head, original.at, original.len) != HTTP1_DONE)
		return false;
	ask->options = port->options;
	return true;
}

void detour_invalidate(struct conn *c)
{
	struct http1_head head;
	struct shortcut_ask ask;
	struct shortcut_walk walk;
	struct shortcut_key key;
	uint32_t network;
	const struct site_port *port;
	const struct site *site = dialled(c, &port, &network);
	if (!site || !ask_of(&ask, c, &head))
		return;
	shortcut_walk_init(&walk, &ask);
	while (shortcut_next(&walk, &key))
		replay_cache_drop(atomic_load(&site->app->replays), bytes_in(&key));
}

/* What a request that goes the short way could not be given; NULL: nothing. */
static const char *unfit(const struct replay *r)
{
	if (r->path || r->field_count)
		return "it has a transform";
	if (r->state[0])
		return "it has a state";
	return r->timeout_ms || r->fallback != REPLAY_NO_FALLBACK ? "it has a timeout or a fallback" : NULL;
}

static void expire(const struct site *site, void *now_ms)
{
	replay_cache_expire(atomic_load(&site->app->replays), *(int64_t *)now_ms);
}

/* All apps share one budget: when it is used up, what is too old in any of them makes room. */
static void expire_all(struct proxy *proxy, int64_t now_ms)
{
	int64_t last = atomic_load(&proxy->replay_expired_ms);
	if (now_ms - last >= EXPIRE_MS && atomic_compare_exchange_strong(&proxy->replay_expired_ms, &last, now_ms))
		fleet_each(&proxy->fleet, expire, &now_ms);
}

static struct replay_cache *cache_need(struct proxy *proxy, struct live_app *app)
{
	struct replay_cache *none = NULL, *cache = atomic_load(&app->replays);
	if (cache)
		return cache;
	cache = replay_cache_new(&proxy->replay_bytes);
	if (atomic_compare_exchange_strong(&app->replays, &none, cache))
		return cache;
	replay_cache_free(cache);
	return none;
}

/* Under which key, and for how long; *why: not at all, because. False without a reason: nobody asked for it. */
static bool find_key(struct shortcut_key *key, uint32_t *seconds, struct replay_keep *keep,
                     const struct shortcut_ask *ask, const char **why)
{
	if (keep->pattern) {
		*seconds = keep->ttl_seconds ? keep->ttl_seconds : TTL_LEAST;
		if (*seconds < TTL_LEAST)
			*why = "its time is under 10 seconds";
		else if (!shortcut_pattern(key, ask, bytes_of(keep->pattern)))
			*why = "its pattern is not one of this request's host and path, or too long";
		return !*why;
	}
	struct shortcut_walk walk;
	shortcut_walk_init(&walk, ask);
	if (!shortcut_next(&walk, key) || !walk.from)
		return false;
	*seconds = walk.from->ttl_seconds;
	keep->allow_bypass = walk.from->allow_bypass;
	return true;
}

static void store(struct conn *c, const struct site *site, struct detour *d, const char **why)
{
	struct proxy *proxy = c->worker->proxy;
	struct http1_head head;
	struct shortcut_ask ask;
	struct shortcut_key key;
	uint32_t seconds;
	if (!ask_of(&ask, c, &head) || !find_key(&key, &seconds, &d->replay.keep, &ask, why))
		return;
	*why = unfit(&d->replay);
	if (*why)
		return;
	if (seconds > PORT_SECONDS_MOST)
		seconds = PORT_SECONDS_MOST;
	struct replay_route route = {.steer = d->steer, .allow_bypass = d->replay.keep.allow_bypass};
	struct replay_cache *cache = cache_need(proxy, site->app);
	int64_t now_ms = clock_mono_ms(), until_ms = now_ms + (int64_t)seconds * 1000;
	if (replay_cache_put(cache, bytes_in(&key), until_ms, &route))
		return;
	expire_all(proxy, now_ms);
	if (!replay_cache_put(cache, bytes_in(&key), until_ms, &route))
		*why = "the memory for that is used up by other apps";
}

void detour_remember(struct conn *c, struct detour *d)
{
	static _Thread_local struct log_limit limit;
	const struct site_port *port;
	uint32_t network;
	const char *why = NULL;
	const struct site *site = dialled(c, &port, &network);
	const struct replay_keep *keep = &d->replay.keep;
	/* Only the app itself says where its requests go; one step is remembered, not a way. */
	if (!site || strcmp(site->app->name, d->app) != 0 || keep->invalidate ||
	    (!keep->pattern && port->options->replay_cache_count == 0))
		return;
	store(c, site, d, &why);
	if (why && log_limited(&limit, LOG_BURST))
		log_info("replay not remembered id=%s machine=%s app=%s: %s", c->exchange->request_id, d->machine,
		         d->app, why);
}
