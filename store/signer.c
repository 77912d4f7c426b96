/* signer.c - see signer.h. */
#include "signer.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "seal.h"

enum { KEY = 32 };
#define PURPOSE "flycast fly-src ed25519 1" /* another purpose would be another key of the same seal */

struct signer {
	EVP_PKEY *key;
};

/* In place of a return code for each step: a failure of the library here is one of memory. */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

static void derive(unsigned char out[KEY], const struct seal *seal)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	must(ctx != NULL);
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)seal->key, sizeof seal->key),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)PURPOSE, sizeof PURPOSE - 1),
	    OSSL_PARAM_construct_end(),
	};
	must(EVP_KDF_derive(ctx, out, KEY, params));
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

struct signer *signer_new(const struct seal *seal)
{
	struct signer *signer = mem_new(sizeof *signer);
	unsigned char key[KEY];
	derive(key, seal);
	signer->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, sizeof key);
	must(signer->key != NULL);
	OPENSSL_cleanse(key, sizeof key);
	return signer;
}

void signer_free(struct signer *signer)
{
	if (!signer)
		return;
	EVP_PKEY_free(signer->key);
	free(signer);
}

void signer_sign(const struct signer *signer, struct bytes text, unsigned char out[SIGNER_SIGNATURE])
{
	size_t len = SIGNER_SIGNATURE;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	must(ctx != NULL);
	must(EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->key));
	must(EVP_DigestSign(ctx, out, &len, (const unsigned char *)text.at, text.len));
	EVP_MD_CTX_free(ctx);
}

char *signer_public(const struct signer *signer, char out[SIGNER_PUBLIC])
{
	unsigned char key[KEY];
	size_t len = sizeof key;
	must(EVP_PKEY_get_raw_public_key(signer->key, key, &len));
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", key[i]);
	return out;
}
