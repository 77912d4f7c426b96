/* The catalog shows what the file says, object by object, whoever wrote it and however. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/rcu.h"
#include "catalog.h"
#include "feed.h"
#include "temp_registry.h"

static struct catalog *catalog;
static int app_calls, network_calls, places_calls, settled_calls, idle_calls, trip_calls;

static void on_app(void *owner, const struct catalog_app *old, const struct catalog_app *now)
{
	(void)owner;
	assert_true(old || now);
	if (old && now)
		assert_string_equal(old->name, now->name);
	__atomic_fetch_add(&app_calls, 1, __ATOMIC_RELAXED);
}

static void on_network(void *owner, const struct catalog_network *old, const struct catalog_network *now)
{
	(void)owner;
	assert_true(old || now);
	__atomic_fetch_add(&network_calls, 1, __ATOMIC_RELAXED);
}

static void on_places(void *owner, const struct catalog *of)
{
	(void)owner;
	assert_non_null(catalog_region(of, "fra"));
	__atomic_fetch_add(&places_calls, 1, __ATOMIC_RELAXED);
}

static void on_settled(void *owner, int64_t seq)
{
	(void)owner, (void)seq;
	__atomic_fetch_add(&settled_calls, 1, __ATOMIC_RELAXED);
}

static void on_idle(void *owner)
{
	(void)owner;
	__atomic_fetch_add(&idle_calls, 1, __ATOMIC_RELAXED);
}

static void on_round_trips(void *owner, const struct catalog *of)
{
	(void)owner, (void)of;
	__atomic_fetch_add(&trip_calls, 1, __ATOMIC_RELAXED);
}

static const struct catalog_observer observer = {NULL,    on_app,         on_network, on_places, on_settled,
                                                 on_idle, on_round_trips, NULL,       NULL};

static const char web[] = "INSERT INTO app (name, org, network) VALUES ('web', 'acme', 1);"
                          "INSERT INTO flycast (app) VALUES ('web');"
                          "INSERT INTO flycast (app, network) VALUES ('web', 'blue');"
                          "INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)"
                          " VALUES ('bb000000000001', 'web', 1, 'two', 'edge-1', 65537, 1, 'fra', '[\"x\"]');"
                          "INSERT INTO machine (id, app, network, name, host, host_number, slot, region, command)"
                          " VALUES ('aa000000000001', 'web', 1, 'one', 'edge-1', 65537, 2, 'ams', '[\"x\"]');"
                          "INSERT INTO machine_state (machine, host, state, since)"
                          " VALUES ('aa000000000001', 'edge-1', 'started', 1);"
                          "INSERT INTO machine_metadata VALUES ('aa000000000001', 'role', 'primary');"
                          "INSERT INTO service (machine, internal_port) VALUES ('bb000000000001', 9000);"
                          "INSERT INTO service (machine, internal_port, autostop, hard_limit, concurrency)"
                          " VALUES ('aa000000000001', 8080, 'suspend', 25, 'requests');"
                          "INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers)"
                          " VALUES ('aa000000000001', 8080, 443, 443, 'tls,http');"
                          "INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers)"
                          " VALUES ('aa000000000001', 8080, 80, 80, 'http')";

static int set_up(void **state)
{
	char *error;
	(void)state;
	const char *path = temp_registry_make();
	temp_registry_sql(web);
	app_calls = network_calls = places_calls = settled_calls = idle_calls = trip_calls = 0;
	catalog = catalog_start(path, &observer, &error);
	assert_non_null(catalog);
	rcu_register();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rcu_unregister();
	catalog_stop(catalog);
	temp_registry_remove();
	return 0;
}

static const struct catalog_app *app(const char *name)
{
	return catalog_app(catalog, bytes_of(name));
}

static const struct catalog_app *app_at(const char *text)
{
	struct in6_addr ip;
	assert_true(addr_ip_parse(&ip, text));
	return catalog_app_at(catalog, &ip);
}

static int calls(const int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Conditions to wait for. Between two looks this thread holds no pointer. */
struct expect {
	const char *app;
	uint32_t machines;
	uint64_t quarantined;
};

static bool app_is_there(void *owner)
{
	rcu_quiescent();
	return app(owner) != NULL;
}

static bool app_is_gone(void *owner)
{
	rcu_quiescent();
	return app(owner) == NULL;
}

static bool app_called_twice(void *owner)
{
	(void)owner;
	return calls(&app_calls) >= 2;
}

static bool has_machines(void *owner)
{
	const struct expect *e = owner;
	rcu_quiescent();
	const struct catalog_app *a = app(e->app);
	return a && a->machine_count == e->machines;
}

static bool is_quarantined(void *owner)
{
	const struct expect *e = owner;
	rcu_quiescent();
	return catalog_stats(catalog).quarantined == e->quarantined;
}

/* Some other app as a marker: once it is there, everything committed before it was looked at. */
static void wait_for_marker(const char *name)
{
	char sql[128];
	snprintf(sql, sizeof sql, "INSERT INTO app (name, org, network) VALUES ('%s', 'acme', 1);", name);
	temp_registry_shell(sql);
	assert_true(temp_registry_within(app_is_there, (void *)(uintptr_t)name));
}

static void an_app_comes_whole(void **state)
{
	(void)state;
	const struct catalog_app *a = app("web");
	char text[ADDR_TEXT];
	assert_non_null(a);
	assert_string_equal(a->org, "acme");
	assert_int_equal(a->network, 1);
	assert_int_equal(a->address_count, 2);
	assert_string_equal(addr_ip_text(text, &a->addresses[0].ip), "fdaa:0:1:0:1::2");
	assert_string_equal(addr_ip_text(text, &a->addresses[1].ip), "fdaa:0:2:0:1::2");
	assert_ptr_equal(app_at("fdaa:0:2:0:1::2"), a);
	assert_null(app_at("fdaa:0:2:0:1::3"));
	assert_int_equal(a->machine_count, 2);
	assert_string_equal(a->machines[0].id, "aa000000000001");
	assert_string_equal(a->machines[0].name, "one");
	assert_string_equal(a->machines[0].region, "ams");
	assert_string_equal(a->machines[0].group, "app");
	assert_string_equal(a->machines[0].host, "edge-1");
	assert_int_equal(a->machines[0].state, MACHINE_STARTED);
	assert_int_equal(a->machines[1].state, MACHINE_CREATED);
	assert_int_equal(a->machines[0].metadata_count, 1);
	assert_string_equal(a->machines[0].metadata[0].key, "role");
	assert_string_equal(a->machines[0].metadata[0].value, "primary");
	assert_int_equal(a->machines[0].service_count, 1);
	assert_int_equal(a->machines[1].service_first, 1);
	assert_int_equal(a->services[0].internal_port, 8080);
	assert_int_equal(a->services[0].autostop, AUTOSTOP_SUSPEND);
	assert_int_equal(a->services[0].hard_limit, 25);
	assert_true(a->services[0].count_requests);
	assert_int_equal(a->services[1].hard_limit, 0);
	assert_int_equal(a->port_count, 2);
	assert_int_equal(a->ports[0].start, 80);
	assert_int_equal(a->ports[1].handlers, HANDLER_TLS | HANDLER_HTTP);
	assert_int_equal(a->ports[1].machine, 0);
	assert_int_equal(a->ports[1].service, 0);
}

struct expect_health {
	enum catalog_health health;
	const char *ailment; /* NULL: none */
};

static bool has_health(void *owner)
{
	const struct expect_health *e = owner;
	rcu_quiescent();
	const struct catalog_service *s = &app("web")->services[0];
	if (s->health != e->health || !s->ailment != !e->ailment)
		return false;
	return !e->ailment || strcmp(s->ailment, e->ailment) == 0;
}

static void a_service_is_as_well_as_the_worst_of_its_checks(void **state)
{
	static const struct {
		const char *sql;
		struct expect_health now;
	} steps[] = {
	    {"INSERT INTO service_check (machine, internal_port, number, type) VALUES ('aa000000000001', 8080, 0, "
	     "'tcp');",
	     {HEALTH_GOOD, NULL}},
	    {"INSERT INTO service_check (machine, internal_port, number, type) VALUES ('aa000000000001', 8080, 1, "
	     "'http');",
	     {HEALTH_UNKNOWN, "servicecheck-01-http-8080"}},
	    {"INSERT INTO check_state VALUES ('aa000000000001', 8080, 1, 'edge-1', 'passing', 1, '200 OK');",
	     {HEALTH_GOOD, NULL}},
	    {"UPDATE check_state SET status = 'critical', output = '503 No';",
	     {HEALTH_BAD, "servicecheck-01-http-8080: 503 No"}},
	    {"UPDATE check_state SET output = '500 No';", {HEALTH_BAD, "servicecheck-01-http-8080: 500 No"}},
	    {"DELETE FROM check_state; INSERT INTO check_state VALUES ('aa000000000001', 8080, 0, 'edge-1', "
	     "'critical', 1,"
	     " 'refused');",
	     {HEALTH_BAD, "servicecheck-00-tcp-8080: refused"}},
	    {"DELETE FROM service_check WHERE number = 0;", {HEALTH_UNKNOWN, "servicecheck-01-http-8080"}},
	    {"DELETE FROM service_check;", {HEALTH_GOOD, NULL}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct expect_health now = steps[i].now;
		temp_registry_shell(steps[i].sql);
		assert_true(temp_registry_within(has_health, &now));
		assert_int_equal(app("web")->services[1].health, HEALTH_GOOD);
	}
}

/* What the schema generates as text is what we compute from the numbers. */
static void addresses_are_those_of_the_schema(void **state)
{
	char text[ADDR_TEXT], v4[ADDR_TEXT], sql[256];
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		const struct catalog_machine *m = &app("web")->machines[i];
		struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
		memcpy(&mapped.s6_addr[12], &m->ipv4, 4);
		snprintf(sql, sizeof sql,
		         "CREATE TEMP TABLE t (ok CHECK (ok)); INSERT INTO t SELECT address = '%s' AND ipv4 = '%s'"
		         " FROM machine WHERE id = '%s';",
		         addr_ip_text(text, &m->address), addr_ip_text(v4, &mapped), m->id);
		temp_registry_shell(sql);
	}
}

static void the_observer_hears_everything_once(void **state)
{
	(void)state;
	assert_int_equal(calls(&app_calls), 1);
	assert_int_equal(calls(&network_calls), 2);
	assert_int_equal(calls(&places_calls), 1);
	assert_int_equal(calls(&settled_calls), 1);
	assert_int_equal(calls(&idle_calls), 1);
	assert_int_equal(catalog_stats(catalog).apps, 1);
	assert_int_equal(catalog_stats(catalog).networks, 2);
}

static void the_shell_adds_changes_and_removes(void **state)
{
	struct expect one = {"web", 1, 0};
	(void)state;
	temp_registry_shell("DELETE FROM machine WHERE id = 'bb000000000001';");
	assert_true(temp_registry_within(has_machines, &one));
	wait_for_marker("shop");
	assert_non_null(app_at("fdaa:0:1:0:1::2"));
	temp_registry_shell("DELETE FROM app WHERE name = 'web';");
	assert_true(temp_registry_within(app_is_gone, "web"));
	assert_null(app_at("fdaa:0:1:0:1::2"));
	assert_null(app_at("fdaa:0:2:0:1::2"));
	assert_int_equal(catalog_stats(catalog).reloads, 1);
}

static void an_address_moves_to_another_app(void **state)
{
	(void)state;
	temp_registry_shell("INSERT INTO app (name, org, network) VALUES ('other', 'acme', 1);"
	                    "UPDATE address SET app = 'other' WHERE app = 'web' AND network = 1;");
	wait_for_marker("marker");
	assert_string_equal(app_at("fdaa:0:1:0:1::2")->name, "other");
	assert_string_equal(app_at("fdaa:0:2:0:1::2")->name, "web");
	assert_int_equal(app("web")->address_count, 1);
	temp_registry_shell("UPDATE address SET app = 'web' WHERE app = 'other';");
	wait_for_marker("marker-2");
	assert_string_equal(app_at("fdaa:0:1:0:1::2")->name, "web");
}

static void a_change_of_nothing_is_not_told(void **state)
{
	(void)state;
	temp_registry_shell("UPDATE machine SET env = '{\"A\":\"1\"}'; UPDATE network SET created_at = 5;"
	                    "UPDATE region SET name = name;");
	wait_for_marker("marker");
	assert_true(temp_registry_within(app_called_twice, NULL));
	assert_int_equal(calls(&app_calls), 2); /* web at the start, and the marker */
	assert_int_equal(calls(&network_calls), 2);
	assert_int_equal(calls(&places_calls), 1);
}

static void a_bad_row_leaves_the_last_good_object(void **state)
{
	static const char *const bad[] = {
	    "UPDATE service SET soft_limit = 30, hard_limit = 5 WHERE hard_limit = 25;",
	    "UPDATE service_port SET handlers = 'quic' WHERE start_port = 443;",
	    "UPDATE service_port SET start_port = 70000, end_port = 70001 WHERE start_port = 443;",
	    "UPDATE machine_state SET state = 'dreaming';",
	    "UPDATE machine SET name = 'No Label' WHERE slot = 1;",
	    "UPDATE machine SET region = 'nowhere' WHERE slot = 1;",
	    "DELETE FROM service WHERE internal_port = 8080;",
	    "UPDATE machine SET network = 2 WHERE slot = 1;",
	    "UPDATE service_port SET end_port = 443 WHERE start_port = 80;",
	    "UPDATE machine_metadata SET value = 'a' || char(0) || 'b';",
	};
	struct expect none = {.quarantined = 0}, some = {.quarantined = 1};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[512];
		/* A dirty key has to be there, or it would be found at the next full read only. */
		snprintf(text, sizeof text,
		         ".dbconfig enable_trigger off\nPRAGMA ignore_check_constraints = on;\n"
		         "BEGIN; %s INSERT INTO change (kind, key) VALUES ('app', 'web'); COMMIT;",
		         bad[i]);
		temp_registry_shell(text);
		assert_true(temp_registry_within(is_quarantined, &some));
		assert_int_equal(app("web")->port_count, 2);
		assert_int_equal(app("web")->machine_count, 2);
		assert_int_equal(app("web")->services[0].hard_limit, 25);
		temp_registry_shell(
		    ".dbconfig enable_trigger off\nPRAGMA ignore_check_constraints = on;\nBEGIN;"
		    "UPDATE machine SET name = 'two', region = 'fra', network = 1 WHERE slot = 1;"
		    "UPDATE machine_state SET state = 'started'; DELETE FROM service; DELETE FROM service_port;"
		    "UPDATE machine_metadata SET value = 'primary';"
		    "INSERT INTO service (machine, internal_port) VALUES ('bb000000000001', 9000);"
		    "INSERT INTO service (machine, internal_port, autostop, hard_limit, concurrency)"
		    " VALUES ('aa000000000001', 8080, 'suspend', 25, 'requests');"
		    "INSERT INTO service_port (machine, internal_port, start_port, end_port, handlers)"
		    " VALUES ('aa000000000001', 8080, 443, 443, 'tls,http'), ('aa000000000001', 8080, 80, 80, 'http');"
		    "INSERT INTO change (kind, key) VALUES ('app', 'web'); COMMIT;");
		assert_true(temp_registry_within(is_quarantined, &none));
		assert_int_equal(app("web")->services[0].hard_limit, 25);
	}
	assert_int_equal(catalog_stats(catalog).refused, sizeof bad / sizeof bad[0]);
	assert_int_equal(calls(&app_calls), 1); /* it never changed */
}

/* No id of a network is so small, so nothing can be looked up by it. */
static void a_network_that_cannot_be_is_forgotten_when_it_is_gone(void **state)
{
	struct expect none = {.quarantined = 0}, some = {.quarantined = 1};
	(void)state;
	temp_registry_shell("PRAGMA ignore_check_constraints = on;\n.dbconfig enable_trigger off\n"
	                    "BEGIN; INSERT INTO network (id, org, name) VALUES (-1, 'acme', 'below');"
	                    "INSERT INTO change (kind, key) VALUES ('network', '-1'); COMMIT;");
	assert_true(temp_registry_within(is_quarantined, &some));
	temp_registry_shell("DELETE FROM network WHERE id = -1;");
	assert_true(temp_registry_within(is_quarantined, &none));
}

static void a_client_prefix_leads_to_its_network(void **state)
{
	struct in6_addr ip;
	(void)state;
	assert_true(addr_ip_parse(&ip, "192.0.2.77"));
	assert_int_equal(catalog_network_of(catalog, &ip), 0);
	temp_registry_shell("INSERT INTO client_prefix (prefix, network) VALUES ('192.0.2.0/24', 2);");
	wait_for_marker("marker");
	assert_int_equal(catalog_network_of(catalog, &ip), 2);
	assert_int_equal(catalog_block_of(catalog, &ip), 96 + 24);
	assert_true(addr_ip_parse(&ip, "fdaa:1:2::7"));
	assert_int_equal(catalog_network_of(catalog, &ip), 0x10002);
}

static void peers_belong_to_their_network(void **state)
{
	char text[ADDR_TEXT];
	(void)state;
	temp_registry_shell("INSERT INTO peer (network, name, number, public_key) VALUES (2, 'laptop', 3, 'k');");
	wait_for_marker("marker");
	const struct catalog_network *n = catalog_network(catalog, 2);
	assert_string_equal(n->name, "blue");
	assert_int_equal(n->peer_count, 1);
	assert_string_equal(n->peers[0].name, "laptop");
	assert_string_equal(addr_ip_text(text, &n->peers[0].address), "fdaa:0:2:a7b:1:0:a:302");
}

static void hosts_and_regions_are_found(void **state)
{
	(void)state;
	assert_int_equal(catalog_host(catalog, "edge-1")->number, 65537);
	assert_string_equal(catalog_host(catalog, NULL)->name, "edge-1"); /* the only one */
	assert_null(catalog_host(catalog, "edge-9"));
	temp_registry_shell("INSERT INTO hosts (name, region) VALUES ('edge-2', 'nrt');");
	wait_for_marker("marker");
	assert_null(catalog_host(catalog, NULL)); /* two, and neither is this machine */
	assert_string_equal(catalog_host(catalog, "edge-2")->region, "nrt");
	double km = catalog_distance(catalog_region(catalog, "fra"), catalog_region(catalog, "nrt"));
	assert_true(km > 9000 && km < 9600);
	assert_null(catalog_region(catalog, "zzz"));
}

static bool probe_is_there(void *unused)
{
	(void)unused;
	rcu_quiescent();
	const struct catalog_host *host = catalog_host(catalog, "edge-1");
	return host && ntohs(host->probe.sin6_port) == 7946;
}

static bool trip_is(void *want)
{
	rcu_quiescent();
	return catalog_round_trip(catalog, "nrt") == *(const uint32_t *)want;
}

static void round_trips_of_this_host_are_found(void **state)
{
	static uint32_t first = 1500, second = 2000, none = 0;
	size_t count;
	(void)state;
	temp_registry_shell("INSERT INTO round_trip VALUES ('edge-1', 'nrt', 1500, 1), ('edge-1', 'ams', 9, 1)");
	assert_true(temp_registry_within(trip_is, &first));
	assert_int_equal(catalog_round_trip(catalog, "ams"), 9);
	assert_int_equal(catalog_round_trip(catalog, "fra"), 0);
	temp_registry_shell("UPDATE round_trip SET microseconds = 2000 WHERE region = 'nrt'");
	assert_true(temp_registry_within(trip_is, &second));
	int before = __atomic_load_n(&trip_calls, __ATOMIC_RELAXED);
	temp_registry_shell("UPDATE round_trip SET since = 2"); /* nothing that anybody looks at */
	temp_registry_shell("DELETE FROM round_trip WHERE region = 'nrt'");
	assert_true(temp_registry_within(trip_is, &none));
	assert_int_equal(__atomic_load_n(&trip_calls, __ATOMIC_RELAXED), before + 1);
	temp_registry_shell("UPDATE host SET probe = '192.0.2.1:7946' WHERE name = 'edge-1'");
	assert_true(temp_registry_within(probe_is_there, NULL));
	assert_string_equal(catalog_hosts(catalog, &count)->name, "edge-1");
	assert_int_equal(count, 1);
}

static void everything_gone_is_read_twice(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		char sql[128];
		snprintf(sql, sizeof sql, "INSERT INTO app (name, org, network) VALUES ('app-%d', 'acme', 1);", i);
		temp_registry_sql(sql);
	}
	assert_true(temp_registry_within(app_is_there, "app-19"));
	temp_registry_shell("DELETE FROM app;");
	assert_true(temp_registry_within(app_is_gone, "web"));
	assert_int_equal(catalog_stats(catalog).apps, 0);
	assert_int_equal(feed_stats(catalog_feed(catalog)).failures, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_app_comes_whole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_service_is_as_well_as_the_worst_of_its_checks, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(addresses_are_those_of_the_schema, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_observer_hears_everything_once, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_shell_adds_changes_and_removes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(an_address_moves_to_another_app, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_change_of_nothing_is_not_told, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_bad_row_leaves_the_last_good_object, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_network_that_cannot_be_is_forgotten_when_it_is_gone, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_client_prefix_leads_to_its_network, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(peers_belong_to_their_network, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(hosts_and_regions_are_found, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(round_trips_of_this_host_are_found, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(everything_gone_is_read_twice, set_up, tear_down),
	};
	log_open("unit", LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
