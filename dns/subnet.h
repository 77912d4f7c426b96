/* subnet.h - the EDNS option client subnet (RFC 7871): in whose name a resolver asks, and for whom else the answer is
 * good. Pure; what was read points into the question. Whom to believe is not decided here. */
#ifndef DNS_SUBNET_H
#define DNS_SUBNET_H

#include "base/addr.h"
#include "base/text.h"

enum { SUBNET_DATA = 4 + 16 }; /* octets of the longest option */

struct subnet {
	struct bytes data;    /* the option as it came */
	bool nobody;          /* SOURCE PREFIX-LENGTH 0: it asks in no one's name (7.1.2) */
	struct prefix prefix; /* else: in that of these addresses */
};

/* false: it is malformed (section 6). An address family that there is not is malformed, too. */
bool subnet_read(struct subnet *out, struct bytes data);
/* The answer's option into out[SUBNET_DATA]; returns its length. scope: the answer is good for the asker's address cut to
 * so many bits, 0 to 128, IPv4 counted from the start of ::ffff:0:0/96. */
size_t subnet_write(uint8_t *out, const struct subnet *subnet, uint8_t scope);

#endif
