/* reverse.h - a.a.d.f.ip6.arpa: the name of every address that has one, and which names above them exist.
 * One thread writes; any thread finds, under the rules of rcu.h. An address is in the view of the network it belongs
 * to and of no other. fdaa:<net>::3 and fdaa::3, this server, are there in every view and are not kept here.
 *
 * budget: nine functions: one side writes, one finds, one lists. */
#ifndef DNS_REVERSE_H
#define DNS_REVERSE_H

#include "base/table.h"
#include "encode.h"

enum { REVERSE_LABELS = 6 }; /* of the zone's own name: a.a.d.f.ip6.arpa */

struct reverse {
	struct table pointers; /* of struct reverse_pointer, by address */
	struct table above;    /* prefixes, by hash alone; the item says how many names are right below */
	struct reclaim *reclaim;
	uint64_t round;
};

void reverse_init(struct reverse *reverse, struct reclaim *reclaim);
void reverse_fini(struct reverse *reverse); /* no reader may be left */

/* An owner's addresses are replaced like this: begin, put each it has now, drop each it had. What was put in this
 * round is not dropped, so that no reader sees an address missing in between. */
void reverse_begin(struct reverse *reverse);
void reverse_put(struct reverse *reverse, struct encoder *encoder, const struct in6_addr *ip, uint64_t owner,
                 const char *target);
void reverse_drop(struct reverse *reverse, const struct in6_addr *ip, uint64_t owner);

enum reverse_result { REVERSE_NOTHING, REVERSE_ABOVE, REVERSE_SERVER, REVERSE_POINTER };
/* name is below the zone's apex. REVERSE_POINTER: *record is the one PTR record. REVERSE_ABOVE: an empty
 * non-terminal. REVERSE_SERVER: the address of this server. */
enum reverse_result reverse_find(const struct reverse *reverse, uint32_t network, const struct name *name,
                                 struct bytes *record);

/* The record of an address. false: it has none. */
bool reverse_at(const struct reverse *reverse, const struct in6_addr *ip, struct bytes *record);
/* Every address that has a name. For the writing thread, or where nobody writes. */
void reverse_each(const struct reverse *reverse,
                  void (*visit)(const struct in6_addr *ip, struct bytes record, void *owner), void *owner);
/* Writes the name of an address of fdaa::/16 in wire form, at most NAME_WIRE octets; returns its length. */
size_t reverse_name(char *out, const struct in6_addr *ip);

#endif
