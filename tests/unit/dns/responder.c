/* responder: question in, answer out, over a zone made by hand. Answers are read back with ldns, a second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <ldns/ldns.h>

#include "dns_sample.h"

static struct zone *zone;
static struct responder_settings settings;
static struct responder responder;
static uint8_t out[WIRE_MESSAGE_MAX];
static size_t out_len;

static int open_zone(void **state)
{
	(void)state;
	zone = sample_zone();
	settings = (struct responder_settings){
	    .zone = zone, .network_of = sample_network_of, .identity = BYTES("edge-1"), .udp_size = 1232};
	responder_init(&responder, &settings);
	return 0;
}

static int close_zone(void **state)
{
	(void)state;
	zone_free(zone);
	return 0;
}

static struct responder_client client_of(const char *source, const char *destination)
{
	return (struct responder_client){sample_ip(source), sample_ip(destination), 4711, RESPONDER_UDP};
}

static void add_section(struct text *to, const char *title, ldns_rr_list *list, bool soa_short)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);
		char *text = ldns_rr2str(rr);
		if (soa_short && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA)
			text_format(to, "%sSOA %s", title, strtok(text, "\t"));
		else
			text_format(to, "%s%s", title, strtok(text, "\n"));
		free(text);
	}
}

/* "NOERROR aa rd | name 5 IN AAAA ... ; SOA zone": what a person would want to see of an answer. */
static const char *show(void)
{
	static struct text shown;
	ldns_pkt *p;
	text_clear(&shown);
	if (out_len == 0)
		return "silence";
	assert_int_equal(ldns_wire2pkt(&p, out, out_len), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_id(p), 0xbeef);
	assert_true(ldns_pkt_qr(p));
	assert_false(ldns_pkt_ra(p) || ldns_pkt_ad(p) || ldns_pkt_cd(p));
	char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(p));
	text_format(&shown, "%s%s%s%s", rcode, ldns_pkt_aa(p) ? " aa" : "", ldns_pkt_tc(p) ? " tc" : "",
	            ldns_pkt_rd(p) ? " rd" : "");
	free(rcode);
	add_section(&shown, " | ", ldns_pkt_answer(p), false);
	add_section(&shown, " ; ", ldns_pkt_authority(p), true);
	add_section(&shown, " + ", ldns_pkt_additional(p), false);
	for (char *c = shown.at; *c; c++)
		if (*c == '\t')
			*c = ' ';
	ldns_pkt_free(p);
	return text_string(&shown);
}

static const char *ask_from(const struct responder_client *client, const char *name, uint16_t type)
{
	uint8_t in[512];
	size_t len = sample_question(in, name, type);
	out_len = responder_respond(&responder, client, (struct bytes){(char *)in, len}, out, sizeof out);
	return show();
}

static const char *ask(const char *name, uint16_t type)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	return ask_from(&client, name, type);
}

static const char *ask_tcp(const char *name, uint16_t type)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	client.transport = RESPONDER_TCP;
	return ask_from(&client, name, type);
}

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
	    "role.kv._metadata.web.internal",
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
}

#define REVERSE_NODATA "NOERROR aa rd ; SOA a.a.d.f.ip6.arpa."
#define REVERSE_NXDOMAIN "NXDOMAIN aa rd ; SOA a.a.d.f.ip6.arpa."

static void every_name_above_an_address_exists(void **state)
{
	static const char machine[] = "2.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa";
	static const char flycast[] = "2.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa";
	(void)state;
	for (size_t cut = 2; cut <= 2 * 27; cut += 2) {
		assert_string_equal(ask(machine + cut, TYPE_PTR), REVERSE_NODATA);
		assert_string_equal(ask(flycast + cut, TYPE_PTR), REVERSE_NODATA);
	}
	assert_string_equal(ask(machine, TYPE_AAAA), REVERSE_NODATA);
	assert_string_equal(ask("3.a.a.d.f.ip6.arpa", TYPE_PTR), REVERSE_NXDOMAIN);
	assert_string_equal(ask("g.a.a.d.f.ip6.arpa", TYPE_PTR), REVERSE_NXDOMAIN);
	assert_string_equal(ask("00.a.a.d.f.ip6.arpa", TYPE_PTR), REVERSE_NXDOMAIN);
	assert_string_equal(ask("1.2.0.0.0.1.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	                    REVERSE_NXDOMAIN);
	/* a stopped Machine, one that is not in DNS, and an address of another network */
	assert_string_equal(ask("2.0.0.0.3.0.0.0.0.0.0.0.1.0.0.0.1.0.0.0.1.0.0.0.0.0.0.0.a.a.d.f.ip6.arpa", TYPE_PTR),
	                    REVERSE_NXDOMAIN);
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

static void answers_rotate(void **state)
{
	char first[3][64] = {{0}};
	(void)state;
	for (int i = 0; i < 3; i++) {
		const char *got = ask("web.internal", TYPE_AAAA);
		snprintf(first[i], sizeof first[i], "%.63s", strstr(got, "AAAA "));
	}
	assert_string_not_equal(first[0], first[1]);
	assert_string_not_equal(first[1], first[2]);
	assert_string_not_equal(first[0], first[2]);
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

/* ------------------------------------------------------------------------------------------------ raw packets */

struct raw {
	const char *rule;
	const char *hex;  /* a question; spaces are for people */
	const char *want; /* the answer's octets, or what show() says (it starts with N, R or s) */
};

static size_t unhex(uint8_t *to, const char *hex)
{
	size_t len = 0;
	for (; *hex; hex++) {
		unsigned value;
		if (*hex == ' ')
			continue;
		if (sscanf(hex, "%2x", &value) != 1)
			abort();
		to[len++] = (uint8_t)value;
		hex++;
	}
	return len;
}

static const char *hex(void)
{
	static char text[2 * 512 + 1];
	text[0] = '\0';
	for (size_t i = 0; i < out_len && i < 512; i++)
		snprintf(text + 2 * i, 3, "%02x", out[i]);
	return text;
}

#define HEAD "beef 0100 0001 0000 0000 "
#define WEB "03 776562 07 666c7963617374 00 " /* web.flycast */
#define WEB_AAAA WEB "001c 0001 "
#define GOOD "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"
#define OPT0 "00 0029 04d0 00 00 0000 0000"
#define FORMERR "beef 8101 0000 0000 0000 0000"

static const struct raw raws[] = {
    {"plain", HEAD "0000" WEB_AAAA, GOOD},
    {"QR=1 is dropped", "beef 8100 0001 0000 0000 0000" WEB_AAAA, "silence"},
    {"short", "beef 0100 0001 0000 0000", "silence"},
    {"empty", "", "silence"},
    {"header only", "beef 0100 0000 0000 0000 0000", FORMERR},
    {"claims a question", HEAD "0000", FORMERR},
    {"no question but OPT", "beef 0100 0000 0000 0000 0001" OPT0,
     "beef 8101 0000 0000 0000 0001 00 0029 04d0 00 00 0000 0000"},
    {"two questions", "beef 0100 0002 0000 0000 0000" WEB_AAAA WEB_AAAA, FORMERR},
    {"two questions claimed", "beef 0100 0002 0000 0000 0000" WEB_AAAA, FORMERR},
    {"an answer in the question", "beef 0100 0001 0001 0000 0000" WEB_AAAA "c00c 001c 0001 00000000 0000", FORMERR},
    {"an authority", "beef 0100 0001 0000 0001 0000" WEB_AAAA "c00c 001c 0001 00000000 0000", FORMERR},
    {"IXFR has an authority", "beef 0100 0001 0000 0001 0000" WEB "00fb 0001 c00c 0006 0001 00000000 0000",
     "REFUSED rd"},
    {"a count without the record", "beef 0100 0001 0000 0000 0001" WEB_AAAA, FORMERR},
    {"another record in additional is not looked at", HEAD "0001" WEB_AAAA "c00c 0001 0001 00000000 0004 01020304",
     GOOD},
    {"octets after the end", HEAD "0000" WEB_AAAA "00", FORMERR},
    {"name cut short", HEAD "0000 03 7765", FORMERR},
    {"type cut short", HEAD "0000" WEB "00", FORMERR},
    {"class cut short", HEAD "0000" WEB "001c 00", FORMERR},
    {"pointer to itself", HEAD "0000 c00c 001c 0001", FORMERR},
    {"pointer into the header", HEAD "0000 c000 001c 0001", FORMERR},
    {"pointer forward", HEAD "0000 03 776562 c014 001c 0001", FORMERR},
    {"label type 01", HEAD "0000 4141 00 001c 0001", FORMERR},
    {"label type 10", HEAD "0000 8141 00 001c 0001", FORMERR},
    {"rcode in the question is not looked at", "beef 010f 0001 0000 0000 0000" WEB_AAAA, GOOD},
    {"AA RA Z AD CD in the question are not looked at", "beef 05f0 0001 0000 0000 0000" WEB_AAAA, GOOD},
    {"TC in the question is not looked at", "beef 0300 0001 0000 0000 0000" WEB_AAAA, GOOD},
    {"RD is not set when it was not", "beef 0000 0001 0000 0000 0000" WEB_AAAA,
     "NOERROR aa | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"},
    {"case comes back as it went", HEAD "0000 03 576542 07 664c7963617354 00 001c 0001",
     "beef 8500 0001 0001 0000 0000 03 576542 07 664c7963617354 00 001c 0001"
     "c00c 001c 0001 00000005 0010 fdaa0000000100000001000000000002"},
    {"odd octets are compared as they are", HEAD "0000 05 00 2e ff 5c 20 07 666c7963617374 00 001c 0001",
     "beef 8503 0001 0000 0001 0000 05 00 2e ff 5c 20 07 666c7963617374 00 001c 0001"
     "c012 0006 0001 00000005 0037 04 5f646e73 08 696e7465726e616c 00 0a 686f73746d6173746572 07 666c7963617374 00"
     "0000004d 0000003c 0000000a 00000e10 00000005"},
    {"class ANY has no authority", HEAD "0000" WEB "001c 00ff", "NOERROR rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"},
    {"class HS", HEAD "0000" WEB "001c 0004", "REFUSED rd"},
    {"class NONE", HEAD "0000" WEB "001c 00fe", "REFUSED rd"},
    {"class 0", HEAD "0000" WEB "001c 0000", "REFUSED rd"},
    {"class CH", HEAD "0000" WEB "001c 0003", "REFUSED rd"},
    {"version.bind", HEAD "0000 07 76657273696f6e 04 62696e64 00 0010 0003", "REFUSED rd"},
    {"id.server", HEAD "0000 02 4964 06 736572766572 00 0010 0003", "NOERROR rd | Id.server. 0 CH TXT \"edge-1\""},
    {"IQUERY", "beef 0900 0001 0000 0000 0000" WEB_AAAA, "beef 8804 0001 0000 0000 0000" WEB_AAAA},
    {"STATUS", "beef 1100 0001 0000 0000 0000" WEB_AAAA, "beef 9004 0001 0000 0000 0000" WEB_AAAA},
    {"NOTIFY", "beef 2400 0001 0000 0000 0000" WEB "0006 0001", "beef a004 0001 0000 0000 0000" WEB "0006 0001"},
    {"UPDATE", "beef 2800 0001 0000 0001 0000" WEB "0006 0001 c00c 001c 0001 00000000 0000",
     "beef a804 0001 0000 0000 0000" WEB "0006 0001"},
    {"DSO", "beef 3000 0000 0000 0000 0000", "beef b004 0000 0000 0000 0000"},
    {"opcode 15, every flag", "beef 7fff 0001 0000 0000 0000", "beef f804 0000 0000 0000 0000"},
    {"opcode 15 with OPT", "beef 7900 0001 0000 0000 0001" WEB_AAAA OPT0,
     "beef f804 0001 0000 0000 0001" WEB_AAAA "00 0029 04d0 00 00 0000 0000"},
    {"EDNS", HEAD "0001" WEB_AAAA "00 0029 1000 00 00 0000 0000", GOOD},
    {"DO is copied, other flags are not", HEAD "0001" WEB "0001 0001 00 0029 1000 00 00 ffff 0000",
     "beef 8500 0001 0000 0001 0001" WEB "0001 0001"
     "c010 0006 0001 00000005 0037 04 5f646e73 08 696e7465726e616c 00 0a 686f73746d6173746572 07 666c7963617374 00"
     "0000004d 0000003c 0000000a 00000e10 00000005"
     "00 0029 04d0 00 00 8000 0000"},
    {"EDNS version 1", HEAD "0001" WEB_AAAA "00 0029 1000 00 01 8000 0004 0003 0000",
     "beef 8100 0001 0000 0000 0001" WEB_AAAA "00 0029 04d0 01 00 8000 0000"},
    {"extended rcode in the question", HEAD "0001" WEB_AAAA "00 0029 1000 ff 00 0000 0000", GOOD},
    {"unknown options", HEAD "0001" WEB_AAAA "00 0029 1000 00 00 0000 0009 fde8 0001 41 000a 0000", GOOD},
    {"NSID", HEAD "0001" WEB_AAAA "00 0029 1000 00 00 0000 0004 0003 0000",
     "beef 8500 0001 0001 0000 0001" WEB_AAAA "c00c 001c 0001 00000005 0010 fdaa0000000100000001000000000002"
     "00 0029 04d0 00 00 0000 000a 0003 0006 656467652d31"},
    {"an option that runs over", HEAD "0001" WEB_AAAA "00 0029 1000 00 00 0000 0005 fde8 0002 41", FORMERR},
    {"three stray octets as options", HEAD "0001" WEB_AAAA "00 0029 1000 00 00 0000 0003 414141", FORMERR},
    {"RDLEN runs over", HEAD "0001" WEB_AAAA "00 0029 1000 00 00 0000 0001", FORMERR},
    {"two OPT", HEAD "0002" WEB_AAAA OPT0 OPT0, FORMERR},
    {"OPT not owned by the root", HEAD "0001" WEB_AAAA "01 61 00 0029 1000 00 00 0000 0000", FORMERR},
    {"OPT in the answer section", "beef 0100 0001 0001 0000 0000" WEB_AAAA OPT0, FORMERR},
    {"refusals say why: not our zone", HEAD "0001 03 636f6d 00 001c 0001" OPT0,
     "beef 8105 0001 0000 0000 0001 03 636f6d 00 001c 0001 00 0029 04d0 00 00 0000 0006 000f 0002 0014"},
    {"refusals say why: no such class", HEAD "0001" WEB "001c 0004" OPT0,
     "beef 8105 0001 0000 0000 0001" WEB "001c 0004 00 0029 04d0 00 00 0000 0006 000f 0002 0015"},
    {"TSIG: no key is known",
     HEAD "0001" WEB_AAAA "01 6b 00 00fa 00ff 00000000 0014 01 61 00 000000000001 012c 0001 aa beef 0000 0000",
     "beef 8109 0001 0000 0000 0001" WEB_AAAA
     "01 6b 00 00fa 00ff 00000000 0013 01 61 00 000000000001 012c 0000 beef 0011 0000"},
    {"TSIG not last", HEAD "0002" WEB_AAAA "01 6b 00 00fa 00ff 00000000 0000" OPT0, FORMERR},
    {"TSIG too short", HEAD "0001" WEB_AAAA "01 6b 00 00fa 00ff 00000000 0003 01 61 00", FORMERR},
};

static void every_packet_gets_what_the_rule_says(void **state)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	(void)state;
	for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
		uint8_t in[512], want[512];
		size_t len = unhex(in, raws[i].hex);
		out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
		if (strchr("NRs", raws[i].want[0])) {
			char got[512];
			snprintf(got, sizeof got, "%s", show());
			char *opt = strstr(got, " + ;"); /* ldns shows OPT in its own way */
			if (opt)
				*opt = '\0';
			if (strcmp(got, raws[i].want) != 0)
				fail_msg("%s\nwant: %s\ngot:  %s", raws[i].rule, raws[i].want, got);
			continue;
		}
		size_t want_len = unhex(want, raws[i].want);
		if (out_len != want_len || memcmp(out, want, want_len) != 0)
			fail_msg("%s\nwant: %s\ngot:  %s", raws[i].rule, raws[i].want, hex());
	}
}

static void a_source_port_of_0_is_not_answered(void **state)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	(void)state;
	client.port = 0;
	assert_string_equal(ask_from(&client, "web.flycast", TYPE_AAAA), "silence");
}

static void a_client_of_no_network_is_told_why(void **state)
{
	struct responder_client client = client_of("2001:db8::1", "2001:db8::2");
	uint8_t in[512], want[16];
	(void)state;
	size_t len = unhex(in, HEAD "0001" WEB_AAAA OPT0);
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	assert_int_equal(out[3] & 15, RCODE_REFUSED);
	assert_int_equal(unhex(want, "0006 000f 0002 0012"), 8);
	assert_memory_equal(out + out_len - 8, want, 8);
}

static void the_clients_size_is_kept_between_512_and_ours(void **state)
{
	static const struct {
		unsigned size;
		size_t records; /* (size - 12 - 18 - 11) / 28 */
	} rows[] = {{0, 16}, {511, 16}, {512, 16}, {513, 16}, {600, 19}, {1232, 42}, {4096, 42}, {65535, 42}};
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t in[512];
		size_t len = sample_question(in, "big.internal", TYPE_AAAA);
		in[11] = 1;
		len += unhex(in + len, OPT0);
		wire_put16(in + len - 8, rows[i].size);
		out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
		assert_int_equal(wire_get16(out + 6), rows[i].records);
		assert_int_equal(wire_get16(out + 10), 1); /* OPT is kept */
		assert_true(out[2] & 2);
		assert_true(out_len <= (rows[i].size < 512 ? 512 : rows[i].size > 1232 ? 1232 : rows[i].size));
	}
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

static void the_longest_name_is_looked_up(void **state)
{
	uint8_t in[512];
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	(void)state;
	size_t len = unhex(in, HEAD "0000");
	for (int i = 0; i < 122; i++) /* 122 labels of one octet, "internal" and the root: 254 octets */
		len += unhex(in + len, "01 61");
	len += unhex(in + len, "08 696e7465726e616c 00 001c 0001");
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	assert_int_equal(out[3] & 15, RCODE_NXDOMAIN);
	memmove(in + 14, in + 13, len - 13);
	in[12] = 2; /* the first label has one octet more */
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len + 1}, out, sizeof out);
	assert_int_equal(out[3] & 15, RCODE_NXDOMAIN); /* 255 */
	memmove(in + 14, in + 13, len - 12);
	in[12] = 3;
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len + 2}, out, sizeof out);
	assert_int_equal(out[3] & 15, RCODE_FORMERR); /* 256 */
	assert_int_equal(out_len, 12);
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
	    RULE(every_packet_gets_what_the_rule_says),
	    RULE(a_source_port_of_0_is_not_answered),
	    RULE(a_client_of_no_network_is_told_why),
	    RULE(the_clients_size_is_kept_between_512_and_ours),
	    RULE(seventeen_addresses_fit_without_edns),
	    RULE(the_longest_name_is_looked_up),
	    RULE(answers_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
