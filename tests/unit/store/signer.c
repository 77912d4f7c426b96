/* signer: the key is the seal's and no other's, and what it signs verifies for that text alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "seal.h"
#include "signer.h"

static const struct seal one = {{1}}, other = {{2}};

static bool verifies(const char *public, struct bytes text, const unsigned char *signature)
{
	unsigned char key[32];
	for (size_t i = 0; i < sizeof key; i++)
		assert_int_equal(sscanf(public + 2 * i, "%2hhx", &key[i]), 1);
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, sizeof key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey), 1);
	bool good = EVP_DigestVerify(ctx, signature, SIGNER_SIGNATURE, (const unsigned char *)text.at, text.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static void what_it_signs_verifies_with_its_public_key(void **state)
{
	char public[SIGNER_PUBLIC], elses[SIGNER_PUBLIC];
	unsigned char signature[SIGNER_SIGNATURE];
	(void)state;
	struct signer *signer = signer_new(&one), *stranger = signer_new(&other);
	signer_sign(signer, BYTES("instance=1;app=a"), signature);
	assert_true(verifies(signer_public(signer, public), BYTES("instance=1;app=a"), signature));
	assert_false(verifies(public, BYTES("instance=1;app=b"), signature));
	assert_false(verifies(signer_public(stranger, elses), BYTES("instance=1;app=a"), signature));
	signer_free(signer);
	signer_free(stranger);
}

/* Another version of the program must not make another key of a seal. Computed with
 * openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:01000000... -kdfopt info:'flycast fly-src ed25519 1' HKDF */
static void a_seal_has_one_key_for_ever(void **state)
{
	char public[SIGNER_PUBLIC];
	(void)state;
	struct signer *signer = signer_new(&one);
	assert_string_equal(signer_public(signer, public),
	                    "cac3860d3e86832cf8cb20e6152498773dc1cfc9c9e5a5e1979f6b69d3f93348");
	signer_free(signer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_it_signs_verifies_with_its_public_key),
	    cmocka_unit_test(a_seal_has_one_key_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
