/* The feed hands over what changed, and everything when it cannot know; whatever happens to the file it goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "feed.h"
#include "registry.h"
#include "statement.h"
#include "temp_registry.h"

struct seen { /* by the sink; atomic, because the test looks from its own thread */
	int reloads, changes, idles, closes;
	int app_keys, other_keys;
	int fail; /* so many calls are to fail */
	int apps; /* rows of table app at the last call */
};

static struct seen seen;
static struct feed *feed;
static const char *path;

#define count(field) __atomic_add_fetch(&seen.field, 1, __ATOMIC_SEQ_CST)
#define get(field) __atomic_load_n(&seen.field, __ATOMIC_SEQ_CST)

static int look(struct registry *registry)
{
	struct statement s;
	statement_open(&s, registry, "SELECT count(*) FROM app");
	int rc = statement_step(&s);
	__atomic_store_n(&seen.apps, (int)statement_number(&s, 0), __ATOMIC_SEQ_CST);
	statement_close(&s);
	if (get(fail) > 0) {
		__atomic_sub_fetch(&seen.fail, 1, __ATOMIC_SEQ_CST);
		return registry_fail(registry, "told to fail");
	}
	return rc < 0 ? -1 : 0;
}

static int on_reload(void *owner, struct registry *registry, int64_t seq)
{
	(void)owner, (void)seq;
	int rc = look(registry);
	if (rc == 0)
		count(reloads);
	return rc;
}

static int on_change(void *owner, struct registry *registry, const struct feed_key *keys, size_t n, int64_t seq)
{
	(void)owner, (void)seq;
	int rc = look(registry);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (keys[i].kind == FEED_APP)
			count(app_keys);
		else
			count(other_keys);
	if (rc == 0)
		count(changes);
	return rc;
}

static void on_idle(void *owner)
{
	(void)owner;
	count(idles);
}

static void on_close(void *owner)
{
	(void)owner;
	count(closes);
}

static const struct feed_sink sink = {NULL, on_reload, on_change, on_idle, on_close};

static int set_up(void **state)
{
	char *error;
	(void)state;
	memset(&seen, 0, sizeof seen);
	path = temp_registry_make();
	feed = feed_start(path, &sink, &error);
	return feed && get(reloads) == 1 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	feed_stop(feed);
	temp_registry_remove();
	return 0;
}

#define SHELL "sqlite3 -cmd '.timeout 20000'"

static const char one_app[] = "INSERT INTO app (name, org, network) VALUES ('web', 'acme', 1);";

static bool apps_are(void *owner)
{
	return get(apps) == *(int *)owner;
}

static bool reloads_are(void *owner)
{
	return get(reloads) == *(int *)owner;
}

static bool failed(void *owner)
{
	return feed_stats(feed).failures >= *(int *)owner;
}

static bool is_fresh(void *owner)
{
	return feed_stats(feed).fresh_ms >= *(int64_t *)owner;
}

/* A look that began after this call found nothing new. */
static void settle(void)
{
	int64_t since = clock_mono_ms() + 1;
	assert_true(temp_registry_within(is_fresh, &since));
}

static void run(const char *format, ...)
{
	char command[512];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static void each_dirty_key_comes_once(void **state)
{
	int want = 1;
	(void)state;
	temp_registry_shell("BEGIN; INSERT INTO app (name, org, network) VALUES ('web', 'acme', 1);"
	                    "INSERT INTO flycast (app) VALUES ('web'); UPDATE app SET created_at = 1;"
	                    "UPDATE region SET name = 'x' WHERE code = 'fra'; COMMIT;");
	assert_true(temp_registry_within(apps_are, &want));
	settle();
	assert_int_equal(get(changes), 1);
	assert_int_equal(get(app_keys), 1);
	assert_int_equal(get(other_keys), 1);
	assert_int_equal(get(reloads), 1);
	assert_int_equal(get(idles), 2);
}

static void a_failed_call_is_made_again(void **state)
{
	int want = 1, failures = 1;
	(void)state;
	__atomic_store_n(&seen.fail, 1, __ATOMIC_SEQ_CST);
	temp_registry_shell(one_app);
	assert_true(temp_registry_within(failed, &failures));
	settle();
	assert_true(apps_are(&want));
	assert_int_equal(get(changes), 1);
	assert_int_equal(get(app_keys), 1);
}

static void several_failures_end_in_a_reload(void **state)
{
	int want = 2;
	(void)state;
	__atomic_store_n(&seen.fail, 5, __ATOMIC_SEQ_CST);
	temp_registry_shell(one_app);
	assert_true(temp_registry_within(reloads_are, &want));
	assert_true(get(closes) >= 1);
}

static void a_change_past_the_log_is_found(void **state)
{
	int want = 2;
	(void)state;
	temp_registry_shell(one_app);
	settle();
	temp_registry_shell(
	    ".dbconfig enable_trigger off\nINSERT INTO app (name, org, network) VALUES ('two', 'acme', 1);");
	assert_true(temp_registry_within(reloads_are, &want));
	assert_int_equal(get(apps), 2);
	/* The next one within ten seconds waits its turn: everything is read for it. */
	temp_registry_shell(
	    ".dbconfig enable_trigger off\nINSERT INTO app (name, org, network) VALUES ('three', 'acme', 1);");
	settle();
	assert_int_equal(get(reloads), 2);
}

static void what_readers_need_not_know_is_no_reload(void **state)
{
	(void)state;
	temp_registry_shell(
	    "INSERT INTO machine_state (machine, host, state, since) VALUES ('gone', 'h', 'started', 1);"
	    "UPDATE machine_state SET since = 2; DELETE FROM machine_state;"
	    "INSERT INTO machine_event (machine, at, serial, type, status, source)"
	    " VALUES ('gone', 1, 1, 'start', 'started', 'user'); DELETE FROM machine_event;"
	    "UPDATE meta SET value = '30' WHERE key = 'audit_days';");
	settle();
	assert_int_equal(get(reloads), 1);
}

/* A writer whose pages outgrow its cache starts the log anew, where everything before was copied, long before its commit. */
static void a_log_that_starts_anew_is_no_reload(void **state)
{
	int64_t seq = feed_stats(feed).seq;
	(void)state;
	temp_registry_shell("PRAGMA wal_checkpoint(PASSIVE);\nPRAGMA cache_size = 1;\nBEGIN;\nCREATE TABLE bulk (x);\n"
	                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
	                    " INSERT INTO bulk SELECT randomblob(4000) FROM n;\n.shell sleep 0.3\nROLLBACK;\n");
	settle();
	assert_int_equal(feed_stats(feed).seq, seq);
	assert_int_equal(get(reloads), 1);
	assert_true(get(idles) >= 2); /* it did move */
}

static void trimming_behind_us_is_no_reload(void **state)
{
	(void)state;
	temp_registry_shell(one_app);
	settle();
	temp_registry_shell("BEGIN; UPDATE meta SET value = (SELECT max(seq) - 1 FROM change) WHERE key = 'trimmed_to';"
	                    "DELETE FROM change WHERE seq <= (SELECT CAST(value AS INTEGER) FROM meta"
	                    " WHERE key = 'trimmed_to'); COMMIT;");
	settle();
	assert_int_equal(get(reloads), 1);
}

static void trimming_past_us_is_a_reload(void **state)
{
	int want = 2;
	(void)state;
	/* In one transaction, so that the feed cannot come in between. */
	temp_registry_shell("BEGIN; INSERT INTO app (name, org, network) VALUES ('web', 'acme', 1);"
	                    "DELETE FROM change; UPDATE meta SET value = (SELECT seq FROM sqlite_sequence"
	                    " WHERE name = 'change') WHERE key = 'trimmed_to'; COMMIT;");
	assert_true(temp_registry_within(reloads_are, &want));
	assert_int_equal(get(apps), 1);
}

/* Somebody typed nonsense past the rules; what comes after it is not to be waited for. */
static void a_log_trimmed_past_its_end_hides_nothing(void **state)
{
	int apps = 2;
	(void)state;
	temp_registry_shell(".dbconfig enable_trigger off\n"
	                    "UPDATE meta SET value = '9223372036854775807' WHERE key = 'trimmed_to';");
	settle();
	temp_registry_shell(one_app);
	settle();
	temp_registry_shell("INSERT INTO app (name, org, network) VALUES ('two', 'acme', 1);");
	assert_true(temp_registry_within(apps_are, &apps));
}

static void another_generation_is_a_reload(void **state)
{
	int want = 2;
	(void)state;
	temp_registry_shell("UPDATE meta SET value = 'restored' WHERE key = 'generation';");
	assert_true(temp_registry_within(reloads_are, &want));
}

/* .restore writes an older picture into the live file; then edits bring the log past where it was. */
static void a_log_that_went_back_is_a_reload(void **state)
{
	char text[512];
	int want = 2, apps = 2;
	(void)state;
	snprintf(text, sizeof text, ".backup '%s.old'\n%s", path, one_app);
	temp_registry_shell(text);
	settle();
	snprintf(text, sizeof text,
	         ".restore '%s.old'\nINSERT INTO app (name, org, network) VALUES ('a', 'acme', 1), ('b', 'acme', 1);",
	         path);
	temp_registry_shell(text);
	assert_true(temp_registry_within(apps_are, &apps));
	assert_true(get(reloads) >= want);
}

static void a_replaced_file_is_a_reload(void **state)
{
	int apps = 1;
	(void)state;
	run(SHELL " '%s' \"VACUUM INTO '%s.new'\"", path, path);
	run(SHELL " '%s.new' \"%s\"", path, one_app);
	run("rm -f '%s-wal' '%s-shm'; mv '%s.new' '%s'", path, path, path, path);
	assert_true(temp_registry_within(apps_are, &apps));
	run(SHELL " '%s' \"DELETE FROM app\"", path);
	apps = 0;
	assert_true(temp_registry_within(apps_are, &apps));
}

static void a_vanished_file_leaves_the_picture(void **state)
{
	int apps = 1;
	(void)state;
	run(SHELL " '%s' \"VACUUM INTO '%s.new'\"", path, path);
	run("rm -f '%s' '%s-wal' '%s-shm'", path, path, path);
	int64_t fresh = feed_stats(feed).fresh_ms;
	struct timespec pause = {.tv_nsec = 300000000};
	nanosleep(&pause, NULL); /* a few looks that find nothing: there is no event to wait for */
	assert_in_range(feed_stats(feed).fresh_ms, fresh, fresh + 150);
	assert_int_equal(get(reloads), 1);
	run("mv '%s.new' '%s'; " SHELL " '%s' \"%s\"", path, path, path, one_app);
	assert_true(temp_registry_within(apps_are, &apps));
}

static void a_spoiled_file_leaves_the_picture(void **state)
{
	int failures = 3, apps = 1;
	(void)state;
	run(SHELL " '%s' \"VACUUM INTO '%s.new'\"", path, path);
	run("cp '%s.new' '%s.bad'; dd if=/dev/urandom of='%s.bad' bs=4096 count=8 conv=notrunc status=none", path, path,
	    path);
	run("rm -f '%s-wal' '%s-shm'; mv '%s.bad' '%s'", path, path, path, path);
	assert_true(temp_registry_within(failed, &failures));
	assert_int_equal(get(reloads), 1);
	run(SHELL " '%s.new' \"%s\"; mv '%s.new' '%s'", path, one_app, path, path);
	assert_true(temp_registry_within(apps_are, &apps));
}

static bool has_run(void *owner)
{
	return __atomic_load_n((int *)owner, __ATOMIC_SEQ_CST) != 0;
}

static void job(void *owner, struct registry *registry)
{
	__atomic_store_n((int *)owner, registry ? 1 : 2, __ATOMIC_SEQ_CST);
}

static void jobs_run_in_the_thread(void **state)
{
	int ran = 0, late = 0;
	(void)state;
	feed_run(feed, job, &ran);
	assert_true(temp_registry_within(has_run, &ran));
	assert_int_equal(ran, 1);
	feed_run(feed, job, &late);
	feed_stop(feed);
	assert_int_not_equal(late, 0);
	feed = NULL;
}

static void a_reload_comes_when_it_is_asked_for(void **state)
{
	int want = 2;
	(void)state;
	feed_reload(feed);
	assert_true(temp_registry_within(reloads_are, &want));
	settle();
	assert_int_equal(get(reloads), 2);
	assert_int_equal(feed_stats(feed).lag_ms, 0); /* a reload is no change */
	temp_registry_shell("BEGIN; INSERT INTO app (name, org, network) VALUES ('web', 'acme', 1);"
	                    "UPDATE change SET at = at - 3600000 WHERE seq = (SELECT max(seq) FROM change); COMMIT;");
	settle();
	assert_int_equal(feed_stats(feed).lag_ms / 1000, 3600);
	assert_int_equal(get(reloads), 2);
}

static void a_registry_that_is_not_there_is_refused(void **state)
{
	char *error = NULL;
	(void)state;
	assert_null(feed_start("/nonexistent/registry.db", &sink, &error));
	assert_non_null(strstr(error, "there is no registry at /nonexistent/registry.db"));
	free(error);
}

/* Another program holds the file in exclusive mode for a moment, as a recovery does. */
static void a_locked_registry_leaves_the_picture(void **state)
{
	int apps = 1;
	(void)state;
	temp_registry_shell("BEGIN EXCLUSIVE; INSERT INTO app (name, org, network) VALUES ('web', 'acme', 1);\n"
	                    ".shell sleep 0.3\nCOMMIT;");
	assert_true(temp_registry_within(apps_are, &apps));
	assert_int_equal(get(reloads), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(each_dirty_key_comes_once),
	    TEST(a_failed_call_is_made_again),
	    TEST(several_failures_end_in_a_reload),
	    TEST(a_reload_comes_when_it_is_asked_for),
	    TEST(a_change_past_the_log_is_found),
	    TEST(what_readers_need_not_know_is_no_reload),
	    TEST(a_log_that_starts_anew_is_no_reload),
	    TEST(trimming_behind_us_is_no_reload),
	    TEST(trimming_past_us_is_a_reload),
	    TEST(a_log_trimmed_past_its_end_hides_nothing),
	    TEST(another_generation_is_a_reload),
	    TEST(a_log_that_went_back_is_a_reload),
	    TEST(a_replaced_file_is_a_reload),
	    TEST(a_vanished_file_leaves_the_picture),
	    TEST(a_spoiled_file_leaves_the_picture),
	    TEST(a_locked_registry_leaves_the_picture),
	    TEST(jobs_run_in_the_thread),
	    cmocka_unit_test(a_registry_that_is_not_there_is_refused),
	};
	log_open("unit", LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
