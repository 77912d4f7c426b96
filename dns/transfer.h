/* transfer.h - a copy of a zone, as messages: whole (AXFR, RFC 5936) or what is different since the serial that the asker
 * has (IXFR, RFC 1995; all differences in one, as its section 5 allows). Makes a message at a time, while the connection
 * sends them; owns its extract and its key. No socket. */
#ifndef DNS_TRANSFER_H
#define DNS_TRANSFER_H

#include "journal.h"
#include "query.h"
#include "stream.h"
#include "tsig.h"

enum { TRANSFER_SECONDS = 300 }; /* whoever has not read it all by then has to ask again */

struct transfer_facts {
	const struct query *query;
	struct extract *extract; /* taken over */
	struct bytes soa; /* the zone's, its owner a pointer to the question's name; its serial does not matter */
	const struct tsig *tsig; /* of the question; NULL: it is not signed */
	const struct tsig_key *key;
	uint16_t udp_size; /* what OPT says, when the question has one */
};

struct stream *transfer_new(const struct transfer_facts *facts);

/* The serial that an IXFR question says the asker has (RFC 1995 3). false: it does not say. */
bool transfer_serial(uint32_t *out, const struct query *query);

#endif
