/* transfer.h - a copy of a zone, as messages: whole (AXFR, RFC 5936) or what is different since the serial that the asker
 * has (IXFR, RFC 1995; all differences in one, as its section 5 allows). Makes a message at a time, while the connection
 * sends them; owns its extract and its key. No socket. */
#ifndef DNS_TRANSFER_H
#define DNS_TRANSFER_H

#include "extract.h"
#include "query.h"
#include "stream.h"
#include "tsig.h"

enum { TRANSFER_SECONDS = 300 }; /* whoever has not read it all by then has to ask again */

struct transfer_question {
	const struct zone *zone;
	enum zone_kind kind; /* whose name the question has or is below; ZONE_NONE: the catalog (zone_catalog.h) */
	uint32_t network;    /* that the asker may copy; 0: none */
	const struct query *query;
	bool over_udp;
	uint16_t udp_size;       /* what OPT says, when the question has one */
	const struct tsig *tsig; /* of the question; NULL: it is not signed */
	const struct tsig_key *key;
};

enum transfer_verdict {
	TRANSFER_BEGINS,    /* *out is what comes */
	TRANSFER_REFUSED,   /* it is not for the asker, or not over UDP */
	TRANSFER_MALFORMED, /* IXFR without a serial */
	TRANSFER_NO_APEX,   /* there is no such zone */
	TRANSFER_BUSY,      /* there are too many at a time */
	TRANSFER_SOA,       /* the answer is the zone's SOA */
};
enum transfer_verdict transfer_ask(const struct transfer_question *question, struct stream **out);

/* The messages of an extract, which is taken over. soa: the zone's, its owner a pointer to the question's name; its serial
 * does not matter. */
struct stream *transfer_new(const struct transfer_question *question, struct extract *extract, struct bytes soa);

/* The serial that an IXFR question says the asker has (RFC 1995 3). false: it does not say. */
bool transfer_serial(uint32_t *out, const struct query *query);

#endif
