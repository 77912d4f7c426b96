/* explain.c - the end of a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/explain.h"

static void a_tail_has_whole_lines(void **state)
{
	(void)state;
	assert_string_equal(explain_tail("one\ntwo\nthree\n", 2), "two\nthree\n");
	assert_string_equal(explain_tail("one\ntwo", 1), "two");
	assert_string_equal(explain_tail("one\n", 5), "one\n");
	assert_string_equal(explain_tail("", 3), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_tail_has_whole_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
