/* request_id: names sort by time, differ, and end in the region. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "request_id.h"

static void the_time_is_in_front(void **state)
{
	struct rand rand = {1};
	char text[REQUEST_ID_SIZE];
	(void)state;
	assert_int_equal(request_id_write(text, 1469918176385, &rand, "fra"), REQUEST_ID_ULID + 4);
	assert_memory_equal(text, "01ARYZ6S41", 10); /* the example of the ULID specification */
	assert_string_equal(text + REQUEST_ID_ULID, "-fra");
	assert_int_equal(strspn(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), REQUEST_ID_ULID);
}

static void later_sorts_later_and_nothing_comes_twice(void **state)
{
	struct rand rand = {1};
	char last[REQUEST_ID_SIZE] = "", text[REQUEST_ID_SIZE];
	(void)state;
	for (int64_t ms = 1800000000000; ms < 1800000100000; ms += 17) {
		request_id_write(text, ms, &rand, "fra");
		assert_true(strcmp(last, text) < 0);
		memcpy(last, text, sizeof last);
		request_id_write(text, ms, &rand, "fra");
		assert_string_not_equal(last, text);
	}
}

static void a_long_region_is_cut(void **state)
{
	struct rand rand = {1};
	char text[REQUEST_ID_SIZE];
	(void)state;
	assert_int_equal(request_id_write(text, 0, &rand, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"),
	                 REQUEST_ID_ULID + 1 + 31);
	assert_int_equal(strlen(text), REQUEST_ID_ULID + 1 + 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_time_is_in_front),
	    cmocka_unit_test(later_sorts_later_and_nothing_comes_twice),
	    cmocka_unit_test(a_long_region_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
