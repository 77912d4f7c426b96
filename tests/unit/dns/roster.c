/* roster: apps in order, a text of what fits, and a text is only stale when it may be different. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "roster.h"

static int written;

static bool write_name(struct text *out, const struct catalog_app *app, size_t most)
{
	written++;
	if (out->len + 1 + strlen(app->name) > most)
		return false;
	text_format(out, "%s%s", out->len ? "," : "", app->name);
	return true;
}

static const struct catalog_app ann = {.name = "ann"}, bob = {.name = "bob"}, cyd = {.name = "cyd"},
                                dan = {.name = "dan"};

static const char *text_of(struct roster *r, size_t most)
{
	static struct text text;
	text_clear(&text);
	roster_write(r, &text, most);
	return text_string(&text);
}

static void apps_are_in_order_and_once(void **state)
{
	struct roster r;
	(void)state;
	roster_init(&r, write_name);
	assert_string_equal(text_of(&r, 100), "");
	roster_put(&r, &cyd);
	roster_put(&r, &ann);
	roster_put(&r, &bob);
	roster_put(&r, &ann);
	assert_int_equal(r.count, 3);
	assert_true(r.stale);
	assert_string_equal(text_of(&r, 100), "ann,bob,cyd");
	assert_false(r.stale);
	roster_remove(&r, "bob");
	roster_remove(&r, "nobody");
	assert_string_equal(text_of(&r, 100), "ann,cyd");
	roster_fini(&r);
}

static void an_app_behind_the_cut_changes_nothing(void **state)
{
	struct roster r;
	(void)state;
	roster_init(&r, write_name);
	roster_put(&r, &ann);
	roster_put(&r, &bob);
	roster_put(&r, &cyd);
	assert_string_equal(text_of(&r, 8), "ann,bob");
	roster_put(&r, &dan);
	assert_false(r.stale);
	roster_remove(&r, "dan");
	assert_false(r.stale);
	roster_remove(&r, "ann");
	assert_true(r.stale);
	assert_string_equal(text_of(&r, 8), "bob,cyd");
	roster_fini(&r);
}

static void writing_costs_what_fits(void **state)
{
	enum { MANY = 20000 };
	static char names[MANY][16];
	static struct catalog_app apps[MANY];
	struct roster r;
	(void)state;
	roster_init(&r, write_name);
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "app-%07d", (i * 7919) % MANY);
		apps[i].name = names[i];
		roster_put(&r, &apps[i]);
	}
	written = 0;
	assert_int_equal(strlen(text_of(&r, 1200)), 1199); /* a hundred names and the commas between */
	assert_int_equal(written, 101);
	for (int i = 0; i < MANY; i++)
		roster_remove(&r, names[i]);
	assert_int_equal(r.count, 0);
	assert_null(r.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(apps_are_in_order_and_once),
	    cmocka_unit_test(an_app_behind_the_cut_changes_nothing),
	    cmocka_unit_test(writing_costs_what_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
