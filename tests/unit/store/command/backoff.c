/* backoff: at once, then ever later, and anew after a good life. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/backoff.h"

static int pause_ms(struct backoff *b, double lived)
{
	return (int)(backoff_next(b, lived) * 1000 + 0.5);
}

static void pauses_double_up_to_five_seconds(void **state)
{
	static const int wanted[] = {0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
	struct backoff b = {0};
	(void)state;
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		assert_int_equal(pause_ms(&b, 1), wanted[i]);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(pause_ms(&b, 0), 5000);
}

static void a_good_life_forgives(void **state)
{
	struct backoff b = {0};
	(void)state;
	assert_int_equal(pause_ms(&b, 0), 0);
	assert_int_equal(pause_ms(&b, 59.9), 100);
	assert_int_equal(pause_ms(&b, 60), 0);
	assert_int_equal(pause_ms(&b, 1), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pauses_double_up_to_five_seconds),
	    cmocka_unit_test(a_good_life_forgives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
