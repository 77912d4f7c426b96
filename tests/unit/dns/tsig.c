/* tsig: what was signed is believed and nothing else is; the records are those of RFC 8945. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tsig.h"
#include "wire.h"

enum { NOW = 1700000000, ROOM = 1024 };

static const struct bytes none = {NULL, 0};
static const uint8_t question[] = "\xbe\xef\1\0\0\1\0\0\0\0\0\0\3web\7flycast\0\0\34\0\1";
enum { QUESTION = sizeof question - 1 };

static struct tsig_key *key_of(const char *name)
{
	struct tsig_key *key = tsig_key_new(name, "hmac-sha256", BYTES("a secret of 24 octets ..."));
	assert_non_null(key);
	return key;
}

/* A signed question; its length. */
static size_t sign(uint8_t out[ROOM], const struct tsig_key *key, uint64_t now)
{
	struct tsig_signer signer;
	memcpy(out, question, QUESTION);
	tsig_signer_init(&signer, key, NULL);
	size_t len = tsig_sign(&signer, out, QUESTION, now);
	assert_true(len - QUESTION <= tsig_size(key));
	return len;
}

static enum tsig_error check(const uint8_t *message, size_t len, const struct tsig_key *key)
{
	struct tsig tsig;
	if (!tsig_read(&tsig, message, len, QUESTION))
		return TSIG_MALFORMED;
	bool known = tsig.owner.len == key->name.len && memcmp(tsig.owner.wire, key->name.wire, key->name.len) == 0;
	return tsig_check(&tsig, known ? key : NULL, message, none, NOW);
}

static void what_was_signed_is_believed_and_no_octet_may_differ(void **state)
{
	struct tsig_key *key = key_of("a.key"), *copy = tsig_key_copy(key);
	uint8_t message[ROOM];
	(void)state;
	size_t len = sign(message, key, NOW);
	assert_int_equal(wire_get16(message + 10), 1);
	assert_int_equal(check(message, len, copy), TSIG_GOOD);
	for (size_t i = 0; i < len; i++) {
		/* The id of the message may be another one: RFC 8945 has the one that was signed in the record. */
		if (i < 2)
			continue;
		message[i] ^= 1;
		assert_true(check(message, len, key) != TSIG_GOOD);
		message[i] ^= 1;
	}
	for (size_t cut = QUESTION; cut < len; cut++) {
		assert_int_equal(check(message, cut, key), TSIG_MALFORMED);
	}
	message[0] ^= 1;
	assert_int_equal(check(message, len, key), TSIG_GOOD);
	tsig_key_free(copy);
	tsig_key_free(key);
}

static void clocks_may_differ_by_five_minutes(void **state)
{
	static const struct {
		uint64_t time;
		enum tsig_error error;
	} all[] = {{NOW - 301, TSIG_BADTIME},
	           {NOW - 300, TSIG_GOOD},
	           {NOW + 300, TSIG_GOOD},
	           {NOW + 301, TSIG_BADTIME},
	           {0, TSIG_BADTIME}};
	struct tsig_key *key = key_of("k");
	uint8_t message[ROOM];
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		size_t len = sign(message, key, all[i].time);
		assert_int_equal(check(message, len, key), all[i].error);
	}
	tsig_key_free(key);
}

/* The record with another MAC size; its length. */
static size_t resize(uint8_t message[ROOM], size_t len, unsigned mac_len)
{
	struct tsig tsig;
	uint8_t rest[6];
	assert_true(tsig_read(&tsig, message, len, QUESTION));
	uint8_t *mac = message + (tsig.mac - message);
	memcpy(rest, tsig.mac + tsig.mac_len, sizeof rest);
	wire_put16(mac - 2, mac_len);
	memcpy(mac + mac_len, rest, sizeof rest);
	size_t end = (size_t)(mac - message) + mac_len + sizeof rest;
	size_t rdata = QUESTION + tsig.owner.len + 10u;
	wire_put16(message + rdata - 2, (unsigned)(end - rdata));
	return end;
}

static void a_signature_may_not_be_cut(void **state)
{
	static const struct {
		unsigned mac_len;
		enum tsig_error error;
	} all[] = {
	    {31, TSIG_BADTRUNC}, {16, TSIG_BADTRUNC}, {15, TSIG_MALFORMED}, {0, TSIG_MALFORMED}, {33, TSIG_MALFORMED}};
	struct tsig_key *key = key_of("k");
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		uint8_t message[ROOM];
		size_t len = resize(message, sign(message, key, NOW), all[i].mac_len);
		assert_int_equal(check(message, len, key), all[i].error);
	}
	tsig_key_free(key);
}

static void the_owner_may_be_compressed(void **state)
{
	struct tsig_key *key = key_of("web.flycast");
	uint8_t message[ROOM], other[ROOM];
	(void)state;
	size_t len = sign(message, key, NOW), name = key->name.len;
	memcpy(other, message, QUESTION);
	wire_put16(other + QUESTION, 0xc00c);
	memcpy(other + QUESTION + 2, message + QUESTION + name, len - QUESTION - name);
	assert_int_equal(check(other, len - name + 2, key), TSIG_GOOD);
	wire_put16(other + QUESTION, 0xc000 | QUESTION); /* to itself */
	assert_int_equal(check(other, len - name + 2, key), TSIG_MALFORMED);
	tsig_key_free(key);
}

static void the_end_of_the_owner_may_be_compressed(void **state)
{
	static const uint8_t owner[] = "\3ns2\xc0\x10"; /* flycast, in the question */
	struct tsig_key *key = key_of("ns2.flycast");
	uint8_t message[ROOM], other[ROOM];
	(void)state;
	size_t len = sign(message, key, NOW), name = key->name.len, less = name - (sizeof owner - 1);
	memcpy(other, message, QUESTION);
	memcpy(other + QUESTION, owner, sizeof owner - 1);
	memcpy(other + QUESTION + sizeof owner - 1, message + QUESTION + name, len - QUESTION - name);
	assert_int_equal(check(other, len - less, key), TSIG_GOOD);
	tsig_key_free(key);
}

static void answers_hang_on_their_question_and_on_each_other(void **state)
{
	struct tsig_key *key = key_of("k");
	uint8_t asked[ROOM], message[2][ROOM];
	struct tsig tsig, came;
	struct tsig_signer signer;
	(void)state;
	size_t len = sign(asked, key, NOW), answer[2];
	assert_true(tsig_read(&tsig, asked, len, QUESTION));
	tsig_signer_init(&signer, key, &tsig);
	for (int i = 0; i < 2; i++) {
		memcpy(message[i], question, QUESTION);
		answer[i] = tsig_sign(&signer, message[i], QUESTION, NOW);
	}
	assert_true(tsig_read(&came, message[0], answer[0], QUESTION));
	struct bytes prior = {(const char *)tsig.mac, tsig.mac_len};
	assert_int_equal(tsig_check(&came, key, message[0], prior, NOW), TSIG_GOOD);
	assert_int_equal(tsig_check(&came, key, message[0], none, NOW), TSIG_BADSIG);
	assert_true(tsig_read(&came, message[1], answer[1], QUESTION));
	assert_int_equal(tsig_check(&came, key, message[1], prior, NOW), TSIG_BADSIG);
	tsig_key_free(key);
}

static void only_known_algorithms_make_a_key(void **state)
{
	(void)state;
	assert_null(tsig_key_new("k", "hmac-md5.sig-alg.reg.int", BYTES("0123456789abcdef")));
	assert_null(tsig_key_new("k", "hmac-sha256", none));
	assert_null(tsig_key_new("k..k", "hmac-sha256", BYTES("0123456789abcdef")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_signed_is_believed_and_no_octet_may_differ),
	    cmocka_unit_test(clocks_may_differ_by_five_minutes),
	    cmocka_unit_test(a_signature_may_not_be_cut),
	    cmocka_unit_test(the_owner_may_be_compressed),
	    cmocka_unit_test(the_end_of_the_owner_may_be_compressed),
	    cmocka_unit_test(answers_hang_on_their_question_and_on_each_other),
	    cmocka_unit_test(only_known_algorithms_make_a_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
