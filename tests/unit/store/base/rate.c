/* rate: a source keeps its rate, may be early by its burst, and does not lend it to others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rate.h"

enum { MS = 1000000 };

static int taken(struct rate *rate, uint64_t source, int64_t now_ns, int tries)
{
	int count = 0;
	for (int i = 0; i < tries; i++)
		count += rate_take(rate, source, now_ns);
	return count;
}

static void a_burst_passes_and_then_the_rate(void **state)
{
	(void)state;
	struct rate rate = {.per_second = 10, .burst = 5};
	int64_t now = 1000000 * (int64_t)MS;
	assert_int_equal(taken(&rate, 1, now, 20), 5);
	assert_int_equal(taken(&rate, 1, now + (int64_t)99 * MS, 20), 0);
	assert_int_equal(taken(&rate, 1, now + (int64_t)100 * MS, 20), 1);
	assert_int_equal(taken(&rate, 1, now + (int64_t)350 * MS, 20), 2);
	assert_int_equal(taken(&rate, 2, now + (int64_t)350 * MS, 20), 5);   /* another source */
	assert_int_equal(taken(&rate, 1, now + 60000 * (int64_t)MS, 20), 5); /* rest is not saved up */
}

static void no_rate_is_no_limit(void **state)
{
	(void)state;
	struct rate rate = {.per_second = 0};
	assert_int_equal(taken(&rate, 1, 1, 1000), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_burst_passes_and_then_the_rate),
	    cmocka_unit_test(no_rate_is_no_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
