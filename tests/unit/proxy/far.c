/* far: what is measured comes before what is remembered, and that before the map; whoever points at a region sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/rcu.h"
#include "catalog.h"
#include "far.h"
#include "temp_registry.h"

static struct far far;
static struct catalog *catalog;

static int set_up(void **state)
{
	static const struct catalog_observer observer = {.host = "edge-1"};
	char *error;
	(void)state;
	const char *path = temp_registry_make();
	temp_registry_sql("INSERT INTO round_trip VALUES ('edge-1', 'nrt', 196608, 1), ('edge-1', 'fra', 9, 1)");
	catalog = catalog_start(path, &observer, &error);
	assert_non_null(catalog);
	rcu_register();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	far_fini(&far);
	rcu_unregister();
	catalog_stop(catalog);
	temp_registry_remove();
	return 0;
}

static void regions_are_as_far_as_is_known(void **state)
{
	char text[64];
	(void)state;
	const struct far_region *ams = far_region(&far, "ams"), *fra = far_region(&far, "fra");
	assert_int_equal(far_away(ams), FAR_UNKNOWN); /* nobody said where this host is */
	far_renew(&far, catalog, "fra");
	const struct far_region *nrt = far_region(&far, "nrt"), *nowhere = far_region(&far, "xyz");
	assert_ptr_equal(far_region(&far, "ams"), ams);
	assert_int_equal(far_away(fra), 0); /* whatever anybody remembers */
	assert_in_range(far_away(ams), 5000, 6000);
	assert_int_equal(far_away(nrt), 196608);
	assert_int_equal(far_away(nowhere), FAR_UNKNOWN);

	far_measured(&far, "ams", 8192);
	far_measured(&far, "nrt", 4096);
	far_measured(&far, "fra", 1000000);
	far_measured(&far, "iad", 7); /* nobody asked for it */
	assert_int_equal(far_away(ams), 8192);
	assert_int_equal(far_away(nrt), 4096);
	assert_int_equal(far_away(fra), 0);
	far_write(&far, text, sizeof text);
	assert_string_equal(text, "ams 8192 nrt 4096");
	far_write(&far, text, 24);
	assert_string_equal(text, "ams 8192"); /* what does not fit is left out whole */
	far_measured(&far, "nrt", 0);
	assert_int_equal(far_away(nrt), 196608);

	far_renew(&far, catalog, "ams"); /* this host was moved */
	assert_int_equal(far_away(ams), 0);
	assert_int_equal(far_away(fra), 1000000);
	far_measured(&far, "fra", 0);
	assert_int_equal(far_away(fra), 9);
	far_renew(&far, catalog, "");
	assert_int_equal(far_away(nowhere), FAR_UNKNOWN);
}

static void there_is_an_end_to_regions(void **state)
{
	static struct far many;
	char code[4];
	(void)state;
	for (unsigned i = 0; i < FAR_REGIONS + 10; i++) {
		snprintf(code, sizeof code, "%c%c%c", 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676 % 26);
		const struct far_region *region = far_region(&many, code);
		assert_non_null(region);
		assert_int_equal(far_away(region), FAR_UNKNOWN);
	}
	assert_int_equal(many.count, FAR_REGIONS);
	far_fini(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(regions_are_as_far_as_is_known, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(there_is_an_end_to_regions, NULL, NULL),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
