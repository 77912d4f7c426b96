/* standing: harm takes a service out for longer and longer, one trial at a time brings it back. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "standing.h"

enum { LIFE = 70001, NOW = 1000 }; /* a life whose number does not fit into what the word keeps of it */

static void refused_is_out_at_once_and_for_longer_each_time(void **state)
{
	static const uint32_t pauses[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
	struct standing s = {0};
	int64_t now = NOW;
	(void)state;
	assert_int_equal(standing_look(&s, LIFE, now), STANDING_IN);
	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
		assert_int_equal(standing_harm(&s, LIFE, now, STANDING_REFUSED), pauses[i]);
		assert_false(standing_is_clear(&s));
		assert_int_equal(standing_look(&s, LIFE, now), STANDING_OUT);
		assert_int_equal(standing_look(&s, LIFE, now + pauses[i] - 1), STANDING_OUT);
		assert_false(standing_try(&s, LIFE, now + pauses[i] - 1));
		now += pauses[i];
		assert_int_equal(standing_look(&s, LIFE, now), STANDING_DUE);
		assert_true(standing_try(&s, LIFE, now));
	}
}

static void one_broken_connection_is_nothing_two_in_a_row_are(void **state)
{
	struct standing s = {0};
	(void)state;
	assert_int_equal(standing_harm(&s, LIFE, NOW, STANDING_BROKE), 0);
	assert_int_equal(standing_look(&s, LIFE, NOW), STANDING_IN);
	assert_false(standing_good(&s, LIFE, false)); /* taken, as the one that broke was */
	assert_int_equal(standing_harm(&s, LIFE, NOW + 5, STANDING_BROKE), STANDING_PAUSE_MIN_MS);
	assert_int_equal(standing_look(&s, LIFE, NOW + 5), STANDING_OUT);
	assert_false(standing_good(&s, LIFE, false));
	assert_true(standing_good(&s, LIFE, true));
	assert_true(standing_is_clear(&s));
	assert_int_equal(standing_harm(&s, LIFE, NOW, STANDING_BROKE), 0);
	assert_false(standing_good(&s, LIFE, true)); /* it was not out */
	assert_int_equal(standing_harm(&s, LIFE, NOW, STANDING_BROKE), 0);
}

static void a_burst_counts_once(void **state)
{
	struct standing s = {0};
	(void)state;
	assert_int_equal(standing_harm(&s, LIFE, NOW, STANDING_REFUSED), 500);
	for (int i = 0; i < 100; i++)
		assert_int_equal(standing_harm(&s, LIFE, NOW + i, STANDING_REFUSED), 0);
	assert_int_equal(standing_look(&s, LIFE, NOW + 500), STANDING_DUE);
	assert_int_equal(standing_harm(&s, LIFE, NOW + 500, STANDING_REFUSED), 1000);
}

static void one_tries_and_decides(void **state)
{
	struct standing s = {0};
	(void)state;
	standing_harm(&s, LIFE, NOW, STANDING_REFUSED);
	int64_t now = NOW + 500;
	assert_true(standing_try(&s, LIFE, now));
	assert_false(standing_try(&s, LIFE, now)); /* the others wait for what comes of it */
	assert_int_equal(standing_look(&s, LIFE, now), STANDING_OUT);
	assert_int_equal(standing_harm(&s, LIFE, now + 1, STANDING_REFUSED), 1000);
	now += 1001;
	assert_true(standing_try(&s, LIFE, now));
	assert_true(standing_good(&s, LIFE, false));
	assert_true(standing_is_clear(&s));
	assert_true(standing_try(&s, LIFE, now)); /* everybody may */
	assert_int_equal(standing_harm(&s, LIFE, now, STANDING_REFUSED), 500);
}

static void a_trial_that_nothing_is_heard_of_ends_by_itself(void **state)
{
	struct standing s = {0};
	(void)state;
	standing_harm(&s, LIFE, NOW, STANDING_REFUSED);
	int64_t now = NOW + 500;
	assert_true(standing_try(&s, LIFE, now));
	assert_int_equal(standing_look(&s, LIFE, now + STANDING_TRIAL_MS - 1), STANDING_OUT);
	now += STANDING_TRIAL_MS;
	assert_int_equal(standing_look(&s, LIFE, now), STANDING_IN);
	assert_true(standing_try(&s, LIFE, now));
	assert_true(standing_try(&s, LIFE, now));
	assert_int_equal(standing_harm(&s, LIFE, now, STANDING_REFUSED), 1000);
}

static void another_life_is_another_standing(void **state)
{
	struct standing s = {0};
	(void)state;
	standing_harm(&s, LIFE, NOW, STANDING_REFUSED);
	assert_int_equal(standing_look(&s, LIFE + 1, NOW), STANDING_IN);
	assert_true(standing_try(&s, LIFE + 1, NOW));
	assert_int_equal(standing_harm(&s, LIFE + 1, NOW, STANDING_REFUSED), 500);
	assert_false(standing_good(&s, LIFE + 2, false)); /* nobody was told that it is out in this one */
	assert_true(standing_is_clear(&s));
}

static void a_long_uptime_fits(void **state)
{
	struct standing s = {0};
	int64_t now = 30LL * 365 * 24 * 3600 * 1000;
	(void)state;
	assert_int_equal(standing_harm(&s, LIFE, now, STANDING_REFUSED), 500);
	assert_int_equal(standing_look(&s, LIFE, now + 499), STANDING_OUT);
	assert_int_equal(standing_look(&s, LIFE, now + 500), STANDING_DUE);
}

enum { THREADS = 4, TURNS = 20000 };

static struct standing shared;
static _Atomic int64_t now_ms = NOW;
static _Atomic int on_trial;
static _Atomic int wrong;

/* At every moment at most one has the trial. */
static void *try_and_fail(void *argument)
{
	(void)argument;
	for (int i = 0; i < TURNS; i++) {
		int64_t now = atomic_load(&now_ms);
		if (!standing_try(&shared, LIFE, now))
			continue;
		atomic_fetch_add(&wrong, atomic_fetch_add(&on_trial, 1) != 0);
		atomic_fetch_sub(&on_trial, 1);
		uint32_t pause = standing_harm(&shared, LIFE, now, STANDING_REFUSED);
		atomic_fetch_add(&wrong, pause == 0);
		atomic_store(&now_ms, now + pause);
	}
	return NULL;
}

static void of_many_threads_one_tries(void **state)
{
	pthread_t threads[THREADS];
	(void)state;
	standing_harm(&shared, LIFE, NOW - STANDING_PAUSE_MIN_MS, STANDING_REFUSED);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, try_and_fail, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_true(atomic_load(&now_ms) > NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refused_is_out_at_once_and_for_longer_each_time),
	    cmocka_unit_test(one_broken_connection_is_nothing_two_in_a_row_are),
	    cmocka_unit_test(a_burst_counts_once),
	    cmocka_unit_test(one_tries_and_decides),
	    cmocka_unit_test(a_trial_that_nothing_is_heard_of_ends_by_itself),
	    cmocka_unit_test(another_life_is_another_standing),
	    cmocka_unit_test(a_long_uptime_fits),
	    cmocka_unit_test(of_many_threads_one_tries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
