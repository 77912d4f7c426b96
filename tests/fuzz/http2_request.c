/* http2_request: whatever fields a request of HTTP/2 has, what is written down is one whole HTTP/1.1 head, that of no
 * other request, and its fields come back unchanged. The input is a sequence of: octets of the name, octets of the value
 * (in two octets), name, value; the first octet says whether the request ends with its head and may be a WebSocket's. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "http1_name.h"
#include "http2_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char stored[HTTP2_SECTION_MAX], out[4 * HTTP2_SECTION_MAX], lines[4 * HTTP2_SECTION_MAX];
static struct http1_head head;
static struct http2_field fields[HTTP2_SECTION_FIELDS];

static void fill(struct http2_section *section, const char *at, size_t left)
{
	http2_section_init(section, stored, sizeof stored);
	while (left >= 3) {
		size_t name = (uint8_t)at[0];
		size_t value = (size_t)(uint8_t)at[1] << 8 | (uint8_t)at[2];
		at += 3;
		left -= 3;
		name = name < left ? name : left;
		value = value < left - name ? value : left - name;
		http2_section_add(section, (struct bytes){at, name}, (struct bytes){at + name, value});
		at += name + value;
		left -= name + value;
	}
}

static struct bytes value_of(const struct http2_section *section, const char *name)
{
	struct http2_field field;
	for (size_t at = 0; http2_section_next(section, &at, &field);) {
		if (bytes_equal(field.name, bytes_of(name)))
			return field.value;
	}
	return (struct bytes){NULL, 0};
}

static void check_request(const struct http2_section *section, struct http2_shape shape, size_t len)
{
	http1_head_init(&head);
	enum http1_parse result = http1_request_parse(&head, out, len);
	if (result == HTTP1_BAD)
		return;
	assert(result == HTTP1_DONE && head.end == len && head.minor == 1 && !head.absolute);
	struct bytes authority = value_of(section, ":authority");
	assert(bytes_equal(http1_head_authority(&head, out), authority.at ? authority : value_of(section, "host")));
	assert(bytes_equal(http1_head_target(&head, out), value_of(section, ":path")));
	assert(head.framing != HTTP1_CHUNKED || !shape.ends);
	assert(head.framing != HTTP1_EMPTY || shape.ends || head.websocket);
	assert(head.websocket == (value_of(section, ":protocol").at != NULL));
	size_t count = http2_request_fields(fields, out, len);
	assert(count >= 5 && count <= HTTP2_SECTION_FIELDS);
	assert(bytes_equal(fields[3].value, value_of(section, ":path")));
	for (size_t i = 4; i < count; i++)
		assert(http2_field_fault(&fields[i]) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http2_section section;
	struct http1_fault fault = {0, NULL};
	if (size == 0)
		return 0;
	struct http2_shape shape = {data[0] & 1, data[0] & 2 ? "AAAAAAAAAAAAAAAAAAAAAA==" : NULL};
	fill(&section, (const char *)data + 1, size - 1);
	size_t len = http2_request_write(out, sizeof out, &section, shape, &fault);
	assert((len == 0) == (fault.status != 0));
	if (len)
		check_request(&section, shape, len);

	len = http2_response_write(out, sizeof out, &section, shape.ends, &fault);
	if (len) {
		struct http1_asked asked = {.method = HTTP1_GET, .minor = 1};
		http1_head_init(&head);
		enum http1_parse result = http1_response_parse(&head, out, len, &asked);
		assert(result == HTTP1_BAD || (result == HTTP1_DONE && head.end == len));
	}
	if (http2_trailers_write(lines, sizeof lines, &section, &len, &fault)) {
		size_t count = http2_trailer_fields(fields, lines, len);
		for (size_t i = 0; i < count; i++)
			assert(http2_field_fault(&fields[i]) == NULL &&
			       http1_name_trails(fields[i].name.at, fields[i].name.len));
	}
	return 0;
}
