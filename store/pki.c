/* pki.c - see pki.h: reading and looking. Making is in pki_make.c. */
#include "pki.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/clock.h"

void pki_pair_fini(struct pki_pair *pair)
{
	X509_free(pair->leaf);
	sk_X509_pop_free(pair->chain, X509_free);
	EVP_PKEY_free(pair->key);
	*pair = (struct pki_pair){0};
}

static int bad(struct pki_pair *out, struct text *why, const char *what)
{
	text_put(why, what);
	pki_pair_fini(out);
	ERR_clear_error();
	return -1;
}

static BIO *source(struct bytes pem)
{
	return BIO_new_mem_buf(pem.at, (int)pem.len);
}

/* Nobody is asked for a password: a key that has one cannot be used by a daemon. */
static int no_password(char *out, int size, int writing, void *asked)
{
	(void)out, (void)size, (void)writing;
	*(bool *)asked = true;
	return -1;
}

static bool read_chain(struct pki_pair *out, struct bytes pem)
{
	X509 *next;
	BIO *in = source(pem);
	if (!in)
		return false;
	out->leaf = PEM_read_bio_X509(in, NULL, NULL, NULL);
	while (out->leaf && (next = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		if (!out->chain)
			out->chain = sk_X509_new_null();
		if (!out->chain || sk_X509_push(out->chain, next) == 0) {
			X509_free(next);
			break;
		}
	}
	bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	BIO_free(in);
	return out->leaf && ended;
}

int pki_read(struct pki_pair *out, struct bytes chain, struct bytes key, struct text *why)
{
	bool asked = false;
	*out = (struct pki_pair){0};
	if (chain.len > INT_MAX || key.len > INT_MAX || !read_chain(out, chain))
		return bad(out, why, "the certificate is no PEM file of certificates (-----BEGIN CERTIFICATE-----)");
	if (!key.at)
		return 0;
	BIO *in = source(key);
	out->key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, &asked) : NULL;
	BIO_free(in);
	if (!out->key)
		return bad(
		    out, why,
		    asked ? "the key has a password, which a daemon cannot type: write it without one (openssl pkey)"
		          : "the key is no PEM file of a private key (-----BEGIN PRIVATE KEY-----)");
	if (X509_check_private_key(out->leaf, out->key) != 1)
		return bad(
		    out, why,
		    "the key does not belong to the first certificate: the name's own must come first, then those "
		    "that vouch for it");
	return 0;
}

bool pki_covers(const struct pki_pair *pair, const char *hostname)
{
	/* A name with an asterisk is compared as it stands. */
	unsigned flags = *hostname == '*' ? X509_CHECK_FLAG_NO_WILDCARDS : X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	return X509_check_host(pair->leaf, hostname, 0, flags, NULL) == 1;
}

static int64_t wall_ms(const ASN1_TIME *time)
{
	int days, seconds;
	if (!time || !ASN1_TIME_diff(&days, &seconds, NULL, time))
		return INT64_MIN;
	return clock_wall_ms() + ((int64_t)days * 86400 + seconds) * 1000;
}

int64_t pki_expires_ms(const struct pki_pair *pair)
{
	return wall_ms(X509_get0_notAfter(pair->leaf));
}

int64_t pki_begins_ms(const struct pki_pair *pair)
{
	return wall_ms(X509_get0_notBefore(pair->leaf));
}

static char *name_text(char *out, size_t size, X509_NAME *name)
{
	BIO *to = BIO_new(BIO_s_mem());
	int len = 0;
	if (to && name && X509_NAME_print_ex(to, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_read(to, out, (int)size - 1);
	out[len > 0 ? len : 0] = '\0';
	BIO_free(to);
	return out;
}

char *pki_subject_text(char *out, size_t size, const struct pki_pair *pair)
{
	return name_text(out, size, X509_get_subject_name(pair->leaf));
}

char *pki_issuer_text(char *out, size_t size, const struct pki_pair *pair)
{
	return name_text(out, size, X509_get_issuer_name(pair->leaf));
}
