/* http2_inside.h - what http2.c, http2_session.c and http2_stream.c share.
 *
 * budget: eleven functions, because each thing that nghttp2 tells of a stream is one. */
#ifndef PROXY_HTTP2_INSIDE_H
#define PROXY_HTTP2_INSIDE_H

#include <nghttp2/nghttp2.h>

#include "conn.h"
#include "http2.h"
#include "http2_calm.h"
#include "http2_head.h"
#include "http2_stream.h"

struct http2_stream {
	struct http2 *session; /* NULL: the connection is gone */
	struct worker *worker;
	struct wire *wire; /* NULL: let go; what is left to send is still sent */
	struct http2_stream *prev;
	struct http2_stream *next;
	struct http2_stream *next_ready;
	struct deadline deadline; /* until the peer takes more of what waits in out; answered: until its request ends */
	struct block *in;         /* received and not read, one behind the other */
	struct block *in_last;
	struct block *out; /* written and not sent */
	struct block *trailers_in;
	struct block *trailers_out;
	uint32_t head_left; /* bytes of in that are not the body's */
	uint64_t awaited; /* octets of the request's body still to come, as its length says; UINT64_MAX: it does not */
	int32_t id;
	int wants;       /* EV_READ, EV_WRITE */
	uint32_t code;   /* of the close */
	uint8_t interim; /* heads of interim responses that came of a Machine */
	bool headed;     /* the head of the final response went out */
	bool ended;      /* nothing more will come in */
	bool last;       /* nothing more will be written */
	bool end_sent;
	bool remnant;  /* answered; the rest of the request is let in and thrown away */
	bool headless; /* of a Machine: the final head has not come */
	bool bodiless; /* ... it ended the message */
	bool cut;      /* we reset it: what was written and not sent is gone */
	bool closed;
	bool ready; /* on the session's list */
};

struct http2 {
	struct worker *worker;
	struct conn *conn;       /* whose socket it is: the client's */
	struct backend *backend; /* or the Machine's, and then we are the client */
	struct wire *wire;       /* the socket */
	struct wire socket;      /* ... where it is the Machine's */
	nghttp2_session *ng;
	struct block *out;            /* frames that the socket did not take yet */
	struct block *fields;         /* of the section that is being received */
	struct http2_section section; /* ... */
	struct http2_stream *streams;
	struct http2_stream *ready; /* have something to send */
	ev_watcher turn;            /* sends once, after everything else that happens in a turn of the loop */
	struct http2_calm calm;
	bool stalls; /* the limit of out runs */
	bool draining;
	bool raging;  /* the peer went too far */
	bool greeted; /* it does speak HTTP/2 */
};

/* Sends what there is to send. IO_AGAIN: the socket does not take it all. */
enum io_result http2_send(struct http2 *session);
/* NULL: no memory. */
nghttp2_session *http2_session_new(struct http2 *session);

struct http2_stream *http2_stream_new(struct http2 *session, int32_t id);
/* Appends to what can be read. Events follow when the owner waits for them. */
void http2_stream_feed(struct http2_stream *stream, const char *bytes, size_t len);
/* Nothing more will come in. */
void http2_stream_end(struct http2_stream *stream);
void http2_stream_stir(struct http2_stream *stream);
/* Hands to nghttp2 what was written: heads, and the news that there is more of the body. */
void http2_stream_submit(struct http2_stream *stream);
/* nghttp2 is done with it. May free it. */
void http2_stream_closed(struct http2_stream *stream, uint32_t code);
/* The socket's block took so much of out. */
void http2_stream_sent(struct http2_stream *stream, uint32_t len);
/* The end of the response went out. What is still to come of the request is not wanted (RFC 9113 8.1), unless little enough
 * is left of it to be thrown away. */
void http2_stream_answered(struct http2_stream *stream);
/* The session ends. May free it. */
void http2_stream_orphan(struct http2_stream *stream);
/* Something is to be sent: http2_stream_submit() and the socket, at the end of this turn. */
void http2_ready(struct http2 *session, struct http2_stream *stream);

#endif
