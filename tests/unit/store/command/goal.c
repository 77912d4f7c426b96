/* goal: when waiting for a Machine ends, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/goal.h"
#include "machine.h"

static enum goal_verdict judge(const char *wanted, bool asked, const char *state, int64_t asked_serial, int64_t done)
{
	struct machine m = {.state = (char *)(uintptr_t)state,
	                    .message = (char *)(uintptr_t) "",
	                    .exists = true,
	                    .exited = true,
	                    .ask_serial = asked_serial,
	                    .done_serial = done};
	return goal_judge(&(struct goal){.state = wanted, .asked = asked, .serial = asked_serial}, &m);
}

static void an_ask_is_over_when_its_serial_is_done(void **state)
{
	(void)state;
	assert_int_equal(judge("started", true, "stopped", 2, 1), GOAL_WAIT);
	assert_int_equal(judge("started", true, "started", 2, 1), GOAL_WAIT); /* from before: restart */
	assert_int_equal(judge("started", true, "started", 2, 2), GOAL_REACHED);
	assert_int_equal(judge("started", true, "started", 2, 3), GOAL_REACHED);
	assert_int_equal(judge("started", true, "failed", 2, 2), GOAL_MISSED);
	assert_int_equal(judge("started", true, "restarting", 2, 2), GOAL_MISSED);
	assert_int_equal(judge("suspended", true, "stopped", 2, 2), GOAL_MISSED);
	assert_int_equal(judge("stopped", true, "stopped", 1, 1), GOAL_REACHED);
}

static void a_command_that_is_through_was_started(void **state)
{
	struct machine m = {.state = (char *)(uintptr_t) "stopped",
	                    .message = (char *)(uintptr_t) "",
	                    .exists = true,
	                    .exited = true,
	                    .done_serial = 1};
	const struct goal goal = {.state = "started", .asked = true, .serial = 1};
	(void)state;
	assert_int_equal(goal_judge(&goal, &m), GOAL_ENDED);
	m.exit_code = 3;
	assert_int_equal(goal_judge(&goal, &m), GOAL_MISSED);
	m.exit_code = 0;
	m.exited = false;
	assert_int_equal(goal_judge(&goal, &m), GOAL_MISSED);
}

static void waiting_without_asking_passes_over_other_states(void **state)
{
	(void)state;
	assert_int_equal(judge("started", false, "stopped", 1, 1), GOAL_WAIT);
	assert_int_equal(judge("started", false, "started", 1, 1), GOAL_REACHED);
	assert_int_equal(judge("started", false, "started", 2, 1), GOAL_WAIT); /* something is under way */
	assert_int_equal(judge("settled", false, "stopping", 1, 1), GOAL_WAIT);
	assert_int_equal(judge("settled", false, "failed", 1, 1), GOAL_REACHED);
	assert_int_equal(judge("destroyed", false, "stopped", 1, 1), GOAL_WAIT);
}

static void a_destroyed_machine_is_gone(void **state)
{
	struct machine left = {.state = (char *)(uintptr_t) "destroying", .exists = false};
	(void)state;
	assert_int_equal(goal_judge(&(struct goal){.state = "destroyed"}, NULL), GOAL_REACHED);
	assert_int_equal(goal_judge(&(struct goal){.state = "destroyed"}, &left), GOAL_WAIT);
	assert_int_equal(goal_judge(&(struct goal){.state = "started", .asked = true}, NULL), GOAL_GONE);
	assert_int_equal(goal_judge(&(struct goal){.state = "started", .asked = true}, &left), GOAL_GONE);
	assert_int_equal(goal_judge(&(struct goal){.state = "settled"}, &left), GOAL_GONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_ask_is_over_when_its_serial_is_done),
	    cmocka_unit_test(a_command_that_is_through_was_started),
	    cmocka_unit_test(waiting_without_asking_passes_over_other_states),
	    cmocka_unit_test(a_destroyed_machine_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
