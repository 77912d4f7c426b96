/* tally.h - how many questions of each network one thread answered, and with what. One thread counts, any thread reads.
 * Pure.
 *
 * The room is fixed and taken up only where it is used: each of the TALLY_CELLS networks that come first has a cell, and
 * all others share one. Ids of networks are given out in turn, so that neighbours are counted side by side. */
#ifndef DNS_TALLY_H
#define DNS_TALLY_H

#include <stddef.h>
#include <stdint.h>

enum { TALLY_CELLS = 1 << 14 };
enum tally_kind { TALLY_ANSWER, TALLY_NODATA, TALLY_NXDOMAIN, TALLY_KINDS };

struct tally_cell {
	uint32_t network; /* 0: nobody's, or of all those that have none of their own */
	uint64_t counts[TALLY_KINDS];
};

struct tally {
	struct tally_cell others;
	struct tally_cell cells[TALLY_CELLS];
};

struct tally *tally_new(void); /* free() it */
/* The network's cell, which may become its own just now. */
struct tally_cell *tally_cell(struct tally *tally, uint32_t network);

static inline void tally_count(struct tally *tally, uint32_t network, enum tally_kind kind)
{
	struct tally_cell *cell = &tally->cells[network % TALLY_CELLS];
	if (__builtin_expect(cell->network != network, 0))
		cell = tally_cell(tally, network);
	__atomic_store_n(&cell->counts[kind], cell->counts[kind] + 1, __ATOMIC_RELAXED);
}

/* Adds up what several threads counted: *out (free it) has a cell for each network, the busiest first, and in the end, if
 * they counted anything, the others. Returns how many. */
size_t tally_sum(struct tally_cell **out, const struct tally *const *tallies, size_t count);
uint64_t tally_total(const struct tally_cell *cell);

#endif
