/* query.h - reads a question packet, strictly, without copying anything but the folded name.
 * Pure; the query points into the packet. RFC 1035 4.1, 6891 (EDNS), 9619 (one question), 8945 (where TSIG stands), 7873
 * (cookies), 9660 (zone versions). */
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
	uint8_t edns_version;
	uint8_t options; /* HAS_...: those that came; of a version that is not 0 none is read */
	uint8_t cookie_len;
	uint16_t edns_size;    /* as sent */
	const uint8_t *cookie; /* with HAS_COOKIE: the client's 8 octets, then none or 8 to 32 of a server's */
	const uint8_t *tsig;   /* the record, NULL: none; its owner first */
	uint16_t tsig_len;
	struct bytes subnet; /* with HAS_SUBNET: the first one's data, not looked at yet */
	struct name name;
};

enum query_result { /* of the last two the later one is the worse */
	            QUERY_READ,
	            QUERY_SILENT,     /* no query at all: too short, or an answer (loops must end) */
	            QUERY_EMPTY,      /* no question, but well formed otherwise; has_edns is set */
	            QUERY_BAD_OPTION, /* all is well but what the OPT record holds */
	            QUERY_MALFORMED,  /* the header can be answered, nothing else */
};

enum query_result query_read(struct query *out, const uint8_t *packet, size_t len);

#endif
