/* responder: a resolver that is believed sees the names of whom it asks for, and is told how far the answer is good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/addr.h"
#include "dns_ask.h"

#define RESOLVER "2001:db8::53"
#define IN_ONE "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:1:0:1::2"
#define IN_TWO "NOERROR aa rd | web.flycast. 5 IN AAAA fdaa:0:2:0:1::5"

static struct prefix_list believed;

/* ::1 is in network 1 by itself, fdaa::/16 says it, and nothing else is in any. */
static uint8_t sample_block_of(const void *owner, const struct in6_addr *source)
{
	(void)owner;
	return source->s6_addr[0] == 0xfd ? 48 : IN6_IS_ADDR_LOOPBACK(source) ? 128 : 97;
}

static int open_believing(void **state)
{
	open_zone(state);
	believed = (struct prefix_list){0};
	assert_null(prefix_list_add(&believed, RESOLVER));
	settings.resolvers = &believed;
	settings.block_of = sample_block_of;
	return 0;
}

static size_t with_subnet(uint8_t *in, const char *name, struct bytes subnet)
{
	size_t len = sample_question(in, name, TYPE_AAAA);
	uint8_t *at = in + len;
	in[11] = 1;
	*at++ = 0;
	at = wire_put16(at, TYPE_OPT);
	at = wire_put16(at, 1232);
	at = wire_put32(at, 0);
	at = wire_put16(at, (unsigned)(4 + subnet.len));
	at = wire_put16(at, OPTION_SUBNET);
	at = wire_put16(at, (unsigned)subnet.len);
	memcpy(at, subnet.at, subnet.len);
	return (size_t)(at - in) + subnet.len;
}

static const char *ask_for(const char *source, const char *name, struct bytes subnet)
{
	uint8_t in[512];
	struct responder_client client = client_of(source, "::1");
	size_t len = with_subnet(in, name, subnet);
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	return dns_show(out, out_len);
}

/* The answer ends with this option. */
static void assert_option(struct bytes option)
{
	assert_true(out_len > option.len + 4);
	const uint8_t *at = out + out_len - option.len;
	assert_memory_equal(at, option.at, option.len);
	assert_int_equal(wire_get16(at - 2), option.len);
	assert_int_equal(wire_get16(at - 4), OPTION_SUBNET);
}

static void the_subnet_decides_and_the_scope_is_its_network(void **state)
{
	static const struct {
		struct bytes subnet;
		const char *name, *shown;
		struct bytes option;
	} rows[] = {
	    {BYTES("\0\2\x38\0\xfd\xaa\0\0\0\1\xff"), "web.flycast", IN_ONE, BYTES("\0\2\x38\x30\xfd\xaa\0\0\0\1\xff")},
	    {BYTES("\0\2\x30\0\xfd\xaa\0\0\0\2"), "web.flycast", IN_TWO, BYTES("\0\2\x30\x30\xfd\xaa\0\0\0\2")},
	    {BYTES("\0\2\x30\0\xfd\xaa\0\0\0\2"), "idle.internal", "NXDOMAIN aa rd ; SOA internal.",
	     BYTES("\0\2\x30\x30\xfd\xaa\0\0\0\2")},
	    {BYTES("\0\2\x30\0\xfd\xaa\0\0\0\1"), "idle.internal", "NOERROR aa rd ; SOA internal.",
	     BYTES("\0\2\x30\x30\xfd\xaa\0\0\0\1")},
	    {BYTES("\0\2\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "web.flycast", IN_ONE,
	     BYTES("\0\2\x80\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")},
	    /* of no network; of several; of nobody, so of the resolver's own, which is none */
	    {BYTES("\0\1\x18\0\xc0\0\2"), "web.flycast", "REFUSED rd", BYTES("\0\1\x18\1\xc0\0\2")},
	    {BYTES("\0\2\x20\0\xfd\xaa\0\0"), "web.flycast", "REFUSED rd", BYTES("\0\2\x20\x30\xfd\xaa\0\0")},
	    {BYTES("\0\2\0\0"), "web.flycast", "REFUSED rd", BYTES("\0\2\0\0")},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_string_equal(ask_for(RESOLVER, rows[i].name, rows[i].subnet), rows[i].shown);
		assert_option(rows[i].option);
	}
	assert_int_equal(responder.counts.subnet_stray, 0);
}

static void who_asks_for_nobody_sees_its_own_network(void **state)
{
	(void)state;
	assert_null(prefix_list_add(&believed, "fdaa:0:1::/48"));
	assert_string_equal(ask_for("fdaa:0:1:1:1:0:1:2", "web.flycast", BYTES("\0\1\0\0")), IN_ONE);
	assert_option(BYTES("\0\1\0\0"));
	assert_string_equal(ask_for("fdaa:0:1:1:1:0:1:2", "web.flycast", BYTES("\0\2\x30\0\xfd\xaa\0\0\0\2")), IN_TWO);
}

static void the_address_that_was_asked_must_allow_it(void **state)
{
	uint8_t in[512];
	struct responder_client client = client_of(RESOLVER, "fdaa:0:2::3");
	size_t len = with_subnet(in, "web.flycast", BYTES("\0\2\x30\0\xfd\xaa\0\0\0\1"));
	(void)state;
	out_len = responder_respond(&responder, &client, (struct bytes){(char *)in, len}, out, sizeof out);
	assert_string_equal(dns_show(out, out_len), "REFUSED rd");
}

static void what_is_malformed_is_told(void **state)
{
	(void)state;
	assert_string_equal(ask_for(RESOLVER, "web.flycast", BYTES("\0\2\x30\0\xfd\xaa\0\0\0")), "FORMERR rd");
	assert_string_equal(ask_for(RESOLVER, "web.flycast", BYTES("")), "FORMERR rd");
	assert_string_equal(ask_for(RESOLVER, "web.flycast", BYTES("\0\3\x08\0\1")), "FORMERR rd");
	assert_int_equal(out_len, WIRE_HEADER + WIRE_OPT);
}

static void nobody_else_is_believed(void **state)
{
	static const struct bytes rows[] = {BYTES("\0\2\x30\0\xfd\xaa\0\0\0\2"), BYTES("\0\2\x30\0\xfd\xaa\0\0\0"),
	                                    BYTES("")};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_string_equal(ask_for("fdaa:0:1:1:1:0:1:2", "web.flycast", rows[i]), IN_ONE);
		assert_int_equal(out_len, sizeof "\3web\7flycast" + WIRE_HEADER + 4 + WIRE_AAAA + WIRE_OPT);
		assert_int_equal(responder.counts.subnet_stray, i + 1);
	}
	settings.resolvers = NULL;
	assert_string_equal(ask_for(RESOLVER, "web.flycast", rows[0]), "REFUSED rd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_subnet_decides_and_the_scope_is_its_network, open_believing,
	                                    close_zone),
	    cmocka_unit_test_setup_teardown(who_asks_for_nobody_sees_its_own_network, open_believing, close_zone),
	    cmocka_unit_test_setup_teardown(the_address_that_was_asked_must_allow_it, open_believing, close_zone),
	    cmocka_unit_test_setup_teardown(what_is_malformed_is_told, open_believing, close_zone),
	    cmocka_unit_test_setup_teardown(nobody_else_is_believed, open_believing, close_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
