/* hello: PostgreSQL clients are told apart by their first bytes, and nothing else is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "hello.h"

static void first_bytes_tell_what_a_client_wants(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		enum hello hello;
	} rows[] = {
	    {"nothing", "", 0, HELLO_MORE},
	    {"half a length", "\0\0", 2, HELLO_MORE},
	    {"all but one octet", "\0\0\0\x08\x04\xd2\x16", 7, HELLO_MORE},
	    {"SSLRequest", "\0\0\0\x08\x04\xd2\x16\x2f", 8, HELLO_SSL},
	    {"SSLRequest and more", "\0\0\0\x08\x04\xd2\x16\x2f\x16\x03", 10, HELLO_SSL},
	    {"SSLRequest of another size", "\0\0\0\x09\x04\xd2\x16\x2f", 8, HELLO_BAD},
	    {"GSSENCRequest", "\0\0\0\x08\x04\xd2\x16\x30", 8, HELLO_GSS},
	    {"GSSENCRequest of another size", "\0\0\0\x10\x04\xd2\x16\x30", 8, HELLO_BAD},
	    {"CancelRequest", "\0\0\0\x10\x04\xd2\x16\x2e", 8, HELLO_CANCEL},
	    {"CancelRequest of another size", "\0\0\0\x08\x04\xd2\x16\x2e", 8, HELLO_BAD},
	    {"a long key, protocol 3.2", "\0\0\0\x20\x04\xd2\x16\x2e", 8, HELLO_CANCEL},
	    {"the longest key", "\0\0\x01\x0c\x04\xd2\x16\x2e", 8, HELLO_CANCEL},
	    {"a longer one", "\0\0\x01\x0d\x04\xd2\x16\x2e", 8, HELLO_BAD},
	    {"a shorter one than any", "\0\0\0\x0f\x04\xd2\x16\x2e", 8, HELLO_BAD},
	    {"StartupMessage 3.0", "\0\0\0\x29\0\x03\0\0user", 12, HELLO_PLAIN},
	    {"StartupMessage 3.2", "\0\0\0\x29\0\x03\0\x02user", 12, HELLO_PLAIN},
	    {"StartupMessage without parameters", "\0\0\0\x08\0\x03\0\0", 8, HELLO_BAD},
	    {"StartupMessage 2.0", "\0\0\0\x29\0\x02\0\0", 8, HELLO_BAD},
	    {"a length that no server takes", "\0\0\x27\x11\0\x03\0\0", 8, HELLO_BAD},
	    {"the longest", "\0\0\x27\x10\0\x03\0\0", 8, HELLO_PLAIN},
	    {"a length of nothing", "\0\0\0\0\0\x03\0\0", 8, HELLO_BAD},
	    {"TLS", "\x16\x03\x01\x02", 4, HELLO_TLS},
	    {"the first octet of TLS", "\x16", 1, HELLO_TLS},
	    {"HTTP", "GET / HTTP/1.1\r\n", 16, HELLO_BAD},
	    {"SSH", "S", 1, HELLO_BAD},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (hello_read((const unsigned char *)rows[i].bytes, rows[i].len) != rows[i].hello)
			fail_msg("%s", rows[i].name);
}

static void a_refusal_is_an_error_response(void **state)
{
	unsigned char out[HELLO_REFUSAL_MAX];
	char long_one[2000];
	(void)state;
	size_t len = hello_refusal_write(out, "no");
	assert_int_equal(len, 1 + 4 + 7 + 7 + 7 + 4 + 1);
	assert_memory_equal(out, "E\0\0\0\x1eSFATAL\0VFATAL\0C28000\0Mno\0\0", len);
	memset(long_one, 'x', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	len = hello_refusal_write(out, long_one);
	assert_true(len <= sizeof out);
	assert_int_equal(out[len - 1], 0);
	assert_int_equal((size_t)(out[3] << 8 | out[4]) + 1, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_bytes_tell_what_a_client_wants),
	    cmocka_unit_test(a_refusal_is_an_error_response),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
