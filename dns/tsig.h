/* tsig.h - transaction signatures (RFC 8945): the record that ends a signed message, read, checked and written.
 * No socket, no lock. A key never changes, and any thread may use it; OpenSSL allocates while it computes, so only signed
 * messages pay for signatures.
 *
 * budget: eleven functions: keys, questions and answers are three sides of one record. */
#ifndef DNS_TSIG_H
#define DNS_TSIG_H

#include "name.h"

enum {
	TSIG_MAC_MAX = 64,
	TSIG_FUDGE = 300, /* seconds that clocks may differ */
};

enum tsig_error {
	TSIG_GOOD = 0,
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22,
	TSIG_MALFORMED = 65536, /* no MAC can have this size; never written */
};

struct evp_mac_ctx_st;

struct tsig_key {
	struct name name;
	struct name algorithm;
	uint32_t network; /* that is read with it */
	uint8_t mac_len;
	struct evp_mac_ctx_st *mac; /* ready for a message; copied for each */
};

/* algorithm: "hmac-sha256", -sha224, -sha384 or -sha512. NULL: one of the three is no such thing. */
struct tsig_key *tsig_key_new(const char *name, const char *algorithm, struct bytes secret);
struct tsig_key *tsig_key_copy(const struct tsig_key *key);
void tsig_key_free(struct tsig_key *key); /* NULL is fine */

/* The record as it came; it points into the message. */
struct tsig {
	struct name owner;
	struct name algorithm;
	size_t at; /* where it starts in the message */
	uint64_t time;
	uint64_t now; /* when it was checked */
	uint16_t fudge;
	uint16_t id; /* of the message when it was signed */
	uint16_t error;
	uint16_t mac_len;
	uint16_t other_len;
	const uint8_t *mac;
	const uint8_t *other;
};

/* Reads the record at `at`, the last one of the message. false: malformed. */
bool tsig_read(struct tsig *out, const uint8_t *message, size_t len, size_t at);
/* Is the message signed with the key (NULL: nobody knows it) at this time, in seconds since 1970? prior: the MAC of the
 * question when the message is its answer; len 0: it is none. */
enum tsig_error tsig_check(struct tsig *tsig, const struct tsig_key *key, const uint8_t *message, struct bytes prior,
                           uint64_t now);

/* What a run of messages is signed with: an answer, the messages of a transfer, or one question. */
struct tsig_signer {
	const struct tsig_key *key;
	bool later;        /* not the first message: only the time is signed with it (RFC 8945 5.3.1) */
	uint8_t prior_len; /* of the MAC before it; 0: none, it is a question */
	uint8_t prior[TSIG_MAC_MAX];
};
void tsig_signer_init(struct tsig_signer *signer, const struct tsig_key *key, const struct tsig *question);
size_t tsig_size(const struct tsig_key *key); /* octets that tsig_sign() adds at most */
/* Adds the record to a message that has room for it; returns its new length. */
size_t tsig_sign(struct tsig_signer *signer, uint8_t *message, size_t len, uint64_t now);
/* The same for an answer to a question whose time is wrong (TSIG_BADTIME) or whose MAC was cut (TSIG_BADTRUNC). */
size_t tsig_sign_error(struct tsig_signer *signer, uint8_t *message, size_t len, const struct tsig *question,
                       enum tsig_error error);
/* Adds a record without a MAC, which says why the question was not believed; returns the new length. */
size_t tsig_refusal_size(const struct tsig *question); /* octets it adds */
size_t tsig_refuse(uint8_t *message, size_t len, const struct tsig *question, enum tsig_error error);

#endif
