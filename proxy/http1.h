/* http1.h - heads of HTTP/1 messages: bytes in, offsets and decisions out (RFC 9110, RFC 9112). Pure.
 *
 * Owns nothing: a struct http1_head holds offsets into the caller's buffer, whose bytes must stay where they are
 * relative to its start until the head was written on (http1_write.h) or thrown away.
 *
 * Strict in both directions, because two parsers that disagree are how requests are smuggled: CRLF only, no folding, no
 * space before a colon, one Host, one framing field, plain decimal lengths, HTTP/1.0 and HTTP/1.1 only. What is wrong
 * in a request is answered with fault.status and the connection closed; what is wrong in a response is a 502.
 *
 * Parsing is incremental: after HTTP1_MORE call again with the same head and the same bytes and more behind them; lines
 * that were read are not read again. The outcome depends on the bytes only, never on how they were cut. */
#ifndef PROXY_HTTP1_H
#define PROXY_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	HTTP1_HEAD_MAX = 16384,      /* bytes of a head with its empty line: 431, or 502 */
	HTTP1_START_LINE_MAX = 8192, /* bytes of a request line: 414 */
	HTTP1_FIELDS_MAX = 100,      /* field lines: 431, or 502 */
	HTTP1_INTERIM_MAX = 16       /* 1xx responses a Machine may send before the final one; the caller counts */
};

enum http1_parse { HTTP1_DONE, HTTP1_MORE, HTTP1_BAD };

enum http1_method {
	HTTP1_OTHER, /* any other token, passed on as it is */
	HTTP1_GET,
	HTTP1_HEAD,
	HTTP1_POST,
	HTTP1_PUT,
	HTTP1_DELETE,
	HTTP1_OPTIONS,
	HTTP1_PATCH,
	HTTP1_TRACE
};

/* How the body of a message ends (RFC 9112 6.3). */
enum http1_framing {
	HTTP1_EMPTY,       /* there is none */
	HTTP1_LENGTH,      /* after head.length bytes, which may be 0 */
	HTTP1_CHUNKED,     /* with the last chunk */
	HTTP1_UNTIL_CLOSE, /* with the connection; responses only */
	HTTP1_TUNNEL       /* after a 101 that was asked for: bytes both ways */
};

struct http1_field {
	uint16_t name; /* offset; the line begins here */
	uint16_t name_len;
	uint16_t value; /* offset, without white space around it */
	uint16_t value_len;
	uint16_t end; /* offset behind the line's CRLF */
	uint8_t id;   /* enum http1_name */
	bool drop;    /* not passed on: hop-by-hop, framing (written anew), or ours and forged */
};

struct http1_fault {
	uint16_t status;      /* what to answer: 400, 414, 417, 431, 501, 502, 505 */
	const char *sentence; /* static; what is wrong, without a full stop */
};

struct http1_head {
	uint32_t end;       /* bytes of the head: the body begins here. Before HTTP1_DONE: where parsing goes on */
	uint16_t start;     /* offset of the start line (a request may have one empty line before it) */
	uint16_t start_end; /* offset behind the start line's CRLF */
	uint8_t minor;      /* HTTP/1.<minor> of this message */

	enum http1_method method; /* requests */
	uint16_t method_len;
	bool absolute;   /* the target was http://authority/...: authority below stands for Host */
	uint16_t target; /* origin form or "*"; for http://host without a path target_len is 0 and means "/" */
	uint16_t target_len;
	uint16_t authority; /* host[:port] that was asked for; authority_len 0: an HTTP/1.0 request without Host */
	uint16_t authority_len;
	bool expect_continue; /* Expect: 100-continue from an HTTP/1.1 client; passed on */

	uint16_t status; /* responses: 100..599 */

	enum http1_framing framing;
	bool has_length; /* a Content-Length came, even where the body is empty all the same (HEAD, 304) */
	uint64_t length; /* its value; 0 without one */
	bool keep_alive; /* request: the client will send another. response: the Machine's connection can be used again
	                     once the body was read and nothing is behind it */
	bool websocket;  /* request: GET, no body, Upgrade: websocket. response: 101 to such a request */

	struct http1_fault fault; /* HTTP1_BAD */
	uint16_t seen;            /* enum http1_seen of http1_meaning.h */
	uint16_t count;
	struct http1_field field[HTTP1_FIELDS_MAX];
};

/* What must be remembered of a request to read and write its response. */
struct http1_asked {
	enum http1_method method;
	uint8_t minor;
	bool keep_alive;
	bool websocket;
};

void http1_head_init(struct http1_head *head); /* before the first byte of a message; cheap: leaves field[] alone */

enum http1_parse http1_request_parse(struct http1_head *head, const char *in, size_t len);
/* Interim responses (1xx) are heads of their own, HTTP1_EMPTY; a 101 is HTTP1_TUNNEL and only legal when asked for. */
enum http1_parse http1_response_parse(struct http1_head *head, const char *in, size_t len,
                                      const struct http1_asked *asked);

struct http1_asked http1_asked_of(const struct http1_head *request);

/* May be sent again without harm when a Machine's connection died before it answered (RFC 9110 9.2.2). */
static inline bool http1_idempotent(enum http1_method method)
{
	return method != HTTP1_OTHER && method != HTTP1_POST && method != HTTP1_PATCH;
}

/* A body with a method that gives it no meaning. It is framed and passed on, but servers that do not look for it there
 * would take it for the next request: nothing else may be sent on that connection to a Machine. */
static inline bool http1_body_is_odd(const struct http1_head *request)
{
	bool usual = request->method == HTTP1_OTHER || request->method == HTTP1_POST || request->method == HTTP1_PUT ||
	             request->method == HTTP1_PATCH;
	return !usual && (request->framing == HTTP1_CHUNKED || request->length > 0);
}

/* The value of the first field of that name (lower case, with '-'), .at NULL when there is none. */
struct bytes http1_head_value(const struct http1_head *head, const char *in, const char *name);

static inline struct bytes http1_head_target(const struct http1_head *head, const char *in)
{
	return head->target_len ? (struct bytes){in + head->target, head->target_len} : BYTES("/");
}

static inline struct bytes http1_head_authority(const struct http1_head *head, const char *in)
{
	return (struct bytes){in + head->authority, head->authority_len};
}

#endif
