/* tally: every network that has room is counted by itself, none is counted twice, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tally.h"

static void threads_are_added_up_by_network(void **state)
{
	struct tally *threads[] = {tally_new(), tally_new()};
	struct tally_cell *sums;
	(void)state;
	for (int i = 0; i < 3; i++)
		tally_count(threads[0], 7, TALLY_ANSWER);
	tally_count(threads[1], 7, TALLY_NXDOMAIN);
	tally_count(threads[1], 9, TALLY_NODATA);
	tally_count(threads[0], 5, TALLY_NODATA);
	assert_int_equal(tally_sum(&sums, (const struct tally *const *)threads, 2), 3);
	assert_int_equal(sums[0].network, 7);
	assert_int_equal(sums[0].counts[TALLY_ANSWER], 3);
	assert_int_equal(sums[0].counts[TALLY_NODATA], 0);
	assert_int_equal(sums[0].counts[TALLY_NXDOMAIN], 1);
	assert_int_equal(sums[1].network, 5);
	assert_int_equal(sums[2].network, 9);
	assert_int_equal(tally_total(&sums[2]), 1);
	free(sums);
	free(threads[0]);
	free(threads[1]);
}

static void nothing_counted_is_nothing(void **state)
{
	struct tally *tally = tally_new();
	struct tally_cell *sums;
	(void)state;
	assert_int_equal(tally_sum(&sums, (const struct tally *const *)&tally, 1), 0);
	free(sums);
	free(tally);
}

/* More networks than there are cells: those that came later are counted together. */
static void a_full_room_loses_nothing(void **state)
{
	struct tally *tally = tally_new();
	struct tally_cell *sums;
	uint64_t total = 0;
	(void)state;
	for (uint32_t network = 1; network <= 2 * TALLY_CELLS; network++)
		tally_count(tally, network, TALLY_ANSWER);
	tally_count(tally, 2 * TALLY_CELLS, TALLY_ANSWER);
	tally_count(tally, 1, TALLY_ANSWER);
	size_t count = tally_sum(&sums, (const struct tally *const *)&tally, 1);
	assert_int_equal(count, TALLY_CELLS + 1);
	for (size_t i = 0; i < count; i++)
		total += tally_total(&sums[i]);
	assert_int_equal(total, 2 * TALLY_CELLS + 2);
	assert_int_equal(sums[0].network, 1);
	assert_int_equal(tally_total(&sums[0]), 2);
	assert_int_equal(sums[TALLY_CELLS].network, 0); /* the others come last, however many they are */
	assert_int_equal(tally_total(&sums[TALLY_CELLS]), TALLY_CELLS + 1);
	free(sums);
	free(tally);
}

static void neighbours_in_one_cell_have_their_own(void **state)
{
	struct tally *tally = tally_new();
	struct tally_cell *sums;
	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		tally_count(tally, 3 + i * TALLY_CELLS, TALLY_ANSWER);
	tally_count(tally, 3 + 4 * TALLY_CELLS, TALLY_ANSWER);
	assert_int_equal(tally_sum(&sums, (const struct tally *const *)&tally, 1), 5);
	assert_int_equal(sums[0].network, 3 + 4 * TALLY_CELLS);
	assert_int_equal(tally_total(&sums[0]), 2);
	free(sums);
	free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threads_are_added_up_by_network),
	    cmocka_unit_test(nothing_counted_is_nothing),
	    cmocka_unit_test(a_full_room_loses_nothing),
	    cmocka_unit_test(neighbours_in_one_cell_have_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
