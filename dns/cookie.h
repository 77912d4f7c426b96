/* cookie.h - DNS cookies (RFC 7873) as RFC 9018 makes them, so that servers which share a secret take each other's:
 * version 1, the time, and SipHash-2-4 over them, the client's half and its address.
 * Pure; reads no clock and no file, never allocates. */
#ifndef DNS_COOKIE_H
#define DNS_COOKIE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum {
	COOKIE_CLIENT = 8,   /* octets of the client's half */
	COOKIE_WHOLE = 24,   /* and of ours after it */
	COOKIE_SECRETS = 3,  /* at most */
	COOKIE_FRESH = 1800, /* seconds: then the client gets a new one (RFC 9018 4.3) */
	COOKIE_VALID_FOR = 3600,
	COOKIE_AHEAD = 300, /* another server's clock may be fast by this much */
};

/* The first one makes cookies, all of them are taken: so that a new one can be known everywhere before any server uses
 * it, and the old one for as long as its cookies live. */
struct cookie_secrets {
	size_t count;
	struct cookie_secret {
		uint8_t octets[16];
	} secret[COOKIE_SECRETS];
};

enum cookie_state {
	COOKIE_NONE,  /* none came, or there is no secret */
	COOKIE_NEW,   /* the client's half alone */
	COOKIE_WRONG, /* not ours, too old, or of another address */
	COOKIE_VALID, /* the client has this address: it got an answer there within the last hour */
};

/* Judges what came from `ip` (8, or 16 to 40 octets) and writes the COOKIE_WHOLE octets that go back, unless the state
 * is COOKIE_NONE. now: seconds since 1970. */
enum cookie_state cookie_judge(const struct cookie_secrets *secrets, const struct in6_addr *ip, uint32_t now,
                               struct bytes came, uint8_t *back);

/* Reads one secret per line, 32 hex digits; empty lines and those that begin with # are passed over.
 * -1: the sentence is appended to `why`. */
int cookie_secrets_read(struct cookie_secrets *out, struct bytes file, struct text *why);

#endif
