/* responder: every row of the table of questions (tests/lib/dns_rules.h), as it comes over UDP, TCP and TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dns_ask.h"
#include "dns_rules.h"

enum { SOME = 17, HUGE_APP = 2400, PORTS = 14 };

static const char *const sources[FROM_COUNT] = {
    [FROM_MEMBER] = "fdaa:0:1:ffff:0:1:0:2", [FROM_OTHER] = "fdaa:0:2:ffff:0:1:0:2", [FROM_STRANGER] = "2001:db8::1"};

static struct catalog_machine machines[HUGE_APP];
static struct catalog_app apps[2];
static struct catalog_port ports[PORTS];
static const struct catalog_service service = {.internal_port = 8080};
static const struct catalog_address address = {{.s6_addr = {0xfd, 0xaa, 0, 0, 0, 1, 0, 0, 0, 1, [15] = 7}}, 1, 7};

/* The sample, and two apps for the sizes of answers. */
static int open_picture(void **state)
{
	static char ids[HUGE_APP][16];
	open_zone(state);
	for (unsigned i = 0; i < HUGE_APP; i++) {
		snprintf(ids[i], sizeof ids[i], "%014x", 0xc0000 + i);
		machines[i] = sample_big.machines[0];
		machines[i].id = machines[i].name = ids[i];
		machines[i].address.s6_addr[11] = (uint8_t)(i >> 8);
		machines[i].address.s6_addr[13] = (uint8_t)i;
	}
	for (unsigned i = 0; i < PORTS; i++) {
		uint16_t port = (uint16_t)(80 + i);
		ports[i] = (struct catalog_port){.start = port, .end = port, .handlers = HANDLER_HTTP};
	}
	apps[0] = (struct catalog_app){.name = "some",
	                               .network = 1,
	                               .machine_count = SOME,
	                               .machines = machines,
	                               .address_count = 1,
	                               .addresses = &address,
	                               .service_count = 1,
	                               .services = &service,
	                               .port_count = PORTS,
	                               .ports = ports};
	apps[1] = (struct catalog_app){.name = "huge", .network = 1, .machine_count = HUGE_APP, .machines = machines};
	for (size_t i = 0; i < sizeof apps / sizeof *apps; i++)
		zone_app(zone, NULL, &apps[i]);
	zone_settle(zone, 78);
	return 0;
}

static const enum responder_transport transports[] = {
    [OVER_UDP] = RESPONDER_UDP, [OVER_TCP] = RESPONDER_TCP, [OVER_TLS] = RESPONDER_TLS};

static void judge_all(const struct dns_rules *table, enum dns_rules_way way)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct dns_rule *rule = &table->rules[i];
		struct responder_client client = client_of(sources[rule->from], "fdaa::3");
		uint8_t in[DNS_RULES_QUESTION_MAX];
		client.transport = transports[way];
		client.keepalive = 100; /* the daemon's default, 10 s */
		size_t len = dns_rules_question(rule, in);
		out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
		const char *why = dns_rules_judge(rule, way, out, out_len);
		if (why)
			fail_msg("%s: %s\n  %s", table->section, rule->rule, why);
	}
}

static void judge_every_table(enum dns_rules_way way)
{
	for (size_t i = 0; dns_rules_all[i]; i++)
		judge_all(dns_rules_all[i], way);
}

static void every_row_over_udp(void **state)
{
	(void)state;
	judge_every_table(OVER_UDP);
}

static void every_row_over_tcp(void **state)
{
	(void)state;
	judge_every_table(OVER_TCP);
}

static void every_row_over_tls(void **state)
{
	(void)state;
	judge_every_table(OVER_TLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(every_row_over_udp, open_picture, close_zone),
	    cmocka_unit_test_setup_teardown(every_row_over_tcp, open_picture, close_zone),
	    cmocka_unit_test_setup_teardown(every_row_over_tls, open_picture, close_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
