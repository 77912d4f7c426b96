/* http1_body.h - bodies of HTTP/1 messages: where the data is in the bytes that arrived, and where it ends. Pure.
 *
 * One reader for every framing. It copies nothing: data comes out as spans of the caller's buffer. Chunked coding is
 * read strictly (RFC 9112 7.1 and erratum 7633: CRLF everywhere, 1..16 hex digits, extensions by the grammar and
 * bounded) and never passed on as it came: the writing side makes chunks of its own. Trailers come out line by line,
 * without those that may not be trailers (framing, routing, authentication, our own fields); forward or forget them,
 * never treat them as header fields. */
#ifndef PROXY_HTTP1_BODY_H
#define PROXY_HTTP1_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "http1.h"

enum {
	HTTP1_EXTENSION_MAX = 256,   /* bytes of the extensions of one chunk */
	HTTP1_EXTENSIONS_MAX = 4096, /* ... of a whole body */
	HTTP1_TRAILER_MAX = 4096,    /* bytes of one trailer line: the buffer must be able to hold that many */
	HTTP1_TRAILERS_MAX = 8192,   /* bytes of all trailer lines */
	HTTP1_CHUNK_HEAD = 20        /* room for http1_chunk_head() */
};

enum http1_body_event {
	HTTP1_BODY_MORE,    /* give more bytes: *in is used up, or begins with a part of a trailer line to be kept */
	HTTP1_BODY_DATA,    /* *span is data, at least one byte */
	HTTP1_BODY_TRAILER, /* *span is a trailer line with its CRLF, to be passed on behind the last chunk */
	HTTP1_BODY_END,     /* the body is complete; what is left of *in belongs to the next message */
	HTTP1_BODY_BAD      /* body.why says it; the connection cannot be used any more */
};

struct http1_body {
	uint64_t left;     /* bytes of the body, or of the chunk, that are still to come */
	uint64_t received; /* data bytes so far */
	enum http1_framing framing;
	uint8_t state;
	uint8_t digits;
	uint16_t extension;  /* bytes of extensions in this chunk */
	uint16_t extensions; /* ... in this body */
	uint16_t trailers;   /* bytes of trailer lines */
	const char *why;     /* HTTP1_BODY_BAD: static sentence without a full stop */
};

void http1_body_init(struct http1_body *body, enum http1_framing framing, uint64_t length);
static inline void http1_body_of(struct http1_body *body, const struct http1_head *head)
{
	http1_body_init(body, head->framing, head->length);
}

/* Moves *in over what it used. Call until it answers something else than DATA and TRAILER. */
enum http1_body_event http1_body_next(struct http1_body *body, struct bytes *in, struct bytes *span);
/* The sender closed. True when the body was complete with that; false: it was cut off and must not look complete. */
bool http1_body_closed(struct http1_body *body);

/* "1f40\r\n" for `len` > 0 bytes of data, which "\r\n" follows. Returns the length, at most HTTP1_CHUNK_HEAD. */
size_t http1_chunk_head(char *out, uint64_t len);
#define HTTP1_CHUNK_TAIL "\r\n"     /* behind the data of every chunk */
#define HTTP1_CHUNK_LAST "0\r\n"    /* then trailer lines, if any, then "\r\n" */
#define HTTP1_CHUNK_END "0\r\n\r\n" /* last chunk without trailers */

#endif
