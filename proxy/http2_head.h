/* http2_head.h - messages of HTTP/2 (RFC 9113 8) written down as the HTTP/1.1 heads that mean the same, and back. Pure.
 *
 * What HTTP/2 alone knows is checked here: names, pseudo-fields, Host against :authority, crumbs of a cookie. What frames,
 * routes or is forged is then found by the parser of http1.h in the head that was written, as for every other request, so
 * that there is one place that decides. A head that was refused must not be sent on in any form: *fault says why.
 *
 * Writers return the length, or 0: *fault is set. */
#ifndef PROXY_HTTP2_HEAD_H
#define PROXY_HTTP2_HEAD_H

#include "http1.h"
#include "http2_section.h"

enum { HTTP2_WEBSOCKET_KEY = 24 }; /* octets of a Sec-WebSocket-Key */

struct http2_shape {
	bool ends;                 /* no body follows */
	const char *websocket_key; /* of HTTP2_WEBSOCKET_KEY octets, for RFC 8441; NULL: not spoken here */
};

/* With a body to come and no Content-Length, or with trailers that are announced (Trailer), the head says chunked. Extended CONNECT for a WebSocket becomes the
 * GET with Upgrade that HTTP/1.1 has for it. */
size_t http2_request_write(char *out, size_t room, const struct http2_section *section, struct http2_shape shape,
                           struct http1_fault *fault);
/* ends: no body follows, which the reader is told elsewhere. Interim responses too. */
size_t http2_response_write(char *out, size_t room, const struct http2_section *section, bool ends,
                            struct http1_fault *fault);
/* Trailer lines without the empty one; names that may not trail are left out. *len may be 0. False: *fault is set. */
bool http2_trailers_write(char *out, size_t room, const struct http2_section *section, size_t *len,
                          struct http1_fault *fault);

/* Fields of a head, or of trailer lines, that are well formed because http1_write.h or http1_body.h made them. They point
 * into the text, whose names become lower case; what belongs to the connection is left out. Return the count, at most
 * HTTP2_SECTION_FIELDS. */
size_t http2_request_fields(struct http2_field *fields, char *head, size_t len);
/* 101 becomes the 200 that RFC 8441 has for it, and the client took no part in HTTP/1.1's handshake. */
size_t http2_response_fields(struct http2_field *fields, char *head, size_t len);
size_t http2_trailer_fields(struct http2_field *fields, char *lines, size_t len);

#endif
