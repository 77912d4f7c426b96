/* pki.h - X.509 certificates and their keys: read, checked, made. Owns nothing; random numbers and the
 * clock are all it needs besides its arguments.
 *
 * A private authority (RFC 5280) signs for names in .flycast and .internal and addresses in fdaa::/16 only, and says so
 * in its certificate: who trusts it trusts it for nothing else.
 *
 * budget: nine functions, five of them look-ups of one line each. */
#ifndef STORE_PKI_H
#define STORE_PKI_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct x509_st;
struct stack_st_X509;
struct evp_pkey_st;

struct pki_pair { /* a certificate, those that vouch for it, and its key; zero-initialised is none */
	struct x509_st *leaf;
	struct stack_st_X509 *chain; /* without the leaf; NULL: none */
	struct evp_pkey_st *key;     /* NULL: not read */
};
void pki_pair_fini(struct pki_pair *pair);

/* Certificates in PEM, the name's own first, and its key (PEM without a password). 0, or -1 with a sentence appended to
 * why, also when they do not belong together. key.at NULL: the certificates alone. */
int pki_read(struct pki_pair *out, struct bytes chain, struct bytes key, struct text *why);

bool pki_covers(const struct pki_pair *pair, const char *hostname); /* "*.x": the certificate has that very name */
int64_t pki_expires_ms(const struct pki_pair *pair);                /* wall clock; INT64_MIN: cannot be told */
int64_t pki_begins_ms(const struct pki_pair *pair);
/* For people: "CN=a, O=b" of the certificate or of who signed it; returns out. */
char *pki_subject_text(char *out, size_t size, const struct pki_pair *pair);
char *pki_issuer_text(char *out, size_t size, const struct pki_pair *pair);

int pki_authority_make(const char *org, struct text *chain, struct text *key); /* PEM; 0 or -1 */

struct pki_order {
	const char *hostname;
	const struct in6_addr *addresses; /* vouched for as well */
	uint32_t address_count;
	int64_t seconds; /* how long it holds */
};
/* A certificate with a new key; authority NULL: it vouches for itself. 0 or -1. */
int pki_issue(struct pki_pair *out, const struct pki_pair *authority, const struct pki_order *order);

#endif
