/* deadline: every limit fires once, in order of time, unless it was cleared or set again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "deadline.h"

static struct deadlines all;
static struct ev_loop *loop;
static struct deadline *fired[16];
static int count;

static void on_late(struct deadline *deadline)
{
	assert_false(deadline_is_set(deadline));
	fired[count++] = deadline;
}

static int start(void **state)
{
	(void)state;
	loop = ev_loop_new(EVFLAG_AUTO);
	deadlines_start(&all, loop);
	deadlines_kind(&all, DEADLINE_HEAD, 0.010, on_late);
	deadlines_kind(&all, DEADLINE_IDLE, 0.030, on_late);
	deadlines_kind(&all, DEADLINE_RESPONSE, 0, on_late);
	count = 0;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	deadlines_stop(&all);
	ev_loop_destroy(loop);
	return 0;
}

static void the_earliest_of_all_kinds_fires_first(void **state)
{
	(void)state;
	struct deadline idle = {0}, head = {0}, second = {0};
	deadline_set(&all, &idle, DEADLINE_IDLE);
	deadline_set(&all, &head, DEADLINE_HEAD);
	deadline_set(&all, &second, DEADLINE_HEAD);
	ev_run(loop, 0); /* ends when nothing is left to wait for */
	assert_int_equal(count, 3);
	assert_ptr_equal(fired[0], &head);
	assert_ptr_equal(fired[1], &second);
	assert_ptr_equal(fired[2], &idle);
}

static void a_cleared_limit_never_fires(void **state)
{
	(void)state;
	struct deadline one = {0}, two = {0};
	deadline_set(&all, &one, DEADLINE_HEAD);
	deadline_set(&all, &two, DEADLINE_HEAD);
	deadline_clear(&one);
	deadline_clear(&one);
	ev_run(loop, 0);
	assert_int_equal(count, 1);
	assert_ptr_equal(fired[0], &two);
}

static void setting_again_moves_it(void **state)
{
	(void)state;
	struct deadline one = {0}, two = {0};
	deadline_set(&all, &one, DEADLINE_HEAD);
	deadline_set(&all, &two, DEADLINE_HEAD);
	deadline_set(&all, &one, DEADLINE_IDLE);
	ev_run(loop, 0);
	assert_int_equal(count, 2);
	assert_ptr_equal(fired[0], &two);
	assert_ptr_equal(fired[1], &one);
}

static void a_kind_without_a_limit_is_never_set(void **state)
{
	(void)state;
	struct deadline one = {0};
	deadline_set(&all, &one, DEADLINE_RESPONSE);
	assert_false(deadline_is_set(&one));
	ev_run(loop, 0);
	assert_int_equal(count, 0);
}

static void those_of_a_kind_can_be_walked(void **state)
{
	(void)state;
	struct deadline one = {0}, two = {0};
	assert_null(deadline_first(&all, DEADLINE_IDLE));
	deadline_set(&all, &one, DEADLINE_IDLE);
	deadline_set(&all, &two, DEADLINE_IDLE);
	assert_ptr_equal(deadline_first(&all, DEADLINE_IDLE), &one);
	assert_ptr_equal(deadline_next(&all, DEADLINE_IDLE, &one), &two);
	assert_null(deadline_next(&all, DEADLINE_IDLE, &two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_earliest_of_all_kinds_fires_first, start, stop),
	    cmocka_unit_test_setup_teardown(a_cleared_limit_never_fires, start, stop),
	    cmocka_unit_test_setup_teardown(setting_again_moves_it, start, stop),
	    cmocka_unit_test_setup_teardown(a_kind_without_a_limit_is_never_set, start, stop),
	    cmocka_unit_test_setup_teardown(those_of_a_kind_can_be_walked, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
