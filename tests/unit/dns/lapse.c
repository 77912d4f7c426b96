/* lapse: a time is counted below the power of two that it does not reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lapse.h"

static void each_time_has_its_cell(void **state)
{
	static const struct {
		int64_t ns;
		int cell;
	} rows[] = {{-5, 0},
	            {0, 0},
	            {1, 0},
	            {1023, 0},
	            {1024, 1},
	            {2047, 1},
	            {2048, 2},
	            {(1 << 25) - 1, LAPSE_BOUNDS - 1},
	            {1 << 25, LAPSE_BOUNDS},
	            {INT64_MAX, LAPSE_BOUNDS}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lapse lapse = {0};
		lapse_add(&lapse, rows[i].ns, 3);
		for (int cell = 0; cell <= LAPSE_BOUNDS; cell++)
			assert_int_equal(lapse.counts[cell], cell == rows[i].cell ? 3 : 0);
	}
}

static void the_sum_is_of_all(void **state)
{
	struct lapse lapse = {0};
	(void)state;
	lapse_add(&lapse, 1000, 64);
	lapse_add(&lapse, -1, 64); /* a clock that went back */
	lapse_add(&lapse, 5, 1);
	assert_int_equal(lapse.sum_ns, 64005);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_time_has_its_cell),
	    cmocka_unit_test(the_sum_is_of_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
