/* A connection waits its turn, and says in one sentence what is wrong with the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <pthread.h>
#include <cmocka.h>

#include "base/clock.h"
#include "registry.h"
#include "statement.h"
#include "temp_registry.h"

enum { ROUNDS = 3, HELD_MS = 240, SOON_MS = 50 };

static const char *path;
static struct registry *writing;

static int set_up(void **state)
{
	(void)state;
	path = temp_registry_make();
	writing = registry_open(path, REGISTRY_WRITE);
	return registry_failed(writing) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	registry_close(writing);
	temp_registry_remove();
	return 0;
}

static void *commit_later(void *first)
{
	const struct timespec held = {.tv_nsec = HELD_MS * 1000000};
	nanosleep(&held, NULL);
	registry_rollback(first);
	return NULL;
}

/* SQLite's own way to wait looks after 228 and then after 328 ms. One quick turn of three is enough: the machine may be
 * busy. */
static void whoever_waits_gets_a_lock_that_is_free(void **state)
{
	int64_t least = INT64_MAX;
	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_t thread;
		struct registry *first = registry_open(path, REGISTRY_WRITE);
		assert_int_equal(registry_begin(first, NULL), 0);
		int64_t began = clock_mono_ms();
		assert_int_equal(pthread_create(&thread, NULL, commit_later, first), 0);
		assert_int_equal(registry_begin(writing, NULL), 0);
		int64_t waited = clock_mono_ms() - began;
		registry_rollback(writing);
		pthread_join(thread, NULL);
		registry_close(first);
		assert_true(waited >= HELD_MS);
		least = waited < least ? waited : least;
	}
	assert_in_range(least, HELD_MS, HELD_MS + SOON_MS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(whoever_waits_gets_a_lock_that_is_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
