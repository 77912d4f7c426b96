/* tally.c - see tally.h. */
#include "tally.h"

#include <stdlib.h>

#include "base/mem.h"

enum { NEIGHBOURS = 8 };

struct tally *tally_new(void)
{
	return mem_new(sizeof(struct tally));
}

struct tally_cell *tally_cell(struct tally *tally, uint32_t network)
{
	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		struct tally_cell *cell = &tally->cells[(network + i) % TALLY_CELLS];
		if (cell->network == network)
			return cell;
		if (cell->network == 0) {
			__atomic_store_n(&cell->network, network, __ATOMIC_RELAXED);
			return cell;
		}
	}
	return &tally->others;
}

uint64_t tally_total(const struct tally_cell *cell)
{
	uint64_t total = 0;
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		total += cell->counts[kind];
	return total;
}

static void add(struct tally_cell *to, const struct tally_cell *from)
{
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		to->counts[kind] += __atomic_load_n(&from->counts[kind], __ATOMIC_RELAXED);
}

static int by_network(const void *a, const void *b)
{
	uint32_t x = ((const struct tally_cell *)a)->network, y = ((const struct tally_cell *)b)->network;
	return (x > y) - (x < y);
}

static int by_total(const void *a, const void *b)
{
	uint64_t x = tally_total(a), y = tally_total(b);
	return x == y ? by_network(a, b) : (x < y) - (x > y);
}

size_t tally_sum(struct tally_cell **out, const struct tally *const *tallies, size_t count)
{
	struct tally_cell *sums = NULL, others = {0};
	size_t used = 0, room = 0, unique = 0;
	for (size_t i = 0; i < count; i++) {
		add(&others, &tallies[i]->others);
		for (size_t k = 0; k < TALLY_CELLS; k++) {
			const struct tally_cell *cell = &tallies[i]->cells[k];
			uint32_t network = __atomic_load_n(&cell->network, __ATOMIC_RELAXED);
			if (!network)
				continue;
			sums = mem_grow(sums, used, &room, sizeof *sums);
			sums[used] = (struct tally_cell){.network = network};
			add(&sums[used++], cell);
		}
	}
	if (used)
		qsort(sums, used, sizeof *sums, by_network);
	for (size_t i = 0; i < used; i++) {
		if (unique > 0 && sums[unique - 1].network == sums[i].network)
			add(&sums[unique - 1], &sums[i]);
		else
			sums[unique++] = sums[i];
	}
	if (unique)
		qsort(sums, unique, sizeof *sums, by_total);
	if (tally_total(&others)) {
		sums = mem_grow(sums, unique, &room, sizeof *sums);
		sums[unique++] = others;
	}
	*out = sums;
	return unique;
}
