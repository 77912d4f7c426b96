/* nearness: a region keeps its number, and distances follow this host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/rcu.h"
#include "nearness.h"

static uint32_t distance(void *owner, const char *region)
{
	return *(uint32_t *)owner * (uint32_t)(region[0] - 'a');
}

static void a_region_keeps_its_number(void **state)
{
	struct reclaim reclaim = {0};
	struct nearness n;
	uint32_t factor = 1;
	char code[4] = "aaa";
	(void)state;
	nearness_init(&n, distance, &factor, &reclaim);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 26; i++) {
			code[0] = (char)('a' + i);
			assert_int_equal(nearness_number(&n, code), i);
			assert_int_equal(n.away[i], i);
		}
	}
	factor = 1000;
	nearness_renew(&n);
	assert_int_equal(n.away[25], 25000);
	assert_int_equal(nearness_number(&n, "new"), 26);
	assert_int_equal(n.away[26], 13000);
	assert_int_equal(n.away[25], 25000);
	nearness_fini(&n);
	reclaim_free(&reclaim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_region_keeps_its_number)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
