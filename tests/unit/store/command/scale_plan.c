/* scale_plan: Machines are spread evenly over regions, and a limit in one region holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/scale_plan.h"

enum { MOST = 8 };

/* "+1 0 -2", of regions that have so many now ("2 0 5"); "no": it cannot be. */
static const char *plan(const char *now, size_t wanted, size_t most)
{
	static char said[128];
	struct scale_region regions[MOST];
	size_t count = 0, len = 0;
	memset(regions, 0, sizeof regions);
	for (char *end; *now; now = end + (*end == ' '))
		regions[count++].now = strtoul(now, &end, 10);
	if (scale_plan(regions, count, wanted, most) < 0)
		return "no";
	said[0] = '\0';
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(said + len, sizeof said - len, regions[i].delta ? "%s%+ld" : "%s%ld",
		                        i ? " " : "", regions[i].delta);
	return said;
}

static void machines_are_spread_evenly(void **state)
{
	(void)state;
	assert_string_equal(plan("0", 3, 0), "+3");
	assert_string_equal(plan("0 0", 3, 0), "+2 +1");
	assert_string_equal(plan("5 0 1", 9, 0), "0 +2 +1");
	assert_string_equal(plan("1 1 1", 3, 0), "0 0 0");
	assert_string_equal(plan("5 1", 4, 0), "-2 0"); /* one region is not emptied to fill another */
}

static void they_go_from_the_fullest_and_the_last(void **state)
{
	(void)state;
	assert_string_equal(plan("2 2", 3, 0), "0 -1");
	assert_string_equal(plan("2 2", 0, 0), "-2 -2");
	assert_string_equal(plan("1 4 2", 3, 0), "0 -3 -1");
	assert_string_equal(plan("0", 0, 0), "0");
}

static void a_limit_holds_in_each_region(void **state)
{
	(void)state;
	assert_string_equal(plan("0 0", 4, 2), "+2 +2");
	assert_string_equal(plan("5 0", 5, 3), "-2 +2");
	assert_string_equal(plan("5 0", 7, 3), "no");
	assert_string_equal(plan("", 1, 0), "no");
	assert_string_equal(plan("", 0, 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(machines_are_spread_evenly),
	    cmocka_unit_test(they_go_from_the_fullest_and_the_last),
	    cmocka_unit_test(a_limit_holds_in_each_region),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
