/* flow.c - see flow.h. */
#include "flow.h"

#include <string.h>

void flow_init(struct flow *flow, enum http1_framing in, uint64_t length, enum http1_framing out)
{
	http1_body_init(&flow->body, in, length);
	flow->out = out;
	flow->last = false;
}

static void add(struct flow_parts *parts, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	parts->part[parts->count++] = (struct iovec){(void *)bytes, len};
}

static void add_data(struct flow *flow, struct flow_parts *parts, const char *at, size_t len)
{
	if (len == 0)
		return;
	if (flow->out != HTTP1_CHUNKED) {
		add(parts, at, len);
		return;
	}
	add(parts, parts->chunk, http1_chunk_head(parts->chunk, len));
	add(parts, at, len);
	add(parts, HTTP1_CHUNK_TAIL, strlen(HTTP1_CHUNK_TAIL));
}

static void add_trailers(struct flow *flow, struct flow_parts *parts, struct bytes lines, bool end)
{
	if (flow->out != HTTP1_CHUNKED) {
		parts->trailers = lines;
		return;
	}
	if (!flow->last && (lines.len > 0 || end)) {
		/* the usual end is one part, so that six are enough */
		if (end && lines.len == 0) {
			add(parts, HTTP1_CHUNK_END, strlen(HTTP1_CHUNK_END));
			flow->last = true;
			return;
		}
		add(parts, HTTP1_CHUNK_LAST, strlen(HTTP1_CHUNK_LAST));
		flow->last = true;
	}
	add(parts, lines.at, lines.len);
	if (end)
		add(parts, "\r\n", 2);
}

/* Appends the span to the run, moving it up when there is something between them. */
static void append(char **run, size_t *len, struct bytes span)
{
	if (!*run)
		*run = (char *)span.at;
	else if (*run + *len != span.at)
		memmove(*run + *len, span.at, span.len);
	*len += span.len;
}

enum http1_body_event flow_take(struct flow *flow, struct block *block, struct flow_parts *parts)
{
	struct bytes in = {block ? block->bytes + block->from : "", block_len(block)};
	struct bytes span;
	char *data = NULL;
	char *lines = NULL;
	size_t data_len = 0;
	size_t lines_len = 0;
	enum http1_body_event event;
	parts->count = 0;
	parts->trailers = BYTES("");
	while ((event = http1_body_next(&flow->body, &in, &span)) == HTTP1_BODY_DATA || event == HTTP1_BODY_TRAILER) {
		if (event == HTTP1_BODY_DATA)
			append(&data, &data_len, span);
		else
			append(&lines, &lines_len, span);
	}
	if (block)
		block->from = (uint32_t)(in.at - block->bytes);
	add_data(flow, parts, data, data_len);
	add_trailers(flow, parts, (struct bytes){lines, lines_len}, event == HTTP1_BODY_END);
	return event;
}

bool flow_ended(struct flow *flow, struct bytes trailers, struct flow_parts *parts)
{
	parts->count = 0;
	parts->trailers = BYTES("");
	if (!http1_body_closed(&flow->body))
		return false;
	add_trailers(flow, parts, trailers, true);
	return true;
}

bool flow_closed(struct flow *flow, struct flow_parts *parts)
{
	return flow_ended(flow, BYTES(""), parts);
}
