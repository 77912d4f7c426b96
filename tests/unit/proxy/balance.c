/* balance: the order of preference, the choice among equals, and what comes of it when many choose at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "balance.h"

#define NEAR .distance = 0
#define FAR .distance = 1000

static const struct row {
	const char *rule;
	enum balance_result result;
	unsigned allowed; /* bits of the candidates that may be picked */
	struct balance_candidate candidates[3];
} rows[] = {
    {"one idle Machine", BALANCE_PICKED, 1, {{.load = 0, .soft = 2}}},
    {"the idle one of two", BALANCE_PICKED, 2, {{.load = 1, .soft = 2}, {.load = 0, .soft = 2}}},
    {"equals: either", BALANCE_PICKED, 3, {{.load = 1, .soft = 2}, {.load = 1, .soft = 2}}},
    {"three equals: any", BALANCE_PICKED, 7, {{.load = 0, .soft = 2}, {.load = 0, .soft = 2}, {.load = 0, .soft = 2}}},
    {"of three, never the busiest",
     BALANCE_PICKED,
     3,
     {{.load = 0, .soft = 9}, {.load = 1, .soft = 9}, {.load = 2, .soft = 9}}},
    {"load is measured by the soft limit", BALANCE_PICKED, 2, {{.load = 5, .soft = 10}, {.load = 9, .soft = 20}}},
    {"near before far", BALANCE_PICKED, 1, {{.load = 1, .soft = 2, NEAR}, {.load = 0, .soft = 2, FAR}}},
    {"over soft and near before under soft and far",
     BALANCE_PICKED,
     1,
     {{.load = 2, .soft = 2, NEAR}, {.load = 0, .soft = 2, FAR}}},
    {"all over soft: near", BALANCE_PICKED, 1, {{.load = 9, .soft = 2, NEAR}, {.load = 2, .soft = 2, FAR}}},
    {"never at hard",
     BALANCE_PICKED,
     2,
     {{.load = 4, .soft = 2, .hard = 4, NEAR}, {.load = 3, .soft = 2, .hard = 4, FAR}}},
    {"hard equals soft", BALANCE_FULL, 0, {{.load = 1, .soft = 1, .hard = 1}}},
    {"one failed lately",
     BALANCE_PICKED,
     2,
     {{.load = 0, .soft = 2, .failed = true, NEAR}, {.load = 5, .soft = 2, FAR}}},
    {"all failed lately", BALANCE_PICKED, 1, {{.load = 0, .soft = 2, .failed = true}}},
    {"never what was tried",
     BALANCE_PICKED,
     2,
     {{.load = 0, .soft = 2, .tried = true}, {.load = 5, .soft = 2, .failed = true}}},
    {"all tried", BALANCE_NONE, 0, {{.load = 0, .soft = 2, .tried = true}}},
    {"all full", BALANCE_FULL, 0, {{.load = 4, .soft = 2, .hard = 4}, {.load = 5, .soft = 2, .hard = 4}}},
    {"full or tried: there is something to wait for",
     BALANCE_FULL,
     0,
     {{.load = 4, .soft = 2, .hard = 4}, {.soft = 2, .tried = true}}},
};

static void the_order_of_preference(void **state)
{
	struct rand rand = {1};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t count = 0;
		unsigned seen = 0;
		while (count < 3 && rows[i].candidates[count].soft)
			count++;
		for (int n = 0; n < 200; n++) {
			size_t index = 99;
			if (balance_pick(&index, rows[i].candidates, count, &rand) != rows[i].result)
				fail_msg("%s", rows[i].rule);
			if (rows[i].result == BALANCE_PICKED)
				seen |= 1U << index;
		}
		if (seen != rows[i].allowed)
			fail_msg("%s: picked %x, not %x", rows[i].rule, seen, rows[i].allowed);
	}
	size_t index;
	assert_int_equal(balance_pick(&index, NULL, 0, &rand), BALANCE_NONE);
}

static void equals_are_picked_equally_often(void **state)
{
	enum { COUNT = 10, PICKS = 100000 };
	struct balance_candidate candidates[COUNT];
	unsigned picked[COUNT] = {0};
	struct rand rand = {7};
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		candidates[i] = (struct balance_candidate){.soft = 5, .distance = i % 2 ? 0 : 500};
	for (int n = 0; n < PICKS; n++) {
		size_t index;
		assert_int_equal(balance_pick(&index, candidates, COUNT, &rand), BALANCE_PICKED);
		picked[index]++;
	}
	for (size_t i = 0; i < COUNT; i++) /* the five near ones, within 3 % (ten standard deviations are 4.5 %) */
		assert_in_range(picked[i], i % 2 ? PICKS / 5 * 97 / 100 : 0, i % 2 ? PICKS / 5 * 103 / 100 : 0);
}

/* Ten regions with thirty Machines each. Requests come in waves from one region after the other, more than its own
 * Machines can take under their soft limits, and every one of THREADS deciders sees the loads as they were a while ago. */
enum { REGIONS = 10, PER_REGION = 30, MACHINES = REGIONS * PER_REGION, SOFT = 10, HARD = 14, THREADS = 4, STALE = 16 };
enum { REGION_SOFT = PER_REGION * SOFT, ALL_HARD = MACHINES * HARD, TOO_MANY = 500 };

struct world {
	struct balance_candidate machine[MACHINES];
	struct balance_candidate picture[THREADS][MACHINES]; /* what each thread believes */
	uint32_t *open;                                      /* Machine of every open request */
	size_t count;
	size_t full;
};

static uint32_t distance(size_t from, size_t to)
{
	size_t steps = from > to ? from - to : to - from;
	return (uint32_t)(1000 * (steps < REGIONS - steps ? steps : REGIONS - steps));
}

static void arrive(struct world *world, size_t region, size_t turn, struct rand *rand)
{
	size_t thread = turn % THREADS;
	size_t index;
	if (turn % STALE < THREADS)
		memcpy(world->picture[thread], world->machine, sizeof world->machine);
	struct balance_candidate *picture = world->picture[thread];
	for (size_t i = 0; i < MACHINES; i++) {
		picture[i].distance = distance(region, i / PER_REGION);
		picture[i].tried = false;
	}
	for (int tries = 0;; tries++) { /* as the caller does: the slot is taken only if the true load allows it */
		assert_in_range(tries, 0, MACHINES);
		enum balance_result result = balance_pick(&index, picture, MACHINES, rand);
		if (result != BALANCE_PICKED) {
			world->full++;
			return;
		}
		if (world->machine[index].load < HARD)
			break;
		picture[index].load = world->machine[index].load;
	}
	picture[index].load = ++world->machine[index].load;
	world->open[world->count++] = (uint32_t)index;
}

static void leave(struct world *world, struct rand *rand)
{
	size_t which = rand_below(rand, (uint32_t)world->count);
	world->machine[world->open[which]].load--;
	world->open[which] = world->open[--world->count];
}

static void region_loads(const struct world *world, size_t region, uint32_t *least, uint32_t *most)
{
	*least = UINT32_MAX;
	*most = 0;
	for (size_t i = region * PER_REGION; i < (region + 1) * PER_REGION; i++) {
		uint32_t load = world->machine[i].load;
		*least = load < *least ? load : *least;
		*most = load > *most ? load : *most;
	}
}

static bool stays_at_home(const struct world *world, size_t region)
{
	for (size_t i = 0; i < MACHINES; i++)
		if (i / PER_REGION != region && world->machine[i].load > 0)
			return false;
	return true;
}

/* The farthest from the mean of its region's Machines, in percent, over a long time: what each was given, not what it
 * happens to have now. */
static double spread(const uint64_t *given, size_t region)
{
	double mean = 0, most = 0;
	for (size_t i = region * PER_REGION; i < (region + 1) * PER_REGION; i++)
		mean += (double)given[i] / PER_REGION;
	for (size_t i = region * PER_REGION; i < (region + 1) * PER_REGION; i++) {
		double away = ((double)given[i] - mean) / mean * 100;
		away = away < 0 ? -away : away;
		most = away > most ? away : most;
	}
	return most;
}

/* Half of the world's requests come from one region, with requests coming and going all the time. */
static void skewed_load_is_spread_evenly(void **state)
{
	enum { TURNS = 300000, AT_WORK = 1500, HERD = 4 };
	static struct world world;
	static uint64_t given[MACHINES];
	struct rand rand = {77};
	size_t row = 0, last = MACHINES;
	(void)state;
	world.open = malloc(sizeof *world.open * ALL_HARD);
	for (size_t i = 0; i < MACHINES; i++)
		world.machine[i] = (struct balance_candidate){.soft = SOFT, .hard = HARD};
	for (size_t n = 0; n < TURNS; n++) {
		size_t region = rand_below(&rand, 2) ? 0 : rand_below(&rand, REGIONS);
		arrive(&world, region, n, &rand);
		size_t index = world.open[world.count - 1];
		given[index]++;
		row = index == last ? row + 1 : 1;
		last = index;
		assert_in_range(row, 1, HERD); /* many in a row to one Machine would be a herd */
		assert_in_range(world.machine[index].load, 1, HARD);
		if (world.count > AT_WORK)
			leave(&world, &rand);
	}
	assert_int_equal(world.full, 0);
	for (size_t region = 0; region < REGIONS; region++)
		assert_true(spread(given, region) < 10);
	free(world.open);
}

static void nobody_is_overrun_and_loads_stay_close(void **state)
{
	static struct world world;
	struct rand rand = {42};
	uint32_t least, most;
	(void)state;
	world.open = malloc(sizeof *world.open * ALL_HARD);
	for (size_t i = 0; i < MACHINES; i++)
		world.machine[i] = (struct balance_candidate){.soft = SOFT, .hard = HARD};

	for (size_t wave = 0; wave < REGIONS; wave++) {
		/* Half of what the region takes under its soft limits: it stays there, and nobody runs ahead. */
		for (size_t n = 0; n < REGION_SOFT / 2; n++)
			arrive(&world, wave, n, &rand);
		region_loads(&world, wave, &least, &most);
		assert_in_range(least, SOFT / 2 - 4, SOFT / 2);
		assert_in_range(most, SOFT / 2, SOFT / 2 + 3);
		assert_int_equal(world.count, REGION_SOFT / 2);
		/* Over its soft limits it stays there too, and all of them are over before one is far over. */
		for (size_t n = 0; n < REGION_SOFT * 2 / 3; n++)
			arrive(&world, wave, n, &rand);
		region_loads(&world, wave, &least, &most);
		assert_in_range(least, SOFT, HARD);
		assert_in_range(most, SOFT, SOFT + THREADS);
		assert_true(stays_at_home(&world, wave));
		/* Six times its soft limits: its hard limits are used up exactly, then it spills to the neighbours. */
		for (size_t n = 0; n < (size_t)REGION_SOFT * 5; n++)
			arrive(&world, wave, n, &rand);
		region_loads(&world, wave, &least, &most);
		assert_int_equal(least, HARD);
		assert_int_equal(most, HARD);
		region_loads(&world, (wave + REGIONS / 2) % REGIONS, &least, &most);
		assert_int_equal(most, 0); /* the other side of the world is not needed */
		while (world.count)
			leave(&world, &rand);
	}

	/* More than everybody's hard limits: exactly those are used, the rest waits. */
	for (size_t n = 0; n < ALL_HARD + TOO_MANY; n++)
		arrive(&world, 3, n, &rand);
	for (size_t i = 0; i < MACHINES; i++)
		assert_int_equal(world.machine[i].load, HARD);
	assert_int_equal(world.full, TOO_MANY);
	free(world.open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_order_of_preference),
	    cmocka_unit_test(equals_are_picked_equally_often),
	    cmocka_unit_test(skewed_load_is_spread_evenly),
	    cmocka_unit_test(nobody_is_overrun_and_loads_stay_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
