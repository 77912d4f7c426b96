/* pki_make.c - certificates made here; see pki.h. P-256 keys and SHA-256 throughout: every client knows them. */
#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pki.h"

enum {
	SERIAL_BITS = 127, /* RFC 5280 4.1.2.2: positive, at most 20 octets, not to be guessed */
	YEAR_SECONDS = 31557600,
	AUTHORITY_YEARS = 10,
	EARLY_SECONDS = 3600, /* clocks of clients may be behind */
	CN_MOST = 64          /* RFC 5280, ub-common-name */
};

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool added = extension && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool set_serial(X509 *cert)
{
	BIGNUM *number = BN_new();
	bool set = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
	           BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return set;
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1;
}

/* Version, serial, dates, key. */
static X509 *begin(EVP_PKEY *key, int64_t seconds)
{
	X509 *cert = X509_new();
	if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -EARLY_SECONDS) &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), (long)seconds) && X509_set_pubkey(cert, key) == 1)
		return cert;
	X509_free(cert);
	return NULL;
}

static bool write_pem(struct text *out, X509 *cert, EVP_PKEY *key)
{
	char *at;
	BIO *to = BIO_new(BIO_s_secmem());
	bool done = to && (cert ? PEM_write_bio_X509(to, cert)
	                        : PEM_write_bio_PrivateKey(to, key, NULL, NULL, 0, NULL, NULL)) == 1;
	if (done) {
		size_t len = (size_t)BIO_get_mem_data(to, &at);
		text_add(out, at, len);
	}
	BIO_free(to);
	return done;
}

int pki_authority_make(const char *org, struct text *chain, struct text *key_text)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? begin(key, (int64_t)AUTHORITY_YEARS * YEAR_SECONDS) : NULL;
	bool done = cert && add_name(X509_get_subject_name(cert), "O", org) &&
	            add_name(X509_get_subject_name(cert), "CN", "Flycast private authority") &&
	            X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
	            add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	            add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	            add_extension(cert, cert, NID_subject_key_identifier, "hash") &&
	            add_extension(cert, cert, NID_name_constraints,
	                          "critical,permitted;DNS:flycast,permitted;DNS:internal,permitted;IP:fdaa::/ffff::") &&
	            X509_sign(cert, key, EVP_sha256()) > 0 && write_pem(chain, cert, NULL) &&
	            write_pem(key_text, NULL, key);
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return done ? 0 : -1;
}

static bool add_names(X509 *cert, X509 *issuer, const struct pki_order *order)
{
	struct text names = {0};
	char ip[INET6_ADDRSTRLEN];
	text_format(&names, "DNS:%s", order->hostname);
	for (uint32_t i = 0; i < order->address_count; i++)
		text_format(&names, ",IP:%s", inet_ntop(AF_INET6, &order->addresses[i], ip, sizeof ip));
	bool added = add_extension(cert, issuer, NID_subject_alt_name, names.at) &&
	             (strlen(order->hostname) > CN_MOST ||
	              add_name(X509_get_subject_name(cert), "CN", order->hostname));
	text_free(&names);
	return added;
}

int pki_issue(struct pki_pair *out, const struct pki_pair *authority, const struct pki_order *order)
{
	*out = (struct pki_pair){.key = EVP_EC_gen("P-256")};
	out->leaf = out->key ? begin(out->key, order->seconds) : NULL;
	X509 *cert = out->leaf;
	X509 *issuer = authority ? authority->leaf : cert;
	if (cert && add_names(cert, issuer, order) && X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
	    add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(cert, issuer, NID_ext_key_usage, "serverAuth") &&
	    add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
	    (!authority || add_extension(cert, issuer, NID_authority_key_identifier, "keyid")) &&
	    X509_sign(cert, authority ? authority->key : out->key, EVP_sha256()) > 0)
		return 0;
	pki_pair_fini(out);
	ERR_clear_error();
	return -1;
}
