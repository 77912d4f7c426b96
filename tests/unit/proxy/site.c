/* site: ports that overlap in any way lead to the right services, and counters outlive a new picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/log.h"
#include "site.h"

static const struct catalog_machine machines[] = {
    {.id = "00000000000001",
     .name = "a",
     .region = "fra",
     .group = "app",
     .host = "here",
     .state = MACHINE_STARTED,
     .service_first = 0,
     .service_count = 2},
    {.id = "00000000000002",
     .name = "b",
     .region = "fra",
     .group = "app",
     .host = "here",
     .state = MACHINE_STOPPED,
     .service_first = 2,
     .service_count = 1},
    {.id = "00000000000003",
     .name = "c",
     .region = "ord",
     .group = "app",
     .host = "away",
     .state = MACHINE_STARTED,
     .service_first = 3,
     .service_count = 1},
};
static const struct catalog_service services[] = {
    {.protocol = PROTOCOL_TCP, .internal_port = 8080, .soft_limit = 20},
    {.protocol = PROTOCOL_UDP, .internal_port = 53, .soft_limit = 20},
    {.protocol = PROTOCOL_TCP, .internal_port = 9090, .soft_limit = 5},
    {.protocol = PROTOCOL_TCP, .internal_port = 8080, .soft_limit = 20},
};
static const struct catalog_port ports[] = {
    {.start = 53, .end = 53, .machine = 0, .service = 1},
    {.start = 80, .end = 80, .handlers = HANDLER_HTTP, .machine = 0, .service = 0},
    {.start = 80, .end = 80, .handlers = HANDLER_HTTP, .machine = 2, .service = 3},
    {.start = 443, .end = 443, .handlers = HANDLER_TLS, .machine = 0, .service = 0},
    {.start = 1000, .end = 2000, .machine = 0, .service = 0},
    {.start = 1500, .end = 65535, .machine = 1, .service = 2},
};
enum { MACHINES = sizeof machines / sizeof *machines, PORTS = sizeof ports / sizeof *ports };
static const struct catalog_address addresses[] = {{.network = 1, .number = 2}};

/* The first so many Machines with what belongs to them. */
static struct catalog_app app_of(uint32_t machine_count)
{
	static struct catalog_port theirs[MACHINES + 1][PORTS];
	struct catalog_app app = {.name = "web",
	                          .org = "acme",
	                          .network = 1,
	                          .address_count = 1,
	                          .machine_count = machine_count,
	                          .addresses = addresses,
	                          .machines = machines,
	                          .services = services,
	                          .ports = theirs[machine_count]};
	for (uint32_t i = 0; i < machine_count; i++)
		app.service_count += machines[i].service_count;
	for (size_t i = 0; i < PORTS; i++)
		if (ports[i].machine < machine_count)
			theirs[machine_count][app.port_count++] = ports[i];
	return app;
}

static const struct site_context here = {.host = "here", .threads = 2};

static uint16_t internal(const struct site *site, const struct site_port *port, uint32_t index)
{
	assert_true(index < port->count);
	return site->services[site->members[port->first + index]].live->internal_port;
}

static void a_port_leads_to_every_service_that_covers_it(void **state)
{
	(void)state;
	struct catalog_app app = app_of(3);
	struct site *site = site_new(&app, NULL, &here);
	const struct site_port *port;
	assert_null(site_port(site, 79));
	assert_null(site_port(site, 81));
	assert_null(site_port(site, 0));
	assert_null(site_port(site, 53)); /* UDP */
	assert_int_equal(site_port(site, 443)->handlers, HANDLER_TLS);
	port = site_port(site, 80);
	assert_non_null(port);
	assert_int_equal(port->count, 1); /* the other one is on another host */
	assert_int_equal(port->handlers, HANDLER_HTTP);
	assert_int_equal(internal(site, site_port(site, 1000), 0), 8080);
	assert_int_equal(site_port(site, 1499)->count, 1);
	port = site_port(site, 1500);
	assert_int_equal(port->count, 2);
	assert_int_equal(internal(site, port, 0), 8080);
	assert_int_equal(internal(site, port, 1), 9090);
	assert_int_equal(site_port(site, 2000)->count, 2);
	assert_int_equal(site_port(site, 2001)->count, 1);
	assert_int_equal(internal(site, site_port(site, 65535), 0), 9090);
	char text[128];
	assert_string_equal(site_ports_text(text, sizeof text, site), "80, 443, 1000-1499, 1500-2000, 2001-65535");
	site_free(site);
}

static void a_port_has_the_options_of_its_first_service(void **state)
{
	(void)state;
	struct catalog_app app = app_of(2);
	struct catalog_port with[PORTS];
	memcpy(with, app.ports, app.port_count * sizeof *with);
	with[1].options = "{\"http_options\": {\"idle_timeout\": 7}}"; /* 80 */
	with[1].force_https = true;
	with[3].options = "{\"proxy_proto_options\": {\"version\": \"v2\"}}"; /* 1000 to 2000 */
	app.ports = with;
	struct site *site = site_new(&app, NULL, &here);
	assert_int_equal(site_port(site, 80)->options->idle_timeout, 7);
	assert_true(site_port(site, 80)->force_https);
	assert_int_equal(site_port(site, 1000)->options->proxy_version, 2);
	assert_int_equal(site_port(site, 1500)->options->proxy_version, 2);
	assert_ptr_equal(site_port(site, 2001)->options, port_options_default());
	assert_false(site_port(site, 2001)->force_https);
	site_free(site);
}

static void the_states_of_new_machines_are_the_registrys(void **state)
{
	(void)state;
	struct catalog_app app = app_of(2);
	struct site *site = site_new(&app, NULL, &here);
	assert_int_equal(site->machine_count, 2);
	assert_true(live_machine_serves(site->machines[0].live));
	assert_false(live_machine_serves(site->machines[1].live));
	site_free(site);
}

static void open_work_is_counted_on_in_the_next_picture(void **state)
{
	(void)state;
	struct catalog_app app = app_of(2);
	struct site *old = site_new(&app, NULL, &here);
	struct live_service *service = old->services[0].live;
	assert_true(live_service_enter(service, 0));
	struct catalog_app fewer = app_of(1);
	struct site *now = site_new(&fewer, old, &here);
	assert_ptr_equal(now->services[0].live, service);
	assert_ptr_equal(now->app, old->app);
	assert_int_equal(now->machine_count, 1);
	site_free(old);
	assert_int_equal(live_service_open(now->services[0].live), 1);
	struct site *again = site_new(&app, now, &here);
	site_free(now);
	assert_int_equal(live_service_open(again->services[0].live), 1);
	assert_int_equal(again->machine_count, 2);
	site_free(again);
}

static void a_service_without_its_row_stays_while_it_has_work(void **state)
{
	(void)state;
	struct catalog_app app = app_of(1);
	struct site *old = site_new(&app, NULL, &here);
	struct live_service *service = old->services[0].live;
	assert_true(live_service_enter(service, 0));
	struct catalog_machine bare = machines[0];
	bare.service_count = 0;
	struct catalog_app without = app;
	without.machines = &bare;
	without.service_count = without.port_count = 0;
	struct site *now = site_new(&without, old, &here);
	site_free(old);
	assert_null(site_port(now, 80));
	assert_int_equal(now->machines[0].service_count, 1);
	assert_ptr_equal(now->services[0].live, service);

	struct site *back = site_new(&app, now, &here); /* its row is there again: the same counter goes on */
	assert_ptr_equal(back->services[0].live, service);
	assert_int_equal(back->machines[0].service_count, 1);
	live_service_leave(service);
	live_service_hold(service);
	site_free(now);
	now = site_new(&without, back, &here);
	site_free(back);
	assert_int_equal(now->machines[0].service_count, 0);
	assert_false(live_service_enter(service, 0)); /* whoever still sees the old picture is not let in */
	live_service_drop(service);
	site_free(now);
}

static void another_address_is_another_machine(void **state)
{
	(void)state;
	struct catalog_app app = app_of(1);
	struct site *old = site_new(&app, NULL, &here);
	struct catalog_machine moved = machines[0];
	moved.ipv4.s_addr = 7;
	struct catalog_app there = app;
	there.machines = &moved;
	struct site *now = site_new(&there, old, &here);
	assert_ptr_not_equal(now->machines[0].live, old->machines[0].live);
	assert_ptr_equal(now->services[0].live->machine, now->machines[0].live);
	assert_int_equal(now->machines[0].live->ipv4.s_addr, 7);
	site_free(old);
	site_free(now);
}

static void an_app_without_services_has_no_ports(void **state)
{
	(void)state;
	struct catalog_app app = app_of(0);
	struct site *site = site_new(&app, NULL, &here);
	char text[16];
	assert_null(site_port(site, 80));
	assert_string_equal(site_ports_text(text, sizeof text, site), "none");
	site_free(site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_port_leads_to_every_service_that_covers_it),
	    cmocka_unit_test(a_port_has_the_options_of_its_first_service),
	    cmocka_unit_test(the_states_of_new_machines_are_the_registrys),
	    cmocka_unit_test(open_work_is_counted_on_in_the_next_picture),
	    cmocka_unit_test(a_service_without_its_row_stays_while_it_has_work),
	    cmocka_unit_test(another_address_is_another_machine),
	    cmocka_unit_test(an_app_without_services_has_no_ports),
	};
	log_open("test", LOG_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
