/* service_names: which names an app's services have, and what their records say. */
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

/* Four Machines: a and b started, c stopped, d without names. */
static const struct catalog_machine machines[] = {
    {.id = "0000000000000a", .region = "fra", .group = "app", .state = MACHINE_STARTED, .service_count = 2},
    {.id = "0000000000000b",
     .region = "ams",
     .group = "app",
     .state = MACHINE_STARTED,
     .service_first = 2,
     .service_count = 3},
    {.id = "0000000000000c",
     .region = "fra",
     .group = "app",
     .state = MACHINE_STOPPED,
     .service_first = 5,
     .service_count = 2},
    {.id = "0000000000000d",
     .region = "fra",
     .group = "app",
     .state = MACHINE_STARTED,
     .skip_dns = true,
     .service_first = 7,
     .service_count = 1},
};

static const struct catalog_service services[] = {
    {.internal_port = 5432},
    {.internal_port = 8080},
    {.internal_port = 8080},
    {.internal_port = 8081},
    {.protocol = PROTOCOL_UDP, .internal_port = 53},
    {.internal_port = 8080},
    {.internal_port = 9000},
    {.internal_port = 7000},
};

static const struct catalog_port ports[] = {
    {.start = 53, .end = 53, .machine = 1, .service = 4},
    {.start = 80, .end = 80, .handlers = HANDLER_HTTP, .machine = 0, .service = 1},
    {.start = 80, .end = 80, .handlers = HANDLER_HTTP, .machine = 1, .service = 2},
    {.start = 81, .end = 81, .handlers = HANDLER_HTTP, .machine = 1, .service = 3},
    {.start = 443, .end = 443, .handlers = HANDLER_HTTP | HANDLER_TLS, .machine = 0, .service = 1},
    {.start = 5432, .end = 5432, .handlers = HANDLER_PG_TLS, .machine = 0, .service = 0},
    {.start = 8443,
     .end = 8443,
     .handlers = HANDLER_HTTP | HANDLER_TLS,
     .machine = 2,
     .service = 5,
     .options = "{\"tls_options\":{\"alpn\":[\"h2\",\"other\"]}}"},
    {.start = 20000, .end = 20009, .handlers = HANDLER_TLS, .machine = 2, .service = 6},
};

static struct catalog_port forced[sizeof ports / sizeof *ports];

static struct catalog_app app_with(const struct catalog_port *list, uint32_t count)
{
	return (struct catalog_app){.name = "shop",
	                            .network = 1,
	                            .machine_count = 4,
	                            .machines = machines,
	                            .service_count = sizeof services / sizeof *services,
	                            .services = services,
	                            .port_count = count,
	                            .ports = list};
}

static struct node *flycast(const struct catalog_app *app)
{
	return app_names_flycast(&maker, encoder, app, &sample_addresses[0]);
}

static const struct answer *find(const struct node *node, const char *relative, uint16_t type)
{
	struct name n;
	assert_true(name_parse(&n, relative));
	return node_find(node, n.wire, n.len - 1u, type);
}

/* "0 1 8080 a.b." for every SRV record, joined by blanks; "": the name is there and holds nothing; NULL: no such name. */
static const char *srv(const struct node *node, const char *relative)
{
	static struct text out;
	const struct answer *a = find(node, relative, TYPE_SRV);
	if (!a)
		return NULL;
	text_free(&out);
	const uint8_t *at = node_records(node) + a->at;
	for (unsigned i = 0; i < a->count; i++) {
		char target[NAME_TEXT];
		assert_int_equal(wire_get16(at + 2), TYPE_SRV);
		assert_int_equal(wire_get16(at + 10) + 12, a->len / a->count);
		text_format(&out, "%s%u %u %u %s", i ? " " : "", wire_get16(at + 12), wire_get16(at + 14),
		            wire_get16(at + 16), name_text(target, at + 18));
		at += a->len / a->count;
	}
	return text_string(&out);
}

static void ports_of_the_address_are_names(void **state)
{
	struct catalog_app app = app_with(ports, sizeof ports / sizeof *ports);
	struct node *node = flycast(&app);
	(void)state;
	assert_string_equal(srv(node, "_80._tcp"), "0 0 80 shop.flycast.");
	assert_string_equal(srv(node, "_443._tcp"), "0 0 443 shop.flycast.");
	assert_string_equal(srv(node, "_20000._tcp"), "0 0 20000 shop.flycast.");
	assert_null(srv(node, "_20001._tcp"));
	assert_null(srv(node, "_53._tcp"));
	assert_null(srv(node, "_53._udp")); /* a Flycast address carries TCP only */
	assert_null(srv(node, "_udp"));
	assert_string_equal(srv(node, "_tcp"), "");
	assert_string_equal(srv(node, "_http._tcp"), "0 0 80 shop.flycast. 0 0 81 shop.flycast.");
	assert_string_equal(srv(node, "_https._tcp"), "0 0 443 shop.flycast. 0 0 8443 shop.flycast.");
	assert_string_equal(srv(node, "_postgresql._tcp"), "0 0 5432 shop.flycast.");
	assert_int_equal(find(node, "", TYPE_AAAA)->type, TYPE_AAAA);
	free(node);
}

static void machines_have_their_own_ports(void **state)
{
	struct catalog_app app = app_with(ports, sizeof ports / sizeof *ports);
	struct node *node = app_names_internal(&maker, encoder, &app, &nearness);
	(void)state;
	/* in the order of the addresses: by region */
	assert_string_equal(srv(node, "_8080._tcp"),
	                    "0 1 8080 0000000000000b.vm.shop.internal. 0 1 8080 0000000000000a.vm.shop.internal.");
	assert_string_equal(srv(node, "_8081._tcp"), "0 1 8081 0000000000000b.vm.shop.internal.");
	assert_string_equal(srv(node, "_http._tcp"),
	                    "0 1 8080 0000000000000b.vm.shop.internal. 0 1 8080 0000000000000a.vm.shop.internal. "
	                    "0 1 8081 0000000000000b.vm.shop.internal.");
	assert_string_equal(srv(node, "_postgresql._tcp"), "0 1 5432 0000000000000a.vm.shop.internal.");
	assert_string_equal(srv(node, "_53._udp"), "0 1 53 0000000000000b.vm.shop.internal.");
	assert_string_equal(srv(node, "_9000._tcp"), ""); /* its Machine rests */
	assert_null(srv(node, "_7000._tcp"));             /* its Machine has no names */
	assert_null(srv(node, "_https._tcp"));
	assert_null(srv(node, "_80._tcp"));
	assert_string_equal(srv(node, "_udp"), "");
	/* one name is a part of the other, not a copy */
	assert_int_equal(find(node, "_8080._tcp", TYPE_SRV)->at, find(node, "_http._tcp", TYPE_SRV)->at);
	free(node);
}

static void no_service_no_name(void **state)
{
	struct catalog_app app = app_with(ports, 0);
	(void)state;
	app.machine_count = 0;
	struct node *node = flycast(&app);
	assert_int_equal(node->below_count, 0);
	assert_false(node->own_more);
	free(node);
	node = app_names_internal(&maker, encoder, &app, &nearness);
	assert_null(srv(node, "_tcp"));
	free(node);
}

static void assert_https(const struct node *node, const char *relative, const char *want, size_t len)
{
	const struct answer *a = find(node, relative, TYPE_HTTPS);
	assert_non_null(a);
	assert_int_equal(a->type, TYPE_HTTPS);
	assert_int_equal(a->count, 1);
	const uint8_t *at = node_records(node) + a->at;
	assert_int_equal(wire_get16(at + 10), len + 16);
	assert_int_equal(a->len, 12 + len + 16);
	assert_memory_equal(at + 12, want, len);
	assert_memory_equal(at + 12 + len, &sample_addresses[0].ip, 16);
}
#define ASSERT_HTTPS(node, relative, want) assert_https(node, relative, want, sizeof(want) - 1)

static void https_is_told_where_http_goes_there(void **state)
{
	struct catalog_app app = app_with(ports, sizeof ports / sizeof *ports);
	struct node *node = flycast(&app);
	(void)state;
	/* port 80 answers http:// itself: nobody is sent away from it */
	assert_int_equal(find(node, "", TYPE_HTTPS)->type, TYPE_AAAA);
	ASSERT_HTTPS(node, "_8443._https",
	             "\0\1\4shop\7flycast\0"
	             "\0\1\0\3\2h2"
	             "\0\2\0\0"
	             "\0\3\0\2\x20\xfb"
	             "\0\6\0\x10");
	assert_int_equal(find(node, "_https", TYPE_HTTPS)->type, TYPE_NONE);
	assert_null(find(node, "_443._https", TYPE_HTTPS));
	assert_null(find(node, "_80._https", TYPE_HTTPS));
	free(node);

	memcpy(forced, ports, sizeof ports);
	forced[1].force_https = forced[2].force_https = forced[3].force_https = true;
	app.ports = forced;
	node = flycast(&app);
	ASSERT_HTTPS(node, "",
	             "\0\1\0"
	             "\0\1\0\x0c\2h2\10http/1.1"
	             "\0\3\0\2\1\xbb"
	             "\0\6\0\x10");
	assert_int_equal(find(node, "", TYPE_AAAA)->type, TYPE_AAAA);
	assert_int_equal(find(node, "", TYPE_ANY)->type, TYPE_AAAA);
	free(node);

	app.ports = &forced[6]; /* 8443 is the only one */
	app.port_count = 1;
	node = flycast(&app);
	ASSERT_HTTPS(node, "",
	             "\0\1\0"
	             "\0\1\0\3\2h2"
	             "\0\2\0\0"
	             "\0\3\0\2\x20\xfb"
	             "\0\6\0\x10");
	free(node);

	forced[6].options = "{\"tls_options\":{\"alpn\":[\"other\"]}}"; /* no HTTP is spoken there */
	node = flycast(&app);
	assert_int_equal(find(node, "", TYPE_HTTPS)->type, TYPE_AAAA);
	assert_int_equal(find(node, "_8443._https", TYPE_HTTPS)->count, 0);
	free(node);
}

/* Machines that disagree about one port: it is one name all the same, in one list. */
static void a_port_speaks_one_thing(void **state)
{
	static const struct catalog_port odd[] = {
	    {.start = 80, .end = 80, .machine = 0, .service = 1},
	    {.start = 80, .end = 80, .handlers = HANDLER_HTTP, .machine = 1, .service = 2}};
	struct catalog_app app = app_with(odd, 2);
	struct node *node = flycast(&app);
	(void)state;
	assert_string_equal(srv(node, "_80._tcp"), "0 0 80 shop.flycast.");
	assert_string_equal(srv(node, "_http._tcp"), "0 0 80 shop.flycast.");
	free(node);
	node = app_names_internal(&maker, encoder, &app, &nearness);
	assert_int_equal(find(node, "_8080._tcp", TYPE_SRV)->count, 2);
	assert_int_equal(find(node, "_http._tcp", TYPE_SRV)->count, 2);
	free(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ports_of_the_address_are_names),
	    cmocka_unit_test(machines_have_their_own_ports),
	    cmocka_unit_test(no_service_no_name),
	    cmocka_unit_test(https_is_told_where_http_goes_there),
	    cmocka_unit_test(a_port_speaks_one_thing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
