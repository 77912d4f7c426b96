/* signer.h - how an installation proves that something comes from it: an Ed25519 key (RFC 8032), the same on every host that
 * has the same seal, because it is made of the seal (HKDF with SHA-256, RFC 5869). So there is nothing to keep in step, and
 * who may write the registry cannot put another key there. Another seal is another key.
 *
 * One signer may be used by many threads. */
#ifndef STORE_SIGNER_H
#define STORE_SIGNER_H

#include "base/text.h"

struct seal;
struct signer;

enum { SIGNER_SIGNATURE = 64, SIGNER_PUBLIC = 64 + 1 /* hex digits and NUL */ };

struct signer *signer_new(const struct seal *seal); /* keeps nothing of the seal */
void signer_free(struct signer *signer);            /* NULL is fine */
void signer_sign(const struct signer *signer, struct bytes text, unsigned char out[SIGNER_SIGNATURE]);
/* What verifies a signature. Returns out. */
char *signer_public(const struct signer *signer, char out[SIGNER_PUBLIC]);

#endif
