/* key_text: keys as other programs write them are read, and read again from what is written; nothing else is a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "command/key_text.h"

#define SECRET "c2VjcmV0IG9mIDI0IG9jdGV0cyAu" /* of "secret of 24 octets ." */

/* "name algorithm secret" of what was read, or the sentence. */
static const char *read_key(const char *in)
{
	static char said[512];
	struct transfer_key key;
	struct text secret = {0}, why = {0};
	if (key_text_read(&key, &secret, bytes_of(in), &why) == 0)
		snprintf(said, sizeof said, "%s %s %s", key.name, key.algorithm, text_string(&secret));
	else
		snprintf(said, sizeof said, "%s", text_string(&why));
	text_free(&secret);
	text_free(&why);
	return said;
}

static void keys_of_other_programs_are_read(void **state)
{
	(void)state;
	assert_string_equal(read_key("key \"A.b\" {\n\talgorithm hmac-sha512;\n\tsecret \"" SECRET "\";\n};\n"),
	                    "a.b hmac-sha512 secret of 24 octets .");
	assert_string_equal(read_key("// mine\nkey a{secret " SECRET ";algorithm HMAC-SHA256;};"),
	                    "a hmac-sha256 secret of 24 octets .");
	assert_string_equal(read_key("# a comment\nhmac-sha384:a.:" SECRET "\n"),
	                    "a hmac-sha384 secret of 24 octets .");
	assert_string_equal(read_key("a:" SECRET), "a hmac-sha256 secret of 24 octets .");
	assert_string_equal(read_key("a:c2VjcmV0IG9mIDE2IG9jdA=="), "a hmac-sha256 secret of 16 oct");
}

static void what_is_no_key_is_told(void **state)
{
	static const char no_key[] =
	    "it is no key as tsig-keygen writes it, and no algorithm:name:secret as dig -y takes it";
	(void)state;
	assert_string_equal(read_key(""), no_key);
	assert_string_equal(read_key("key"), no_key);
	assert_string_equal(read_key("key a {"), no_key);
	assert_string_equal(read_key("key a { algorithm hmac-sha256; };"), no_key);
	assert_string_equal(read_key("key a { secret " SECRET "; };"), no_key);
	assert_string_equal(read_key("key a { color red; };"), no_key);
	assert_string_equal(read_key("a"), no_key);
	assert_string_equal(read_key("a:" SECRET "\nb:" SECRET), "there is more than one key: give each alone");
	assert_string_equal(read_key("hmac-md5:a:" SECRET),
	                    "the algorithm \"hmac-md5\" is none of hmac-sha224, hmac-sha256, "
	                    "hmac-sha384 and hmac-sha512");
	assert_string_equal(read_key("a:c2hvcnQ="), "the secret is shorter than 16 octets, which can be guessed");
	assert_string_equal(read_key("a:"), "the secret is no base64 of at most 256 octets");
	assert_string_equal(read_key("a:====" SECRET), "the secret is no base64 of at most 256 octets");
	assert_string_equal(read_key("a b:" SECRET), no_key);
	assert_string_equal(read_key("key a { algorithm hmac-sha256; secret " SECRET "; secret " SECRET "; };"),
	                    no_key);
}

static void a_secret_is_as_long_as_can_be_shown(void **state)
{
	enum { MOST = 4 * ((TRANSFER_KEY_MOST + 2) / 3) };
	static const char too_long[] = "the secret is no base64 of at most 256 octets";
	char in[2 + MOST + 1] = "a:";
	(void)state;
	memset(in + 2, 'A', MOST);
	assert_string_equal(read_key(in), too_long); /* 258 octets */
	in[2 + MOST - 1] = '=';
	assert_string_equal(read_key(in), too_long);
	in[2 + MOST - 2] = '=';
	assert_int_equal(strncmp(read_key(in), "a hmac-sha256 ", 14), 0);
}

static void names_are_domain_names(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a..b", ".a", "a b", "a/b", "a\xff", "a.."};
	char out[TRANSFER_KEY_NAME], longest[300];
	struct text why = {0};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(transfer_key_name(out, bad[i], &why), -1);
	memset(longest, 'a', sizeof longest);
	longest[63] = longest[127] = longest[191] = '.';
	longest[253] = '\0';
	assert_int_equal(transfer_key_name(out, longest, &why), 0);
	longest[253] = 'a', longest[254] = '\0';
	assert_int_equal(transfer_key_name(out, longest, &why), -1);
	longest[64] = '\0', longest[63] = 'a';
	assert_int_equal(transfer_key_name(out, longest, &why), -1);
	text_free(&why);
}

static void what_is_written_is_read_again(void **state)
{
	static const char *const forms[] = {"bind", "dig"};
	struct transfer_key key = {.name = "ns2.example", .algorithm = "hmac-sha224"};
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct text out = {0};
		key_text_write(&out, forms[i], &key, BYTES("seventeen octets!"));
		assert_string_equal(read_key(text_string(&out)), "ns2.example hmac-sha224 seventeen octets!");
		text_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_other_programs_are_read),     cmocka_unit_test(what_is_no_key_is_told),
	    cmocka_unit_test(a_secret_is_as_long_as_can_be_shown), cmocka_unit_test(names_are_domain_names),
	    cmocka_unit_test(what_is_written_is_read_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
