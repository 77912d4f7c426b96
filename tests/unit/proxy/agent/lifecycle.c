/* lifecycle.c - a Machine's phases: every way from one to the next, and what those who wait are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/lifecycle.h"

struct row {
	enum phase from;
	enum event event;
	enum phase to;
	enum act act;
};

static void assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct lifecycle_step next = lifecycle_next(rows[i].from, rows[i].event);
		if (next.phase != rows[i].to || next.act != rows[i].act)
			fail_msg("row %zu: phase %d event %d gave phase %d act %d", i, (int)rows[i].from,
			         (int)rows[i].event, (int)next.phase, (int)next.act);
	}
}
#define ASSERT_ROWS(...)                                                                                               \
	assert_rows((const struct row[]){__VA_ARGS__}, sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row))

static void a_machine_starts_from_wherever_it_rests(void **state)
{
	(void)state;
	ASSERT_ROWS({PHASE_CREATED, EVENT_START, PHASE_STARTING, ACT_LAUNCH},
	            {PHASE_STOPPED, EVENT_START, PHASE_STARTING, ACT_LAUNCH},
	            {PHASE_FAILED, EVENT_START, PHASE_STARTING, ACT_LAUNCH},
	            {PHASE_PAUSING, EVENT_START, PHASE_STARTING, ACT_LAUNCH},
	            {PHASE_SUSPENDED, EVENT_START, PHASE_STARTED, ACT_THAW},
	            {PHASE_STARTED, EVENT_START, PHASE_STARTED, ACT_NONE},
	            {PHASE_STARTING, EVENT_START, PHASE_STARTING, ACT_NONE});
}

static void a_start_cancels_suspending(void **state)
{
	(void)state;
	ASSERT_ROWS({PHASE_STARTED, EVENT_SUSPEND, PHASE_SUSPENDING, ACT_FREEZE},
	            {PHASE_SUSPENDING, EVENT_START, PHASE_STARTED, ACT_THAW},
	            {PHASE_STARTED, EVENT_FROZEN, PHASE_STARTED, ACT_NONE});
}

static void a_start_during_stopping_starts_once_it_is_gone(void **state)
{
	(void)state;
	ASSERT_ROWS({PHASE_STOPPING, EVENT_START, PHASE_RESTARTING, ACT_NONE},
	            {PHASE_RESTARTING, EVENT_EXITED, PHASE_STARTING, ACT_LAUNCH},
	            {PHASE_RESTARTING, EVENT_CRASHED, PHASE_STARTING, ACT_LAUNCH},
	            {PHASE_RESTARTING, EVENT_STOP, PHASE_STOPPING, ACT_NONE});
}

static void an_asked_for_end_is_no_crash(void **state)
{
	(void)state;
	ASSERT_ROWS({PHASE_STOPPING, EVENT_CRASHED, PHASE_STOPPED, ACT_NONE},
	            {PHASE_STARTED, EVENT_CRASHED, PHASE_PAUSING, ACT_PAUSE},
	            {PHASE_STARTED, EVENT_EXITED, PHASE_STOPPED, ACT_NONE},
	            {PHASE_PAUSING, EVENT_DUE, PHASE_STARTING, ACT_LAUNCH},
	            {PHASE_PAUSING, EVENT_STOP, PHASE_STOPPED, ACT_NONE},
	            {PHASE_STOPPED, EVENT_DUE, PHASE_STOPPED, ACT_NONE});
}

static void a_suspended_machine_is_never_woken_to_be_ended(void **state)
{
	(void)state;
	ASSERT_ROWS({PHASE_SUSPENDED, EVENT_STOP, PHASE_STOPPING, ACT_KILL},
	            {PHASE_SUSPENDED, EVENT_RESTART, PHASE_RESTARTING, ACT_KILL},
	            {PHASE_SUSPENDED, EVENT_CRASHED, PHASE_STOPPED, ACT_NONE});
}

static void a_stop_may_be_asked_for_again_with_more_force(void **state)
{
	(void)state;
	ASSERT_ROWS({PHASE_STOPPING, EVENT_STOP, PHASE_STOPPING, ACT_SIGNAL});
}

static void what_cannot_be_suspended_is_stopped(void **state)
{
	(void)state;
	ASSERT_ROWS({PHASE_SUSPENDING, EVENT_UNFREEZABLE, PHASE_STOPPING, ACT_THAW_SIGNAL},
	            {PHASE_STARTING, EVENT_SUSPEND, PHASE_STARTING, ACT_REFUSE},
	            {PHASE_CREATED, EVENT_SUSPEND, PHASE_CREATED, ACT_REFUSE});
}

static void destroying_ends_in_removal_from_every_phase(void **state)
{
	(void)state;
	for (enum phase phase = 0; phase < PHASE_DESTROYING; phase++) {
		struct lifecycle_step next = lifecycle_next(phase, EVENT_DESTROY);
		assert_int_equal(next.phase, PHASE_DESTROYING);
		assert_true(next.act == ACT_REMOVE || next.act == ACT_KILL);
	}
	static const enum event ends[] = {EVENT_EXITED, EVENT_CRASHED, EVENT_UNRUNNABLE};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(lifecycle_next(PHASE_DESTROYING, ends[i]).act, ACT_REMOVE);
	for (enum event event = EVENT_START; event <= EVENT_RESTART; event++)
		assert_int_equal(lifecycle_next(PHASE_DESTROYING, event).act, ACT_REFUSE);
}

static void nothing_that_happens_leaves_a_phase_without_a_process_running(void **state)
{
	(void)state;
	static const enum phase rests[] = {PHASE_CREATED, PHASE_STOPPED, PHASE_FAILED};
	for (size_t i = 0; i < 3; i++)
		for (enum event event = EVENT_RAN; event < EVENT_COUNT; event++)
			assert_int_equal(lifecycle_next(rests[i], event).phase, rests[i]);
}

static void those_who_wait_hear_what_became_of_it(void **state)
{
	(void)state;
	assert_int_equal(lifecycle_verdict(PHASE_STARTED, EVENT_START), VERDICT_DONE);
	assert_int_equal(lifecycle_verdict(PHASE_STARTING, EVENT_START), VERDICT_WAIT);
	assert_int_equal(lifecycle_verdict(PHASE_RESTARTING, EVENT_RESTART), VERDICT_WAIT);
	assert_int_equal(lifecycle_verdict(PHASE_FAILED, EVENT_START), VERDICT_MISSED);
	assert_int_equal(lifecycle_verdict(PHASE_STOPPED, EVENT_START), VERDICT_MISSED);
	assert_int_equal(lifecycle_verdict(PHASE_STOPPED, EVENT_STOP), VERDICT_DONE);
	assert_int_equal(lifecycle_verdict(PHASE_STOPPING, EVENT_STOP), VERDICT_WAIT);
	assert_int_equal(lifecycle_verdict(PHASE_RESTARTING, EVENT_STOP), VERDICT_MISSED);
	assert_int_equal(lifecycle_verdict(PHASE_SUSPENDED, EVENT_SUSPEND), VERDICT_DONE);
	assert_int_equal(lifecycle_verdict(PHASE_STOPPED, EVENT_SUSPEND), VERDICT_DONE);
	assert_int_equal(lifecycle_verdict(PHASE_SUSPENDING, EVENT_SUSPEND), VERDICT_WAIT);
	assert_int_equal(lifecycle_verdict(PHASE_STARTED, EVENT_SUSPEND), VERDICT_MISSED);
}

struct resume_row {
	int state; /* -1: nothing was written */
	enum found found;
	bool same_run;
	enum phase phase;
	enum event event;
};

static void an_agent_that_starts_goes_on_where_the_last_one_ended(void **state)
{
	(void)state;
	static const struct resume_row rows[] = {
	    {-1, FOUND_NOTHING, true, PHASE_CREATED, EVENT_COUNT},
	    {-1, FOUND_RUNNING, false, PHASE_STARTED, EVENT_COUNT},
	    {MACHINE_STARTED, FOUND_RUNNING, true, PHASE_STARTED, EVENT_COUNT},
	    {MACHINE_STARTED, FOUND_STILL, true, PHASE_SUSPENDED, EVENT_COUNT},
	    {MACHINE_STARTED, FOUND_ENDED, true, PHASE_STARTED, EVENT_EXITED},
	    {MACHINE_STARTED, FOUND_REBOOTED, true, PHASE_STOPPED, EVENT_START},
	    {MACHINE_STARTED, FOUND_NOTHING, true, PHASE_STOPPED, EVENT_START},
	    {MACHINE_STOPPING, FOUND_RUNNING, true, PHASE_STARTED, EVENT_STOP},
	    {MACHINE_STOPPING, FOUND_ENDED, true, PHASE_STOPPING, EVENT_EXITED},
	    {MACHINE_STOPPING, FOUND_REBOOTED, true, PHASE_STOPPED, EVENT_COUNT},
	    {MACHINE_SUSPENDED, FOUND_ENDED, true, PHASE_SUSPENDED, EVENT_EXITED},
	    {MACHINE_RESTARTING, FOUND_RUNNING, true, PHASE_STARTED, EVENT_RESTART},
	    {MACHINE_RESTARTING, FOUND_RUNNING, false, PHASE_STARTED, EVENT_COUNT},
	    {MACHINE_RESTARTING, FOUND_ENDED, true, PHASE_STOPPED, EVENT_START},
	    {MACHINE_STOPPED, FOUND_ENDED, true, PHASE_STOPPED, EVENT_COUNT},
	    {MACHINE_STOPPED, FOUND_ENDED, false, PHASE_STARTED, EVENT_EXITED},
	    {MACHINE_SUSPENDED, FOUND_REBOOTED, true, PHASE_STOPPED, EVENT_COUNT},
	    {MACHINE_SUSPENDING, FOUND_REBOOTED, true, PHASE_STOPPED, EVENT_COUNT},
	    {MACHINE_FAILED, FOUND_ENDED, true, PHASE_FAILED, EVENT_COUNT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum machine_state was = (enum machine_state)(rows[i].state < 0 ? 0 : rows[i].state);
		struct lifecycle_resume got = lifecycle_resume(rows[i].state < 0 ? NULL : &was, rows[i].found,
		                                               rows[i].same_run);
		if (got.phase != rows[i].phase || got.event != rows[i].event)
			fail_msg("row %zu gave phase %d event %d", i, (int)got.phase, (int)got.event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_machine_starts_from_wherever_it_rests),
	    cmocka_unit_test(a_start_cancels_suspending),
	    cmocka_unit_test(a_start_during_stopping_starts_once_it_is_gone),
	    cmocka_unit_test(an_asked_for_end_is_no_crash),
	    cmocka_unit_test(a_suspended_machine_is_never_woken_to_be_ended),
	    cmocka_unit_test(a_stop_may_be_asked_for_again_with_more_force),
	    cmocka_unit_test(what_cannot_be_suspended_is_stopped),
	    cmocka_unit_test(destroying_ends_in_removal_from_every_phase),
	    cmocka_unit_test(nothing_that_happens_leaves_a_phase_without_a_process_running),
	    cmocka_unit_test(those_who_wait_hear_what_became_of_it),
	    cmocka_unit_test(an_agent_that_starts_goes_on_where_the_last_one_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
