/* signature.h - what a question's signature is worth (RFC 8945 5.2), and the one its answer gets. No socket, no lock. */
#ifndef DNS_SIGNATURE_H
#define DNS_SIGNATURE_H

#include "grants.h"
#include "query.h"

struct signature { /* points into the question */
	struct tsig tsig;
	const struct tsig_key *key; /* NULL: nobody knows it */
	enum tsig_error error;      /* TSIG_GOOD: the question is from who has the key; else the answer is NOTAUTH */
	size_t room;                /* octets that the answer's takes at most */
};

/* The question has a TSIG record. grants NULL: there are no keys. false: the record is malformed. */
bool signature_read(struct signature *out, const struct query *query, const struct grants *grants);
/* Ends the answer with its record; returns the answer's new length. */
size_t signature_add(const struct signature *signature, uint8_t *answer, size_t len);

#endif
