/* idle: which Machine of a group may sleep, if any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "idle.h"

#define RULE(elsewhere, min)                                                                                           \
	{                                                                                                              \
		.running_elsewhere = (elsewhere), .min_running = (min), .min_up_ms = 1000                              \
	}
#define IDLE                                                                                                           \
	{                                                                                                              \
		.soft = 2, .up_ms = 5000, .autostop = true                                                             \
	}
#define LOAD(n)                                                                                                        \
	{                                                                                                              \
		.load = (n), .soft = 2, .up_ms = 5000, .autostop = true                                                \
	}

static const struct {
	const char *rule;
	int pick;
	struct idle_rule with;
	struct idle_machine machines[4];
} rows[] = {
    {"a lone idle Machine goes", 0, RULE(0, 0), {IDLE}},
    {"a lone one with one connection stays", IDLE_NONE, RULE(0, 0), {LOAD(1)}},
    {"of two idle ones one goes", 1, RULE(0, 0), {IDLE, IDLE}},
    {"the idle one of two goes while the other is under soft", 0, RULE(0, 0), {IDLE, LOAD(1)}},
    {"the idle one of two stays while the other is at soft", IDLE_NONE, RULE(0, 0), {IDLE, LOAD(2)}},
    {"three, one over soft: one is in excess", 2, RULE(0, 0), {LOAD(9), LOAD(1), IDLE}},
    {"three, two over soft: none is", IDLE_NONE, RULE(0, 0), {LOAD(9), LOAD(2), IDLE}},
    {"never one with open work, even in excess", IDLE_NONE, RULE(0, 0), {LOAD(1), LOAD(1), LOAD(1)}},
    {"never one without autostop", 1, RULE(0, 0), {{.soft = 2, .up_ms = 9000}, IDLE}},
    {"never one that just came up", IDLE_NONE, RULE(0, 0), {{.soft = 2, .up_ms = 999, .autostop = true}}},
    {"one that is up long enough", 0, RULE(0, 0), {{.soft = 2, .up_ms = 1000, .autostop = true}}},
    {"the longest running goes", 1, RULE(0, 0), {IDLE, {.soft = 2, .up_ms = 6000, .autostop = true}, IDLE}},
    {"min_machines_running keeps the last one", IDLE_NONE, RULE(0, 1), {IDLE}},
    {"... and two", IDLE_NONE, RULE(0, 2), {IDLE, IDLE}},
    {"those in other regions count", 1, RULE(1, 2), {IDLE, IDLE}},
    {"... and let the last one of this region go", 0, RULE(2, 2), {IDLE}},
    {"a minimum that is not reached keeps all", IDLE_NONE, RULE(0, 9), {IDLE, IDLE}},
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t count = 0;
		while (count < 4 && rows[i].machines[count].soft)
			count++;
		int pick = idle_pick(rows[i].machines, count, &rows[i].with);
		if (pick != rows[i].pick)
			fail_msg("%s: picked %d", rows[i].rule, pick);
	}
	assert_int_equal(idle_pick(NULL, 0, &rows[0].with), IDLE_NONE);
}

static void a_group_shrinks_by_one_per_pass_and_then_rests(void **state)
{
	struct idle_machine machines[5] = {IDLE, IDLE, IDLE, LOAD(1), IDLE};
	const struct idle_rule rule = RULE(0, 0);
	size_t count = 5;
	(void)state;
	for (int passes = 0; passes < 4; passes++) {
		int pick = idle_pick(machines, count, &rule);
		assert_in_range(pick, 0, count - 1);
		assert_int_equal(machines[pick].load, 0);
		machines[pick] = machines[--count];
	}
	assert_int_equal(idle_pick(machines, count, &rule), IDLE_NONE); /* the one with work is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row),
	    cmocka_unit_test(a_group_shrinks_by_one_per_pass_and_then_rests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
