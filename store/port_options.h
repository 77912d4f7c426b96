/* port_options.h - what a port says about its handlers beyond their names: column service_port.options, a JSON object
 * with the keys that Fly's Machines API has there (tls_options, http_options, proxy_proto_options). Pure.
 *
 * Owns the texts it points to. A key that is not known, or a value of the wrong kind, is refused with a sentence, so
 * that a misspelt option never silently means the default. */
#ifndef STORE_PORT_OPTIONS_H
#define STORE_PORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { PORT_TLS_1_2 = 1, PORT_TLS_1_3 = 2 };
enum {
	PORT_HEADERS_MOST = 64,   /* response headers set or removed */
	PORT_HEADERS_SIZE = 8192, /* octets that those set take in a response */
	PORT_ALPN_MOST = 16,      /* protocols offered */
	PORT_REPLAY_CACHES_MOST = 16,
	PORT_SECONDS_MOST = 86400, /* of any time-out */
	PORT_OPTIONS_MOST = 16384  /* octets of JSON */
};

struct port_header { /* of a response, on its way to the client; RFC 9110 5 */
	char *name;
	char *value; /* NULL: the field is removed; a list of values is several of these with one name */
};

struct port_replay_cache {
	char *path_prefix;
	char *name;           /* of the cookie or header that tells sessions apart; NULL: by path alone */
	uint32_t ttl_seconds; /* at least 10 */
	bool by_cookie;       /* name is a cookie's, else a header's */
	bool allow_bypass;
};

struct port_options {
	char *alpn; /* as in a ClientHello: length octet, name, ... (RFC 7301); NULL: by the handlers */
	uint16_t alpn_len;
	uint8_t tls_versions;          /* PORT_TLS_ bits; never 0 */
	uint8_t proxy_version;         /* 1 or 2 */
	bool default_self_signed;      /* a certificate of our own for a name that has none */
	bool h2_backend;               /* the Machine speaks HTTP/2 without TLS, by prior knowledge */
	bool pristine;                 /* no Server, Via, Fly-Request-Id of ours in responses */
	bool compress;                 /* kept and shown; nothing is compressed yet */
	uint32_t idle_timeout;         /* seconds without a byte on an HTTP connection; 0: the proxy's own */
	uint32_t headers_read_timeout; /* seconds for a request's head; 0: the proxy's own */
	struct port_header *headers;
	struct port_replay_cache *replay_caches;
	uint32_t header_count;
	uint32_t replay_cache_count;
};

/* "{}": all defaults. NULL with a sentence appended to why (may be NULL). */
struct port_options *port_options_parse(const char *json, struct text *why);
const struct port_options *port_options_default(void); /* what "{}" means */
void port_options_free(struct port_options *options);  /* NULL is fine */

#endif
