/* responder: every name has its answer, and its answer only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/addr.h"
#include "dns_ask.h"

/* Answers with several records come in any order; what matters is which and how many. */
static void assert_all_of(const char *shown, const char *const *want, size_t count)
{
	size_t records = 0;
	for (const char *c = shown; (c = strstr(c, " | ")); c++)
		records++;
	assert_int_equal(records, count);
	for (size_t i = 0; i < count; i++)
		assert_non_null(strstr(shown, want[i]));
}

#define HAS(shown, ...)                                                                                                \
	assert_all_of(shown, (const char *const[]){__VA_ARGS__},                                                       \
	              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

#define A "fdaa:0:1:1:1:0:1:2"
#define B "fdaa:0:1:1:1:0:2:2"
#define E "fdaa:0:1:1:1:0:5:2"
#define NODATA "NOERROR aa rd ; SOA internal."
#define NXDOMAIN "NXDOMAIN aa rd ; SOA internal."

static void every_name_of_an_app_answers(void **state)
{
	(void)state;
	HAS(ask("web.internal", TYPE_AAAA), "web.internal. 5 IN AAAA " A, B, E);
	HAS(ask("global.web.internal", TYPE_AAAA), A, B, E);
	HAS(ask("fra.web.internal", TYPE_AAAA), A);
	HAS(ask("ams.web.internal", TYPE_AAAA), B, E);
	HAS(ask("app.process.web.internal", TYPE_AAAA), A, B);
	HAS(ask("worker.process.web.internal", TYPE_AAAA), E);
	HAS(ask("148e21dad76789.vm.web.internal", TYPE_AAAA), A);
	HAS(ask("primary.role.kv._metadata.web.internal", TYPE_AAAA), A);
	HAS(ask("role.kv._metadata.web.internal", TYPE_AAAA), A);
	HAS(ask("PRIMARY.Role.KV._MetaData.Web.Internal", TYPE_AAAA), A);
	assert_string_equal(
	    ask("vms.web.internal", TYPE_TXT),
	    "NOERROR aa rd | vms.web.internal. 5 IN TXT \"148e21dad76789 fra,4d89699c030518 ams,8f00000000000e ams\"");
	assert_string_equal(ask("all.vms.web.internal", TYPE_TXT),
	                    "NOERROR aa rd | all.vms.web.internal. 5 IN TXT "
	                    "\"148e21dad76789 fra,4d89699c030518 ams,6e82de14c35038 sin,8f00000000000e ams\"");
	assert_string_equal(ask("regions.web.internal", TYPE_TXT),
	                    "NOERROR aa rd | regions.web.internal. 5 IN TXT \"ams,fra\"");
	assert_string_equal(ask("all.regions.web.internal", TYPE_TXT),
	                    "NOERROR aa rd | all.regions.web.internal. 5 IN TXT \"ams,fra,sin\"");
	assert_string_equal(ask("web.flycast", TYPE_AAAA), "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2");
}

static void every_name_of_a_network_answers(void **state)
{
	(void)state;
	assert_string_equal(ask("_apps.internal", TYPE_TXT),
	                    "NOERROR aa rd | _apps.internal. 5 IN TXT \"big,idle,web\"");
	assert_string_equal(ask("_peer.internal", TYPE_TXT), "NOERROR aa rd | _peer.internal. 5 IN TXT \"Laptop\"");
	assert_string_equal(ask("laptop._peer.internal", TYPE_AAAA),
	                    "NOERROR aa rd | laptop._peer.internal. 5 IN AAAA fdaa:0:1:a7b:1:0:a:2");
	assert_string_equal(ask("interactive-x._peer.internal", TYPE_AAAA), NXDOMAIN);
	assert_string_equal(ask("_api.internal", TYPE_AAAA), "NOERROR aa rd | _api.internal. 5 IN AAAA fdaa:0:1::3");
	assert_string_equal(ask("_dns.internal", TYPE_AAAA), "NOERROR aa rd | _dns.internal. 5 IN AAAA fdaa:0:1::3");
}

static void instances_are_joined_by_semicolons_and_do_not_end_in_one(void **state)
{
	(void)state;
	zone_app(zone, sample_make_big(), NULL);
	zone_settle(zone, 78);
	const char *got = ask_tcp("_instances.internal", TYPE_TXT);
	/* two strings of one record: 255 octets, then the rest */
	assert_non_null(strstr(got, "\"instance=148e21dad76789,app=web,ip=" A ",region=fra;"
	                            "instance=4d89699c030518,app=web,ip=" B ",region=ams;"
	                            "instance=8f00000000000e,app=web,ip=" E ",region=ams\""));
	got = ask_tcp("all._instances.internal", TYPE_TXT);
	assert_non_null(strstr(got, "instance=6e82de14c35038"));
	assert_null(strstr(got, "7f00000000000d")); /* skip_dns */
}

static void nearest_is_first_and_ties_take_turns(void **state)
{
	bool b = false, e = false;
	(void)state;
	HAS(ask("top1.nearest.of.web.internal", TYPE_AAAA), "top1.nearest.of.web.internal. 5 IN AAAA " A);
	for (int i = 0; i < 4; i++) {
		const char *got = ask("top2.nearest.of.web.internal", TYPE_AAAA);
		const char *first = strstr(got, A);
		assert_non_null(first);
		b |= strstr(first, B) != NULL;
		e |= strstr(first, E) != NULL;
		assert_true((strstr(got, B) != NULL) != (strstr(got, E) != NULL));
	}
	assert_true(b && e);
	HAS(ask("top9.nearest.of.web.internal", TYPE_AAAA), A, B, E);
	HAS(ask("top99999999999999999999.nearest.of.web.internal", TYPE_AAAA), A, B, E);
	assert_string_equal(ask("top2.nearest.of.idle.internal", TYPE_AAAA), NODATA);
	assert_string_equal(ask("top2.nearest.of.web.internal", TYPE_TXT), NODATA);
	assert_string_equal(ask("top0.nearest.of.web.internal", TYPE_AAAA), NXDOMAIN);
	assert_string_equal(ask("top.nearest.of.web.internal", TYPE_AAAA), NXDOMAIN);
	assert_string_equal(ask("top1x.nearest.of.web.internal", TYPE_AAAA), NXDOMAIN);
	assert_string_equal(ask("1.top1.nearest.of.web.internal", TYPE_AAAA), NXDOMAIN);
	assert_string_equal(ask("top1.nearest.of.web.flycast", TYPE_AAAA), "NXDOMAIN aa rd ; SOA flycast.");
	assert_string_equal(ask("top1.nearest.of._peer.internal", TYPE_AAAA), NXDOMAIN);
}

static void what_exists_without_records_is_nodata(void **state)
{
	static const char *const names[] = {
	    "idle.internal",
	    "vms.idle.internal",
	    "all.vms.idle.internal",
	    "regions.idle.internal",
	    "global.idle.internal",
	    "of.web.internal",
	    "nearest.of.web.internal",
	    "vm.web.internal",
	    "process.web.internal",
	    "_metadata.web.internal",
	    "kv._metadata.web.internal",
	    "mesh_node.kv._metadata.web.internal",
	    "sin.web.internal",
	    "6e82de14c35038.vm.web.internal",
	    "replica.role.kv._metadata.web.internal",
	    "a@b\\.c.mesh_node.kv._metadata.web.internal",
	};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_string_equal(ask(names[i], TYPE_AAAA), NODATA);
		assert_string_equal(ask(names[i], TYPE_TXT), NODATA);
	}
	static const uint16_t types[] = {0, 1, 5, 15, 33, 41, 43, 46, 47, 48, 65, 250, 253, 254, 257, 65535};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		assert_string_equal(ask("web.internal", types[i]), NODATA);
		assert_string_equal(ask("web.flycast", types[i]), "NOERROR aa rd ; SOA flycast.");
		assert_string_equal(ask("internal", types[i]), NODATA);
		assert_string_equal(ask("nobody.internal", types[i]), NXDOMAIN);
	}
}

static void what_does_not_exist_is_nxdomain(void **state)
{
	static const char *const names[] = {
	    "nobody.internal",
	    "x.web.flycast.internal",
	    "nope.web.internal",
	    "all.web.internal",
	    "syd.web.internal",
	    "7f00000000000d.vm.web.internal",
	    "empty.kv._metadata.web.internal",
	    "long.kv._metadata.web.internal",
	    "vm.idle.internal",
	    "other.internal",
	    "x._apps.internal",
	    "eb.internal",
	    "wweb.internal",
	    "a.global.web.internal",
	    "c.a@b.mesh_node.kv._metadata.web.internal",
	};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_string_equal(ask(names[i], TYPE_AAAA), NXDOMAIN);
		assert_string_equal(ask(names[i], TYPE_TXT), NXDOMAIN);
		assert_string_equal(ask(names[i], TYPE_ANY), NXDOMAIN);
	}
	assert_string_equal(ask("idle.flycast", TYPE_AAAA), "NXDOMAIN aa rd ; SOA flycast.");
	assert_string_equal(ask("x.web.flycast", TYPE_AAAA), "NXDOMAIN aa rd ; SOA flycast.");
}

static void the_apex_has_soa_and_ns(void **state)
{
	(void)state;
	assert_string_equal(ask("internal", TYPE_SOA),
	                    "NOERROR aa rd | internal. 5 IN SOA _dns.internal. hostmaster.internal. 77 60 10 3600 5");
	assert_string_equal(ask("FLYCAST", TYPE_ANY),
	                    "NOERROR aa rd | flycast. 5 IN SOA _dns.internal. hostmaster.flycast. 77 60 10 3600 5");
	assert_string_equal(
	    ask("a.a.d.f.ip6.arpa", TYPE_NS),
	    "NOERROR aa rd | a.a.d.f.ip6.arpa. 5 IN NS _dns.internal. + _dns.internal. 5 IN AAAA fdaa:0:1::3");
	assert_string_equal(ask("flycast", TYPE_AAAA), "NOERROR aa rd ; SOA flycast.");
	zone_settle(zone, 4000000000u);
	assert_non_null(strstr(ask("internal", TYPE_SOA), " 4000000000 60 10 3600 5"));
}

static void addresses_have_names(void **state)
{
	(void)state;
	assert_non_null(
	    strstr(ask("2.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	           "NOERROR aa rd | 2.0.0"));
	assert_non_null(
	    strstr(ask("2.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.A.A.D.F.ip6.arpa", TYPE_PTR),
	           " PTR web.flycast."));
	assert_non_null(
	    strstr(ask("2.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	           " PTR 148e21dad76789.vm.web.internal."));
	assert_non_null(
	    strstr(ask("2.0.0.0.a.0.0.0.0.0.0.0.1.0.0.0.b.7.a.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	           " PTR Laptop._peer.internal."));
	assert_non_null(
	    strstr(ask("3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	           " PTR _dns.internal."));
	assert_non_null(
	    strstr(ask("3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	           " PTR _dns.internal."));
	assert_non_null(
	    strstr(ask("2.0.0.0.3.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	           " PTR 6e82de14c35038.vm.web.internal."));
}

#define REVERSE_NODATA "NOERROR aa rd ; SOA a.a.d.f.ip6.arpa."
#define REVERSE_NXDOMAIN "NXDOMAIN aa rd ; SOA a.a.d.f.ip6.arpa."

static void every_name_above_an_address_exists(void **state)
{
	static const char machine[] = "2.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa";
	static const char server[] = "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa";
	static const char flycast[] = "2.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa";
	(void)state;
	for (size_t cut = 2; cut <= 54; cut += 2) {
		assert_string_equal(ask(machine + cut, TYPE_PTR), REVERSE_NODATA);
		assert_string_equal(ask(flycast + cut, TYPE_PTR), REVERSE_NODATA);
		assert_string_equal(ask(server + cut, TYPE_PTR), REVERSE_NODATA);
	}
	assert_string_equal(ask(machine, TYPE_AAAA), REVERSE_NODATA);
	assert_string_equal(ask("3.a.a.d.f.ip6.arpa", TYPE_PTR), REVERSE_NXDOMAIN);
	assert_string_equal(ask("g.a.a.d.f.ip6.arpa", TYPE_PTR), REVERSE_NXDOMAIN);
	assert_string_equal(ask("00.a.a.d.f.ip6.arpa", TYPE_PTR), REVERSE_NXDOMAIN);
	assert_string_equal(ask("1.2.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	                    REVERSE_NXDOMAIN);
	/* a Machine that is not in DNS, and an address of another network */
	assert_string_equal(ask("2.0.0.0.4.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	                    REVERSE_NXDOMAIN);
	assert_string_equal(ask("5.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.2.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	                    REVERSE_NXDOMAIN);
	assert_string_equal(ask("2.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR), REVERSE_NXDOMAIN);
}

static void the_source_chooses_the_network(void **state)
{
	static const struct {
		const char *source, *destination, *got;
	} rows[] = {
	    {"fdaa:0:1:1:1:0:1:2", "fdaa::3", "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"},
	    {"fdaa:0:2:1:1:0:9:2", "fdaa::3", "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:2:0:1::5"},
	    {"fdaa:0:2:1:1:0:9:2", "fdaa:0:2::3", "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:2:0:1::5"},
	    {"fdaa:0:2:1:1:0:9:2", "fdaa:0:1::3", "REFUSED rd"},
	    {"fdaa:0:1:1:1:0:1:2", "fdaa:0:2::3", "REFUSED rd"},
	    {"fdaa:0:1:1:1:0:1:2", "::1", "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"},
	    {"::1", "::1", "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"},
	    {"::1", "fdaa:0:1::3", "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"},
	    {"::1", "fdaa:0:2::3", "REFUSED rd"},
	    {"2001:db8::1", "::1", "REFUSED rd"},
	    {"2001:db8::1", "fdaa:0:1::3", "REFUSED rd"},
	    {"fdaa:0:3:1:1:0:1:2", "fdaa::3", "REFUSED rd"}, /* no such network */
	    {"fdaa::3", "fdaa::3", "REFUSED rd"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct responder_client client = client_of(rows[i].source, rows[i].destination);
		assert_string_equal(ask_from(&client, "web.flycast", TYPE_AAAA), rows[i].got);
	}
	struct responder_client second = client_of("fdaa:0:2:1:1:0:9:2", "fdaa::3");
	assert_string_equal(ask_from(&second, "web.internal", TYPE_AAAA), NXDOMAIN);
	assert_string_equal(ask_from(&second, "vms.web.internal", TYPE_TXT), NXDOMAIN);
	assert_string_equal(ask_from(&second, "other.internal", TYPE_AAAA), NODATA);
	assert_string_equal(ask_from(&second, "_apps.internal", TYPE_TXT),
	                    "NOERROR aa rd | _apps.internal. 5 IN TXT \"other\"");
	assert_string_equal(ask_from(&second, "_instances.internal", TYPE_TXT), NODATA);
	assert_string_equal(ask_from(&second, "_peer.internal", TYPE_TXT), NODATA);
	struct responder_client third = client_of("fdaa:0:3:1:1:0:9:2", "fdaa::3");
	assert_string_equal(ask_from(&third, "internal", TYPE_SOA), "REFUSED rd");
	assert_string_equal(ask_from(&third, "nobody.internal", TYPE_AAAA), "REFUSED rd");
	assert_string_equal(ask_from(&third, "1.a.a.d.f.ip6.arpa", TYPE_PTR), "REFUSED rd");
}

static void names_of_others_are_refused(void **state)
{
	static const char *const names[] = {".",          "com",      "internal.example.com", "xinternal",
	                                    "notflycast", "ip6.arpa", "b.a.d.f.ip6.arpa",     "a\\.internal"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_string_equal(ask(names[i], TYPE_AAAA), "REFUSED rd");
	assert_string_equal(ask("web.internal", TYPE_AXFR), "REFUSED rd");
	assert_string_equal(ask("internal", TYPE_AXFR), "REFUSED rd");
}

/* Whoever asks for one name, or for several in turns, is told each address first equally often. */
static void answers_rotate(void **state)
{
	static const char *const ips[] = {A, B, E};
	(void)state;
	for (int between = 0; between < 6; between++) {
		int first[3] = {0};
		for (int i = 0; i < 300; i++) {
			const char *got = strstr(ask("web.internal", TYPE_AAAA), "AAAA ") + 5;
			for (int ip = 0; ip < 3; ip++)
				first[ip] += strncmp(got, ips[ip], strlen(ips[ip])) == 0;
			for (int j = 0; j < between; j++)
				ask("web.flycast", TYPE_AAAA);
		}
		for (int ip = 0; ip < 3; ip++)
			assert_in_range(first[ip], 94, 106);
	}
}

static size_t count_records(const char *shown)
{
	size_t count = 0;
	for (; (shown = strstr(shown, " | ")); shown++)
		count++;
	return count;
}

static void what_does_not_fit_is_cut_and_marked(void **state)
{
	(void)state;
	const char *got = ask("big.internal", TYPE_AAAA);
	assert_int_equal(strncmp(got, "NOERROR aa tc rd | ", 19), 0);
	assert_int_equal(count_records(got), (512 - 12 - 18) / 28);
	assert_true(out_len <= 512);
	HAS(ask("top3.nearest.of.big.internal", TYPE_AAAA), "AAAA fdaa:0:1:2:1:0:", "AAAA fdaa:0:1:2:1:0:", "AAAA");
	assert_string_equal(ask("vms.big.internal", TYPE_TXT), "NOERROR aa tc rd");
	got = ask_tcp("big.internal", TYPE_AAAA);
	assert_int_equal(strncmp(got, "NOERROR aa rd | ", 16), 0);
	assert_int_equal(count_records(got), SAMPLE_BIG);
	assert_int_equal(count_records(ask_tcp("vms.big.internal", TYPE_TXT)), 1);
}

static void a_region_has_its_own_machines_wherever_they_stand(void **state)
{
	(void)state;
	for (int region = 0; region < 2; region++) { /* every second Machine */
		const char *got = ask_tcp(region ? "fra.big.internal" : "ams.big.internal", TYPE_AAAA);
		assert_int_equal(count_records(got), SAMPLE_BIG / 2);
		for (int i = region; i < SAMPLE_BIG; i += 2) {
			char ip[ADDR_TEXT];
			assert_non_null(strstr(got, addr_ip_text(ip, &sample_big.machines[i].address)));
		}
	}
}

/* Three thousand Machines: more than a message holds, in addresses and in text. */
static void what_passes_64_kib_is_cut_whole(void **state)
{
	enum { MANY = 3000 };
	static char ids[MANY][16];
	static struct catalog_machine machines[MANY];
	const struct catalog_app app = {.name = "huge", .network = 1, .machine_count = MANY, .machines = machines};
	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof ids[i], "%014x", i);
		machines[i] = (struct catalog_machine){.id = ids[i],
		                                       .name = ids[i],
		                                       .region = "fra",
		                                       .group = "app",
		                                       .state = MACHINE_STARTED,
		                                       .address = sample_ip("fdaa:0:1:7:7:0:1:2")};
	}
	zone_app(zone, NULL, &app);
	zone_settle(zone, 78);
	const char *got = ask_tcp("huge.internal", TYPE_AAAA);
	assert_int_equal(strncmp(got, "NOERROR aa rd | ", 16), 0); /* no TC: there is nowhere else to ask */
	assert_int_equal(count_records(got), (WIRE_MESSAGE_MAX - 12 - 19) / WIRE_AAAA);
	got = ask_tcp("vms.huge.internal", TYPE_TXT);
	assert_int_equal(count_records(got), 1);
	assert_true(out_len <= WIRE_MESSAGE_MAX);
	assert_string_equal(got + strlen(got) - 5, " fra\"");
	got = ask_tcp("_instances.internal", TYPE_TXT);
	assert_int_equal(count_records(got), 1);
	assert_true(out_len > 63000);
	assert_string_equal(got + strlen(got) - 12, ",region=fra\"");
}

static void seventeen_addresses_fit_without_edns(void **state)
{
	struct catalog_app app = *sample_make_big();
	(void)state;
	app.name = "s";
	app.machine_count = 17;
	zone_app(zone, NULL, &app);
	zone_settle(zone, 78);
	const char *got = ask("s.internal", TYPE_AAAA); /* 12 + 16 + 17 * 28 = 504 */
	assert_int_equal(strncmp(got, "NOERROR aa rd | ", 16), 0);
	assert_int_equal(count_records(got), 17);
}

static void a_source_port_of_0_is_not_answered(void **state)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	(void)state;
	client.port = 0;
	assert_string_equal(ask_from(&client, "web.flycast", TYPE_AAAA), "silence");
}

static void answers_are_counted(void **state)
{
	(void)state;
	ask("web.flycast", TYPE_AAAA);
	ask("nobody.flycast", TYPE_AAAA);
	ask_tcp("com", TYPE_AAAA);
	ask("vms.big.internal", TYPE_TXT);
	assert_int_equal(responder.counts.answered[RESPONDER_UDP][RCODE_NOERROR], 2);
	assert_int_equal(responder.counts.answered[RESPONDER_UDP][RCODE_NXDOMAIN], 1);
	assert_int_equal(responder.counts.answered[RESPONDER_TCP][RCODE_REFUSED], 1);
	assert_int_equal(responder.counts.truncated, 1);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, open_zone, close_zone)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(every_name_of_an_app_answers),
	    RULE(every_name_of_a_network_answers),
	    RULE(instances_are_joined_by_semicolons_and_do_not_end_in_one),
	    RULE(nearest_is_first_and_ties_take_turns),
	    RULE(what_exists_without_records_is_nodata),
	    RULE(what_does_not_exist_is_nxdomain),
	    RULE(the_apex_has_soa_and_ns),
	    RULE(addresses_have_names),
	    RULE(every_name_above_an_address_exists),
	    RULE(the_source_chooses_the_network),
	    RULE(names_of_others_are_refused),
	    RULE(answers_rotate),
	    RULE(what_does_not_fit_is_cut_and_marked),
	    RULE(a_region_has_its_own_machines_wherever_they_stand),
	    RULE(what_passes_64_kib_is_cut_whole),
	    RULE(seventeen_addresses_fit_without_edns),
	    RULE(a_source_port_of_0_is_not_answered),
	    RULE(answers_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
