/* balance.c - see balance.h. */
#include "balance.h"

/* Smaller is better; two candidates of equal rank are equally good but for their load. */
static uint64_t rank_of(const struct balance_candidate *candidate)
{
	uint64_t busy = candidate->load >= candidate->soft;
	return (uint64_t)candidate->failed << 49 | (uint64_t)candidate->wish << 33 |
	       (uint64_t)candidate->distance << 1 | busy;
}

static bool is_full(const struct balance_candidate *candidate)
{
	return candidate->hard && candidate->load >= candidate->hard;
}

/* Is a less loaded than b, each measured by its own soft limit? */
static bool is_lighter(const struct balance_candidate *a, const struct balance_candidate *b)
{
	return (uint64_t)a->load * b->soft < (uint64_t)b->load * a->soft;
}

enum balance_result balance_pick(size_t *index, const struct balance_candidate *candidates, size_t count,
                                 struct rand *rand)
{
	enum balance_result otherwise = BALANCE_NONE;
	uint64_t best = UINT64_MAX;
	uint32_t equals = 0;          /* candidates of the best rank so far */
	size_t first = 0, second = 0; /* two of them; every ordered pair is as likely as any other */

	for (size_t i = 0; i < count; i++) {
		const struct balance_candidate *candidate = &candidates[i];
		if (candidate->tried)
			continue;
		if (is_full(candidate)) {
			otherwise = BALANCE_FULL;
			continue;
		}
		uint64_t rank = rank_of(candidate);
		if (rank > best)
			continue;
		if (rank < best) {
			best = rank;
			equals = 1;
			first = second = i;
			continue;
		}
		/* A reservoir of two: the n-th takes one of the places with probability 2/n. */
		uint32_t place = rand_below(rand, ++equals);
		if (place == 0)
			first = i;
		else if (place == 1)
			second = i;
	}
	if (equals == 0)
		return otherwise;
	*index = is_lighter(&candidates[second], &candidates[first]) ? second : first;
	return BALANCE_PICKED;
}
