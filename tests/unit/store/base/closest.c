/* closest: how far names are apart, and which one a person meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/closest.h"

static void the_distance_counts_edits(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
	    {"", "", 0},
	    {"my-app", "my-app", 0},
	    {"my-ap", "my-app", 1},   /* one is missing */
	    {"my-appp", "my-app", 1}, /* one is too many */
	    {"my-axp", "my-app", 1},  /* one is wrong */
	    {"ym-app", "my-app", 1},  /* two are swapped */
	    {"ym-apq", "my-app", 2},
	    {"", "abc", 3},
	    {"kitten", "sitting", 3},
	    {"ca", "abc", 3}, /* no part is edited twice */
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(closest_distance(rows[i].a, rows[i].b), rows[i].distance);
		assert_int_equal(closest_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
}

static void a_name_that_is_too_long_is_far_from_all(void **state)
{
	char most[CLOSEST_ROOM + 1];
	(void)state;
	memset(most, 'a', CLOSEST_ROOM);
	most[CLOSEST_ROOM] = '\0';
	assert_true(closest_distance(most, "a") == SIZE_MAX);
	assert_true(closest_distance("a", most) == SIZE_MAX);
	most[CLOSEST_ROOM - 1] = '\0';
	assert_int_equal(closest_distance(most, most), 0);
	assert_int_equal(closest_distance(most, "a"), CLOSEST_ROOM - 2);
}

static const char *meant(struct closest *closest, const char *wanted, const char *const *names)
{
	*closest = (struct closest){.wanted = wanted};
	for (; *names; names++)
		closest_offer(closest, *names);
	return closest_name(closest);
}

static void the_nearest_is_suggested_and_nothing_far(void **state)
{
	static const char *const names[] = {"", "a", "blog", "shop", "shopp", "my-app", "my-apps", NULL};
	struct closest closest;
	(void)state;
	assert_string_equal(meant(&closest, "shpo", names), "shop");
	assert_string_equal(meant(&closest, "my-aps", names), "my-app"); /* the first of two that are as near */
	assert_string_equal(meant(&closest, "shopp", names), "shopp");
	assert_null(meant(&closest, "shopping-cart", names));
	assert_null(meant(&closest, "x", names)); /* to replace all of it is no mistyping */
	assert_null(meant(&closest, "", names));
	assert_null(meant(&closest, "blog", &names[7]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_distance_counts_edits),
	    cmocka_unit_test(a_name_that_is_too_long_is_far_from_all),
	    cmocka_unit_test(the_nearest_is_suggested_and_nothing_far),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
