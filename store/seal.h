/* seal.h - texts in the registry that only those can read who can read the seal, a file of 32 random octets beside the
 * registry (<registry>.seal): whoever reads the registry or a copy of it reads no private key.
 *
 * AES-256-GCM (RFC 5116), written as base64 of nonce, ciphertext and tag. A label is bound to each text, so that a text
 * that was moved to another row does not open there. */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/text.h"

enum { SEAL_KEY = 32, SEAL_DIGEST = 17 /* bytes of a digest: 16 hex digits and NUL */ };

struct seal {
	unsigned char key[SEAL_KEY];
};

/* Reads the seal of the registry at this path. 0, or -1 with a sentence appended to why: it is missing, not readable for
 * us, or readable for everybody, which makes it worthless. */
int seal_read(struct seal *seal, const char *registry, struct text *why);
/* The same, but makes one where there is none, readable for its owner alone; sealed.h knows whether one may be made. */
int seal_need(struct seal *seal, const char *registry, struct text *why);

char *seal_close(const struct seal *seal, struct bytes plain, const char *label); /* free() it */
/* Appends the plain text. -1: sealed with another seal or label, or damaged. Clear out with seal_wipe(). */
int seal_open(const struct seal *seal, const char *sealed, const char *label, struct text *out);
void seal_wipe(struct text *plain);  /* overwrites, then frees */
void seal_forget(struct seal *seal); /* overwrites */
/* The same for the same plain text, label and seal (the first octets of HMAC-SHA-256, RFC 2104); says nothing of the text to who
 * has no seal. Returns out. */
char *seal_digest(const struct seal *seal, struct bytes plain, const char *label, char out[SEAL_DIGEST]);

#endif
