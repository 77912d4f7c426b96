/* http1_chunked: a chunked body has the same data and ends at the same byte however it arrives, and what the writing
 * side makes of it has that data and those trailers again. What flow.h passes on is never whole when the body was not. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "http1_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum http1_body_event event;
	size_t used;
	const char *why;
	size_t data_len, trailers_len;
	char *data, *trailers; /* each as large as the input */
};

static struct outcome outcome_new(size_t size)
{
	return (struct outcome){.event = HTTP1_BODY_MORE, .data = malloc(size + 1), .trailers = malloc(size + 1)};
}

static void outcome_free(struct outcome *outcome)
{
	free(outcome->data);
	free(outcome->trailers);
}

static struct outcome read_in_steps(const char *text, size_t size, size_t step)
{
	struct outcome outcome = outcome_new(size);
	struct http1_body body;
	size_t given = 0;
	http1_body_init(&body, HTTP1_CHUNKED, 0);
	while (outcome.event == HTTP1_BODY_MORE && given < size) {
		given = given + step < size ? given + step : size;
		size_t len = given - outcome.used;
		char *copy = malloc(len); /* ends where the bytes end, so that one too far is found */
		memcpy(copy, text + outcome.used, len);
		struct bytes in = {copy, len}, span;
		while ((outcome.event = http1_body_next(&body, &in, &span)) == HTTP1_BODY_DATA ||
		       outcome.event == HTTP1_BODY_TRAILER) {
			char *to = outcome.event == HTTP1_BODY_DATA ? outcome.data : outcome.trailers;
			size_t *to_len = outcome.event == HTTP1_BODY_DATA ? &outcome.data_len : &outcome.trailers_len;
			assert(span.len > 0 && *to_len + span.len <= size);
			memcpy(to + *to_len, span.at, span.len);
			*to_len += span.len;
		}
		outcome.used = given - in.len;
		free(copy);
	}
	outcome.why = outcome.event == HTTP1_BODY_BAD ? body.why : NULL;
	assert(http1_body_closed(&body) == (outcome.event == HTTP1_BODY_END));
	assert(body.received == outcome.data_len);
	return outcome;
}

static void check_alike(const struct outcome *a, const struct outcome *b)
{
	assert(a->event == b->event && a->why == b->why);
	assert(a->event != HTTP1_BODY_END || a->used == b->used);
	assert(a->data_len == b->data_len && memcmp(a->data, b->data, a->data_len) == 0);
	assert(a->trailers_len == b->trailers_len && memcmp(a->trailers, b->trailers, a->trailers_len) == 0);
}

static size_t append(char *out, size_t at, const char *bytes, size_t len)
{
	if (len)
		memcpy(out + at, bytes, len);
	return at + len;
}

/* As the relay writes it: pieces of some length, the last chunk, the trailers. */
static void check_written(const struct outcome *outcome, size_t piece)
{
	char *out = malloc(outcome->data_len * 32 + outcome->trailers_len + 64);
	size_t len = 0;
	for (size_t at = 0; at < outcome->data_len; at += piece) {
		size_t now = outcome->data_len - at < piece ? outcome->data_len - at : piece;
		len += http1_chunk_head(out + len, now);
		len = append(out, len, outcome->data + at, now);
		len = append(out, len, HTTP1_CHUNK_TAIL, 2);
	}
	len = append(out, len, HTTP1_CHUNK_LAST, 3);
	len = append(out, len, outcome->trailers, outcome->trailers_len);
	len = append(out, len, "\r\n", 2);
	struct outcome again = read_in_steps(out, len, len);
	assert(again.event == HTTP1_BODY_END && again.used == len);
	assert(again.data_len == outcome->data_len && memcmp(again.data, outcome->data, again.data_len) == 0);
	assert(again.trailers_len == outcome->trailers_len);
	assert(memcmp(again.trailers, outcome->trailers, again.trailers_len) == 0);
	outcome_free(&again);
	free(out);
}

static size_t append_parts(char *out, size_t at, const struct flow_parts *parts)
{
	assert(parts->count <= FLOW_PARTS);
	for (int i = 0; i < parts->count; i++)
		at = append(out, at, parts->part[i].iov_base, parts->part[i].iov_len);
	return at;
}

/* As a connection does it: read into a block behind what is left there, pass on, again. */
static void check_flow(const struct outcome *outcome, const char *text, size_t size, size_t step)
{
	static struct block block;
	struct flow flow;
	struct flow_parts parts;
	enum http1_body_event event = HTTP1_BODY_MORE;
	char *out = malloc(size * 32 + 64);
	size_t len = 0;
	block.from = block.to = 0;
	flow_init(&flow, HTTP1_CHUNKED, 0, HTTP1_CHUNKED);
	for (size_t at = 0; at < size && event == HTTP1_BODY_MORE; at += step) {
		size_t now = size - at < step ? size - at : step;
		if (block.to + now > BLOCK_SIZE) {
			memmove(block.bytes, block.bytes + block.from, block_len(&block));
			block.to -= block.from;
			block.from = 0;
		}
		memcpy(block.bytes + block.to, text + at, now);
		block.to += (uint32_t)now;
		event = flow_take(&flow, &block, &parts);
		len = append_parts(out, len, &parts);
	}
	assert(event == outcome->event);
	assert(flow_closed(&flow, &parts) == (event == HTTP1_BODY_END));
	struct outcome again = read_in_steps(out, len, len ? len : 1);
	assert((again.event == HTTP1_BODY_END) == (event == HTTP1_BODY_END));
	if (event == HTTP1_BODY_END) {
		assert(again.used == len);
		assert(again.data_len == outcome->data_len && memcmp(again.data, outcome->data, again.data_len) == 0);
		assert(again.trailers_len == outcome->trailers_len);
		assert(memcmp(again.trailers, outcome->trailers, again.trailers_len) == 0);
	}
	outcome_free(&again);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	size_t step = 1 + *data % 32;
	const char *text = (const char *)data + 1;
	size--;
	struct outcome whole = read_in_steps(text, size, size ? size : 1);
	struct outcome pieces = read_in_steps(text, size, step);
	check_alike(&whole, &pieces);
	if (whole.event == HTTP1_BODY_END)
		check_written(&whole, step);
	check_flow(&whole, text, size, step);
	outcome_free(&whole);
	outcome_free(&pieces);
	return 0;
}
