/* hash.c - see hash.h. */
#include "base/hash.h"

#include <stdlib.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t seed;

void hash_seed(void)
{
	if (seed)
		return;
	if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		abort(); /* the kernel promises this many bytes */
	seed |= 1;
}

/* Apart, so that short keys, which are nearly all, do not pay for the registers this needs. */
static __attribute__((noinline)) uint64_t hash_long(const void *bytes, size_t len)
{
	return XXH3_64bits_withSeed(bytes, len, seed);
}

/* Salts are neighbours (ids of networks), and XXH3 under neighbouring seeds maps short keys that differ in a few bits to
 * one hash; so the salt is spread over what comes out instead. */
__attribute__((flatten)) uint64_t hash_bytes(const void *bytes, size_t len, uint64_t salt)
{
	uint64_t spread = salt * 0x9e3779b97f4a7c15;
	uint64_t hash = len <= 16 ? XXH3_64bits_withSeed(bytes, len, seed) : hash_long(bytes, len);
	return hash ^ spread ^ spread >> 32;
}
