/* responder: which questions are for somebody else to answer, and on whose behalf; and who hears that this can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dns_ask.h"

static int open_forwarding(void **state)
{
	open_zone(state);
	settings.forwards = true;
	return 0;
}

/* The network that is asked for elsewhere; 0 with an answer of our own. */
static uint32_t outside_of(const char *source, const char *name, uint16_t type, unsigned flags, uint16_t class)
{
	struct responder_client client = client_of(source, "fdaa::3");
	uint8_t in[512];
	size_t len = sample_question(in, name, type);
	wire_put16(in + 2, flags);
	wire_put16(in + len - 2, class);
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	assert_int_equal(out_len == 0, responder.outside.network != 0);
	if (out_len == 0)
		assert_int_equal(responder.outside.question_len, len - WIRE_HEADER);
	return responder.outside.network;
}

#define ONE "fdaa:0:1:1:1:0:1:2" /* its network forwards, that of TWO does not */
#define TWO "fdaa:0:2:1:1:0:1:2"

static void names_of_other_zones_are_asked_for_elsewhere(void **state)
{
	static const char *const names[] = {".",
	                                    "example.com",
	                                    "internal.example.com",
	                                    "flycast.com",
	                                    "xflycast",
	                                    "1.0.0.127.in-addr.arpa",
	                                    "8.b.d.0.1.0.0.2.ip6.arpa",
	                                    "d.f.ip6.arpa"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(outside_of(ONE, names[i], TYPE_AAAA, 0x0100, CLASS_IN), 1);
		assert_int_equal(outside_of("::1", names[i], TYPE_AAAA, 0x0100, CLASS_IN), 1); /* attached to it */
		assert_int_equal(outside_of(TWO, names[i], TYPE_AAAA, 0x0100, CLASS_IN), 0);
		assert_string_equal(show(), "REFUSED rd");
		assert_int_equal(outside_of("fdaa:0:9::2", names[i], TYPE_AAAA, 0x0100, CLASS_IN), 0);
		assert_int_equal(outside_of("2001:db8::1", names[i], TYPE_AAAA, 0x0100, CLASS_IN), 0);
		assert_int_equal(outside_of(ONE, names[i], TYPE_AAAA, 0, CLASS_IN), 0); /* no RD */
		assert_int_equal(outside_of(ONE, names[i], TYPE_AAAA, 0x0100, CLASS_CH), 0);
		assert_int_equal(outside_of(ONE, names[i], TYPE_AAAA, 0x0100, CLASS_ANY), 0);
		assert_int_equal(outside_of(ONE, names[i], TYPE_AAAA, 0x2900, CLASS_IN), 0); /* UPDATE */
	}
}

static void types_that_ask_for_data_are(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 300; type++)
		assert_int_equal(outside_of(ONE, "example.com", (uint16_t)type, 0x0100, CLASS_IN),
		                 type != 0 && type != 41 && !(type >= 249 && type <= 254));
	assert_int_equal(outside_of(ONE, "example.com", 65280, 0x0100, CLASS_IN), 1);
}

static void our_own_names_never_are(void **state)
{
	static const char *const names[] = {"web.flycast",     "nobody.flycast",   "flycast",           "internal",
	                                    "nobody.internal", "a.a.d.f.ip6.arpa", "0.a.a.d.f.ip6.arpa"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (int ours = 0; ours < 2; ours++) {
			assert_int_equal(outside_of(ours ? ONE : TWO, names[i], TYPE_AAAA, 0x0100, CLASS_IN), 0);
			assert_int_equal(out[3] & 0x80,
			                 ours ? 0x80 : 0); /* RA: whoever may ask for others hears of it */
		}
	settings.forwards = false;
	outside_of(ONE, "web.flycast", TYPE_AAAA, 0x0100, CLASS_IN);
	assert_int_equal(out[3] & 0x80, 0);
	assert_int_equal(outside_of(ONE, "example.com", TYPE_AAAA, 0x0100, CLASS_IN), 0);
}

static void what_the_client_takes_goes_with_it(void **state)
{
	struct responder_client client = client_of(ONE, "fdaa::3");
	uint8_t in[512];
	size_t len = sample_question(in, "example.com", TYPE_AAAA);
	(void)state;
	responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	assert_int_equal(responder.outside.room, 512);
	assert_false(responder.outside.has_edns);
	memcpy(in + len, "\0\0\x29\x02\x58\0\0\x80\0\0\0", 11);
	in[11] = 1;
	responder_respond(&responder, &client, (struct bytes){(char *)in, len + 11}, out, sizeof out);
	assert_int_equal(responder.outside.room, 600);
	assert_true(responder.outside.has_edns && responder.outside.dnssec_ok);
	client.transport = RESPONDER_TCP;
	responder_respond(&responder, &client, (struct bytes){(char *)in, len + 11}, out, sizeof out);
	assert_int_equal(responder.outside.room, WIRE_MESSAGE_MAX);
	/* what gets no answer for another reason is no question for others */
	in[2] |= 0x80;
	assert_int_equal(responder_respond(&responder, &client, (struct bytes){(char *)in, len + 11}, out, sizeof out),
	                 0);
	assert_int_equal(responder.outside.network, 0);
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, open_forwarding, close_zone)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(names_of_other_zones_are_asked_for_elsewhere),
	    RULE(types_that_ask_for_data_are),
	    RULE(our_own_names_never_are),
	    RULE(what_the_client_takes_goes_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
