/* restart.c - which ends are followed by another start, and after what pause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/restart.h"

static bool wanted(const char *policy, uint32_t max_retries, int code, uint32_t row)
{
	struct restart_rule rule = {.max_retries = max_retries};
	assert_true(restart_policy_parse(&rule.policy, policy));
	return restart_wanted(&rule, code, row);
}

static void a_policy_decides_by_code_and_retries(void **state)
{
	(void)state;
	assert_false(wanted("no", 10, 1, 0));
	assert_true(wanted("always", 0, 0, 1000));
	assert_false(wanted("on-failure", 10, 0, 0));
	assert_true(wanted("on-failure", 10, 1, 0));
	assert_true(wanted("on-failure", 10, 137, 9));
	assert_false(wanted("on-failure", 10, 1, 10));
	assert_false(wanted("on-failure", 0, 1, 0));
	enum restart_policy policy;
	assert_false(restart_policy_parse(&policy, "sometimes"));
}

static void pauses_double_up_to_a_limit(void **state)
{
	(void)state;
	assert_int_equal(restart_pause_ms(0), 100);
	assert_int_equal(restart_pause_ms(1), 200);
	assert_int_equal(restart_pause_ms(5), 3200);
	assert_int_equal(restart_pause_ms(9), RESTART_LONGEST_MS);
	assert_int_equal(restart_pause_ms(UINT32_MAX), RESTART_LONGEST_MS);
}

static void a_steady_run_starts_a_new_row(void **state)
{
	(void)state;
	assert_int_equal(restart_row(7, RESTART_STEADY_MS - 1), 7);
	assert_int_equal(restart_row(7, RESTART_STEADY_MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_policy_decides_by_code_and_retries),
	    cmocka_unit_test(pauses_double_up_to_a_limit),
	    cmocka_unit_test(a_steady_run_starts_a_new_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
