/* round_trip: the least of the last probes, in steps that do not flutter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "round_trip.h"

static void steps(void **state)
{
	static const struct {
		uint32_t took;
		uint32_t step;
	} rows[] = {
	    {0, 512},           {1, 512},
	    {511, 512},         {767, 512},
	    {768, 768},         {1023, 768},
	    {1024, 1024},       {1535, 1024},
	    {1536, 1536},       {95000, 65536},
	    {98304, 98304},     {140000, 131072},
	    {8388608, 8388608}, {UINT32_MAX, 8388608},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct round_trip trip = {0};
		assert_true(round_trip_took(&trip, rows[i].took));
		assert_int_equal(trip.step, rows[i].step);
		assert_false(round_trip_took(&trip, rows[i].took));
	}
}

static void a_queue_does_not_make_a_host_farther(void **state)
{
	struct round_trip trip = {0};
	(void)state;
	assert_true(round_trip_took(&trip, 20000));
	for (int i = 1; i < ROUND_TRIP_WINDOW; i++)
		assert_false(round_trip_took(&trip, 300000));
	assert_int_equal(trip.step, 16384);
	assert_int_equal(round_trip_least(&trip), 20000);
	assert_true(round_trip_took(&trip, 300000)); /* the near one is forgotten */
	assert_int_equal(trip.step, 262144);
	assert_true(round_trip_took(&trip, 20000)); /* nearer is believed at once */
	assert_int_equal(trip.step, 16384);
}

static void a_step_is_kept_at_its_ends(void **state)
{
	struct round_trip trip = {0};
	(void)state;
	round_trip_took(&trip, 16500);
	assert_int_equal(trip.step, 16384);
	for (int i = 0; i < 2 * ROUND_TRIP_WINDOW; i++)
		assert_false(round_trip_took(&trip, i % 2 ? 16300 : 16500));
	for (int i = 0; i < 2 * ROUND_TRIP_WINDOW; i++)
		assert_false(round_trip_took(&trip, 24600 + 100 * (uint32_t)(i % 2)));
	assert_int_equal(trip.step, 16384);
	assert_true(round_trip_took(&trip, 14000));
	assert_int_equal(trip.step, 12288);
}

static void eight_lost_in_a_row_and_nothing_is_known(void **state)
{
	struct round_trip trip = {0};
	(void)state;
	round_trip_took(&trip, 5000);
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 1; i < ROUND_TRIP_WINDOW; i++)
			assert_false(round_trip_lost(&trip));
		assert_int_equal(trip.step, 4096);
		if (turn == 0)
			assert_false(round_trip_took(&trip, 5000));
	}
	assert_true(round_trip_lost(&trip));
	assert_int_equal(trip.step, 0);
	assert_int_equal(round_trip_least(&trip), 0);
	for (int i = 0; i < 300; i++)
		assert_false(round_trip_lost(&trip));
	assert_true(round_trip_took(&trip, 600));
	assert_int_equal(trip.step, 512);
}

static void messages(void **state)
{
	char wire[ROUND_TRIP_MESSAGE + 1];
	struct round_trip_message read;
	(void)state;
	for (int answer = 0; answer < 2; answer++) {
		const struct round_trip_message message = {answer, 0x01020304, 0x1122334455667788};
		round_trip_write(wire, &message);
		assert_memory_equal(wire, answer ? "FLYCAST!\x01\x02\x03\x04" : "FLYCAST?\x01\x02\x03\x04", 12);
		assert_memory_equal(wire + 16, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
		assert_true(round_trip_read(&read, wire, ROUND_TRIP_MESSAGE));
		assert_int_equal(read.answer, answer);
		assert_int_equal(read.index, message.index);
		assert_int_equal(read.nonce, message.nonce);
		assert_false(round_trip_read(&read, wire, ROUND_TRIP_MESSAGE - 1));
		assert_false(round_trip_read(&read, wire, ROUND_TRIP_MESSAGE + 1));
		assert_false(round_trip_read(&read, wire, 0));
		wire[7] = 'x';
		assert_false(round_trip_read(&read, wire, ROUND_TRIP_MESSAGE));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(steps),
	    cmocka_unit_test(a_queue_does_not_make_a_host_farther),
	    cmocka_unit_test(a_step_is_kept_at_its_ends),
	    cmocka_unit_test(eight_lost_in_a_row_and_nothing_is_known),
	    cmocka_unit_test(messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
