/* One checkpointer, which copies what was committed, keeps every other process from doing so, and gives way to an agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "checkpoint.h"
#include "registry.h"
#include "statement.h"
#include "temp_registry.h"
#include "trim.h"

enum { PATIENCE_MS = 300 };

static const char *path;
static struct checkpoint *agent;

static bool holds(void *checkpoint)
{
	return checkpoint_holds(checkpoint);
}

static bool holds_not(void *checkpoint)
{
	return !checkpoint_holds(checkpoint);
}

static int set_up(void **state)
{
	(void)state;
	path = temp_registry_make();
	agent = checkpoint_start(path, "unit-agent", CHECKPOINT_AGENT);
	return temp_registry_within(holds, agent) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	checkpoint_stop(agent);
	temp_registry_remove();
	return 0;
}

/* What the shell prints, first line. */
static void ask_shell(char *out, int size, const char *file, const char *sql)
{
	char command[512];
	snprintf(command, sizeof command, "sqlite3 -cmd '.timeout 20000' '%s' \"%s\" 2>&1", file, sql);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	if (!fgets(out, size, pipe))
		out[0] = '\0';
	pclose(pipe);
	out[strcspn(out, "\n")] = '\0';
}

/* The registry without its log: what a plain copy of the one file has. */
static bool file_alone_has_marker(void *owner)
{
	char command[256], copy[128], out[64];
	(void)owner;
	snprintf(copy, sizeof copy, "%s.alone", path);
	snprintf(command, sizeof command, "cp '%s' '%s'", path, copy);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "file:%s?immutable=1", copy);
	ask_shell(out, sizeof out, command, "SELECT count(*) FROM organization WHERE slug = 'marker'");
	unlink(copy);
	return strcmp(out, "1") == 0;
}

static void what_was_committed_reaches_the_file(void **state)
{
	(void)state;
	temp_registry_shell("INSERT INTO organization (slug, name) VALUES ('marker', 'Marker');");
	assert_true(temp_registry_within(file_alone_has_marker, NULL));
}

/* Without waiting for anything. Between its own checkpoint and the next lock the agent may let one in, so each is asked for
 * until the registry has come to rest. */
static bool shell_is_kept_out(void *owner)
{
	char out[64];
	(void)owner;
	ask_shell(out, sizeof out, path, "PRAGMA wal_checkpoint(PASSIVE)");
	return out[0] == '1'; /* busy */
}

static void no_other_process_checkpoints(void **state)
{
	char out[64];
	(void)state;
	assert_true(temp_registry_within(shell_is_kept_out, NULL));
	for (int i = 0; i < 3; i++) {
		temp_registry_shell("UPDATE region SET name = name || ' ';");
		assert_true(temp_registry_within(shell_is_kept_out, NULL));
	}
	/* More pages than the shell's own threshold: it checkpoints after the commit when it may. */
	temp_registry_shell("CREATE TABLE bulk (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	                    " WHERE i < 1100) INSERT INTO bulk SELECT randomblob(4000) FROM n; DROP TABLE bulk;");
	ask_shell(out, sizeof out, path, "PRAGMA integrity_check");
	assert_string_equal(out, "ok");
	assert_true(temp_registry_within(shell_is_kept_out, NULL));
	checkpoint_stop(agent);
	assert_false(shell_is_kept_out(NULL)); /* it can fail */
	agent = NULL;
}

/* As when a writer is killed between the two copies of the header: it writes the second one first. */
static void a_broken_index_of_the_log_is_mended(void **state)
{
	char name[128], out[64];
	(void)state;
	assert_true(temp_registry_within(shell_is_kept_out, NULL));
	snprintf(name, sizeof name, "%s-shm", path);
	/* Another process spoils it: this one would drop its own locks by closing the file. */
	char command[256];
	snprintf(command, sizeof command, "printf spoiled | dd of='%s' bs=1 seek=64 conv=notrunc status=none", name);
	assert_int_equal(system(command), 0);
	int64_t began = clock_mono_ms();
	ask_shell(out, sizeof out, path, "SELECT slug FROM organization");
	assert_string_equal(out, "acme");
	assert_true(clock_mono_ms() - began < 5000); /* unmended, SQLite tries for ten seconds */
	assert_true(temp_registry_within(shell_is_kept_out, NULL));
}

static void a_standby_waits_and_gives_back(void **state)
{
	struct checkpoint_status status;
	(void)state;
	struct checkpoint *standby = checkpoint_start(path, "unit-standby", PATIENCE_MS);
	checkpoint_status(&status, path);
	assert_true(status.held);
	assert_int_equal(status.pid, getpid());
	assert_string_equal(status.program, "unit-agent");
	int64_t held_ms = clock_mono_ms();
	checkpoint_stop(agent);
	assert_true(temp_registry_within(holds, standby));
	assert_true(clock_mono_ms() - held_ms >= PATIENCE_MS);
	checkpoint_status(&status, path);
	assert_string_equal(status.program, "unit-standby");
	agent = checkpoint_start(path, "unit-agent", CHECKPOINT_AGENT);
	assert_true(temp_registry_within(holds, agent));
	assert_true(temp_registry_within(holds_not, standby));
	checkpoint_stop(standby);
}

static void the_status_of_a_registry_without_one(void **state)
{
	struct checkpoint_status status;
	(void)state;
	checkpoint_stop(agent);
	agent = NULL;
	checkpoint_status(&status, path);
	assert_false(status.held);
	assert_int_equal(status.pid, 0);
	assert_non_null(status.sqlite_version);
}

/* ------------------------------------------------------------------------------------------------ trimming */

static struct registry *writing;

static int open_writing(void **state)
{
	(void)state;
	path = temp_registry_make();
	writing = registry_open(path, REGISTRY_WRITE);
	return registry_failed(writing) ? -1 : 0;
}

static int close_writing(void **state)
{
	(void)state;
	registry_close(writing);
	temp_registry_remove();
	return 0;
}

static int64_t number(const char *sql)
{
	struct statement s;
	statement_open(&s, writing, sql);
	assert_int_equal(statement_step(&s), 1);
	int64_t n = statement_number(&s, 0);
	statement_close(&s);
	return n;
}

static void old_changes_go_in_batches(void **state)
{
	const struct trim_limits limits = {.most_rows = 100, .most_ms = 3600000, .least = 50};
	(void)state;
	temp_registry_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
	                  " INSERT INTO change (kind, key) SELECT 'app', 'a' || i FROM n");
	int64_t last = number("SELECT max(seq) FROM change");
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms()), 1);
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms()), 1);
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms()), 0);
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms()), 0);
	assert_in_range(number("SELECT count(*) FROM change"), 100, 150);
	assert_in_range(number("SELECT max(seq) FROM change"), last, last + 10);
	assert_int_equal(number("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'trimmed_to'"),
	                 number("SELECT min(seq) FROM change") - 1);
}

static void changes_of_long_ago_go(void **state)
{
	const struct trim_limits limits = {.most_rows = 100000, .most_ms = 3600000, .least = 50};
	(void)state;
	temp_registry_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
	                  " INSERT INTO change (kind, key) SELECT 'app', 'a' || i FROM n");
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms()), 0);
	assert_true(number("SELECT count(*) FROM change") >= 200);
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms() + 3700000), 0);
	assert_in_range(number("SELECT count(*) FROM change"), 1, 2); /* trimming itself leaves one */
}

static void the_audit_keeps_its_days(void **state)
{
	const struct trim_limits limits = {.most_rows = 100000, .most_ms = INT64_MAX / 2, .least = 50};
	const int64_t day = 86400000;
	(void)state;
	int64_t rows = number("SELECT count(*) FROM audit");
	assert_true(rows > 0);
	int64_t seq = number("SELECT max(seq) FROM change");
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms() + 89 * day), 0);
	assert_int_equal(number("SELECT count(*) FROM audit"), rows);
	assert_int_equal(trim_some(writing, &limits, clock_wall_ms() + 91 * day), 0);
	assert_int_equal(number("SELECT count(*) FROM audit"), 0);
	assert_true(number("SELECT max(seq) FROM change") > seq); /* it left a trace */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_was_committed_reaches_the_file, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(no_other_process_checkpoints, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_broken_index_of_the_log_is_mended, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_standby_waits_and_gives_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_status_of_a_registry_without_one, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(old_changes_go_in_batches, open_writing, close_writing),
	    cmocka_unit_test_setup_teardown(changes_of_long_ago_go, open_writing, close_writing),
	    cmocka_unit_test_setup_teardown(the_audit_keeps_its_days, open_writing, close_writing),
	};
	log_open("unit", LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
