/* flow.h - one body on its way through: read by its framing, written with ours, in runs of the buffer it arrived in. Pure.
 *
 * Chunks are made anew, one for what arrived together; trailers follow the last one. Nothing is copied except where
 * pieces of several small chunks are moved together. */
#ifndef PROXY_FLOW_H
#define PROXY_FLOW_H

#include <sys/uio.h>

#include "block.h"
#include "http1_body.h"

enum { FLOW_PARTS = 6 };

struct flow {
	struct http1_body body;
	enum http1_framing out; /* how it is written */
	bool last;              /* the last chunk was written: what follows are trailers */
};

struct flow_parts { /* to be written before the block is touched again */
	struct iovec part[FLOW_PARTS];
	int count;
	char chunk[HTTP1_CHUNK_HEAD];
	struct bytes trailers; /* lines that came, where the framing has no place for them */
};

void flow_init(struct flow *flow, enum http1_framing in, uint64_t length, enum http1_framing out);
/* Uses up what is in the block (NULL: nothing there). HTTP1_BODY_MORE, _END or _BAD. */
enum http1_body_event flow_take(struct flow *flow, struct block *block, struct flow_parts *parts);
/* The sender closed: true when the body was complete with that; parts end it on the other side. */
bool flow_closed(struct flow *flow, struct flow_parts *parts);
/* As flow_closed(), of a sender whose trailers come beside the body. */
bool flow_ended(struct flow *flow, struct bytes trailers, struct flow_parts *parts);

#endif
