/* proxyline: both versions are written as the document has them, read however they arrive, and nothing else is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/addr.h"
#include "base/proxyline.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static struct proxyline line_of(const char *client, const char *address)
{
	struct proxyline line = {.client_port = 56324, .port = 443};
	assert_true(addr_ip_parse(&line.client, client) && addr_ip_parse(&line.address, address));
	return line;
}

static void version_1_is_a_line(void **state)
{
	static const struct {
		const char *client, *address, *text;
	} rows[] = {
	    {"fdaa:0:1:ffff::2", "fdaa:0:1:0:1::3", "PROXY TCP6 fdaa:0:1:ffff::2 fdaa:0:1:0:1::3 56324 443\r\n"},
	    {"192.0.2.1", "192.0.2.2", "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"},
	    {"192.0.2.1", "fdaa::3", "PROXY TCP6 ::ffff:192.0.2.1 fdaa::3 56324 443\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct proxyline line = line_of(rows[i].client, rows[i].address);
		char out[PROXYLINE_V1_MOST + 1];
		size_t len = proxyline_write(out, sizeof out, 1, &line, BYTES("ignored"));
		assert_int_equal(len, strlen(rows[i].text));
		assert_memory_equal(out, rows[i].text, len);
		assert_int_equal(proxyline_write(out, len, 1, &line, (struct bytes){0}), 0);
	}
}

static void the_longest_line_has_107_octets(void **state)
{
	const char longest[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
	struct proxyline line = line_of(longest, longest);
	char out[PROXYLINE_V1_MOST + 1];
	(void)state;
	line.client_port = line.port = 65535;
	assert_int_equal(proxyline_write(out, sizeof out, 1, &line, (struct bytes){0}), 104);
}

static void version_2_has_the_family_of_its_addresses(void **state)
{
	char out[128];
	struct proxyline six = line_of("fdaa:0:1:ffff::2", "fdaa:0:1:0:1::3");
	struct proxyline four = line_of("192.0.2.1", "192.0.2.2");
	struct proxyline both = line_of("192.0.2.1", "fdaa::3");
	(void)state;
	assert_int_equal(proxyline_write(out, sizeof out, 2, &six, (struct bytes){0}), 52);
	assert_memory_equal(out, SIGNATURE "\x21\x21\0\x24\xfd\xaa\0\0\0\x01\xff\xff\0\0\0\0\0\0\0\x02", 32);
	assert_memory_equal(out + 48, "\xdc\x04\x01\xbb", 4);
	assert_int_equal(proxyline_write(out, sizeof out, 2, &four, (struct bytes){0}), 28);
	assert_memory_equal(out, SIGNATURE "\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb", 28);
	assert_int_equal(proxyline_write(out, sizeof out, 2, &both, (struct bytes){0}), 52);
	assert_memory_equal(out + 16, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01\xfd\xaa", 18);
	assert_int_equal(proxyline_write(out, 51, 2, &six, (struct bytes){0}), 0);
}

static void tlvs_are_inside_the_length(void **state)
{
	char out[128], tlvs[32];
	struct proxyline line = line_of("192.0.2.1", "192.0.2.2"), got;
	const char *why;
	size_t end;
	(void)state;
	size_t len = proxyline_tlv(tlvs, sizeof tlvs, 0xe0, BYTES("who"));
	assert_int_equal(len, 6);
	assert_memory_equal(tlvs, "\xe0\0\x03who", 6);
	assert_int_equal(proxyline_tlv(tlvs, 5, 0xe0, BYTES("who")), 0);
	len = proxyline_write(out, sizeof out, 2, &line, (struct bytes){tlvs, len});
	assert_int_equal(len, 34);
	assert_memory_equal(out + 14, "\0\x12", 2);
	assert_int_equal(proxyline_read(&got, (struct bytes){out, len}, &end, &why), PROXYLINE_DONE);
	assert_int_equal(end, 34);
}

/* Byte by byte it is the same as at once, and what follows is left alone. */
static enum proxyline_parse read_all(struct proxyline *out, struct bytes in, size_t *end, const char **why)
{
	enum proxyline_parse result = PROXYLINE_PARTIAL;
	for (size_t len = 0; len <= in.len && result == PROXYLINE_PARTIAL; len++) {
		char *exact = malloc(len ? len : 1); /* ends where the bytes end, so that one too far is found */
		memcpy(exact, in.at, len);
		result = proxyline_read(out, (struct bytes){exact, len}, end, why);
		free(exact);
	}
	return result;
}

static void what_is_written_is_read(void **state)
{
	const char *pairs[][2] = {{"fdaa::2", "fdaa:0:1:0:1::3"}, {"192.0.2.1", "192.0.2.2"}, {"192.0.2.1", "fdaa::3"}};
	(void)state;
	for (int version = 1; version <= 2; version++) {
		for (size_t i = 0; i < 3; i++) {
			struct proxyline line = line_of(pairs[i][0], pairs[i][1]), got;
			char out[PROXYLINE_V1_MOST + 8];
			const char *why = "";
			size_t end = 0;
			size_t len = proxyline_write(out, sizeof out, version, &line, (struct bytes){0});
			memcpy(out + len, "GET", 3);
			assert_int_equal(read_all(&got, (struct bytes){out, len + 3}, &end, &why), PROXYLINE_DONE);
			assert_int_equal(end, len);
			assert_memory_equal(&got.client, &line.client, sizeof line.client);
			assert_memory_equal(&got.address, &line.address, sizeof line.address);
			assert_int_equal(got.client_port, 56324);
			assert_int_equal(got.port, 443);
			assert_false(got.local);
		}
	}
}

static void what_has_no_address_means_the_connections_own(void **state)
{
	const struct bytes rows[] = {
	    BYTES("PROXY UNKNOWN\r\n"),
	    BYTES("PROXY UNKNOWN ffff::1 anything 1 2\r\n"),
	    BYTES(SIGNATURE "\x20\0\0\0"),
	    BYTES(SIGNATURE "\x20\x21\0\x03xyz"), /* a health check of a front that says more than it must */
	    BYTES(SIGNATURE "\x21\0\0\0"),
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct proxyline got;
		const char *why = "";
		size_t end = 0;
		assert_int_equal(read_all(&got, rows[i], &end, &why), PROXYLINE_DONE);
		assert_true(got.local);
		assert_int_equal(end, rows[i].len);
	}
}

static void the_client_of_a_datagram_is_read_and_told_apart(void **state)
{
	static const struct {
		struct bytes in;
		const char *client;
		bool datagram;
	} rows[] = {
	    {BYTES(SIGNATURE "\x21\x12\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\0\x35"), "192.0.2.1", true},
	    {BYTES(SIGNATURE "\x21\x22\0\x24\xfd\xaa\0\0\0\x01\xff\xff\0\0\0\0\0\0\0\x02"
	                     "\xfd\xaa\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\xdc\x04\0\x35"),
	     "fdaa:0:1:ffff::2", true},
	    {BYTES(SIGNATURE "\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\0\x35"), "192.0.2.1", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct proxyline got;
		struct in6_addr client;
		const char *why = "";
		size_t end = 0;
		assert_int_equal(read_all(&got, rows[i].in, &end, &why), PROXYLINE_DONE);
		assert_true(addr_ip_parse(&client, rows[i].client));
		assert_memory_equal(&got.client, &client, sizeof client);
		assert_int_equal(got.datagram, rows[i].datagram);
		assert_false(got.local);
		assert_int_equal(got.client_port, 56324);
		assert_int_equal(got.port, 53);
		assert_int_equal(end, rows[i].in.len);
	}
}

#define IPV4_HEAD(len) SIGNATURE "\x21\x11\0" len "\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb"

static void everything_else_is_refused(void **state)
{
	static const struct {
		struct bytes in;
		const char *why;
	} rows[] = {
	    {BYTES("GET / HTTP/1.1\r\n"), "no PROXY header"},
	    {BYTES("PROXY\tTCP4 "), "no PROXY header"},
	    {BYTES("\x16\x03\x01"), "no PROXY header"},
	    {BYTES("\r\n\r\n\0\r\nQUIX\n"), "no PROXY header"},
	    {BYTES("PROXY TCP5 ::1 ::1 1 2\r\n"), "neither"},
	    {BYTES("PROXY tcp6 ::1 ::1 1 2\r\n"), "neither"},
	    {BYTES("PROXY UNKNOWNX\r\n"), "neither"},
	    {BYTES("PROXY TCP4 ::1 ::1 1 2\r\n"), "not an address"},
	    {BYTES("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"), "not an address"},
	    {BYTES("PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n"), "not an address"},
	    {BYTES("PROXY TCP4 1.2.3.400 1.2.3.4 1 2\r\n"), "not an address"},
	    {BYTES("PROXY TCP4 1.2.3.4\r\n"), "not an address"},
	    {BYTES("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n"), "not an address"},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"), "two ports"},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"), "two ports"},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"), "two ports"},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n"), "two ports"},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"), "two ports"},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"), "two ports"},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r"), "no line feed"},
	    {BYTES("PROXY UNKNOWN 0123456789012345678901234567890123456789012345678901234567890123456789"
	           "0123456789012345678901234567890123456789\r\n"),
	     "107"},
	    {BYTES(SIGNATURE "\x11\x11\0\x0c"), "neither LOCAL"},
	    {BYTES(SIGNATURE "\x22\x11\0\x0c"), "neither LOCAL"},
	    {BYTES(SIGNATURE "\x21\x13\0\x0c"), "neither TCP"},
	    {BYTES(SIGNATURE "\x21\x31\0\xd8"), "neither TCP"},
	    {BYTES(SIGNATURE "\x21\x12\0\x0b"), "too short"},
	    {BYTES(SIGNATURE "\x21\x22\0\x23"), "too short"},
	    {BYTES(SIGNATURE "\x21\x11\0\x0b"), "too short"},
	    {BYTES(SIGNATURE "\x21\x21\0\x23"), "too short"},
	    {BYTES(SIGNATURE "\x21\x11\x07\xf1"), "2048"},
	    {BYTES(SIGNATURE "\x20\0\xff\xff"), "2048"},
	    {BYTES(IPV4_HEAD("\x0e") "\x01\0"), "cut short"},
	    {BYTES(IPV4_HEAD("\x10") "\x01\0\x02x"), "longer"},
	    {BYTES(IPV4_HEAD("\x11") "\x03\0\x02xy"), "not four octets"},
	    {BYTES(IPV4_HEAD("\x13") "\x03\0\x04\0\0\0\0"), "wrong checksum"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct proxyline got;
		const char *why = "none";
		size_t end = 0;
		if (read_all(&got, rows[i].in, &end, &why) != PROXYLINE_BAD || !strstr(why, rows[i].why))
			fail_msg("row %zu: %s, not %s", i, why, rows[i].why);
	}
}

static void a_right_checksum_is_taken(void **state)
{
	/* By another implementation of CRC-32C, over the header with zeros in its place. */
	static const char in[] = IPV4_HEAD("\x13") "\x03\0\x04\326\310\307\137";
	struct proxyline got;
	const char *why = "";
	size_t end = 0;
	(void)state;
	assert_int_equal(read_all(&got, (struct bytes){in, sizeof in - 1}, &end, &why), PROXYLINE_DONE);
	assert_int_equal(end, 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(version_1_is_a_line),
	    cmocka_unit_test(the_longest_line_has_107_octets),
	    cmocka_unit_test(version_2_has_the_family_of_its_addresses),
	    cmocka_unit_test(tlvs_are_inside_the_length),
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(what_has_no_address_means_the_connections_own),
	    cmocka_unit_test(the_client_of_a_datagram_is_read_and_told_apart),
	    cmocka_unit_test(everything_else_is_refused),
	    cmocka_unit_test(a_right_checksum_is_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
