/* proxied.h - questions that a front such as dnsdist passes on: whose they are stands before them, in a PROXY header of
 * version 2. Only fronts that were named are believed; a datagram or a connection of theirs begins with a header or is
 * worth nothing. Pure. */
#ifndef DNS_PROXIED_H
#define DNS_PROXIED_H

#include "base/prefix_list.h"
#include "base/proxyline.h"
#include "responder.h"

/* fronts NULL: there are none. */
static inline bool proxied_is_front(const struct prefix_list *fronts, const struct in6_addr *ip)
{
	return fronts && prefix_list_has(fronts, ip);
}

/* Makes a front's client the one its header names; of LOCAL, a front's own check, it stays the front. *end: octets of
 * the header (PROXYLINE_DONE only). PROXYLINE_PARTIAL: all of the bytes belong to it, and more is to come. */
enum proxyline_parse proxied_read(struct responder_client *client, struct bytes in, size_t *end);

/* Do the bytes begin as such a header does? */
bool proxied_begins(struct bytes in);

#endif
