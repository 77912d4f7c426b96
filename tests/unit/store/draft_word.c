/* draft_word: values that came past the rules of the schema are told from usable ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "draft_word.h"

#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void each_kind_of_word_has_its_letters(void **state)
{
	static const struct {
		struct bytes text;
		bool label, name, region;
	} rows[] = {
	    {BYTES("web"), true, true, true},
	    {BYTES("web-1"), true, true, false},
	    {BYTES("1"), true, true, false},
	    {BYTES("Web"), false, true, false},
	    {BYTES("a_b"), false, true, false},
	    {BYTES("-a"), false, true, false},
	    {BYTES("a-"), false, true, false},
	    {BYTES(""), false, false, false},
	    {BYTES("a b"), false, false, false},
	    {BYTES("a.b"), false, false, false},
	    {BYTES("a\0b"), false, false, false},
	    {BYTES("\xff"), false, false, false},
	    {BYTES("\xc3\xa9"), false, false, false},
	    {BYTES("fr1"), true, true, false},
	    {BYTES("fran"), true, true, false},
	    {BYTES(SIXTY "bbb"), true, true, false},
	    {BYTES(SIXTY "bbbb"), false, false, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(word_is_label(rows[i].text), rows[i].label);
		assert_int_equal(word_is_name(rows[i].text), rows[i].name);
		assert_int_equal(word_is_region(rows[i].text), rows[i].region);
	}
}

static void an_id_is_so_many_small_hex_digits(void **state)
{
	(void)state;
	assert_true(word_is_hex(BYTES("148e21dad76789"), 14));
	assert_false(word_is_hex(BYTES("148e21dad7678"), 14));
	assert_false(word_is_hex(BYTES("148E21DAD76789"), 14));
	assert_false(word_is_hex(BYTES("148e21dad7678g"), 14));
	assert_false(word_is_hex(BYTES("148e21dad7678\0"), 14));
}

static void a_text_is_anything_but_a_nul(void **state)
{
	(void)state;
	assert_true(word_is_text((struct bytes){NULL, 0}, 0));
	assert_true(word_is_text(BYTES("\xff\n"), 2));
	assert_false(word_is_text(BYTES("abc"), 2));
	assert_false(word_is_text(BYTES("a\0b"), 9));
}

static void numbers_have_the_limits_of_the_addresses_made_of_them(void **state)
{
	(void)state;
	assert_true(number_is_network(1) && number_is_network(65535) && number_is_network(65537));
	assert_true(number_is_network(UINT32_MAX));
	assert_false(number_is_network(0) || number_is_network(65536) || number_is_network(-1));
	assert_false(number_is_network((int64_t)UINT32_MAX + 1) || number_is_network(INT64_MIN));
	assert_true(number_is_host(65537) && number_is_host(UINT32_MAX));
	assert_false(number_is_host(65536) || number_is_host(131072));
	assert_true(number_is_host(0xa7affff) && number_is_host(0xa7c0001));
	assert_false(number_is_host(0xa7b0001) || number_is_host(0xa7bffff)); /* WireGuard's peers are there */
	assert_false(number_is_host((int64_t)UINT32_MAX + 2));
	assert_true(number_is_port(1) && number_is_port(65535));
	assert_false(number_is_port(0) || number_is_port(65536) || number_is_port(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_of_word_has_its_letters),
	    cmocka_unit_test(an_id_is_so_many_small_hex_digits),
	    cmocka_unit_test(a_text_is_anything_but_a_nul),
	    cmocka_unit_test(numbers_have_the_limits_of_the_addresses_made_of_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
