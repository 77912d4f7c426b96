/* front.h - servers that stand in front of the proxy and speak for their clients: which sources are believed
 * (--proxy-from), and the PROXY header that every connection of theirs begins with. It is read off before anything else,
 * TLS too, and its source takes the place of the connection's own in conn->way. What the client dialled stays what the
 * connection was made to.
 *
 * From everybody else a header is bytes like any others. HAProxy's proxy-protocol.txt, sections 2 and 5. */
#ifndef PROXY_FRONT_H
#define PROXY_FRONT_H

#include "base/addr.h"

struct conn;

enum { FRONTS_MOST = 32, FRONT_SECONDS = 5 /* for the header */ };

struct fronts { /* never changes once there are threads */
	struct prefix prefixes[FRONTS_MOST];
	size_t count;
};

/* "10.0.0.0/8,fdaa:0:1::/48": prefixes, or addresses alone. NULL: done; else a phrase that says what is wrong. */
const char *fronts_read(struct fronts *out, const char *list);

static inline bool fronts_have(const struct fronts *fronts, const struct in6_addr *source)
{
	for (size_t i = 0; i < fronts->count; i++)
		if (prefix_has(&fronts->prefixes[i], source))
			return true;
	return false;
}

/* conn is new and a front's. conn_introduced() goes on when the header is read. May free the conn. */
void front_begin(struct conn *conn);
/* Something happened on the client's socket while conn->greeting.stage is GREET_FRONT. May free the conn. */
void front_client(struct conn *conn);
void front_late(struct conn *conn); /* the header takes too long; frees the conn */

#endif
