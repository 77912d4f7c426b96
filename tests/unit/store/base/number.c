/* number: what people write for numbers and for times, and what they write by mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/number.h"

static void only_digits_within_the_limits_are_a_number(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		bool good;
		int64_t value;
	} rows[] = {
	    {"0", 0, 9, true, 0},
	    {"007", 0, 9, true, 7},
	    {"65535", 1, 65535, true, 65535},
	    {"65536", 1, 65535, false, 0},
	    {"0", 1, 65535, false, 0},
	    {"-5", -9, 9, true, -5},
	    {"-5", 0, 9, false, 0},
	    {"9223372036854775807", 0, INT64_MAX, true, INT64_MAX},
	    {"9223372036854775808", 0, INT64_MAX, false, 0},
	    {"-9223372036854775808", INT64_MIN, 0, true, INT64_MIN},
	    {"", 0, 9, false, 0},
	    {"-", -9, 9, false, 0},
	    {"--1", -9, 9, false, 0},
	    {"+1", 0, 9, false, 0},
	    {" 1", 0, 9, false, 0},
	    {"1 ", 0, 9, false, 0},
	    {"0x1", 0, 9, false, 0},
	    {"1.0", 0, 9, false, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t value = 77;
		assert_int_equal(number_read(&value, rows[i].text, rows[i].min, rows[i].max), rows[i].good);
		assert_int_equal(value, rows[i].good ? rows[i].value : 77);
	}
}

static void a_time_has_units_or_is_bare_seconds(void **state)
{
	static const struct {
		const char *text;
		double seconds; /* negative: refused */
	} rows[] = {
	    {"90", 90},          {"0", 0},           {"1.5s", 1.5}, {"500ms", 0.5}, {"2m", 120}, {"1h30m", 5400},
	    {"1m1s", 61},        {".5s", 0.5},       {"1e3", -1},   {"-1s", -1},    {"+1", -1},  {"", -1},
	    {"s", -1},           {"1d", -1},         {"1m30", -1},  {"1..2s", -1},  {".", -1},   {"inf", -1},
	    {"nan", -1},         {"0x10", -1},       {"1 s", -1},   {"1s ", -1},    {"1S", -1},  {"1000000000", 1e9},
	    {"1ms2h", 7200.001}, {"1000000001", -1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		double seconds = 77;
		bool good = rows[i].seconds >= 0;
		assert_int_equal(number_seconds(&seconds, rows[i].text), good);
		assert_true(good ? seconds - rows[i].seconds < 1e-9 && rows[i].seconds - seconds < 1e-9
		                 : seconds == 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_digits_within_the_limits_are_a_number),
	    cmocka_unit_test(a_time_has_units_or_is_bare_seconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
