/* outward.h - what passes between a client and the server that is asked on its behalf: the question that goes out, whether
 * a message that comes is its answer, and what the client is told. Pure; owns nothing.
 *
 * EDNS belongs to one hop (RFC 6891 6.2): options of the client go no further, its DO does; the answer's OPT is replaced
 * by one of ours, which keeps the extended rcode and the extended errors (RFC 8914). */
#ifndef DNS_OUTWARD_H
#define DNS_OUTWARD_H

#include "name.h"
#include "wire.h"

enum {
	OUTWARD_QUESTION = NAME_WIRE + 4,
	OUTWARD_ASK = WIRE_HEADER + OUTWARD_QUESTION + WIRE_OPT, /* octets of a question on its way out, at most */
	OUTWARD_UDP = 1232,                                      /* that we take over UDP; both ways */
};

/* What a client asked. */
struct outward {
	uint16_t id;
	uint16_t flags; /* the second word of its header, as it came */
	uint16_t room;  /* octets that it takes */
	uint16_t question_len;
	bool has_edns;
	bool dnssec_ok;
	uint8_t question[OUTWARD_QUESTION]; /* as it came: name, type, class */
};

/* packet: a question that query_read() has taken, its question `question_len` octets long. */
void outward_read(struct outward *out, const uint8_t *packet, uint16_t question_len);
/* Do they ask for the same, so that one answer is for both? Names are compared as DNS does. */
bool outward_same(const struct outward *a, const struct outward *b);
bool outward_same_question(const struct outward *a, const struct outward *b); /* flags aside */
uint64_t outward_hash(const struct outward *outward);                         /* equal for those that are the same */

/* Writes the question with this id into out[OUTWARD_ASK]; returns its length. */
size_t outward_ask(uint8_t *out, const struct outward *outward, uint16_t id);

enum outward_verdict {
	OUTWARD_FOREIGN, /* not the answer to what went out with `id`: somebody guesses, or it came late */
	OUTWARD_USELESS, /* it is, and says that this server does not help: another one may */
	OUTWARD_ANSWER,
};
enum outward_verdict outward_judge(const struct outward *outward, uint16_t id, const uint8_t *packet, size_t len);

/* Writes what the client is told into out[outward->room], from a packet that was judged not to be foreign. */
size_t outward_reply(uint8_t *out, const struct outward *outward, const uint8_t *packet, size_t len);
/* ... when nothing came. */
size_t outward_fail(uint8_t *out, const struct outward *outward, enum wire_rcode rcode, enum wire_ede why);

#endif
