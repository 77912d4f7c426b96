/* rrl.h - response rate limiting: how many answers of a kind a client gets over UDP in a second, so that whoever writes
 * somebody else's address on his questions turns this server on nobody.
 *
 * A client is an IPv4 /24, an IPv6 /56, or inside fdaa::/16 one Machine's /112. What each had is kept in a sketch of
 * constant size: four cells that a keyed hash of client and kind picks, and a client has its rate as long as one of
 * them is shared with nobody who is above it. So forged sources, however many, can neither fill it nor aim at a
 * client. Any thread, no lock. Pure. */
#ifndef DNS_RRL_H
#define DNS_RRL_H

#include <stdint.h>

#include "base/prefix_list.h"

enum rrl_kind { RRL_ANSWER, RRL_NODATA, RRL_NXDOMAIN, RRL_ERROR };

enum rrl_verdict {
	RRL_SEND,
	RRL_SLIP, /* instead of the answer something as short as the question: who really asked comes again, over TCP */
	RRL_DROP,
};

enum { RRL_RATE_MAX = 1000000 };

struct rrl_settings {
	int rate;       /* up to RRL_RATE_MAX answers of each kind a second, and as many at once; 0: no limit */
	int error_rate; /* the same of RRL_ERROR */
	int slip;       /* one of so many is RRL_SLIP, the others RRL_DROP; 0: all are dropped */
	struct prefix_list exempt;
};

struct rrl;

struct rrl *rrl_new(const struct rrl_settings *settings); /* NULL: nothing has a limit */
void rrl_free(struct rrl *rrl);                           /* NULL is fine */

/* May this client have an answer of this kind now? It is counted when it may. */
enum rrl_verdict rrl_judge(struct rrl *rrl, const struct in6_addr *client, enum rrl_kind kind, int64_t now_ns);

#endif
