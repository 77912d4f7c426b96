/* explain.c - reading the kernel's socket tables and the end of a log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/explain.h"

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

static void only_listening_sockets_are_named(void **state)
{
	(void)state;
	struct text out = {0};
	size_t count = explain_listeners(
	    &out, HEAD "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1\n"
	               "   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0 0 2\n"
	               "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 3\n");
	assert_int_equal(count, 2);
	assert_string_equal(text_string(&out), "127.0.0.1:8080 0.0.0.0:80");
	text_free(&out);
}

static void a_6pn_address_is_written_as_people_know_it(void **state)
{
	(void)state;
	struct text out = {0};
	size_t count = explain_listeners(
	    &out, HEAD "   0: 0000AAFD01000100010000000200:1F90 0:0 0A 0 0 0\n"
	               "   1: 0000AAFD010001000000010002000100:0019 00000000000000000000000000000000:0000 0A 0 0 0\n");
	assert_int_equal(count, 1);
	assert_string_equal(text_string(&out), "[fdaa:0:1:1:1:0:1:2]:25");
	text_free(&out);
}

static void a_tail_has_whole_lines(void **state)
{
	(void)state;
	assert_string_equal(explain_tail("one\ntwo\nthree\n", 2), "two\nthree\n");
	assert_string_equal(explain_tail("one\ntwo", 1), "two");
	assert_string_equal(explain_tail("one\n", 5), "one\n");
	assert_string_equal(explain_tail("", 3), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_listening_sockets_are_named),
	    cmocka_unit_test(a_6pn_address_is_written_as_people_know_it),
	    cmocka_unit_test(a_tail_has_whole_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
