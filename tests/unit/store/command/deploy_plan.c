/* deploy_plan.c - each strategy cuts the Machines of a release into waves; what no release made is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "command/deploy_plan.h"
#include "machine.h"

enum { MOST = 10 };

static char deployed[] = "{\"fly_release_version\":\"3\"}", by_hand[] = "{}", broken[] = "{";

/* "web web worker": a Machine for each word, "-web" one that was made by hand. */
static size_t read_machines(struct machine *machines, char *words)
{
	static char ids[MOST][2];
	size_t count = 0;
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		assert_true(count < MOST);
		ids[count][0] = (char)('0' + count);
		machines[count] = (struct machine){.id = ids[count],
		                                   .process_group = word + (*word == '-'),
		                                   .metadata = *word == '-' ? by_hand : deployed,
		                                   .exists = true};
		count++;
	}
	return count;
}

static size_t read_parts(struct deploy_part *parts, char *words)
{
	size_t count = 0;
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		parts[count++] = (struct deploy_part){
		    .name = word + (*word == '-'), .serves = true, .wanted = *word != '-'};
	return count;
}

/* "web:0 worker: | web:1 > old:4": the waves, with group and old Machine of each step; then those that leave. */
static void write_plan(struct text *out, const struct deploy_plan *plan, const struct deploy_part *parts)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct deploy_step *step = &plan->steps[i];
		size_t before = i ? plan->steps[i - 1].wave : 0;
		assert_true(step->wave == before || (i > 0 && step->wave == before + 1));
		text_format(out, "%s%s:%s",
		            i == 0                ? ""
		            : step->wave > before ? " | "
		                                  : " ",
		            parts[step->part].name, step->old ? step->old->id : "");
	}
	for (size_t i = 0; i < plan->leaving_count; i++)
		text_format(out, "%s%s", i ? " " : " > ", plan->leaving[i]->id);
}

static const struct {
	const char *strategy; /* "+": two for a new group */
	double max_unavailable;
	const char *parts; /* "-worker": not asked for */
	const char *machines;
	const char *plan;
} rows[] = {
    {"rolling", 0, "app", "", "app:"},
    {"rolling", 0, "app", "app", "app:0"},
    {"rolling", 0, "app", "-app", "app:"},
    {"rolling", 0, "app", "app -app app", "app:0 | app:2"},
    {"rolling", 0, "web worker", "worker web", "web:1 | worker:0"},
    {"rolling", 0, "web worker", "web", "web:0 | worker:"},
    {"rolling", 0, "web", "web web web", "web:0 | web:1 | web:2"},
    {"rolling", 0, "web", "web web web web", "web:0 web:1 | web:2 web:3"},
    {"rolling", 0, "web", "web web web web web web web", "web:0 web:1 web:2 | web:3 web:4 web:5 | web:6"},
    {"rolling", 0.5, "web", "web web web", "web:0 web:1 | web:2"},
    {"rolling", 0.01, "web", "web web", "web:0 | web:1"},
    {"rolling", 1, "web", "web web", "web:0 | web:1"},
    {"rolling", 2.9, "web", "web web web", "web:0 web:1 | web:2"},
    {"rolling", 99, "web", "web web web", "web:0 web:1 web:2"},
    {"rolling", 1e300, "web", "web web", "web:0 web:1"},
    {"canary", 0, "web", "web", "web:0"},
    {"canary", 0, "web", "web web web", "web:0 | web:1 | web:2"},
    {"canary", 9, "web", "web web web", "web:0 | web:1 web:2"},
    {"canary", 0, "web worker", "web web worker worker", "web:0 worker:2 | web:1 | worker:3"},
    {"canary", 0, "web worker", "web web", "web:0 worker: | web:1"},
    {"bluegreen", 0, "web worker", "web web worker", "web:0 web:1 worker:2"},
    {"bluegreen", 1, "web", "web web", "web:0 web:1"},
    {"immediate", 0, "web worker", "web web worker", "web:0 web:1 worker:2"},
    {"rolling+", 0, "web", "", "web: web:"},
    {"rolling+", 0, "web", "-web", "web: web:"},
    {"rolling+", 0, "web", "web", "web:0"},
    {"canary+", 0, "web", "", "web: | web:"},
    {"bluegreen+", 0, "web worker", "worker", "web: web: worker:0"},
    {"rolling", 0, "web", "web old -old", "web:0 > 1"},
    {"rolling", 0, "web -worker", "web worker old", "web:0"},
    {"canary", 0, "-web worker", "web web worker worker", "worker:2 | worker:3"},
    {"rolling", 0, "-web", "web", ""},
};

static void each_strategy_cuts_machines_into_its_waves(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct machine machines[MOST];
		struct deploy_part parts[MOST];
		struct deploy_plan plan;
		struct text out = {0};
		char groups[64], words[64], strategy[16];
		snprintf(groups, sizeof groups, "%s", rows[i].parts);
		snprintf(words, sizeof words, "%s", rows[i].machines);
		snprintf(strategy, sizeof strategy, "%s", rows[i].strategy);
		char *plus = strchr(strategy, '+');
		if (plus)
			*plus = '\0';
		const struct deploy_want want = {.strategy = deploy_strategy_of(strategy),
		                                 .max_unavailable = rows[i].max_unavailable,
		                                 .spare = plus != NULL,
		                                 .parts = parts,
		                                 .part_count = read_parts(parts, groups)};
		deploy_plan_make(&plan, &want, machines, read_machines(machines, words));
		write_plan(&out, &plan, parts);
		if (strcmp(text_string(&out), rows[i].plan) != 0)
			fail_msg("row %zu (%s, %s): %s, not %s", i, rows[i].strategy, rows[i].machines,
			         text_string(&out), rows[i].plan);
		deploy_plan_fini(&plan);
		text_free(&out);
	}
}

static void only_a_group_that_serves_gets_two(void **state)
{
	(void)state;
	const struct deploy_part part = {.name = "worker", .wanted = true};
	const struct deploy_want want = {.spare = true, .parts = &part, .part_count = 1};
	struct deploy_plan plan;
	deploy_plan_make(&plan, &want, NULL, 0);
	assert_int_equal(plan.step_count, 1);
	deploy_plan_fini(&plan);
}

static void what_is_gone_or_unreadable_is_of_no_release(void **state)
{
	(void)state;
	char id[] = "1", group[] = "app";
	struct machine machines[] = {{.id = id, .process_group = group, .metadata = broken, .exists = true},
	                             {.id = id, .process_group = group, .metadata = deployed, .exists = false}};
	const struct deploy_part part = {.name = "app", .wanted = true};
	const struct deploy_want want = {.parts = &part, .part_count = 1};
	struct deploy_plan plan;
	deploy_plan_make(&plan, &want, machines, 2);
	assert_int_equal(plan.step_count, 1);
	assert_null(plan.steps[0].old);
	assert_int_equal(plan.leaving_count, 0);
	deploy_plan_fini(&plan);
}

static void an_unknown_strategy_is_rolling(void **state)
{
	(void)state;
	assert_int_equal(deploy_strategy_of(NULL), DEPLOY_ROLLING);
	assert_int_equal(deploy_strategy_of("whatever"), DEPLOY_ROLLING);
	assert_int_equal(deploy_strategy_of("bluegreen"), DEPLOY_BLUEGREEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_strategy_cuts_machines_into_its_waves),
	    cmocka_unit_test(only_a_group_that_serves_gets_two),
	    cmocka_unit_test(what_is_gone_or_unreadable_is_of_no_release),
	    cmocka_unit_test(an_unknown_strategy_is_rolling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
