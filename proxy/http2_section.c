/* http2_section.c - see http2_section.h. */
#include "http2_section.h"

#include <string.h>

#include "http1_put.h"
#include "http1_scan.h"

struct lengths { /* in front of each field */
	uint16_t name;
	uint16_t value;
};

void http2_section_init(struct http2_section *section, char *at, size_t room)
{
	*section = (struct http2_section){.at = at, .room = room};
}

void http2_section_add(struct http2_section *section, struct bytes name, struct bytes value)
{
	section->count++;
	section->size += name.len + value.len + HTTP2_FIELD_COST;
	if (section->size > HTTP2_SECTION_MAX || section->count > HTTP2_SECTION_FIELDS ||
	    section->room - section->len < sizeof(struct lengths) + name.len + value.len) {
		section->over = true;
		return;
	}
	struct lengths lengths = {(uint16_t)name.len, (uint16_t)value.len}; /* both are below HTTP2_SECTION_MAX */
	char *at = put(section->at + section->len, (const char *)&lengths, sizeof lengths);
	at = put(put(at, name.at, name.len), value.at, value.len);
	section->len = (size_t)(at - section->at);
}

bool http2_section_next(const struct http2_section *section, size_t *at, struct http2_field *field)
{
	struct lengths lengths;
	if (*at >= section->len)
		return false;
	memcpy(&lengths, section->at + *at, sizeof lengths);
	field->name = (struct bytes){section->at + *at + sizeof lengths, lengths.name};
	field->value = (struct bytes){field->name.at + lengths.name, lengths.value};
	*at += sizeof lengths + lengths.name + lengths.value;
	return true;
}

static const char *name_fault(struct bytes name)
{
	size_t from = name.len > 0 && name.at[0] == ':'; /* pseudo-fields are looked at by name later */
	if (name.len == from)
		return "a field has no name";
	for (size_t i = from; i < name.len; i++) {
		if (name.at[i] >= 'A' && name.at[i] <= 'Z')
			return "a field's name has a capital letter";
		if (!http1_is_token(name.at[i]))
			return "a field's name has a byte that may not be there";
	}
	return NULL;
}

static const char *value_fault(struct bytes value)
{
	const char *end = value.at + value.len;
	if (value.len == 0)
		return NULL;
	if (http1_value_end(value.at, end) != end)
		return "a field's value has a control character";
	if (http1_is_blank(value.at[0]) || http1_is_blank(end[-1]))
		return "a field's value begins or ends with white space";
	return NULL;
}

/* What belongs to one connection of HTTP/1 has no place in HTTP/2 (RFC 9113 8.2.2). */
static const char *hop_fault(const struct http2_field *field)
{
	static const char *const hops[] = {"connection", "keep-alive", "proxy-connection", "transfer-encoding",
	                                   "upgrade"};
	for (size_t i = 0; i < sizeof hops / sizeof *hops; i++) {
		if (bytes_equal(field->name, bytes_of(hops[i])))
			return "a field belongs to connections of HTTP/1 (Connection, Transfer-Encoding and the like)";
	}
	if (bytes_equal(field->name, BYTES("te")) && !http1_word_is(field->value, "trailers"))
		return "TE is something else than trailers";
	return NULL;
}

const char *http2_field_fault(const struct http2_field *field)
{
	const char *fault = name_fault(field->name);
	if (!fault)
		fault = value_fault(field->value);
	return fault ? fault : hop_fault(field);
}
