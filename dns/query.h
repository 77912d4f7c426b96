/* query.h - reads a question packet, strictly, without copying anything but the folded name.
 * Pure; the query points into the packet. RFC 1035 4.1, 6891 (EDNS), 9619 (one question), 8945 (where TSIG stands). */
#ifndef DNS_QUERY_H
#define DNS_QUERY_H

#include "name.h"
#include "wire.h"

enum { QUERY_OPCODE_QUERY = 0 };

struct query {
	const uint8_t *packet;
	uint16_t len;
	uint16_t question_len; /* octets after the header; 0: there is no question, or it cannot be read */
	uint16_t type;
	uint16_t class;
	uint8_t opcode;
	bool has_edns;
	bool dnssec_ok; /* DO */
	bool wants_nsid;
	uint8_t edns_version;
	uint16_t edns_size;  /* as sent */
	const uint8_t *tsig; /* the record, NULL: none; its owner first */
	uint16_t tsig_len;
	struct name name;
};

enum query_result {
	QUERY_READ,
	QUERY_SILENT,    /* no query at all: too short, or an answer (loops must end) */
	QUERY_EMPTY,     /* no question, but well formed otherwise; has_edns is set */
	QUERY_MALFORMED, /* the header can be answered, nothing else */
};

enum query_result query_read(struct query *out, const uint8_t *packet, size_t len);

#endif
