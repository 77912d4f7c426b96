/* http1_name.h - field names that mean something to the proxy. Pure; constant tables. */
#ifndef PROXY_HTTP1_NAME_H
#define PROXY_HTTP1_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http1_name {
	HTTP1_NAME_OTHER, /* nothing to us */
	HTTP1_NAME_HOST,
	HTTP1_NAME_LENGTH, /* Content-Length */
	HTTP1_NAME_CODING, /* Transfer-Encoding */
	HTTP1_NAME_CONNECTION,
	HTTP1_NAME_UPGRADE,
	HTTP1_NAME_HOP, /* Keep-Alive, Proxy-Connection, TE, HTTP2-Settings: this hop's affair */
	HTTP1_NAME_EXPECT,
	HTTP1_NAME_SERVER,
	HTTP1_NAME_FORWARDED_FOR,
	HTTP1_NAME_FORWARDED_PORT,
	HTTP1_NAME_FORWARDED,  /* X-Forwarded-Proto, X-Forwarded-SSL: ours to say */
	HTTP1_NAME_STEER,      /* Fly-Prefer-Region and the like: clients may say these */
	HTTP1_NAME_REPLAY,     /* Fly-Replay...: between Machines and us */
	HTTP1_NAME_FLY,        /* any other Fly-...: ours to say towards a Machine */
	HTTP1_NAME_REQUEST_ID, /* Fly-Request-Id: ours in both directions */
	HTTP1_NAME_FLYCAST,    /* Flycast-...: ours in both directions */
	HTTP1_NAME_ALIAS       /* one of the above with '_' for '-': what CGI and WSGI cannot tell apart from it */
};

enum http1_name http1_name_find(const char *name, size_t len);

/* May this name stand in a trailer section (RFC 9110 6.5.1)? Not what frames, routes, authenticates or is ours. */
bool http1_name_trails(const char *name, size_t len);

#endif
