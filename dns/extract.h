/* extract.h - one zone of one network at one moment, out of the journal. Immutable; it lives on when the journal changes,
 * by holding references to parts. Extracting takes one short lock, held for no more than counting them. */
#ifndef DNS_EXTRACT_H
#define DNS_EXTRACT_H

#include "journal.h"

enum {
	JOURNAL_EXTRACTS_MAX = 64, /* at a time, over all networks */
	JOURNAL_EXTRACTS_ONE = 16, /* of one, so that who reads slowly keeps no other network's secondaries waiting */
};

/* One zone of one network, at one moment. */
struct extract {
	struct journal *journal; /* NULL: of none */
	uint32_t network;
	uint32_t serial;
	bool whole; /* else what is different from `from` on */
	uint32_t from;
	size_t count;
	struct extract_item {
		struct journal_part *old; /* NULL: none */
		struct journal_part *now;
	} items[];
};
/* Any thread. from NULL: whole; so it is when the journal does not reach back to *from. NULL: nobody copies this network,
 * or there are as many already as there may be. */
struct extract *journal_extract(struct journal *journal, uint32_t network, enum zone_kind kind, const uint32_t *from);
void extract_free(struct extract *extract); /* any thread; NULL is fine */
/* One that is of no journal: the records are all there is, whatever the serial. Copied. */
struct extract *extract_of(struct bytes records, uint32_t serial, const uint32_t *from);

#endif
