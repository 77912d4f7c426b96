/* catalog.c - see catalog.h. Everything a batch needs is read first (staged), then published: a read that fails half-way
 * leaves the picture as it was. Runs in the feeder thread; look-ups are in catalog_find.c.
 *
 * budget: longer than others, because each of five kinds of objects is staged, published and freed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "catalog_inside.h"
#include "feed.h"
#include "registry.h"

/* So many apps do not vanish one after the other within a few milliseconds without a second look. */
enum { MANY_APPS = 16 };

static struct app_object *object_of_app(const struct catalog_app *app)
{
	return (struct app_object *)(void *)((char *)(uintptr_t)app - offsetof(struct app_object, app));
}

static struct network_object *object_of_network(const struct catalog_network *network)
{
	return (struct network_object *)(void *)((char *)(uintptr_t)network - offsetof(struct network_object, network));
}

/* ------------------------------------------------------------------------------------------------ staging */

static void stage(struct catalog *c, struct staged item)
{
	c->staged = mem_grow(c->staged, c->staged_count, &c->staged_room, sizeof *c->staged);
	c->staged[c->staged_count++] = item;
}

static void stage_forget(struct catalog *c)
{
	for (size_t i = 0; i < c->staged_count; i++) {
		free(c->staged[i].app);
		free(c->staged[i].network);
	}
	c->staged_count = 0;
	free(c->staged_places);
	free(c->staged_prefixes);
	free(c->staged_trips);
	reader_transfer_free(c->staged_transfers);
	c->staged_places = NULL;
	c->staged_prefixes = NULL;
	c->staged_trips = NULL;
	c->staged_transfers = NULL;
}

static void stage_read_app(struct catalog *c)
{
	struct bytes name = bytes_of(reader_app_name(c->app_reader));
	const char *refusal = reader_app_refusal(c->app_reader);
	const struct catalog_app *now = table_find(&c->apps, catalog_hash_name(name), catalog_match_name, &name);
	struct app_object *old = now ? object_of_app(now) : NULL;
	if (old)
		old->seen = c->round;
	if (refusal) {
		quarantine_refuse(c->quarantine, "app", name.at, refusal, old != NULL);
		return;
	}
	quarantine_clear(c->quarantine, "app", name.at, true);
	if (old && reader_app_same(c->app_reader, old))
		return;
	struct app_object *next = reader_app_build(c->app_reader);
	next->seen = c->round;
	stage(c, (struct staged){.app = next});
}

/* The count of apps in the range, refused ones included; -1: it could not be read. */
static int64_t stage_apps(struct catalog *c, const char *first, const char *last)
{
	int64_t count = 0;
	int rc;
	reader_app_seek(c->app_reader, first, last);
	while ((rc = reader_app_next(c->app_reader)) > 0) {
		stage_read_app(c);
		count++;
	}
	return rc < 0 ? -1 : count;
}

static int stage_app(struct catalog *c, const char *key)
{
	struct bytes name = bytes_of(key);
	int64_t count = stage_apps(c, key, key);
	if (count != 0)
		return count < 0 ? -1 : 0;
	quarantine_clear(c->quarantine, "app", key, false);
	const struct catalog_app *gone = table_find(&c->apps, catalog_hash_name(name), catalog_match_name, &name);
	if (gone)
		stage(c, (struct staged){.app_gone = gone});
	return 0;
}

static void stage_read_network(struct catalog *c)
{
	int64_t id = reader_network_id(c->network_reader);
	uint32_t key = (uint32_t)id;
	char text[24];
	const char *refusal = reader_network_refusal(c->network_reader);
	const struct catalog_network *now = id == (int64_t)key
	                                        ? table_find(&c->networks, catalog_hash_id(key), catalog_match_id, &key)
	                                        : NULL;
	struct network_object *old = now ? object_of_network(now) : NULL;
	snprintf(text, sizeof text, "%lld", (long long)id);
	if (old)
		old->seen = c->round;
	if (refusal) {
		quarantine_refuse(c->quarantine, "network", text, refusal, old != NULL);
		return;
	}
	quarantine_clear(c->quarantine, "network", text, true);
	if (old && reader_network_same(c->network_reader, old))
		return;
	struct network_object *next = reader_network_build(c->network_reader);
	next->seen = c->round;
	stage(c, (struct staged){.network = next});
}

static int64_t stage_networks(struct catalog *c, int64_t first, int64_t last)
{
	int64_t count = 0;
	int rc;
	reader_network_seek(c->network_reader, first, last);
	while ((rc = reader_network_next(c->network_reader)) > 0) {
		stage_read_network(c);
		count++;
	}
	return rc < 0 ? -1 : count;
}

static int stage_network(struct catalog *c, const char *key)
{
	char *end;
	int64_t id = strtoll(key, &end, 10);
	uint32_t short_id = (uint32_t)id;
	if (*end)
		return 0;
	int64_t count = stage_networks(c, id, id);
	if (count != 0)
		return count < 0 ? -1 : 0;
	quarantine_clear(c->quarantine, "network", key, false);
	if (id != (int64_t)short_id)
		return 0; /* it never was in the picture */
	const struct catalog_network *gone = table_find(&c->networks, catalog_hash_id(short_id), catalog_match_id,
	                                                &short_id);
	if (gone)
		stage(c, (struct staged){.network_gone = gone});
	return 0;
}

static void on_refused(void *owner, const char *kind, const char *key, const char *reason)
{
	struct catalog *c = owner;
	quarantine_refuse(c->quarantine, kind, key, reason, false);
}

static int stage_places(struct catalog *c, struct registry *registry)
{
	struct refusals refusals = {c, on_refused};
	c->staged_places = reader_place_read(registry, &refusals);
	if (!c->staged_places)
		return -1;
	quarantine_sweep(c->quarantine, "host");
	quarantine_sweep(c->quarantine, "region");
	return 0;
}

static int stage_prefixes(struct catalog *c, struct registry *registry)
{
	struct refusals refusals = {c, on_refused};
	c->staged_prefixes = reader_prefix_read(registry, &refusals);
	if (!c->staged_prefixes)
		return -1;
	quarantine_sweep(c->quarantine, "prefix");
	return 0;
}

static int stage_transfers(struct catalog *c, struct registry *registry)
{
	struct refusals refusals = {c, on_refused};
	if (!c->observer.transfers)
		return 0;
	c->staged_transfers = reader_transfer_read(registry, &refusals);
	if (!c->staged_transfers)
		return -1;
	quarantine_sweep(c->quarantine, "key");
	quarantine_sweep(c->quarantine, "secondary");
	return 0;
}

/* After the places, because they say which host is this one. */
static int stage_trips(struct catalog *c, struct registry *registry)
{
	c->staged_trips = reader_trip_read(registry, catalog_own_host(c));
	return c->staged_trips ? 0 : -1;
}

static void stage_unseen_app(void *item, void *owner)
{
	struct catalog *c = owner;
	if (object_of_app(item)->seen != c->round)
		stage(c, (struct staged){.app_gone = item});
}

static void stage_unseen_network(void *item, void *owner)
{
	struct catalog *c = owner;
	if (object_of_network(item)->seen != c->round)
		stage(c, (struct staged){.network_gone = item});
}

static int stage_all(struct catalog *c, struct registry *registry)
{
	c->round++;
	quarantine_begin(c->quarantine);
	if (stage_networks(c, INT64_MIN, INT64_MAX) < 0 || stage_places(c, registry) < 0 ||
	    stage_trips(c, registry) < 0 || stage_prefixes(c, registry) < 0 || stage_transfers(c, registry) < 0 ||
	    stage_apps(c, READER_FIRST, READER_LAST) < 0)
		return -1;
	table_each(&c->apps, stage_unseen_app, c);
	table_each(&c->networks, stage_unseen_network, c);
	quarantine_sweep(c->quarantine, "app");
	quarantine_sweep(c->quarantine, "network");
	return 0;
}

static int stage_keys(struct catalog *c, struct registry *registry, const struct feed_key *keys, size_t count)
{
	bool places = false, prefixes = false, trips = false, transfers = false;
	quarantine_begin(c->quarantine);
	for (size_t i = 0; i < count; i++) {
		int rc = 0;
		switch (keys[i].kind) {
		case FEED_APP:
			rc = stage_app(c, keys[i].key);
			break;
		case FEED_NETWORK:
		case FEED_PEER:
			rc = stage_network(c, keys[i].key);
			break;
		case FEED_HOST:
		case FEED_REGION:
			places = true;
			break;
		case FEED_PREFIX:
			prefixes = true;
			break;
		case FEED_TRANSFER:
			transfers = true;
			break;
		case FEED_ROUND_TRIP: /* other hosts have theirs */
			trips |= strcmp(keys[i].key, catalog_own_host(c)) == 0;
			break;
		case FEED_ORGANIZATION: /* nothing of it is in the picture */
			break;
		}
		if (rc < 0)
			return -1;
	}
	if (places && stage_places(c, registry) < 0)
		return -1;
	if ((places || trips) && stage_trips(c, registry) < 0)
		return -1;
	if (transfers && stage_transfers(c, registry) < 0)
		return -1;
	return prefixes ? stage_prefixes(c, registry) : 0;
}

/* ------------------------------------------------------------------------------------------------ publishing */

static bool has_address(const struct catalog_app *app, const struct in6_addr *ip)
{
	return app && catalog_match_address(app, ip);
}

static void publish_addresses(struct catalog *c, const struct catalog_app *old, const struct catalog_app *now)
{
	for (uint32_t i = 0; now && i < now->address_count; i++) {
		const struct in6_addr *ip = &now->addresses[i].ip;
		table_put(&c->addresses, catalog_hash_address(ip), catalog_match_address, ip, (void *)(uintptr_t)now);
	}
	/* An address that moves between apps is taken away last, so that it never leads nowhere. */
	for (uint32_t i = 0; old && i < old->address_count; i++) {
		if (has_address(now, &old->addresses[i].ip))
			continue;
		c->leaving = mem_grow(c->leaving, c->leaving_count, &c->leaving_room, sizeof *c->leaving);
		c->leaving[c->leaving_count++] = (struct leaving){old->addresses[i].ip, old};
	}
}

static void publish_leaving(struct catalog *c)
{
	for (size_t i = 0; i < c->leaving_count; i++) {
		const struct in6_addr *ip = &c->leaving[i].ip;
		uint64_t hash = catalog_hash_address(ip);
		if (table_find(&c->addresses, hash, catalog_match_address, ip) == c->leaving[i].app)
			table_remove(&c->addresses, hash, catalog_match_address, ip);
	}
	c->leaving_count = 0;
}

static void publish_app(struct catalog *c, struct app_object *object, const struct catalog_app *gone)
{
	const struct catalog_app *now = object ? &object->app : NULL, *old;
	struct bytes name = bytes_of(now ? now->name : gone->name);
	uint64_t hash = catalog_hash_name(name);
	if (object)
		old = table_put(&c->apps, hash, catalog_match_name, &name, &object->app);
	else
		old = table_remove(&c->apps, hash, catalog_match_name, &name);
	if (!old && !now)
		return;
	publish_addresses(c, old, now);
	if (c->observer.app)
		c->observer.app(c->observer.owner, old, now);
	reclaim_later(&c->reclaim, free, old ? object_of_app(old) : NULL);
}

static void publish_network(struct catalog *c, struct network_object *object, const struct catalog_network *gone)
{
	const struct catalog_network *now = object ? &object->network : NULL, *old;
	uint32_t id = now ? now->id : gone->id;
	if (object)
		old = table_put(&c->networks, catalog_hash_id(id), catalog_match_id, &id, &object->network);
	else
		old = table_remove(&c->networks, catalog_hash_id(id), catalog_match_id, &id);
	if (!old && !now)
		return;
	if (c->observer.network)
		c->observer.network(c->observer.owner, old, now);
	reclaim_later(&c->reclaim, free, old ? object_of_network(old) : NULL);
}

static void publish_places(struct catalog *c)
{
	struct places *next = c->staged_places, *old = c->places;
	c->staged_places = NULL;
	if (next && old && reader_place_same(old, next)) {
		free(next);
		return;
	}
	if (!next)
		return;
	rcu_set(c->places, next);
	reclaim_later(&c->reclaim, free, old);
	if (c->observer.places)
		c->observer.places(c->observer.owner, c);
}

static void publish_trips(struct catalog *c)
{
	struct trips *next = c->staged_trips, *old = c->trips;
	c->staged_trips = NULL;
	if (!next || reader_trip_same(old, next)) {
		free(next);
		return;
	}
	rcu_set(c->trips, next);
	reclaim_later(&c->reclaim, free, old);
	if (c->observer.round_trips)
		c->observer.round_trips(c->observer.owner, c);
}

static void publish_prefixes(struct catalog *c)
{
	struct prefixes *old = c->prefixes;
	if (!c->staged_prefixes)
		return;
	rcu_set(c->prefixes, c->staged_prefixes);
	c->staged_prefixes = NULL;
	reclaim_later(&c->reclaim, free, old);
}

static void publish_transfers(struct catalog *c)
{
	if (c->staged_transfers)
		c->observer.transfers(c->observer.owner, c->staged_transfers);
	reader_transfer_free(c->staged_transfers);
	c->staged_transfers = NULL;
}

static void publish(struct catalog *c, int64_t seq)
{
	publish_transfers(c);
	publish_places(c);
	publish_trips(c);
	publish_prefixes(c);
	for (size_t i = 0; i < c->staged_count; i++)
		if (c->staged[i].network || c->staged[i].network_gone)
			publish_network(c, c->staged[i].network, c->staged[i].network_gone);
	for (size_t i = 0; i < c->staged_count; i++)
		if (c->staged[i].app || c->staged[i].app_gone)
			publish_app(c, c->staged[i].app, c->staged[i].app_gone);
	publish_leaving(c);
	c->staged_count = 0;
	__atomic_store_n(&c->app_count, c->apps.count, __ATOMIC_RELAXED);
	__atomic_store_n(&c->network_count, c->networks.count, __ATOMIC_RELAXED);
	if (c->observer.settled)
		c->observer.settled(c->observer.owner, seq);
}

/* ------------------------------------------------------------------------------------------------ the feed's sink */

/* True when what was staged would leave no app where there were at least `least`, and this was not read before. */
static bool is_doubtful(struct catalog *c, size_t least)
{
	size_t gone = 0, come = 0;
	for (size_t i = 0; i < c->staged_count; i++) {
		gone += c->staged[i].app_gone != NULL;
		come += c->staged[i].app != NULL;
	}
	bool empty = come == 0 && c->apps.count >= least && gone >= c->apps.count;
	bool doubtful = empty && !c->doubted;
	c->doubted = doubtful;
	return doubtful;
}

static int publish_unless_doubtful(struct catalog *c, struct registry *registry, int64_t seq, size_t least)
{
	if (!is_doubtful(c, least)) {
		publish(c, seq);
		return 0;
	}
	stage_forget(c);
	return registry_fail(registry, "%s has no app any more where there were %zu: reading it a second time",
	                     registry_path(registry), c->apps.count);
}

static int on_reload(void *owner, struct registry *registry, int64_t seq)
{
	struct catalog *c = owner;
	int64_t began = clock_mono_ms();
	if (!c->app_reader)
		c->app_reader = reader_app_open(registry);
	if (!c->network_reader)
		c->network_reader = reader_network_open(registry);
	if (!c->app_reader || !c->network_reader || stage_all(c, registry) < 0) {
		stage_forget(c);
		return -1;
	}
	if (publish_unless_doubtful(c, registry, seq, 1) < 0)
		return -1;
	log_info("catalog read apps=%zu networks=%zu seq=%lld took_ms=%lld", c->apps.count, c->networks.count,
	         (long long)seq, (long long)(clock_mono_ms() - began));
	return 0;
}

static int on_change(void *owner, struct registry *registry, const struct feed_key *keys, size_t count, int64_t seq)
{
	struct catalog *c = owner;
	if (stage_keys(c, registry, keys, count) < 0) {
		stage_forget(c);
		return -1;
	}
	return publish_unless_doubtful(c, registry, seq, MANY_APPS);
}

static void on_idle(void *owner)
{
	struct catalog *c = owner;
	if (c->observer.idle)
		c->observer.idle(c->observer.owner);
	reclaim_run(&c->reclaim);
}

static void on_close(void *owner)
{
	struct catalog *c = owner;
	reader_app_close(c->app_reader);
	reader_network_close(c->network_reader);
	c->app_reader = NULL;
	c->network_reader = NULL;
}

/* ------------------------------------------------------------------------------------------------ life */

static void free_app(void *item, void *owner)
{
	(void)owner;
	free(object_of_app(item));
}

static void free_network(void *item, void *owner)
{
	(void)owner;
	free(object_of_network(item));
}

static void catalog_free(struct catalog *c)
{
	stage_forget(c);
	reclaim_free(&c->reclaim);
	table_each(&c->apps, free_app, NULL);
	table_each(&c->networks, free_network, NULL);
	table_fini(&c->apps);
	table_fini(&c->addresses);
	table_fini(&c->networks);
	quarantine_free(c->quarantine);
	free(c->places);
	free(c->prefixes);
	free(c->trips);
	free(c->staged);
	free(c->leaving);
	free(c);
}

struct catalog *catalog_start(const char *registry, const struct catalog_observer *observer, char **error)
{
	hash_seed();
	struct catalog *c = mem_new(sizeof *c);
	c->observer = *observer;
	c->quarantine = quarantine_new();
	table_init(&c->apps, &c->reclaim);
	table_init(&c->addresses, &c->reclaim);
	table_init(&c->networks, &c->reclaim);
	struct feed_sink sink = {c, on_reload, on_change, on_idle, on_close};
	c->feed = feed_start(registry, &sink, error);
	if (c->feed)
		return c;
	catalog_free(c);
	return NULL;
}

void catalog_stop(struct catalog *catalog)
{
	if (!catalog)
		return;
	feed_stop(catalog->feed);
	catalog_free(catalog);
}
