/* responder, octet by octet: the question packets that RFCs, resolvers and attackers send, and what each gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dns_ask.h"

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

#define RULE(f) cmocka_unit_test_setup_teardown(f, open_zone, close_zone)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(every_packet_gets_what_the_rule_says), RULE(a_source_port_of_0_is_not_answered),
	    RULE(a_client_of_no_network_is_told_why),   RULE(the_clients_size_is_kept_between_512_and_ours),
	    RULE(the_longest_name_is_looked_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
