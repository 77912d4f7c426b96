/* addr: text in, address out, and back. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/addr.h"

static void an_endpoint_is_read_and_written_alike(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"[::1]:53", "[::1]:53"},
	    {"127.0.0.1:8080", "127.0.0.1:8080"},
	    {":53", "[::]:53"},
	    {"5353", "[::]:5353"},
	    {"[fdaa::3]:0", "[fdaa::3]:0"},
	    {"[FDAA:0::3]:1", "[fdaa::3]:1"},
	    {"::1:53", NULL},
	    {"[::1]", NULL},
	    {"[::1]:65536", NULL},
	    {"[::1:53", NULL},
	    {"localhost:53", NULL},
	    {"[::1]:5x", NULL},
	    {"", NULL},
	    {":", NULL},
	    {"1.2.3.4.5:1", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sockaddr_in6 addr;
		char text[ADDR_TEXT];
		assert_int_equal(addr_parse(&addr, rows[i].in), rows[i].out != NULL);
		if (rows[i].out)
			assert_string_equal(addr_text(text, &addr), rows[i].out);
	}
}

static void a_prefix_has_no_bits_beyond_its_length(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"10.0.0.0/8", "10.0.0.0/8"},
	    {"2001:db8::/32", "2001:db8::/32"},
	    {"::/0", "::/0"},
	    {"0.0.0.0/0", "0.0.0.0/0"},
	    {"10.0.0.1/8", NULL},
	    {"10.0.0.0/33", NULL},
	    {"::/129", NULL},
	    {"10.0.0.0", NULL},
	    {"2001:db8::1/64", NULL},
	    {"10.0.0.0/-1", NULL},
	    {"/8", NULL},
	    {"192.0.2.1/32", "192.0.2.1/32"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct prefix prefix;
		char text[ADDR_TEXT];
		assert_int_equal(prefix_parse(&prefix, rows[i].in), rows[i].out != NULL);
		if (rows[i].out)
			assert_string_equal(prefix_text(text, &prefix), rows[i].out);
	}
}

static bool within(const char *prefix_as_text, const char *ip_as_text)
{
	struct prefix prefix;
	struct in6_addr ip;
	assert_true(prefix_parse(&prefix, prefix_as_text));
	assert_true(addr_ip_parse(&ip, ip_as_text));
	return prefix_has(&prefix, &ip);
}

static void a_prefix_has_exactly_its_addresses(void **state)
{
	(void)state;
	assert_true(within("10.0.0.0/8", "10.255.255.255"));
	assert_false(within("10.0.0.0/8", "11.0.0.0"));
	assert_true(within("192.0.2.128/25", "192.0.2.128"));
	assert_false(within("192.0.2.128/25", "192.0.2.127"));
	assert_true(within("::/0", "10.0.0.1"));
	assert_false(within("0.0.0.0/0", "2001:db8::1"));
	assert_true(within("2001:db8:8000::/33", "2001:db8:ffff::1"));
	assert_false(within("2001:db8:8000::/33", "2001:db8:7fff::1"));
}

static void an_address_is_written_as_libc_writes_it(void **state)
{
	static const uint8_t values[] = {0, 0, 0, 1, 0x0f, 0x10, 0xff, 0x2b};
	char own[ADDR_TEXT], libc[ADDR_TEXT];
	unsigned seed = 1;
	(void)state;
	for (int turn = 0; turn < 200000; turn++) {
		struct in6_addr ip;
		unsigned zeros = (unsigned)rand_r(&seed);
		for (int i = 0; i < 16; i++)
			ip.s6_addr[i] = zeros >> i / 2 & 1 ? 0 : values[(rand_r(&seed) >> 8) % 8];
		if (IN6_IS_ADDR_V4MAPPED(&ip))
			continue;
		inet_ntop(AF_INET6, &ip, libc, sizeof libc);
		assert_string_equal(addr_ip_text(own, &ip), libc);
	}
	const struct in6_addr mapped = {.s6_addr = {[10] = 0xff, 0xff, 192, 0, 2, 1}};
	assert_string_equal(addr_ip_text(own, &mapped), "192.0.2.1");
	assert_string_equal(addr_ip_text(own, &in6addr_any), "::");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_endpoint_is_read_and_written_alike),
	    cmocka_unit_test(an_address_is_written_as_libc_writes_it),
	    cmocka_unit_test(a_prefix_has_no_bits_beyond_its_length),
	    cmocka_unit_test(a_prefix_has_exactly_its_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
