/* http2.h - a client's connection that speaks HTTP/2: its session (nghttp2), and a connection of its own (conn.h) for each
 * of its streams, which goes the same way as one that came over a socket of its own.
 *
 * Bounds of one connection: HTTP2_STREAMS requests at a time, HTTP2_WINDOW octets of each that were not passed on yet,
 * one block of each that the client did not take yet, one block of frames, one section of fields. */
#ifndef PROXY_HTTP2_H
#define PROXY_HTTP2_H

#include <stdbool.h>

#include "deadline.h"

struct conn;
struct worker;

enum {
	HTTP2_STREAMS = 100,
	HTTP2_WINDOW = 65535,    /* of a stream: what RFC 9113 has from the start */
	HTTP2_REMNANT = 1 << 26, /* octets of an answered request that are let in and thrown away */
	HTTP2_CONNECTION_WINDOW = 1 << 20
};

enum http2_preface { HTTP2_PREFACE_NO, HTTP2_PREFACE_MORE, HTTP2_PREFACE_YES };
/* Do the first bytes of a connection, in conn->in, say that the client speaks HTTP/2 (RFC 9113 3.4)? */
enum http2_preface http2_preface_seen(const struct conn *conn);

/* From here on the connection is HTTP/2; what conn->in holds is read first. May free the conn. */
void http2_start(struct conn *conn);
/* Something happened on the client's socket. May free the conn. */
void http2_client(struct conn *conn, int events);
/* No new streams; the connection ends with those there are. */
void http2_drain(struct conn *conn);
/* The client was silent for too long between two requests: says good-bye. Frees the conn. */
void http2_retire(struct conn *conn);
void http2_free(struct conn *conn); /* no session is fine */

void http2_deadlines(struct worker *worker); /* what happens when a stream's limit runs out */

#endif
