/* app_names: what a node of an app holds, and what no question can name. The answers are the rows of responder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/rcu.h"
#include "dns_sample.h"

static struct node_maker maker;
static struct encoder *encoder;
static struct reclaim reclaim;
static struct nearness nearness;

static int set_up(void **state)
{
	(void)state;
	encoder = encoder_new();
	nearness_init(&nearness, sample_distance, NULL, &reclaim);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	node_maker_free(&maker);
	encoder_free(encoder);
	nearness_fini(&nearness);
	reclaim_free(&reclaim);
	return 0;
}

static const struct answer *find(const struct node *node, const char *relative)
{
	struct name n;
	assert_true(name_parse(&n, relative));
	return node_find(node, n.wire, n.len - 1u, TYPE_ANY);
}

static void machines_of_a_region_stand_together_and_once(void **state)
{
	struct node *node = app_names_internal(&maker, encoder, &sample_web, &nearness);
	(void)state;
	/* three AAAA, and the texts; no list of a region, of a group or of the nearest is a copy, but the one of a group
	 * whose Machines are in different regions */
	assert_int_equal(node->own.count, 3);
	assert_int_equal(node->own.at, 0);
	assert_int_equal(find(node, "ams")->at, 0);
	assert_int_equal(find(node, "ams")->count, 2);
	assert_int_equal(find(node, "fra")->at, 2 * WIRE_AAAA);
	assert_int_equal(find(node, "148e21dad76789.vm")->at, 2 * WIRE_AAAA);
	assert_int_equal(node->run_count, 2);
	assert_int_equal(node_runs(node)[0].count, 2);
	assert_int_equal(node_runs(node)[1].count, 1);
	free(node);
	node = app_names_internal(&maker, encoder, &sample_idle, &nearness);
	assert_int_equal(node->own.count, 0);
	assert_int_equal(node->run_count, 0);
	assert_true(node->has_nearest);
	free(node);
}

/* 255 octets are the most: the app's label, "internal" and the root are among them. */
static void a_name_too_long_to_be_asked_is_left_out(void **state)
{
	char app_name[64], value[64], key[64];
	struct catalog_pair pair = {key, value};
	struct catalog_machine machine = {.id = "148e21dad76789",
	                                  .region = "fra",
	                                  .group = "app",
	                                  .state = MACHINE_STARTED,
	                                  .metadata = &pair,
	                                  .metadata_count = 1};
	struct catalog_app app = {.name = app_name, .network = 1, .machine_count = 1, .machines = &machine};
	(void)state;
	memset(app_name, 'a', 63);
	memset(value, 'v', 63);
	memset(key, 'k', 63);
	app_name[63] = value[63] = key[63] = '\0';
	/* 64 + 64 + 3 + 10 + 64 + 9 + 1 = 215: it fits, whatever the labels are */
	struct node *node = app_names_internal(&maker, encoder, &app, &nearness);
	char relative[256];
	snprintf(relative, sizeof relative, "%s.%s.kv._metadata", value, key);
	assert_int_equal(find(node, relative)->count, 1);
	snprintf(relative, sizeof relative, "%s.kv._metadata", key);
	assert_int_equal(find(node, relative)->count, 1);
	free(node);

	char long_value[65] = {0};
	memset(long_value, 'v', 64);
	pair.value = long_value;
	node = app_names_internal(&maker, encoder, &app, &nearness);
	assert_null(find(node, relative));
	assert_null(find(node, "kv._metadata"));
	free(node);
}

static void instances_end_with_a_whole_one(void **state)
{
	struct text all = {0}, cut = {0};
	(void)state;
	assert_true(app_names_instances(&all, &sample_web, true, SIZE_MAX));
	assert_string_equal(all.at + all.len - 10, "region=ams");
	for (size_t most = 0; most <= all.len; most++) {
		text_clear(&cut);
		assert_int_equal(app_names_instances(&cut, &sample_web, true, most), most == all.len);
		assert_true(cut.len <= most);
		assert_memory_equal(text_string(&cut), all.at, cut.len);
		assert_true(cut.len == 0 || cut.len == all.len || all.at[cut.len] == ';');
	}
	text_free(&all);
	text_free(&cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(machines_of_a_region_stand_together_and_once),
	    cmocka_unit_test(a_name_too_long_to_be_asked_is_left_out),
	    cmocka_unit_test(instances_end_with_a_whole_one),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
