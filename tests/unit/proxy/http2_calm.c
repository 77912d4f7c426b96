/* http2_calm: a peer may make us do so much for nothing, and no more; data pays for what belongs to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http2_calm.h"

static unsigned spend_all(struct http2_calm *calm, double now, bool useful)
{
	unsigned count = 0;
	while (count < 10000 && http2_calm_spend(calm, now, useful))
		count++;
	return count;
}

static void a_burst_is_bounded_and_time_gives_it_back(void **state)
{
	struct http2_calm calm;
	(void)state;
	http2_calm_init(&calm, 100);
	assert_int_equal(spend_all(&calm, 100, false), HTTP2_CALM_MOST);
	assert_int_equal(spend_all(&calm, 102, false), 2 * HTTP2_CALM_PER_SECOND);
	assert_int_equal(spend_all(&calm, 1000, false), HTTP2_CALM_MOST);
}

static void data_pays_for_what_is_useful_only(void **state)
{
	struct http2_calm calm;
	(void)state;
	http2_calm_init(&calm, 100);
	spend_all(&calm, 100, false);
	http2_calm_earn(&calm);
	assert_false(http2_calm_spend(&calm, 100, false));
	assert_int_equal(spend_all(&calm, 100, true), HTTP2_CALM_PER_DATA);
	for (int i = 0; i < 10000; i++)
		http2_calm_earn(&calm);
	assert_true(spend_all(&calm, 100, true) <= HTTP2_CALM_DATA_MOST + HTTP2_CALM_PER_DATA);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
	struct http2_calm calm;
	(void)state;
	http2_calm_init(&calm, 100);
	spend_all(&calm, 100, false);
	assert_false(http2_calm_spend(&calm, 50, false));
	assert_int_equal(spend_all(&calm, 51, false), HTTP2_CALM_PER_SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_burst_is_bounded_and_time_gives_it_back),
	    cmocka_unit_test(data_pays_for_what_is_useful_only),
	    cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
