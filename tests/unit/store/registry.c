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
	const struct timespec held = {.tv_nsec = HELD_MS * 1000000L};
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

static void set_version(int version)
{
	char sql[64];
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
	temp_registry_sql(sql);
}

static int get_version(void)
{
	struct statement s;
	statement_open(&s, writing, "PRAGMA user_version");
	assert_int_equal(statement_step(&s), 1);
	int version = (int)statement_number(&s, 0);
	statement_close(&s);
	return version;
}

static void a_newer_schema_of_this_major_is_used_and_stays(void **state)
{
	int newer = get_version() + 1;
	(void)state;
	set_version(newer);
	struct registry *r = registry_open(path, REGISTRY_WRITE);
	assert_false(registry_failed(r));
	registry_close(r);
	assert_int_equal(get_version(), newer);
}

static void a_newer_major_is_refused(void **state)
{
	(void)state;
	set_version((REGISTRY_MAJOR + 1) * 10000 + 1);
	for (enum registry_mode mode = REGISTRY_READ; mode <= REGISTRY_WRITE; mode++) {
		struct registry *r = registry_open(path, mode);
		assert_true(registry_failed(r));
		assert_non_null(strstr(registry_error(r), "was written by a newer Flycast (schema 2.1"));
		registry_close(r);
	}
}

/* The steps of an older registry fail at their first statement here, because its tables are there already. */
static void a_migration_that_fails_changes_nothing(void **state)
{
	int newest = get_version(), older = REGISTRY_MAJOR * 10000 + 1;
	(void)state;
	temp_registry_sql("DROP TRIGGER counter_rule_insert");
	set_version(older);
	struct registry *r = registry_open(path, REGISTRY_WRITE);
	assert_true(registry_failed(r));
	registry_close(r);
	assert_int_equal(get_version(), older);
	set_version(newest);
	/* Step 2 has made this one again before it failed. */
	temp_registry_shell("CREATE TRIGGER counter_rule_insert BEFORE INSERT ON counter BEGIN SELECT 1; END;");
}

static void facts_about_the_file_stay_true(void **state)
{
	(void)state;
	assert_true(temp_registry_shell_refuses("UPDATE meta SET value = '9999999' WHERE key = 'trimmed_to';"));
	assert_true(temp_registry_shell_refuses("UPDATE meta SET value = 'x' WHERE key = 'trimmed_to';"));
	assert_true(temp_registry_shell_refuses("INSERT OR REPLACE INTO meta VALUES ('trimmed_to', '9999999');"));
	assert_true(temp_registry_shell_refuses("UPDATE OR REPLACE meta SET key = 'generation';"));
	assert_true(temp_registry_shell_refuses("UPDATE meta SET value = '-1' WHERE key = 'audit_days';"));
	assert_true(temp_registry_shell_refuses("DELETE FROM meta;"));
	temp_registry_shell("UPDATE meta SET value = '30' WHERE key = 'audit_days';"
	                    "UPDATE meta SET value = (SELECT max(seq) FROM change) WHERE key = 'trimmed_to';");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(whoever_waits_gets_a_lock_that_is_free),
	    TEST(a_newer_schema_of_this_major_is_used_and_stays),
	    TEST(a_newer_major_is_refused),
	    TEST(a_migration_that_fails_changes_nothing),
	    TEST(facts_about_the_file_stay_true),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
