/* http1_meaning.h - what the fields of a head say about framing, the connection and routing. Pure; used by
 * http1_head.c alone, but for the bits the writers look at. */
#ifndef PROXY_HTTP1_MEANING_H
#define PROXY_HTTP1_MEANING_H

#include "http1.h"

enum http1_seen {
	HTTP1_SEEN_HOST = 1 << 0,
	HTTP1_SEEN_CHUNKED = 1 << 1,
	HTTP1_SEEN_CLOSE = 1 << 2,      /* Connection: close */
	HTTP1_SEEN_KEEP_ALIVE = 1 << 3, /* Connection: keep-alive */
	HTTP1_SEEN_UPGRADE = 1 << 4,    /* Connection: upgrade */
	HTTP1_SEEN_WEBSOCKET = 1 << 5,  /* Upgrade: websocket */
	HTTP1_SEEN_LISTED = 1 << 6,     /* Connection names other fields */
	HTTP1_SEEN_EXPECT = 1 << 7,
	HTTP1_SEEN_FORWARDED_FOR = 1 << 8,
	HTTP1_SEEN_FORWARDED_PORT = 1 << 9,
	HTTP1_SEEN_SERVER = 1 << 10,
	HTTP1_SEEN_STEER = 1 << 11, /* Fly-Prefer-Region and the like */
	HTTP1_SEEN_REPLAY = 1 << 12 /* a response that says where the request is to go (replay.h) */
};

/* For every field as it is read: sets id and drop, remembers what matters. HTTP1_BAD or HTTP1_DONE. */
enum http1_parse http1_request_field(struct http1_head *head, const char *in, struct http1_field *field);
enum http1_parse http1_response_field(struct http1_head *head, const char *in, struct http1_field *field);

/* After the last one: decides. HTTP1_BAD or HTTP1_DONE. */
enum http1_parse http1_request_settle(struct http1_head *head, const char *in);
enum http1_parse http1_response_settle(struct http1_head *head, const char *in, const struct http1_asked *asked);

#endif
