/* responder and EDNS options: what each gets over UDP, TCP and TLS, octet by octet. Rows without options that are
 * answered are in lib/dns_rules_edns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ldns/ldns.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "dns_ask.h"

#define HEAD "beef 0100 0001 0000 0000 0001 "
#define WEB "03 776562 07 666c7963617374 00 001c 0001 " /* web.flycast AAAA */
#define NAME "07 666c7963617374 00 001c 0001 "          /* flycast AAAA */
#define OPT "00 0029 04d0 00 00 0000 "
#define SOA                                                                                                            \
	"c00c 0006 0001 00000005 0037 04 5f646e73 08 696e7465726e616c 00 0a 686f73746d6173746572 07 666c7963617374 00" \
	"0000004d 0000003c 0000000a 00000e10 00000005 "

enum { UDP = RESPONDER_UDP, TCP = RESPONDER_TCP, TLS = RESPONDER_TLS };

#define CLIENT_HALF "2464c4abcf10c957"
#define OUR_HALF "01000000 000f4240 " /* of a cookie made at 1000000; its hash is the test's business */

static struct cookie_secrets secrets = {.count = 1, .secret[0] = {{1, 2, 3}}};

static size_t answer(const char *question, int transport)
{
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	uint8_t in[1024];
	size_t len = unhex(in, question);
	client.transport = (enum responder_transport)transport;
	client.keepalive = 100;
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	return out_len;
}

/* The data of an option of the answer, NULL: it has none such. OPT is the last record. */
static const uint8_t *option(unsigned want, size_t *len)
{
	ldns_pkt *p;
	static uint8_t data[65535];
	const uint8_t *found = NULL;
	assert_int_equal(ldns_wire2pkt(&p, out, out_len), LDNS_STATUS_OK);
	assert_true(ldns_pkt_edns(p));
	ldns_rdf *all = ldns_pkt_edns_data(p);
	size_t size = all ? ldns_rdf_size(all) : 0, at = 0;
	const uint8_t *octets = all ? ldns_rdf_data(all) : NULL;
	while (at < size) {
		size_t this_len = wire_get16(octets + at + 2);
		assert_true(at + 4 + this_len <= size);
		if (wire_get16(octets + at) == want) {
			assert_null(found); /* once */
			memcpy(data, octets + at + 4, this_len);
			found = data;
			*len = this_len;
		}
		at += 4 + this_len;
	}
	ldns_pkt_free(p);
	return found;
}

static size_t option_len(unsigned want)
{
	size_t len = 0;
	return option(want, &len) ? len : 0;
}

static const struct {
	const char *rule;
	int transport;
	const char *question, *want;
} rows[] = {
    {"tcp-keepalive over UDP is not looked at", UDP, HEAD NAME OPT "0004 000b 0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0000"},
    {"tcp-keepalive over TCP", TCP, HEAD NAME OPT "0004 000b 0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0006 000b 0002 0064"},
    {"tcp-keepalive over TLS", TLS, HEAD NAME OPT "0004 000b 0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0006 000b 0002 0064"},
    {"tcp-keepalive with a time is one", TCP, HEAD NAME OPT "0006 000b 0002 ffff",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0006 000b 0002 0064"},
    {"no tcp-keepalive that was not asked for", TCP, HEAD NAME OPT "0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0000"},
    {"padding over UDP is not answered", UDP, HEAD NAME OPT "0006 000c 0002 4142",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0000"},
    {"padding over TCP is not answered", TCP, HEAD NAME OPT "0004 000c 0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0000"},
    {"no padding that was not asked for", TLS, HEAD NAME OPT "0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0000"},
    {"zone version", UDP, HEAD NAME OPT "0004 0013 0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "000a 0013 0006 01 00 0000004d"},
    {"zone version with data", UDP, HEAD NAME OPT "0005 0013 0001 01", "beef 8101 0000 0000 0000 0001" OPT "0000"},
    {"zone version of what is not ours", UDP, HEAD "03 636f6d 00 001c 0001" OPT "0004 0013 0000",
     "beef 8105 0001 0000 0000 0001 03 636f6d 00 001c 0001" OPT "0006 000f 0002 0014"},
    {"client subnet is not looked at", UDP, HEAD NAME OPT "0008 0008 0004 ffff 20 00",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0000"},
    {"options twice", TCP, HEAD NAME OPT "0010 000b 0000 0003 0000 000b 0000 0003 0000",
     "beef 8500 0001 0000 0001 0001" NAME SOA OPT "0010 0003 0006 656467652d31 000b 0002 0064"},
    {"a cookie of 0 octets", UDP, HEAD NAME OPT "0004 000a 0000", "beef 8101 0000 0000 0000 0001" OPT "0000"},
    {"a cookie of 7", UDP, HEAD NAME OPT "000b 000a 0007 01020304050607", "beef 8101 0000 0000 0000 0001" OPT "0000"},
    {"a cookie of 9", UDP, HEAD NAME OPT "000d 000a 0009 010203040506070809",
     "beef 8101 0000 0000 0000 0001" OPT "0000"},
    {"a cookie of 15", UDP, HEAD NAME OPT "0013 000a 000f 010203040506070809101112131415",
     "beef 8101 0000 0000 0000 0001" OPT "0000"},
    {"a cookie of 41", UDP,
     HEAD NAME OPT "002d 000a 0029" CLIENT_HALF CLIENT_HALF CLIENT_HALF CLIENT_HALF CLIENT_HALF "00",
     "beef 8101 0000 0000 0000 0001" OPT "0000"},
    {"a short cookie and no question", UDP, "beef 0100 0000 0000 0000 0001" OPT "0005 000a 0001 01",
     "beef 8101 0000 0000 0000 0001" OPT "0000"},
};

static void every_option_gets_what_the_rule_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t want[1024];
		answer(rows[i].question, rows[i].transport);
		size_t want_len = unhex(want, rows[i].want);
		if (out_len != want_len || memcmp(out, want, want_len) != 0)
			fail_msg("%s\nwant: %s\ngot:  %s", rows[i].rule, rows[i].want, hex());
	}
}

static void every_zone_has_its_version(void **state)
{
	static const struct {
		const char *question, *version;
	} zones[] = {
	    {HEAD "06 6e6f626f6479 08 696e7465726e616c 00 001c 0001" OPT "0004 0013 0000", "01 00 0000004d"},
	    {HEAD "01 61 01 61 01 64 01 66 03 697036 04 61727061 00 000c 0001" OPT "0004 0013 0000", "06 00 0000004d"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		uint8_t want[6];
		size_t len = 0;
		answer(zones[i].question, UDP);
		const uint8_t *got = option(OPTION_ZONE_VERSION, &len);
		assert_int_equal(unhex(want, zones[i].version), len);
		assert_memory_equal(got, want, len);
	}
}

static void an_answer_over_TLS_is_padded_to_whole_blocks(void **state)
{
	static const char *const questions[] = {
	    HEAD NAME OPT "0004 000c 0000",
	    HEAD WEB OPT "0004 000c 0000",
	    HEAD "03 636f6d 00 001c 0001" OPT "0004 000c 0000",
	    HEAD "03 626967 08 696e7465726e616c 00 001c 0001" OPT "0008 000c 0004 01020304", /* big.internal */
	    HEAD "03 626967 08 696e7465726e616c 00 001c 0001" OPT "000c 000c 0000 0003 0000 000b 0000", /* and more */
	};
	(void)state;
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		size_t len = 0;
		assert_int_equal(answer(questions[i], TLS) % REPLY_BLOCK, 0);
		const uint8_t *data = option(OPTION_PADDING, &len);
		assert_non_null(data);
		for (size_t at = 0; at < len; at++)
			assert_int_equal(data[at], 0);
		assert_true(len < REPLY_BLOCK);
	}
}

static void cookies_are_given_taken_and_counted(void **state)
{
	char with_cookie[256], half[33] = "";
	size_t len = 0;
	(void)state;
	answer(HEAD WEB OPT "000c 000a 0008" CLIENT_HALF, UDP);
	assert_int_equal(out[3] & 15, RCODE_NOERROR);
	assert_int_equal(option_len(OPTION_COOKIE), 0); /* there is no secret */

	rcu_set(settings.now.secrets, &secrets);
	__atomic_store_n(&settings.now.seconds, 1000000, __ATOMIC_RELAXED);
	answer(HEAD WEB OPT "000c 000a 0008" CLIENT_HALF, UDP);
	assert_int_equal(wire_get16(out + 6), 1);
	const uint8_t *cookie = option(OPTION_COOKIE, &len);
	uint8_t want[16];
	assert_int_equal(len, 24);
	assert_int_equal(unhex(want, CLIENT_HALF OUR_HALF), 16);
	assert_memory_equal(cookie, want, 16);
	for (size_t i = 0; i < 16; i++)
		snprintf(half + 2 * i, 3, "%02x", cookie[8 + i]);

	snprintf(with_cookie, sizeof with_cookie, HEAD WEB OPT "001c 000a 0018" CLIENT_HALF "%s", half);
	answer(with_cookie, UDP);
	assert_memory_equal(option(OPTION_COOKIE, &len), want, 16);
	assert_int_equal(wire_get16(out + 6), 1);
	half[31] = half[31] == '0' ? '1' : '0';
	snprintf(with_cookie, sizeof with_cookie, HEAD WEB OPT "001c 000a 0018" CLIENT_HALF "%s", half);
	answer(with_cookie, UDP); /* a wrong one is answered, with a fresh one */
	assert_int_equal(wire_get16(out + 6), 1);
	assert_memory_equal(option(OPTION_COOKIE, &len), want, 16);
	assert_int_equal(responder.counts.cookies[COOKIE_NEW], 1);
	assert_int_equal(responder.counts.cookies[COOKIE_VALID], 1);
	assert_int_equal(responder.counts.cookies[COOKIE_WRONG], 1);
	assert_int_equal(responder.counts.cookies[COOKIE_NONE], 0);

	/* of two the first one counts, whatever the second is */
	answer(HEAD WEB OPT "0011 000a 0008" CLIENT_HALF "000a 0001 00", UDP);
	assert_int_equal(option_len(OPTION_COOKIE), 24);
	/* a refusal has it too */
	answer(HEAD "03 636f6d 00 001c 0001" OPT "000c 000a 0008" CLIENT_HALF, UDP);
	assert_int_equal(option_len(OPTION_COOKIE), 24);
	assert_int_equal(option_len(OPTION_EDE), 2);
	/* BADVERS has not, nor NSID */
	answer(HEAD WEB "00 0029 04d0 00 01 0000 0010 0003 0000 000a 0008" CLIENT_HALF, UDP);
	assert_int_equal(option_len(OPTION_COOKIE), 0);
}

/* Of a message that is malformed in another place, too, no option is looked at: the cookie may be shorter than half a one,
 * and the last of what came. */
static void a_cookie_of_a_malformed_message_is_not_read(void **state)
{
	static const char one_record_more[] = "beef 0100 0001 0000 0000 0002 " NAME OPT "0004 000a 0000";
	uint8_t in[256];
	size_t len = unhex(in, one_record_more);
	uint8_t *exact = mem_copy(in, len);
	struct responder_client client = client_of("fdaa:0:1:1:1:0:1:2", "fdaa::3");
	(void)state;
	rcu_set(settings.now.secrets, &secrets);
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)exact, len}, out, sizeof out);
	free(exact);
	assert_int_equal(out_len, WIRE_HEADER);
	assert_int_equal(out[3] & 15, RCODE_FORMERR);
	assert_int_equal(responder.counts.cookies[COOKIE_WRONG], 0);
}

static void a_cookie_may_be_asked_for_without_a_question(void **state)
{
	char question[256], half[33] = "";
	size_t len = 0;
	(void)state;
#define NO_QUESTION "beef 0100 0000 0000 0000 0001"
	answer(NO_QUESTION OPT "000c 000a 0008" CLIENT_HALF, UDP);
	assert_int_equal(out[3], RCODE_FORMERR); /* there is no secret */
	rcu_set(settings.now.secrets, &secrets);
	answer(NO_QUESTION OPT "000c 000a 0008" CLIENT_HALF, UDP);
	assert_int_equal(out[3], RCODE_NOERROR);
	assert_int_equal(wire_get16(out + 4), 0);
	assert_int_equal(out_len, WIRE_HEADER + WIRE_OPT + 28);
	const uint8_t *cookie = option(OPTION_COOKIE, &len);
	for (size_t i = 0; i < 16; i++)
		snprintf(half + 2 * i, 3, "%02x", cookie[8 + i]);
	snprintf(question, sizeof question, NO_QUESTION OPT "001c 000a 0018" CLIENT_HALF "%s", half);
	answer(question, UDP);
	assert_int_equal(out[3], RCODE_NOERROR);
	assert_int_equal(out[WIRE_HEADER + 5], 0);
	snprintf(question, sizeof question, NO_QUESTION OPT "001c 000a 0018 0000000000000000 %s", half);
	answer(question, UDP);
	assert_int_equal(out[3], RCODE_BADCOOKIE & 15);
	assert_int_equal(out[WIRE_HEADER + 5], RCODE_BADCOOKIE >> 4);
	assert_int_equal(option_len(OPTION_COOKIE), 24);
	answer(NO_QUESTION OPT "0000", UDP);
	assert_int_equal(out[3], RCODE_FORMERR);
}

static unsigned error_of(const char *question)
{
	size_t len = 0;
	answer(question, UDP);
	const uint8_t *data = option(OPTION_EDE, &len);
	return data ? wire_get16(data) : 0;
}

static void old_answers_say_that_they_are_old(void **state)
{
	(void)state;
	assert_int_equal(error_of(HEAD WEB OPT "0000"), 0);
	__atomic_store_n(&settings.now.stale, true, __ATOMIC_RELAXED);
	assert_int_equal(error_of(HEAD WEB OPT "0000"), EDE_STALE);
	assert_int_equal(error_of(HEAD NAME OPT "0000"), EDE_STALE);
	assert_int_equal(error_of(HEAD "01 78" NAME OPT "0000"), EDE_STALE_NXDOMAIN);
	assert_int_equal(error_of(HEAD "03 636f6d 00 001c 0001" OPT "0000"), EDE_NOT_AUTHORITATIVE);
	assert_string_equal(ask("web.flycast", TYPE_AAAA), "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2");
}

/* The largest OPT there is beside the longest question, in the smallest answer. */
static void everything_at_once_fits(void **state)
{
	static const char options[] = "0018 0003 0000 0013 0000 000a 0008" CLIENT_HALF "000b 0000";
	static char identity[REPLY_OPTION_MAX];
	struct text question = {0};
	(void)state;
	settings.identity = (struct bytes){identity, sizeof identity};
	settings.now.stale = true;
	rcu_set(settings.now.secrets, &secrets);
	text_put(&question, HEAD);
	for (int i = 0; i < 122; i++)
		text_put(&question, "01 61");
	text_put(&question, "08 696e7465726e616c 00 001c 0001 00 0029 0200 00 00 8000");
	text_put(&question, options);
	answer(question.at, UDP);
	text_free(&question);
	assert_int_equal(out[3] & 15, RCODE_NXDOMAIN);
	assert_true(out_len <= 512);
	assert_int_equal(option_len(OPTION_NSID), 64);
	assert_int_equal(option_len(OPTION_COOKIE), 24);
	assert_int_equal(option_len(OPTION_EDE), 2);
	assert_int_equal(option_len(OPTION_ZONE_VERSION), 6);
	assert_int_equal(option_len(OPTION_KEEPALIVE), 0);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, open_zone, close_zone)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(every_option_gets_what_the_rule_says),
	    RULE(every_zone_has_its_version),
	    RULE(an_answer_over_TLS_is_padded_to_whole_blocks),
	    RULE(cookies_are_given_taken_and_counted),
	    RULE(a_cookie_of_a_malformed_message_is_not_read),
	    RULE(a_cookie_may_be_asked_for_without_a_question),
	    RULE(old_answers_say_that_they_are_old),
	    RULE(everything_at_once_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
