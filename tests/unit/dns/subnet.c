/* subnet: whole options are read and come back with their scope, and everything that RFC 7871 calls malformed is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "subnet.h"

/* From memory that ends where the option ends. */
static bool read_exact(struct subnet *out, struct bytes data, char **copy)
{
	*copy = malloc(data.len ? data.len : 1);
	memcpy(*copy, data.at, data.len);
	return subnet_read(out, (struct bytes){*copy, data.len});
}

static void an_option_says_who_asks_and_comes_back_with_its_scope(void **state)
{
	static const struct {
		struct bytes in;
		const char *prefix;
		uint8_t scope;
		struct bytes out;
	} rows[] = {
	    {BYTES("\0\1\x18\0\xc0\0\2"), "192.0.2.0/24", 96 + 16, BYTES("\0\1\x18\x10\xc0\0\2")},
	    {BYTES("\0\1\x20\0\xc0\0\2\7"), "192.0.2.7/32", 96 + 32, BYTES("\0\1\x20\x20\xc0\0\2\7")},
	    {BYTES("\0\1\x04\0\xc0"), "192.0.0.0/4", 1, BYTES("\0\1\x04\0\xc0")},
	    {BYTES("\0\2\x30\0\xfd\xaa\0\0\0\1"), "fdaa:0:1::/48", 48, BYTES("\0\2\x30\x30\xfd\xaa\0\0\0\1")},
	    {BYTES("\0\2\x07\0\xfc"), "fc00::/7", 48, BYTES("\0\2\x07\x30\xfc")},
	    {BYTES("\0\2\x80\0\xfd\xaa\0\0\0\1\0\0\0\0\0\0\0\0\0\2"), "fdaa:0:1::2/128", 48,
	     BYTES("\0\2\x80\x30\xfd\xaa\0\0\0\1\0\0\0\0\0\0\0\0\0\2")},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct subnet got;
		uint8_t out[SUBNET_DATA];
		char text[ADDR_TEXT], *copy;
		assert_true(read_exact(&got, rows[i].in, &copy));
		assert_false(got.nobody);
		assert_string_equal(prefix_text(text, &got.prefix), rows[i].prefix);
		assert_int_equal(subnet_write(out, &got, rows[i].scope), rows[i].out.len);
		assert_memory_equal(out, rows[i].out.at, rows[i].out.len);
		free(copy);
	}
}

static void who_asks_for_nobody_gets_no_scope(void **state)
{
	static const struct bytes rows[] = {BYTES("\0\0\0\0"), BYTES("\0\1\0\0"), BYTES("\0\2\0\0")};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct subnet got;
		uint8_t out[SUBNET_DATA];
		char *copy;
		assert_true(read_exact(&got, rows[i], &copy));
		assert_true(got.nobody);
		assert_int_equal(subnet_write(out, &got, 128), 4);
		assert_memory_equal(out, rows[i].at, 4);
		free(copy);
	}
}

static void the_rest_is_malformed(void **state)
{
	static const struct bytes rows[] = {
	    BYTES(""),
	    BYTES("\0\1\x18"),
	    BYTES("\0\1\x18\0\xc0\0"),       /* too few octets */
	    BYTES("\0\1\x18\0\xc0\0\2\0"),   /* too many */
	    BYTES("\0\1\x17\0\xc0\0\3"),     /* a bit behind the length */
	    BYTES("\0\1\x21\0\xc0\0\2\0\0"), /* longer than an address */
	    BYTES("\0\2\x81\0\xfd\xaa\0\0\0\1\0\0\0\0\0\0\0\0\0\2\0"),
	    BYTES("\0\1\x18\x18\xc0\0\2"), /* a scope in a question */
	    BYTES("\0\3\x18\0\xc0\0\2"),   /* no such family */
	    BYTES("\0\3\0\0"),
	    BYTES("\1\1\x18\0\xc0\0\2"),
	    BYTES("\0\0\x08\0\xc0"),
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct subnet got;
		char *copy;
		if (read_exact(&got, rows[i], &copy))
			fail_msg("row %zu was read", i);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_option_says_who_asks_and_comes_back_with_its_scope),
	    cmocka_unit_test(who_asks_for_nobody_gets_no_scope),
	    cmocka_unit_test(the_rest_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
