/* wake_plan: who is woken, and how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wake_plan.h"

#define STOPPED .state = MACHINE_STOPPED, .autostart = true, .soft = 10
#define SUSPENDED .state = MACHINE_SUSPENDED, .autostart = true, .soft = 10
#define STARTED .state = MACHINE_STARTED, .autostart = true, .soft = 10

static const struct {
	const char *rule;
	int pick;
	uint32_t waiting;
	struct wake_machine machines[4];
} rows[] = {
    /* it is 1000 ms */
    {"one waits, one sleeps", 0, 1, {{STOPPED}}},
    {"nobody waits", WAKE_NONE, 0, {{STOPPED}}},
    {"suspended before stopped", 1, 1, {{STOPPED}, {SUSPENDED}}},
    {"near before suspended", 0, 1, {{STOPPED}, {SUSPENDED, .distance = 500}}},
    {"the nearest", 2, 1, {{STOPPED, .distance = 9}, {STOPPED, .distance = 8}, {STOPPED, .distance = 7}}},
    {"the first of equals", 0, 1, {{STOPPED}, {STOPPED}}},
    {"one that is falling asleep", 0, 1, {{.state = MACHINE_SUSPENDING, .autostart = true, .soft = 10}}},
    {"rather one that sleeps already", 1, 1, {{.state = MACHINE_STOPPING, .autostart = true, .soft = 10}, {STOPPED}}},
    {"one that never ran", 0, 1, {{.state = MACHINE_CREATED, .autostart = true, .soft = 10}}},
    {"not without autostart", WAKE_NONE, 1, {{.state = MACHINE_STOPPED, .soft = 10}}},
    {"not one that is cordoned", 1, 1, {{STOPPED, .cordoned = true}, {STOPPED, .distance = 9}}},
    {"not one that failed for good", WAKE_NONE, 1, {{.state = MACHINE_FAILED, .autostart = true, .soft = 10}}},
    {"not one that runs", WAKE_NONE, 1, {{STARTED}}},
    {"one that failed lately waits", WAKE_NONE, 1, {{STOPPED, .not_before_ms = 1500}}},
    {"... and another one goes instead", 1, 1, {{STOPPED, .not_before_ms = 1500}, {STOPPED, .distance = 9}}},
    {"its time has come", 0, 1, {{STOPPED, .not_before_ms = 1000}}},
    {"one that never failed comes first", 1, 1, {{STOPPED, .not_before_ms = 900}, {STOPPED, .distance = 9}}},
    {"one wake is enough for ten", WAKE_NONE, 10, {{STOPPED, .waking = true}, {STOPPED}}},
    {"the eleventh needs another", 1, 11, {{STOPPED, .waking = true}, {STOPPED}}},
    {"one that starts for somebody else counts", WAKE_NONE, 10, {{.state = MACHINE_STARTING, .soft = 10}, {STOPPED}}},
    {"room under soft is enough", WAKE_NONE, 0, {{STARTED, .load = 10}, {STOPPED}}},
    {"over soft wakes another", 1, 0, {{STARTED, .load = 11}, {STOPPED}}},
    {"another one's room is used first", WAKE_NONE, 0, {{STARTED, .load = 15}, {STARTED, .load = 5}, {STOPPED}}},
    {"a running one that is cordoned is no room", 1, 1, {{STARTED, .cordoned = true}, {STOPPED}}},
    {"a running one that refuses is no room", 1, 1, {{STARTED, .failed = true}, {STOPPED}}},
    {"one that was stopped by hand comes last", 1, 1, {{STOPPED, .stopped = true}, {STOPPED, .distance = 9}}},
    {"... even behind one that failed", 1, 1, {{STOPPED, .stopped = true}, {STOPPED, .not_before_ms = 900}}},
    {"... but before nobody", 0, 1, {{STOPPED, .stopped = true}}},
    {"... and not for more room", WAKE_NONE, 0, {{STARTED, .load = 11}, {STOPPED, .stopped = true}}},
};

static size_t count_of(const struct wake_machine *machines)
{
	size_t count = 0;
	while (count < 4 && machines[count].soft)
		count++;
	return count;
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int pick = wake_pick(rows[i].machines, count_of(rows[i].machines), rows[i].waiting, 1000);
		if (pick != rows[i].pick)
			fail_msg("%s: picked %d", rows[i].rule, pick);
	}
}

static void a_burst_wakes_one_per_need_and_no_more_than_the_bound(void **state)
{
	static const struct {
		uint32_t waiting;
		int woken;
	} bursts[] = {
	    {1, 1}, {10, 1}, {11, 2}, {35, 4}, {80, 8}, {1000000, WAKE_PARALLEL}, {UINT32_MAX, WAKE_PARALLEL}};
	(void)state;
	for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++) {
		struct wake_machine machines[20];
		int woken = 0, pick;
		for (size_t m = 0; m < 20; m++)
			machines[m] = (struct wake_machine){STOPPED};
		while ((pick = wake_pick(machines, 20, bursts[i].waiting, 0)) != WAKE_NONE) {
			assert_false(machines[pick].waking);
			machines[pick].waking = true;
			woken++;
		}
		assert_int_equal(woken, bursts[i].woken);
	}
}

static void pauses(void **state)
{
	static const uint32_t probes[] = {0, 1, 2, 4, 8, 16, 32, 50, 50};
	static const uint32_t backoffs[] = {0, 250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
	(void)state;
	for (unsigned i = 0; i < sizeof probes / sizeof *probes; i++)
		assert_int_equal(wake_probe_ms(i), probes[i]);
	for (unsigned i = 0; i < sizeof backoffs / sizeof *backoffs; i++)
		assert_int_equal(wake_backoff_ms(i), backoffs[i]);
	assert_int_equal(wake_probe_ms(UINT32_MAX), WAKE_PROBE_MAX_MS);
	assert_int_equal(wake_backoff_ms(UINT32_MAX), WAKE_BACKOFF_MAX_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row),
	    cmocka_unit_test(a_burst_wakes_one_per_need_and_no_more_than_the_bound),
	    cmocka_unit_test(pauses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
