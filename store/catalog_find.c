/* catalog_find.c - the look-ups of catalog.h: no lock, no allocation. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "catalog_inside.h"
#include "feed.h"

uint64_t catalog_hash_name(struct bytes name)
{
	return hash_bytes(name.at, name.len, 1);
}

uint64_t catalog_hash_address(const struct in6_addr *ip)
{
	return hash_bytes(ip, sizeof *ip, 2);
}

uint64_t catalog_hash_id(uint32_t id)
{
	return hash_bytes(&id, sizeof id, 3);
}

bool catalog_match_name(const void *app, const void *bytes)
{
	const struct catalog_app *a = app;
	const struct bytes *name = bytes;
	return strncmp(a->name, name->at, name->len) == 0 && a->name[name->len] == '\0';
}

/* An app has at most one address in a network, and they are in the networks' order. */
bool catalog_match_address(const void *app, const void *in6_addr)
{
	const struct catalog_app *a = app;
	uint32_t network = network_of_ip(in6_addr), low = 0, high = a->address_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (a->addresses[middle].network < network)
			low = middle + 1;
		else
			high = middle;
	}
	return low < a->address_count && memcmp(&a->addresses[low].ip, in6_addr, sizeof a->addresses[low].ip) == 0;
}

bool catalog_match_id(const void *network, const void *uint32)
{
	const struct catalog_network *n = network;
	return n->id == *(const uint32_t *)uint32;
}

const struct catalog_app *catalog_app(const struct catalog *catalog, struct bytes name)
{
	return table_find(&catalog->apps, catalog_hash_name(name), catalog_match_name, &name);
}

const struct catalog_app *catalog_app_at(const struct catalog *catalog, const struct in6_addr *flycast_address)
{
	return table_find(&catalog->addresses, catalog_hash_address(flycast_address), catalog_match_address,
	                  flycast_address);
}

const struct catalog_network *catalog_network(const struct catalog *catalog, uint32_t id)
{
	return table_find(&catalog->networks, catalog_hash_id(id), catalog_match_id, &id);
}

static int compare_region(const void *key, const void *item)
{
	return strcmp(key, ((const struct catalog_region *)item)->code);
}

const struct catalog_region *catalog_region(const struct catalog *catalog, const char *code)
{
	const struct places *p = rcu_get(catalog->places);
	return bsearch(code, p->regions, p->region_count, sizeof *p->regions, compare_region);
}

static int compare_host(const void *key, const void *item)
{
	return strcmp(key, ((const struct catalog_host *)item)->name);
}

static const struct catalog_host *host_in(const struct places *p, const char *name)
{
	char own[256] = "";
	if (name)
		return bsearch(name, p->hosts, p->host_count, sizeof *p->hosts, compare_host);
	gethostname(own, sizeof own - 1);
	const struct catalog_host *host = bsearch(own, p->hosts, p->host_count, sizeof *p->hosts, compare_host);
	return host || p->host_count != 1 ? host : &p->hosts[0];
}

const struct catalog_host *catalog_host(const struct catalog *catalog, const char *name)
{
	return host_in(rcu_get(catalog->places), name);
}

const char *catalog_own_host(const struct catalog *catalog)
{
	const struct places *places = catalog->staged_places ? catalog->staged_places : catalog->places;
	const struct catalog_host *host = places ? host_in(places, catalog->observer.host) : NULL;
	return host ? host->name : "";
}

const struct catalog_host *catalog_hosts(const struct catalog *catalog, size_t *count)
{
	const struct places *p = rcu_get(catalog->places);
	*count = p->host_count;
	return p->hosts;
}

uint32_t catalog_round_trip(const struct catalog *catalog, const char *region)
{
	return reader_trip_find(rcu_get(catalog->trips), region);
}

uint32_t catalog_network_of(const struct catalog *catalog, const struct in6_addr *source)
{
	if (source->s6_addr[0] == 0xfd && source->s6_addr[1] == 0xaa)
		return network_of_ip(source);
	return reader_prefix_find(rcu_get(catalog->prefixes), source);
}

uint8_t catalog_block_of(const struct catalog *catalog, const struct in6_addr *source)
{
	if (source->s6_addr[0] == 0xfd && source->s6_addr[1] == 0xaa)
		return 48;
	return reader_prefix_block(rcu_get(catalog->prefixes), source);
}

struct catalog_stats catalog_stats(const struct catalog *catalog)
{
	struct feed_stats feed = feed_stats(catalog->feed);
	return (struct catalog_stats){
	    .seq = feed.seq,
	    .fresh_ms = clock_mono_ms() - feed.fresh_ms,
	    .reloads = feed.reloads,
	    .changes = feed.keys,
	    .failures = feed.failures,
	    .lag_ms = feed.lag_ms,
	    .apps = __atomic_load_n(&catalog->app_count, __ATOMIC_RELAXED),
	    .networks = __atomic_load_n(&catalog->network_count, __ATOMIC_RELAXED),
	    .refused = quarantine_ever(catalog->quarantine),
	    .quarantined = quarantine_now(catalog->quarantine),
	};
}

bool catalog_refusal(const struct catalog *catalog, const char *kind, const char *key, char *out, size_t size)
{
	return quarantine_reason(catalog->quarantine, kind, key, out, size);
}

struct feed *catalog_feed(struct catalog *catalog)
{
	return catalog->feed;
}
