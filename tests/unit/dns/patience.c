/* patience: whole until half of the places are taken, then less with every one, never nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "patience.h"

static void half_of_the_places_cost_nothing(void **state)
{
	(void)state;
	for (unsigned taken = 0; taken <= 50; taken++)
		assert_true(patience_seconds(10, taken, 100) == 10);
}

static void then_each_one_costs(void **state)
{
	double before = 10;
	(void)state;
	for (unsigned taken = 51; taken <= 100; taken++) {
		double now = patience_seconds(10, taken, 100);
		assert_true(now < before);
		before = now;
	}
	assert_true(before > 0.499 && before < 0.501);
}

static void more_than_all_is_all(void **state)
{
	(void)state;
	assert_true(patience_seconds(10, 1000, 100) == 0.5);
	assert_true(patience_seconds(10, 1, 1) == 0.5);
	assert_true(patience_seconds(10, 0, 0) == 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(half_of_the_places_cost_nothing),
	    cmocka_unit_test(then_each_one_costs),
	    cmocka_unit_test(more_than_all_is_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
