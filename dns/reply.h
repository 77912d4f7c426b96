/* reply.h - writes one answer: header, the question as it was sent, prepared records, OPT.
 * Pure. The caller's buffer holds WIRE_HEADER octets and the question at least (query->question_len); what else is
 * added is added whole or not at all. Room for OPT and its options is set aside first (RFC 6891 6.2.5). */
#ifndef DNS_REPLY_H
#define DNS_REPLY_H

#include "query.h"
#include "subnet.h"
#include "zone.h"

enum {
	REPLY_OPTION_MAX = 64, /* octets of a server identifier */
	REPLY_COOKIE = 24,     /* octets of a cookie: the client's and ours */
	REPLY_BLOCK = 468,     /* a padded answer is a multiple of this many octets (RFC 8467 4.1) */
};

struct reply {
	uint8_t *out;
	size_t len;
	size_t room; /* for records: OPT's share is taken off already */
	size_t opt_len;
	uint16_t flags; /* what the header's second word will be, rcode included */
	uint16_t counts[4];
	uint8_t rcode_high;
};

enum { REPLY_AA = 0x0400, REPLY_TC = 0x0200, REPLY_RA = 0x0080 };

/* What the OPT record says besides the fixed part. Only what `options` names counts, the rest may be anything. */
struct reply_edns {
	uint16_t size;         /* that we take */
	uint8_t options;       /* HAS_... */
	uint8_t zone_labels;   /* HAS_ZONE_VERSION: of the zone's name ... */
	uint32_t zone_serial;  /* ... and its SOA's */
	uint16_t error;        /* HAS_EDE: enum wire_ede */
	uint16_t keepalive;    /* HAS_KEEPALIVE: how long the connection may be silent, in tenths of a second */
	struct bytes identity; /* HAS_NSID: at most REPLY_OPTION_MAX octets */
	uint8_t cookie[REPLY_COOKIE];
	uint8_t scope;               /* HAS_SUBNET: of the subnet ... */
	const struct subnet *subnet; /* ... that came */
};

/* Octets of header, question and OPT; what is put into OPT later comes on top. */
size_t reply_least(const struct query *query, const struct reply_edns *edns);
/* Starts an answer to `query`. edns NULL: no OPT. */
void reply_start(struct reply *reply, const struct query *query, uint8_t *out, size_t room,
                 const struct reply_edns *edns);
void reply_question(struct reply *reply,
                    const struct query *query); /* echoes it, when there is one; right after start */
void reply_rcode(struct reply *reply, enum wire_rcode rcode);
/* As many of the answer's records as are wanted and fit, nearest first; which of those at one distance comes first
 * depends on `turn`, evenly. Sets TC when some did not fit and `truncate` is set. */
void reply_answer(struct reply *reply, const struct zone_answer *answer, uint32_t turn, bool truncate);
/* One record, complete; false: it does not fit. section: 1 answer, 2 authority, 3 additional. */
bool reply_record(struct reply *reply, unsigned section, struct bytes record);
/* Points the owner of the last record of `len` octets at `offset` in the message. */
void reply_own(struct reply *reply, size_t len, size_t offset);
/* Writes header and OPT; returns the length of the whole message. */
size_t reply_end(struct reply *reply, const struct query *query, const struct reply_edns *edns);

#endif
