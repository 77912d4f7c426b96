/* crowd: a network has its share of connections, and takes nothing of another's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crowd.h"

static void a_network_has_its_share_and_no_more(void **state)
{
	static struct crowd crowd = {.most = 3};
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(crowd_enter(&crowd, 7));
	assert_false(crowd_enter(&crowd, 7));
	assert_false(crowd_enter(&crowd, 7));
	assert_true(crowd_enter(&crowd, 8));
	crowd_leave(&crowd, 7); /* the refused were not counted */
	assert_true(crowd_enter(&crowd, 7));
	assert_false(crowd_enter(&crowd, 7));
}

static void without_a_limit_all_are_counted_and_let_in(void **state)
{
	static struct crowd crowd;
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(crowd_enter(&crowd, UINT32_MAX));
	assert_int_equal(crowd.count[UINT32_MAX % CROWD_CELLS], 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_network_has_its_share_and_no_more),
	    cmocka_unit_test(without_a_limit_all_are_counted_and_let_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
