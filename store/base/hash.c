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

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t salt)
{
	return XXH3_64bits_withSeed(bytes, len, seed ^ salt);
}
