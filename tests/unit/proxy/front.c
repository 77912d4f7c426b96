/* front: which sources may begin with a PROXY header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "front.h"

static bool listed(const struct fronts *fronts, const char *source)
{
	struct in6_addr ip;
	assert_true(addr_ip_parse(&ip, source));
	return fronts_have(fronts, &ip);
}

static void a_list_has_prefixes_and_addresses_of_both_families(void **state)
{
	struct fronts fronts;
	(void)state;
	assert_null(fronts_read(&fronts, "10.0.0.0/8,fdaa:0:1::/48,2001:db8::7,192.0.2.1"));
	assert_int_equal(fronts.count, 4);
	assert_true(listed(&fronts, "10.255.0.1"));
	assert_true(listed(&fronts, "fdaa:0:1:ffff::2"));
	assert_true(listed(&fronts, "2001:db8::7"));
	assert_true(listed(&fronts, "192.0.2.1"));
	assert_false(listed(&fronts, "11.0.0.1"));
	assert_false(listed(&fronts, "fdaa:0:2:ffff::2"));
	assert_false(listed(&fronts, "2001:db8::8"));
	assert_false(listed(&fronts, "192.0.2.2"));
	assert_false(listed(&fronts, "a00::1")); /* as an IPv6 address it is not 10.0.0.0 */
}

static void nobody_is_a_front_unless_listed(void **state)
{
	struct fronts fronts = {0};
	(void)state;
	assert_false(listed(&fronts, "::1"));
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const rows[] = {
	    "",          ",",           "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/8,,::1", "10.0.0.1/8",
	    "localhost", "10.0.0.0/33", "::/129",      "::1 ",        "::1, ::2",
	};
	struct fronts fronts;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!fronts_read(&fronts, rows[i]))
			fail_msg("'%s' was taken", rows[i]);
}

static void a_list_has_an_end(void **state)
{
	static const char one[] = {':', ':', '1', ','};
	char list[(FRONTS_MOST + 1) * sizeof one];
	struct fronts fronts;
	(void)state;
	for (size_t i = 0; i < sizeof list; i++)
		list[i] = one[i % sizeof one];
	list[sizeof list - 1] = '\0';
	assert_non_null(fronts_read(&fronts, list));
	list[sizeof list - sizeof one - 1] = '\0';
	assert_null(fronts_read(&fronts, list));
	assert_int_equal(fronts.count, FRONTS_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_has_prefixes_and_addresses_of_both_families),
	    cmocka_unit_test(nobody_is_a_front_unless_listed),
	    cmocka_unit_test(what_is_no_list_is_refused),
	    cmocka_unit_test(a_list_has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
