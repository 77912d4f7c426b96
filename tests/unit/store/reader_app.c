/* Apps read all at once are the same as each of them read by itself, and rows that belong to nobody are passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reader_app.h"
#include "registry.h"
#include "temp_registry.h"

enum { APPS = 60 };

/* Up to three Machines each, their ids in no order, with all that a Machine may have; one app is refused, and there are
 * rows of Machines and apps that are not there. */
static const char many[] =
    ".dbconfig enable_trigger off\n"
    "PRAGMA foreign_keys = OFF;\n"
    "PRAGMA ignore_check_constraints = ON;\n"
    "CREATE TEMP TABLE n AS WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 60)"
    " SELECT i, printf('app-%d', i) AS app FROM c;\n"
    "CREATE TEMP TABLE m AS SELECT printf('%014x', (i * 3 + k) * 7919 % 1009) AS id, app, i * 3 + k AS slot, k"
    " FROM n, (SELECT 1 AS k UNION SELECT 2 UNION SELECT 3) WHERE i % 4 >= k;\n"
    "INSERT INTO m VALUES ('00000000000abc', 'nobody', 900, 1), ('fffffffffffabc', 'nobody', 901, 2);\n"
    "INSERT INTO app (name, org, network) SELECT app, 'acme', 1 + i % 2 FROM n;\n"
    "INSERT INTO address (network, number, app) SELECT 1 + i % 2, i + 1, app FROM n WHERE i % 3;\n"
    "INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)"
    " SELECT id, app, coalesce((SELECT network FROM app WHERE name = app), 1), 'm-' || k, 'edge-1', (SELECT number "
    "FROM host), slot, 'fra',"
    " '[\"x\"]' FROM m;\n"
    "UPDATE machine SET network = (SELECT network FROM app WHERE name = machine.app) WHERE app <> 'nobody';\n"
    "UPDATE machine SET network = 77 WHERE app = 'app-7';\n"
    "INSERT INTO machine_state (machine, host, state, since)"
    " SELECT id, 'edge-1', CASE slot % 3 WHEN 0 THEN 'stopped' ELSE 'started' END, 0 FROM m WHERE slot % 5;\n"
    "INSERT INTO machine_metadata (machine, key, value) SELECT id, 'key-' || j, 'v' || char(0) || j FROM m,"
    " (SELECT 1 AS j UNION SELECT 2) WHERE slot = 4;\n"
    "INSERT INTO machine_metadata (machine, key, value) SELECT id, 'key-' || j, 'value ' || j FROM m,"
    " (SELECT 1 AS j UNION SELECT 2) WHERE slot % 2;\n"
    "INSERT INTO service (machine, internal_port, hard_limit) SELECT id, 8000 + j, nullif(j, 1) * 100 FROM m,"
    " (SELECT 1 AS j UNION SELECT 2) WHERE slot % 4;\n"
    "INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers)"
    " SELECT id, 8001, 80, 80, 'http' FROM m WHERE slot % 4;\n"
    "INSERT INTO service_check (machine, internal_port, number, type) SELECT id, 8001, 0, 'tcp' FROM m WHERE slot % "
    "4;\n"
    "INSERT INTO check_state (machine, internal_port, number, host, status, since, output)"
    " SELECT id, 8001, 0, 'edge-1', 'critical', 1, 'refused' FROM m WHERE slot % 4 = 1;\n"
    "INSERT INTO service (machine, internal_port) VALUES ('00000000000000', 1), ('88888888888888', 1), ('zz', 1);\n"
    "INSERT INTO machine_metadata VALUES ('', 'a', 'b'), ('zz', 'a', 'b');\n";

static struct registry *reading;
static struct reader_app *together, *single;

static int set_up(void **state)
{
	(void)state;
	reading = registry_open(temp_registry_make(), REGISTRY_READ);
	if (registry_failed(reading))
		return -1;
	together = reader_app_open(reading);
	single = reader_app_open(reading);
	return together && single ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	reader_app_close(together);
	reader_app_close(single);
	registry_close(reading);
	temp_registry_remove();
	return 0;
}

static uint32_t same_as_by_itself(void)
{
	const char *refusal = reader_app_refusal(together), *name = reader_app_name(together);
	reader_app_seek(single, name, name);
	assert_int_equal(reader_app_next(single), 1);
	if (refusal) {
		assert_string_equal(reader_app_refusal(single), refusal);
		return 0;
	}
	struct app_object *object = reader_app_build(together);
	assert_null(reader_app_refusal(single));
	assert_true(reader_app_same(single, object));
	uint32_t rows = object->app.machine_count + object->app.service_count + object->app.port_count;
	for (uint32_t i = 0; i < object->app.machine_count; i++)
		rows += object->app.machines[i].metadata_count;
	free(object);
	assert_int_equal(reader_app_next(single), 0);
	return rows;
}

static void all_at_once_is_as_one_by_one(void **state)
{
	(void)state;
	temp_registry_shell(many);
	for (int turn = 0; turn < 2; turn++) {
		int count = 0, refused = 0, rc;
		uint32_t rows = 0;
		assert_int_equal(registry_read_begin(reading), 0);
		reader_app_seek(together, READER_FIRST, READER_LAST);
		for (; (rc = reader_app_next(together)) > 0; count++) {
			refused += reader_app_refusal(together) != NULL;
			rows += same_as_by_itself();
		}
		registry_read_end(reading);
		assert_int_equal(rc, 0);
		assert_int_equal(count, APPS);
		assert_int_equal(refused, 2); /* a network of its own, a NUL in metadata */
		assert_true(rows > 250);
	}
}

static void an_empty_registry_has_no_app(void **state)
{
	(void)state;
	assert_int_equal(registry_read_begin(reading), 0);
	reader_app_seek(together, READER_FIRST, READER_LAST);
	assert_int_equal(reader_app_next(together), 0);
	registry_read_end(reading);
}

static void a_reading_may_be_given_up(void **state)
{
	(void)state;
	temp_registry_shell(many);
	assert_int_equal(registry_read_begin(reading), 0);
	reader_app_seek(together, READER_FIRST, READER_LAST);
	assert_int_equal(reader_app_next(together), 1);
	registry_read_end(reading);
	/* Another seek, before the end, starts anew and forgets what was kept. */
	assert_int_equal(registry_read_begin(reading), 0);
	reader_app_seek(together, "app-1", "app-1");
	assert_int_equal(reader_app_next(together), 1);
	assert_string_equal(reader_app_name(together), "app-1");
	assert_int_equal(reader_app_next(together), 0);
	registry_read_end(reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(all_at_once_is_as_one_by_one, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_empty_registry_has_no_app, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_reading_may_be_given_up, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
