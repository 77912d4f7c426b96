/* moment: what the answering threads are told, and when. The monotonic clock is the test's own, so that days go by; libev's
 * is not, so that a look takes a second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ev.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "catalog.h"
#include "moment.h"

static const int64_t HOUR_MS = 3600000;
static int64_t now_ms = 1000;
static struct catalog_stats stats;

int64_t clock_mono_ms(void) /* by another name: see dns.cmake */
{
	return now_ms;
}

struct catalog_stats catalog_stats(const struct catalog *catalog)
{
	(void)catalog;
	return stats;
}

static struct responder_now now;
static struct ev_loop *loop;

static struct moment *open_moment(const char *secrets, double stale_seconds)
{
	struct text why = {0};
	struct moment *m = moment_open(&(struct moment_facts){secrets, stale_seconds}, &why);
	assert_non_null(m);
	now = (struct responder_now){0};
	moment_tell(m, &now);
	moment_watch(m, loop, NULL);
	return m;
}

/* The next second's. */
static void look(void)
{
	ev_run(loop, EVRUN_ONCE);
}

static void time_and_cookies_are_told_before_the_first_look(void **state)
{
	struct moment *m = open_moment(NULL, 30);
	(void)state;
	assert_in_range(now.seconds, clock_wall_ms() / 1000 - 2, clock_wall_ms() / 1000);
	assert_non_null(now.secrets);
	assert_int_equal(now.secrets->count, 1);
	assert_false(now.stale);
	moment_free(m);
	m = open_moment("none", 30);
	assert_null(now.secrets);
	look();
	assert_null(now.secrets);
	moment_free(m);
}

static void a_secret_of_our_own_lasts_a_day_and_is_taken_for_another(void **state)
{
	struct moment *m = open_moment(NULL, 30);
	struct cookie_secrets first = *now.secrets;
	(void)state;
	now_ms += 23 * HOUR_MS;
	look();
	assert_int_equal(now.secrets->count, 1);
	assert_memory_equal(&now.secrets->secret[0], &first.secret[0], sizeof first.secret[0]);
	for (int day = 0; day < 2; day++) {
		now_ms += 24 * HOUR_MS;
		look();
		assert_int_equal(now.secrets->count, 2);
		assert_memory_equal(&now.secrets->secret[1], &first.secret[0], sizeof first.secret[0]);
		assert_memory_not_equal(&now.secrets->secret[0], &first.secret[0], sizeof first.secret[0]);
		first = *now.secrets;
	}
	moment_free(m);
}

static void answers_are_stale_after_so_long_or_never(void **state)
{
	struct moment *m = open_moment("none", 2.5);
	(void)state;
	stats.fresh_ms = 2500;
	look();
	assert_false(now.stale);
	stats.fresh_ms = 2501;
	look();
	assert_true(now.stale);
	stats.fresh_ms = 10;
	look();
	assert_false(now.stale);
	moment_free(m);
	m = open_moment("none", 0);
	stats.fresh_ms = 1000000;
	look();
	assert_false(now.stale);
	stats.fresh_ms = 0;
	moment_free(m);
}

static int open_loop(void **state)
{
	(void)state;
	rcu_register();
	loop = ev_loop_new(EVFLAG_AUTO);
	return loop ? 0 : -1;
}

static int close_loop(void **state)
{
	(void)state;
	ev_loop_destroy(loop);
	rcu_unregister();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(time_and_cookies_are_told_before_the_first_look),
	    cmocka_unit_test(a_secret_of_our_own_lasts_a_day_and_is_taken_for_another),
	    cmocka_unit_test(answers_are_stale_after_so_long_or_never),
	};
	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
