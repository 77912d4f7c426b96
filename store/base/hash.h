/* hash.h - a keyed 64-bit hash for tables (XXH3 with a secret seed per process, so that outsiders cannot aim). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

void hash_seed(void); /* once, before the first table; a second call does nothing */
/* Keys of different salts are as unlikely to share a hash as those of one. */
uint64_t hash_bytes(const void *bytes, size_t len, uint64_t salt);

#endif
