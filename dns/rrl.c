/* rrl.c - see rrl.h. */
#include "rrl.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "catalog.h"

enum { SKETCH_ROWS = 4, SKETCH_BITS = 16, SKETCH_CELLS = 1 << SKETCH_BITS };
_Static_assert(SKETCH_ROWS *SKETCH_BITS <= 64, "one hash picks a cell in every row");

static const int64_t SECOND_NS = 1000000000;

/* A cell says when the next answer is due if the rate is kept (the generic cell rate algorithm). */
struct rrl {
	struct rrl_settings settings;
	uint32_t limited; /* atomic: answers, so far */
	int64_t due_ns[SKETCH_ROWS][SKETCH_CELLS];
};

struct rrl *rrl_new(const struct rrl_settings *settings)
{
	if (settings->rate == 0 && settings->error_rate == 0)
		return NULL;
	struct rrl *rrl = mem_new(sizeof *rrl);
	hash_seed();
	rrl->settings = *settings;
	return rrl;
}

void rrl_free(struct rrl *rrl)
{
	free(rrl);
}

static uint64_t hash_of(const struct in6_addr *ip, enum rrl_kind kind)
{
	uint8_t client[16] = {0};
	size_t octets = network_of_ip(ip) ? 14 : IN6_IS_ADDR_V4MAPPED(ip) ? 15 : 7;
	memcpy(client, ip, octets);
	return hash_bytes(client, sizeof client, kind);
}

static void raise(int64_t *cell, int64_t least)
{
	int64_t due = __atomic_load_n(cell, __ATOMIC_RELAXED);
	while (due < least && !__atomic_compare_exchange_n(cell, &due, least, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* The lowest cell is what the client itself had, or more. Two threads that are here for one client at the same moment may
 * count one answer for two, which the exchange makes rare. */
static bool take(struct rrl *rrl, uint64_t hash, int rate, int64_t now_ns)
{
	int64_t step = SECOND_NS / rate, next;
	int64_t *cells[SKETCH_ROWS], *lowest = NULL;
	for (unsigned row = 0; row < SKETCH_ROWS; row++)
		cells[row] = &rrl->due_ns[row][hash >> row * SKETCH_BITS & (SKETCH_CELLS - 1)];
	for (;;) {
		int64_t due = INT64_MAX;
		for (unsigned row = 0; row < SKETCH_ROWS; row++) {
			int64_t there = __atomic_load_n(cells[row], __ATOMIC_RELAXED);
			if (there < due) {
				due = there;
				lowest = cells[row];
			}
		}
		next = (due > now_ns ? due : now_ns) + step;
		if (next - now_ns > step * rate)
			return false;
		if (__atomic_compare_exchange_n(lowest, &due, next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			break;
	}
	for (unsigned row = 0; row < SKETCH_ROWS; row++)
		raise(cells[row], next);
	return true;
}

enum rrl_verdict rrl_judge(struct rrl *rrl, const struct in6_addr *client, enum rrl_kind kind, int64_t now_ns)
{
	const struct rrl_settings *s = &rrl->settings;
	int rate = kind == RRL_ERROR ? s->error_rate : s->rate;
	if (rate == 0 || prefix_list_has(&s->exempt, client) || take(rrl, hash_of(client, kind), rate, now_ns))
		return RRL_SEND;
	/* Golden sections on, as answers take turns: somebody who asks for two names by turns would be in step with a plain
	 * counter, and one of them would never slip. */
	uint32_t turn = __atomic_fetch_add(&rrl->limited, 1, __ATOMIC_RELAXED);
	uint64_t part = (uint64_t)(turn * 2654435769u) * (uint32_t)s->slip >> 32;
	return s->slip && part == 0 ? RRL_SLIP : RRL_DROP;
}
