/* prefix_list: what was written down is in it, whole prefixes and single addresses, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/prefix_list.h"

static bool has(const struct prefix_list *list, const char *text)
{
	struct in6_addr ip;
	assert_true(addr_ip_parse(&ip, text));
	return prefix_list_has(list, &ip);
}

static void it_has_what_its_prefixes_have(void **state)
{
	struct prefix_list list = {0};
	(void)state;
	assert_false(has(&list, "::1"));
	assert_null(prefix_list_add(&list, "10.1.0.0/16"));
	assert_null(prefix_list_add(&list, "192.0.2.7"));
	assert_null(prefix_list_add(&list, "fdaa:0:1::/48"));
	assert_null(prefix_list_add(&list, "2001:db8::1"));
	assert_true(has(&list, "10.1.255.255") && has(&list, "192.0.2.7") && has(&list, "fdaa:0:1::9"));
	assert_true(has(&list, "2001:db8::1"));
	assert_false(has(&list, "10.2.0.0") || has(&list, "192.0.2.6") || has(&list, "fdaa:0:2::9"));
	assert_false(has(&list, "2001:db8::2") || has(&list, "::a01:1"));
}

static void what_is_no_prefix_is_not_added(void **state)
{
	static const char *const rows[] = {"",       "x",         "10.0.0.1/8", "10.0.0.0/33",
	                                   "::/129", "10.0.0.0/", "[::1]",      "::1:53/x"};
	struct prefix_list list = {0};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_non_null(prefix_list_add(&list, rows[i]));
	assert_int_equal(list.count, 0);
}

static void it_has_an_end(void **state)
{
	struct prefix_list list = {0};
	char text[ADDR_TEXT];
	(void)state;
	for (int i = 0; i < PREFIX_LIST_MAX; i++) {
		snprintf(text, sizeof text, "10.0.0.%d", i);
		assert_null(prefix_list_add(&list, text));
	}
	assert_non_null(prefix_list_add(&list, "10.0.0.64"));
	assert_true(has(&list, "10.0.0.63"));
	assert_false(has(&list, "10.0.0.64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_has_what_its_prefixes_have),
	    cmocka_unit_test(what_is_no_prefix_is_not_added),
	    cmocka_unit_test(it_has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
