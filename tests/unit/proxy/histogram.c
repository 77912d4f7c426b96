/* histogram: a time is counted once, below the first bound that it does not exceed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "histogram.h"

static void bounds_grow_and_belong_to_what_is_below(void **state)
{
	(void)state;
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		struct histogram histogram = {0};
		uint64_t bound = (uint64_t)(strtod(histogram_bound(i), NULL) * 1e6 + 0.5);
		assert_true(i == 0 || strtod(histogram_bound(i), NULL) > strtod(histogram_bound(i - 1), NULL));
		histogram_add(&histogram, bound);
		histogram_add(&histogram, bound + 1);
		assert_int_equal(histogram.counts[i], 1);
		assert_int_equal(histogram.counts[i + 1], 1);
		assert_int_equal(histogram.sum_us, 2 * bound + 1);
	}
	assert_string_equal(histogram_bound(HISTOGRAM_BOUNDS), "+Inf");
}

static void nothing_is_too_long(void **state)
{
	struct histogram histogram = {0};
	(void)state;
	histogram_add(&histogram, UINT64_MAX);
	histogram_add(&histogram, 0);
	assert_int_equal(histogram.counts[HISTOGRAM_BOUNDS], 1);
	assert_int_equal(histogram.counts[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bounds_grow_and_belong_to_what_is_below),
	    cmocka_unit_test(nothing_is_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
