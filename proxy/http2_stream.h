/* http2_stream.h - one stream of an HTTP/2 connection as a wire (wire.h): who reads it gets the head of an HTTP/1.1 message
 * and then its body without framing; who writes it writes the same. What HTTP/2 adds stays below.
 *
 * A stream belongs to its session and to its wire; it goes when both have let it go. What was written and not sent is one
 * block, what was received and not read at most the window. Reading opens the window again: that is the back-pressure.
 *
 * budget: as many functions as a wire has operations, and the trailers. */
#ifndef PROXY_HTTP2_STREAM_H
#define PROXY_HTTP2_STREAM_H

#include "base/text.h"
#include "io.h"

struct http2_stream;

/* As the wire's functions of the same names. */
void http2_stream_want(struct http2_stream *stream, int events);
enum io_result http2_stream_read(struct http2_stream *stream, struct block *block);
enum io_result http2_stream_write(struct http2_stream *stream, struct iovec *parts, int count, struct block **rest);
enum io_result http2_stream_flush(struct http2_stream *stream, struct block **rest);
void http2_stream_shut(struct http2_stream *stream);
bool http2_stream_lost(const struct http2_stream *stream);
bool http2_stream_refused(const struct http2_stream *stream);
void http2_stream_close(struct http2_stream *stream, bool reset);

/* The head that was read ended the message. */
bool http2_stream_bodiless(const struct http2_stream *stream);
/* Lines that came behind the body; valid from its end until the wire is closed. */
struct bytes http2_stream_trailers(const struct http2_stream *stream);
/* More lines to go behind the body. */
void http2_stream_trail(struct http2_stream *stream, struct bytes lines);

#endif
