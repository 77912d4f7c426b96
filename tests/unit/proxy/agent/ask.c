/* ask: every message of the protocol is read and written the same way, and nothing else is a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "agent/ask.h"

#define ID "e82d4f1a9b6c03"

static bool reads(struct ask *out, const char *text)
{
	static char message[ASK_SIZE + 1];
	size_t len = strlen(text);
	memcpy(message, text, len);
	return ask_read(out, message, len);
}

static const struct {
	const char *text;
	struct ask ask;
} good[] = {
    {"1 start " ID, {1, ASK_START, ID, MACHINE_CREATED, 0, ""}},
    {"4294967295 stop " ID, {UINT32_MAX, ASK_STOP, ID, MACHINE_CREATED, 0, ""}},
    {"7 suspend " ID, {7, ASK_SUSPEND, ID, MACHINE_CREATED, 0, ""}},
    {"8 explain " ID, {8, ASK_EXPLAIN, ID, MACHINE_CREATED, 0, ""}},
    {"9 ok " ID " started 153", {9, ASK_OK, ID, MACHINE_STARTED, 153, ""}},
    {"9 error " ID " failed no such file: /bin/app", {9, ASK_ERROR, ID, MACHINE_FAILED, 0, "no such file: /bin/app"}},
    {"0 error - created not a message", {0, ASK_ERROR, "-", MACHINE_CREATED, 0, "not a message"}},
    {"3 told " ID " started listens on 127.0.0.1:80\nlast line",
     {3, ASK_TOLD, ID, MACHINE_STARTED, 0, "listens on 127.0.0.1:80\nlast line"}},
    {"3 told " ID " stopped ", {3, ASK_TOLD, ID, MACHINE_STOPPED, 0, ""}},
    {"0 away - created fra 1500 nrt 262144", {0, ASK_AWAY, "-", MACHINE_CREATED, 0, "fra 1500 nrt 262144"}},
    {"0 state " ID " suspending 0", {0, ASK_STATE, ID, MACHINE_SUSPENDING, 0, ""}},
};

static void every_message_is_read_and_written_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct ask ask;
		char out[ASK_SIZE];
		assert_true(reads(&ask, good[i].text));
		assert_int_equal(ask.serial, good[i].ask.serial);
		assert_int_equal(ask.verb, good[i].ask.verb);
		assert_string_equal(ask.machine, good[i].ask.machine);
		assert_int_equal(ask.state, good[i].ask.state);
		assert_int_equal(ask.took_ms, good[i].ask.took_ms);
		assert_string_equal(ask.text, good[i].ask.text);
		assert_int_equal(ask_write(out, &good[i].ask), strlen(good[i].text));
		assert_memory_equal(out, good[i].text, strlen(good[i].text));
	}
}

static void nothing_else_is_a_message(void **state)
{
	static const char *const bad[] = {
	    "",
	    " ",
	    "1",
	    "1 ",
	    "1 start",
	    "1 start ",
	    "0 start " ID,
	    "-1 start " ID,
	    "+1 start " ID,
	    "4294967296 start " ID,
	    "11111111111 start " ID,
	    "1 start " ID " ",
	    "1 start  " ID,
	    "1  start " ID,
	    " 1 start " ID,
	    "1 START " ID,
	    "1 begin " ID,
	    "1 start e82d4f1a9b6c0",
	    "1 start e82d4f1a9b6c033",
	    "1 start E82D4F1A9B6C03",
	    "1 start -",
	    "1 start e82d4f1a9b6c03\n",
	    "9 ok " ID,
	    "9 ok " ID " started",
	    "9 ok " ID " started ",
	    "9 ok " ID " started fast",
	    "9 ok " ID " asleep 1",
	    "9 ok - started 1",
	    "0 ok " ID " started 1",
	    "1 state " ID " started 0",
	    "0 state " ID " started 1",
	    "0 told " ID " started text",
	    "9 error " ID " failed",
	    "1 away - created fra 1500",
	    "0 away -",
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ask ask;
		if (reads(&ask, bad[i]))
			fail_msg("read as a message: \"%s\"", bad[i]);
	}
}

static void distances_are_read_one_by_one(void **state)
{
	static const char *const bad[] = {"fra",       "fra ",    "fra x",         "fr 1",      "frai 1",      "FRA 1",
	                                  "fra  1",    "fra 1 ",  "fra 0",         "fra 1,",    " fra 1",      "fra -1",
	                                  "fra 1 nrt", "fra 1\n", "fra 123456789", "fra 1 n 1", "fra 1  nrt 1"};
	const char *text = "fra 1500 nrt 10000000";
	struct ask_away away;
	(void)state;
	assert_int_equal(ask_away_next(&away, &text), 1);
	assert_string_equal(away.region, "fra");
	assert_int_equal(away.microseconds, 1500);
	assert_int_equal(ask_away_next(&away, &text), 1);
	assert_string_equal(away.region, "nrt");
	assert_int_equal(away.microseconds, 10000000);
	assert_int_equal(ask_away_next(&away, &text), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int rc;
		text = bad[i];
		while ((rc = ask_away_next(&away, &text)) > 0)
			;
		if (rc == 0)
			fail_msg("read as distances: \"%s\"", bad[i]);
	}
}

static void a_nul_inside_is_refused(void **state)
{
	char message[] = "3 told " ID " started a\0b";
	struct ask ask;
	(void)state;
	assert_false(ask_read(&ask, message, sizeof message - 1));
}

static void a_long_text_is_cut(void **state)
{
	static char text[2 * ASK_SIZE];
	char out[ASK_SIZE + 1];
	struct ask ask = {3, ASK_TOLD, ID, MACHINE_STARTED, 0, text};
	(void)state;
	memset(text, 'x', sizeof text - 1);
	size_t len = ask_write(out, &ask);
	assert_int_equal(len, ASK_SIZE - 1);
	assert_true(ask_read(&ask, out, len));
	assert_int_equal(strlen(ask.text), ASK_SIZE - 1 - strlen("3 told " ID " started "));
}

static void a_machine_that_is_not_named_is_a_dash(void **state)
{
	char out[ASK_SIZE];
	struct ask ask = {.verb = ASK_ERROR, .text = "not a message"};
	(void)state;
	assert_int_equal(ask_write(out, &ask), strlen("0 error - created not a message"));
	assert_memory_equal(out, "0 error - created not a message", strlen("0 error - created not a message"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_is_read_and_written_alike),
	    cmocka_unit_test(nothing_else_is_a_message),
	    cmocka_unit_test(distances_are_read_one_by_one),
	    cmocka_unit_test(a_nul_inside_is_refused),
	    cmocka_unit_test(a_long_text_is_cut),
	    cmocka_unit_test(a_machine_that_is_not_named_is_a_dash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
