/* http1_response: a response means the same however its bytes arrive, and what is written on can be read again and ends
 * where the client thinks it ends. The first byte says what was asked. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http1_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct http1_head whole, pieces, again;

static struct http1_asked asked_of(uint8_t bits)
{
	return (struct http1_asked){
	    .method = bits & 1 ? HTTP1_HEAD : HTTP1_GET,
	    .minor = bits & 2 ? 0 : 1,
	    .keep_alive = !(bits & 4),
	    .websocket = (bits & 9) == 8 && !(bits & 2),
	};
}

static enum http1_parse parse_in_steps(const char *text, size_t size, size_t step, const struct http1_asked *asked)
{
	enum http1_parse result = HTTP1_MORE;
	http1_head_init(&pieces);
	for (size_t len = 0; result == HTTP1_MORE; len = len + step < size ? len + step : size) {
		char *copy = malloc(len ? len : 1); /* ends where the bytes end, so that one too far is found */
		if (len)
			memcpy(copy, text, len);
		result = http1_response_parse(&pieces, copy, len, asked);
		free(copy);
		if (len == size)
			break;
	}
	return result;
}

static void check_alike(enum http1_parse result)
{
	if (result == HTTP1_BAD)
		assert(whole.fault.status == 502 && whole.fault.sentence == pieces.fault.sentence);
	if (result != HTTP1_DONE)
		return;
	assert(whole.end == pieces.end && whole.framing == pieces.framing && whole.length == pieces.length);
	assert(whole.count == pieces.count && whole.seen == pieces.seen && whole.keep_alive == pieces.keep_alive);
	assert(whole.status == pieces.status);
}

static void check_written(const char *text, const struct http1_asked *asked)
{
	static char out[HTTP1_WRITE_MAX];
	struct http1_reply reply = {.asked = *asked, .request_id = BYTES("ID")};
	size_t len = http1_response_write(out, sizeof out, text, &whole, &reply);
	assert(len > 0);
	if (len > HTTP1_HEAD_MAX || whole.count > HTTP1_FIELDS_MAX - 16)
		return; /* what we add may take it over our own limits */
	http1_head_init(&again);
	assert(http1_response_parse(&again, out, len, asked) == HTTP1_DONE);
	assert(again.end == len && again.minor == 1 && again.status == whole.status);
	if (whole.status < 200 && whole.status != 101)
		return;
	if (whole.status != 205) /* which says its zero length */
		assert(again.framing == http1_reply_framing(&whole, asked));
	if (whole.framing == HTTP1_LENGTH)
		assert(again.length == whole.length);
	/* Both ends agree whether another request may follow. */
	bool keeps = http1_reply_keeps(&whole, &reply);
	assert(!keeps || again.keep_alive);
	assert(keeps || !again.keep_alive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct http1_asked asked = asked_of(*data);
	data++;
	size--;
	char *text = malloc(size ? size : 1);
	if (size)
		memcpy(text, data, size);
	http1_head_init(&whole);
	enum http1_parse result = http1_response_parse(&whole, text, size, &asked);
	enum http1_parse stepped = parse_in_steps(text, size, size <= 1024 ? 1 : 97, &asked);
	assert(stepped == result);
	check_alike(result);
	if (result == HTTP1_DONE)
		check_written(text, &asked);
	free(text);
	return 0;
}
