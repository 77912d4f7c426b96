/* keyring.h - the certificates of one app, ready for handshakes: those of the registry, and those that the private
 * authority of its organization signs, made here when they are first needed and anew long before they end.
 *
 * Never changes as to what it answers to; shared by the sites of the app while that is so, and by all threads. Private
 * keys are unsealed when first used and stay in memory. */
#ifndef PROXY_KEYRING_H
#define PROXY_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

struct catalog_app;
struct keyring;
struct seal;
struct ssl_st;

enum { KEYRING_SCOPE = 32 };

/* For this picture of the app; old (may be NULL) when that has the same. seal NULL: there is none. NULL: no TLS port. */
struct keyring *keyring_for(const struct catalog_app *app, struct keyring *old, const struct seal *seal);
void keyring_drop(struct keyring *keyring); /* NULL is fine */

/* 32 octets that differ wherever the app or what it answers to does: what session tickets are bound to. */
const unsigned char *keyring_scope(const struct keyring *keyring);

enum keyring_find {
	KEYRING_FOUND,
	KEYRING_UNKNOWN, /* there is none for that name */
	KEYRING_NONE,    /* no name was said, and there is none at all */
	KEYRING_BROKEN   /* there is one, but it cannot be used: why[size] */
};
struct keyring_ask {
	const char *name; /* that the client wants; NULL: it did not say */
	bool self_signed; /* one that vouches for itself will do when there is none */
};
/* Gives the connection its certificate. */
enum keyring_find keyring_use(struct keyring *keyring, struct ssl_st *ssl, const struct keyring_ask *ask, char *why,
                              size_t size);

#endif
