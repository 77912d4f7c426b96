/* replay_cache.c - see replay_cache.h. */
#include "replay_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_BUCKETS = 8 };

struct entry {
	struct entry *chain; /* of its bucket */
	struct entry *older; /* in the order they came */
	struct entry *newer;
	uint64_t hash;
	int64_t until_ms;
	struct replay_route route;
	size_t len;
	char key[];
};

struct replay_cache {
	pthread_mutex_t lock;
	_Atomic size_t *bytes;
	_Atomic uint32_t count;
	struct entry *oldest;
	struct entry *newest;
	size_t bucket_count; /* a power of two; grows with the entries and never shrinks */
	struct entry **buckets;
};

static size_t size_of_cache(const struct replay_cache *cache)
{
	return sizeof *cache + cache->bucket_count * sizeof(struct entry *);
}

struct replay_cache *replay_cache_new(_Atomic size_t *bytes)
{
	struct replay_cache *cache = mem_new(sizeof *cache);
	pthread_mutex_init(&cache->lock, NULL);
	cache->bytes = bytes;
	cache->bucket_count = FIRST_BUCKETS;
	cache->buckets = mem_new_array(FIRST_BUCKETS, sizeof *cache->buckets);
	atomic_fetch_add(bytes, size_of_cache(cache));
	return cache;
}

static size_t size_of(size_t key_len)
{
	return sizeof(struct entry) + key_len;
}

/* Where the entry hangs, or where it would. */
static struct entry **place_of(struct replay_cache *cache, struct bytes key, uint64_t hash)
{
	struct entry **at = &cache->buckets[hash & (cache->bucket_count - 1)];
	while (*at && ((*at)->hash != hash || !bytes_equal((struct bytes){(*at)->key, (*at)->len}, key)))
		at = &(*at)->chain;
	return at;
}

static uint64_t hash_of(struct bytes key)
{
	return hash_bytes(key.at, key.len, 0);
}

static void take_out(struct replay_cache *cache, struct entry **place)
{
	struct entry *e = *place;
	assert(e);
	*place = e->chain;
	*(e->older ? &e->older->newer : &cache->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &cache->newest) = e->older;
	atomic_fetch_sub(&cache->count, 1);
	atomic_fetch_sub(cache->bytes, size_of(e->len));
	free(e);
}

static void take_out_oldest(struct replay_cache *cache)
{
	const struct entry *e = cache->oldest;
	take_out(cache, place_of(cache, (struct bytes){e->key, e->len}, e->hash));
}

void replay_cache_free(struct replay_cache *cache)
{
	if (!cache)
		return;
	while (cache->oldest)
		take_out_oldest(cache);
	atomic_fetch_sub(cache->bytes, size_of_cache(cache));
	pthread_mutex_destroy(&cache->lock);
	free(cache->buckets);
	free(cache);
}

bool replay_cache_is_empty(const struct replay_cache *cache)
{
	return !cache || atomic_load_explicit(&cache->count, memory_order_relaxed) == 0;
}

bool replay_cache_find(struct replay_cache *cache, struct bytes key, int64_t now_ms, struct replay_route *out)
{
	if (replay_cache_is_empty(cache))
		return false;
	uint64_t hash = hash_of(key);
	pthread_mutex_lock(&cache->lock);
	struct entry **place = place_of(cache, key, hash);
	bool found = *place && (*place)->until_ms > now_ms;
	if (found)
		*out = (*place)->route;
	else if (*place)
		take_out(cache, place);
	pthread_mutex_unlock(&cache->lock);
	return found;
}

/* Room for one more, at the cost of our own oldest ones. */
static bool make_room(struct replay_cache *cache, size_t size)
{
	while (cache->oldest && (atomic_load(&cache->count) >= REPLAY_CACHE_MOST ||
	                         atomic_load(cache->bytes) + size > REPLAY_CACHE_BUDGET))
		take_out_oldest(cache);
	return atomic_load(cache->bytes) + size <= REPLAY_CACHE_BUDGET;
}

static void hang(struct replay_cache *cache, struct entry *entry)
{
	struct entry **bucket = &cache->buckets[entry->hash & (cache->bucket_count - 1)];
	entry->chain = *bucket;
	*bucket = entry;
}

static void grow(struct replay_cache *cache)
{
	size_t before = size_of_cache(cache);
	cache->bucket_count *= 2;
	free(cache->buckets);
	cache->buckets = mem_new_array(cache->bucket_count, sizeof *cache->buckets);
	for (struct entry *e = cache->oldest; e; e = e->newer)
		hang(cache, e);
	atomic_fetch_add(cache->bytes, size_of_cache(cache) - before);
}

bool replay_cache_put(struct replay_cache *cache, struct bytes key, int64_t until_ms, const struct replay_route *route)
{
	uint64_t hash = hash_of(key);
	size_t size = size_of(key.len);
	pthread_mutex_lock(&cache->lock);
	struct entry **place = place_of(cache, key, hash);
	if (*place)
		take_out(cache, place);
	bool room = make_room(cache, size);
	if (room) {
		struct entry *e = mem_new(size);
		if (atomic_load(&cache->count) >= cache->bucket_count)
			grow(cache);
		e->hash = hash;
		e->until_ms = until_ms;
		e->route = *route;
		e->len = key.len;
		memcpy(e->key, key.at, key.len);
		hang(cache, e);
		e->older = cache->newest;
		*(e->older ? &e->older->newer : &cache->oldest) = e;
		cache->newest = e;
		atomic_fetch_add(&cache->count, 1);
		atomic_fetch_add(cache->bytes, size);
	}
	pthread_mutex_unlock(&cache->lock);
	return room;
}

bool replay_cache_drop(struct replay_cache *cache, struct bytes key)
{
	if (replay_cache_is_empty(cache))
		return false;
	uint64_t hash = hash_of(key);
	pthread_mutex_lock(&cache->lock);
	struct entry **place = place_of(cache, key, hash);
	bool found = *place != NULL;
	if (found)
		take_out(cache, place);
	pthread_mutex_unlock(&cache->lock);
	return found;
}

void replay_cache_expire(struct replay_cache *cache, int64_t now_ms)
{
	if (replay_cache_is_empty(cache))
		return;
	pthread_mutex_lock(&cache->lock);
	for (struct entry *e = cache->oldest, *next; e; e = next) {
		next = e->newer;
		if (e->until_ms <= now_ms)
			take_out(cache, place_of(cache, (struct bytes){e->key, e->len}, e->hash));
	}
	pthread_mutex_unlock(&cache->lock);
}
