/* rand.h - fast random numbers for choices that need no secrecy (SplitMix64). Pure; one state per thread, not shared.
 * Seed it from getrandom(2) or, in a test, with a constant. */
#ifndef PROXY_RAND_H
#define PROXY_RAND_H

#include <stdint.h>

struct rand {
	uint64_t state;
};

static inline uint64_t rand_next(struct rand *rand)
{
	uint64_t z = (rand->state += 0x9e3779b97f4a7c15U);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

/* 0..below-1, below > 0. The bias is below 2^-32. */
static inline uint32_t rand_below(struct rand *rand, uint32_t below)
{
	return (uint32_t)((rand_next(rand) >> 32) * below >> 32);
}

#endif
