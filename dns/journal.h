/* journal.h - what the copied networks say now, and what they said lately: all that transfers are made of. A second,
 * immutable copy of the records of those networks that somebody may copy, and of no other.
 *
 * One thread changes it, in batches: what is put becomes visible with journal_settle(), together and under one serial.
 * Any thread extracts (extract.h). Of its past the journal
 * keeps, for each network, at most as many octets as the network has now: beyond that a whole copy is shorter. States that
 * nobody has extracted are no part of the past.
 */
#ifndef DNS_JOURNAL_H
#define DNS_JOURNAL_H

#include "zone.h"

/* Records that change together: those of one app or one address. */
struct journal_part {
	uint32_t references; /* atomic */
	uint32_t len;
	uint8_t records[]; /* in wire form, one after the other; owners end with a pointer to the zone's name, 0xc00c */
};

struct journal_key { /* in one network */
	enum zone_kind kind;
	struct bytes label; /* of the app, or an address in binary; empty: the zone's own name */
};

struct journal;

struct journal *journal_new(void);
void journal_free(struct journal *journal); /* nobody may look at it or at an extract any more; NULL is fine */

/* The changing thread. */
/* From now on these networks are copied, by number, without repetition. Calls newly for each that was not. */
void journal_follow(struct journal *journal, const uint32_t *networks, size_t count,
                    void (*newly)(void *owner, uint32_t network), void *owner);
bool journal_follows(const struct journal *journal, uint32_t network);
/* The records of a key are these now; none: it is gone. Copied. */
void journal_put(struct journal *journal, uint32_t network, const struct journal_key *key, struct bytes records);
/* What was put is complete and is called `serial`. */
void journal_settle(struct journal *journal, uint32_t serial);
/* The zones that changed, or began to be copied, with the last settling. */
void journal_changes(const struct journal *journal, void (*visit)(void *owner, uint32_t network, enum zone_kind kind),
                     void *owner);

/* a before b, as serials count (RFC 1982 3.2). */
static inline bool serial_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
