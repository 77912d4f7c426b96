/* text: a run of bytes that grows, and is a C string all the while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"

static void it_is_a_string_at_every_length(void **state)
{
	struct text text = {0};
	(void)state;
	assert_string_equal(text_string(&text), "");
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(text.len, i);
		assert_int_equal(strlen(text_string(&text)), i);
		text_add(&text, "x", 1);
		assert_true(text.room > text.len);
	}
	text_free(&text);
}

static void formatted_and_plain_text_follow_each_other(void **state)
{
	struct text text = {0};
	char most[300];
	(void)state;
	text_format(&text, "%s", "");
	assert_string_equal(text_string(&text), "");
	text_put(&text, "app=");
	text_format(&text, "%s n=%d", "web", 7);
	assert_string_equal(text.at, "app=web n=7");
	memset(most, 'y', sizeof most - 1);
	most[sizeof most - 1] = '\0';
	text_format(&text, "%s", most); /* longer than the room there is */
	assert_int_equal(text.len, strlen("app=web n=7") + sizeof most - 1);
	assert_string_equal(text.at + strlen("app=web n=7"), most);
	text_clear(&text);
	assert_string_equal(text.at, "");
	assert_int_equal(text.len, 0);
	text_put(&text, "again");
	assert_string_equal(text.at, "again");
	text_free(&text);
	assert_null(text.at);
}

static void a_nul_is_a_byte_like_any_other(void **state)
{
	struct text text = {0};
	(void)state;
	text_add(&text, "a\0b", 3);
	text_add(&text, NULL, 0);
	assert_int_equal(text.len, 3);
	assert_memory_equal(text.at, "a\0b", 4);
	assert_true(bytes_equal((struct bytes){text.at, text.len}, BYTES("a\0b")));
	assert_false(bytes_equal((struct bytes){text.at, text.len}, bytes_of("a")));
	assert_false(bytes_equal(BYTES("a\0b"), BYTES("a\0c")));
	assert_true(bytes_equal((struct bytes){NULL, 0}, BYTES("")));
	text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_a_string_at_every_length),
	    cmocka_unit_test(formatted_and_plain_text_follow_each_other),
	    cmocka_unit_test(a_nul_is_a_byte_like_any_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
