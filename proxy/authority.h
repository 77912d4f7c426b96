/* authority.h - does a request's authority (Host, :authority) name the app it came to? Pure.
 *
 * An address belongs to one app, so it decides where a request goes, never a name. But a client that speaks TLS may use
 * a connection for several names (RFC 9113 9.1.1), and a stale resolver leads it to another app's address: a name of
 * ours that is another app's gets 421, and the client tries again where that name leads (RFC 9110 7.4, 15.5.20).
 * Other names are the app's affair: it may stand behind a front that keeps the Host of its own clients. */
#ifndef PROXY_AUTHORITY_H
#define PROXY_AUTHORITY_H

#include <stdbool.h>

#include "base/text.h"

/* Is it a name under .flycast or .internal, but none of `app`'s? With or without a port and a last dot, in any case. */
bool authority_is_elsewhere(struct bytes authority, const char *app);

#endif
