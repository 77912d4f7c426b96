/* http1_request: a request means the same however its bytes arrive, and what is written on means the same again: the
 * same framing, host and target, with every field that is ours said by us alone. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "http1_name.h"
#include "http1_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct http1_head whole, pieces, again;

static enum http1_parse parse_in_steps(const char *text, size_t size, size_t step)
{
	enum http1_parse result = HTTP1_MORE;
	http1_head_init(&pieces);
	for (size_t len = 0; result == HTTP1_MORE; len = len + step < size ? len + step : size) {
		char *copy = malloc(len ? len : 1); /* ends where the bytes end, so that one too far is found */
		if (len)
			memcpy(copy, text, len);
		result = http1_request_parse(&pieces, copy, len);
		free(copy);
		if (len == size)
			break;
	}
	return result;
}

static void check_alike(enum http1_parse result)
{
	if (result == HTTP1_BAD) {
		assert(whole.fault.status == pieces.fault.status);
		assert(whole.fault.sentence == pieces.fault.sentence);
	}
	if (result != HTTP1_DONE)
		return;
	assert(whole.end == pieces.end && whole.framing == pieces.framing && whole.length == pieces.length);
	assert(whole.count == pieces.count && whole.seen == pieces.seen && whole.keep_alive == pieces.keep_alive);
	for (size_t i = 0; i < whole.count; i++) {
		const struct http1_field *a = &whole.field[i], *b = &pieces.field[i];
		assert(a->name == b->name && a->value == b->value && a->end == b->end);
		assert(a->value_len == b->value_len && a->id == b->id && a->drop == b->drop);
	}
}

static unsigned count_of(enum http1_name id)
{
	unsigned count = 0;
	for (size_t i = 0; i < again.count; i++)
		count += again.field[i].id == id;
	return count;
}

static void check_written(const char *text)
{
	static char out[HTTP1_WRITE_MAX];
	struct in6_addr client, address;
	struct http1_hop hop;
	assert(addr_ip_parse(&client, "fdaa::1") && addr_ip_parse(&address, "fdaa:0:1:0:1::3"));
	http1_hop_init(&hop, &(struct http1_hop_facts){&client, &address, 80, false, "fra"});
	size_t len = http1_request_write(out, sizeof out, text, &whole,
	                                 &(struct http1_onward){.hop = &hop, .request_id = BYTES("ID")});
	assert(len > 0);
	if (len > HTTP1_HEAD_MAX || whole.count > HTTP1_FIELDS_MAX - 16)
		return; /* what we add may take it over our own limits */
	http1_head_init(&again);
	assert(http1_request_parse(&again, out, len) == HTTP1_DONE);
	assert(again.end == len && again.minor == 1 && !again.absolute);
	assert(again.framing == whole.framing && again.length == whole.length && again.websocket == whole.websocket);
	assert(again.method == whole.method && again.expect_continue == whole.expect_continue);
	if (whole.minor == 1 || whole.authority_len) /* an HTTP/1.0 client may leave it out */
		assert(bytes_equal(http1_head_authority(&again, out), http1_head_authority(&whole, text)));
	else
		assert(bytes_equal(http1_head_authority(&again, out), BYTES("[fdaa:0:1:0:1::3]")) ||
		       !again.authority_len);
	assert(count_of(HTTP1_NAME_FLY) == 3 && count_of(HTTP1_NAME_REQUEST_ID) == 1);
	assert(count_of(HTTP1_NAME_FORWARDED) == 2 && count_of(HTTP1_NAME_FORWARDED_FOR) == 1);
	assert(count_of(HTTP1_NAME_ALIAS) == 0 && count_of(HTTP1_NAME_HOP) == 0 && count_of(HTTP1_NAME_FLYCAST) == 0);
	assert(count_of(HTTP1_NAME_CONNECTION) == whole.websocket && count_of(HTTP1_NAME_UPGRADE) == whole.websocket);
	assert(count_of(HTTP1_NAME_LENGTH) == (whole.framing == HTTP1_LENGTH));
	assert(count_of(HTTP1_NAME_CODING) == (whole.framing == HTTP1_CHUNKED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	if (size)
		memcpy(text, data, size);
	http1_head_init(&whole);
	enum http1_parse result = http1_request_parse(&whole, text, size);
	enum http1_parse stepped = parse_in_steps(text, size, size <= 1024 ? 1 : 97);
	assert(stepped == result);
	check_alike(result);
	if (result == HTTP1_DONE)
		check_written(text);
	free(text);
	return 0;
}
