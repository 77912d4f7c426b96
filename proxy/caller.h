/* caller.h - who a client is, said to the Machine that gets its request in a way that it can prove: which Machine of which
 * app and organization, and when, with the installation's signature (signer.h).
 *
 *   Fly-Src: instance=148e2573b21968;app=web;org=acme;ts=1760048620
 *   Fly-Src-Signature: <Ed25519 over that value, base64>
 *
 * A client is who has its address (6PN): nobody can send from another's. Nothing is said of clients that are no Machines
 * of the registry, nor of those that somebody else speaks for (front.h). */
#ifndef PROXY_CALLER_H
#define PROXY_CALLER_H

#include <stddef.h>

#include "base/text.h"

struct conn;
struct worker;

enum {
	CALLER_LINES = 384, /* bytes of both lines */
	CALLER_TLVS = 320,  /* ... of both TLVs */
	CALLER_TLV_TEXT = 0xe0,
	CALLER_TLV_SIGNATURE = 0xe1 /* 64 octets */
};

/* Both lines, or nothing. Borrowed from the worker until its next call. */
struct bytes caller_lines(const struct conn *conn);
/* The same for the header of the PROXY protocol, version 2, into out[CALLER_TLVS]; returns the length. */
size_t caller_tlvs(char *out, const struct conn *conn);

/* What the worker remembers of those it signed for. */
void callers_free(struct worker *worker);

#endif
