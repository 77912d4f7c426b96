/* http2_head.c - see http2_head.h: from HTTP/2 to HTTP/1.1. */
#include "http2_head.h"

#include <string.h>

#include "http1_name.h"
#include "http1_put.h"
#include "http1_scan.h"
#include "http1_start.h"

/* More than all the fixed text of a head, and what a field line has around name and value. */
enum { SLACK = 256, LINE_EXTRA = sizeof ": \r\n" - 1 };

struct message { /* what the walk over the fields found */
	struct bytes method;
	struct bytes scheme;
	struct bytes authority;
	struct bytes path;
	struct bytes protocol;
	struct bytes status;
	struct bytes host;
	uint32_t crumbs; /* of a cookie */
	bool regular;    /* a field without colon was seen: pseudo-fields may not follow */
	bool has_length;
	bool odd_length; /* or more than one: the parser of what is written refuses it */
	bool announces;  /* trailers */
};

static bool refuse(struct http1_fault *fault, uint16_t status, const char *sentence)
{
	*fault = (struct http1_fault){status, sentence};
	return false;
}

/* Where this pseudo-field's value is kept; NULL: there is none of that name in such a message. */
static struct bytes *pseudo_place(struct message *m, struct bytes name, bool response)
{
	const struct {
		const char *name;
		struct bytes *place;
		bool response;
	} places[] = {
	    {":method", &m->method, false}, {":scheme", &m->scheme, false},     {":authority", &m->authority, false},
	    {":path", &m->path, false},     {":protocol", &m->protocol, false}, {":status", &m->status, true},
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (places[i].response == response && bytes_equal(name, bytes_of(places[i].name)))
			return places[i].place;
	}
	return NULL;
}

static bool pseudo_read(struct message *m, const struct http2_field *field, bool response, struct http1_fault *fault)
{
	struct bytes *place = pseudo_place(m, field->name, response);
	if (!place)
		return refuse(fault, 400, "there is a pseudo-field that is not known here");
	if (m->regular)
		return refuse(fault, 400, "a pseudo-field stands behind other fields");
	if (place->at)
		return refuse(fault, 400, "a pseudo-field came twice");
	*place = field->value;
	return true;
}

static bool is_number(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
	return value.len > 0;
}

static bool field_read(struct message *m, const struct http2_field *field, bool response, struct http1_fault *fault)
{
	const char *why = http2_field_fault(field);
	if (why)
		return refuse(fault, 400, why);
	if (field->name.at[0] == ':')
		return pseudo_read(m, field, response, fault);
	m->regular = true;
	if (bytes_equal(field->name, BYTES("host"))) {
		if (m->host.at)
			return refuse(fault, 400, "there is more than one Host");
		m->host = field->value;
	} else if (bytes_equal(field->name, BYTES("cookie"))) {
		m->crumbs++;
	} else if (bytes_equal(field->name, BYTES("content-length"))) {
		m->odd_length = m->has_length || !is_number(field->value);
		m->has_length = true;
	} else if (bytes_equal(field->name, BYTES("trailer"))) {
		m->announces = true;
	}
	return true;
}

static bool message_read(struct message *m, const struct http2_section *section, bool response,
                         struct http1_fault *fault)
{
	struct http2_field field;
	*m = (struct message){0};
	if (section->over)
		return refuse(fault, 431, "the fields are more than 192, or longer than 24576 bytes");
	for (size_t at = 0; http2_section_next(section, &at, &field);) {
		if (!field_read(m, &field, response, fault))
			return false;
	}
	return true;
}

/* -------------------------------------------------------------------------------------------------------- requests */

static bool websocket_check(const struct message *m, struct http2_shape shape, struct http1_fault *fault)
{
	if (!m->protocol.at)
		return refuse(fault, 501, "CONNECT is refused: this is no forward proxy");
	if (!shape.websocket_key || !bytes_equal(m->protocol, BYTES("websocket")))
		return refuse(fault, 501, "CONNECT is for another protocol than websocket");
	if (shape.ends || m->has_length)
		return refuse(fault, 400, "a CONNECT for a WebSocket has no length and does not end with its head");
	return true;
}

static bool target_check(const struct message *m, struct http1_fault *fault)
{
	if (m->path.len == 0)
		return refuse(fault, 400, ":path is missing or empty");
	const char *end = m->path.at + m->path.len;
	if (http1_target_end(m->path.at, end) != end)
		return refuse(fault, 400, ":path has a byte that must be percent-encoded, or a fragment (#)");
	if (m->path.at[0] != '/' && !(bytes_equal(m->path, BYTES("*")) && bytes_equal(m->method, BYTES("OPTIONS"))))
		return refuse(fault, 400, ":path is not a path");
	return true;
}

/* :authority and Host must not lead to two places (RFC 9113 8.3.1). */
static bool authority_check(const struct message *m, struct http1_fault *fault)
{
	struct bytes authority = m->authority.at ? m->authority : m->host;
	if (authority.len == 0)
		return refuse(fault, 400, ":authority is missing or empty");
	if (!http1_authority_valid(authority))
		return refuse(
		    fault, 400,
		    ":authority is not a host name or address with an optional port, or has user information");
	if (m->authority.at && m->host.at && !http1_word_equal(m->authority, m->host))
		return refuse(fault, 400, "Host and :authority are not the same");
	return true;
}

static bool request_check(const struct message *m, struct http2_shape shape, struct http1_fault *fault)
{
	if (!m->method.at || !http1_word_is_token(m->method))
		return refuse(fault, 400, ":method is missing or not a method");
	if (bytes_equal(m->method, BYTES("CONNECT"))) {
		if (!websocket_check(m, shape, fault))
			return false;
	} else if (m->protocol.at) {
		return refuse(fault, 400, ":protocol belongs to CONNECT only");
	}
	if (!bytes_equal(m->scheme, BYTES("http")) && !bytes_equal(m->scheme, BYTES("https")))
		return refuse(fault, 400, ":scheme is missing or neither http nor https");
	return target_check(m, fault) && authority_check(m, fault);
}

/* The crumbs of a cookie as one field: to HTTP/1.1 several would be several cookies (RFC 9113 8.2.3). */
static char *put_cookie(char *at, const struct http2_section *section)
{
	struct http2_field field;
	bool first = true;
	at = PUT(at, "cookie: ");
	for (size_t i = 0; http2_section_next(section, &i, &field);) {
		if (!bytes_equal(field.name, BYTES("cookie")))
			continue;
		if (!first)
			at = PUT(at, "; ");
		at = put(at, field.value.at, field.value.len);
		first = false;
	}
	return PUT(at, "\r\n");
}

static char *put_line(char *at, const struct http2_field *field)
{
	at = PUT(put(at, field->name.at, field->name.len), ": ");
	return PUT(put(at, field->value.at, field->value.len), "\r\n");
}

/* What the caller writes itself: Host, cookie and framing of requests. */
struct own {
	bool request;
	bool framing;
};

/* Everything but pseudo-fields and those. */
static char *put_fields(char *at, const struct http2_section *section, struct own own)
{
	struct http2_field field;
	for (size_t i = 0; http2_section_next(section, &i, &field);) {
		bool left = own.request &&
		            (bytes_equal(field.name, BYTES("host")) || bytes_equal(field.name, BYTES("cookie")));
		left |= own.framing && bytes_equal(field.name, BYTES("content-length"));
		if (field.name.at[0] != ':' && !left)
			at = put_line(at, &field);
	}
	return at;
}

/* Never more than this comes of a section: a line per field, and the fixed text. */
static size_t length_most(const struct http2_section *section)
{
	return section->len + (size_t)section->count * LINE_EXTRA + SLACK;
}

size_t http2_request_write(char *out, size_t room, const struct http2_section *section, struct http2_shape shape,
                           struct http1_fault *fault)
{
	struct message m;
	if (!message_read(&m, section, false, fault) || !request_check(&m, shape, fault))
		return 0;
	if (room < length_most(section)) {
		refuse(fault, 431, "the head is too long");
		return 0;
	}
	struct bytes authority = m.authority.at ? m.authority : m.host;
	bool websocket = m.protocol.at;
	/* A length would leave no place for the trailers. The library sees to it that the body is as long as it says. */
	bool unframed = m.announces && m.has_length && !m.odd_length && !shape.ends;
	char *at = websocket ? PUT(out, "GET") : put(out, m.method.at, m.method.len);
	at = put(PUT(at, " "), m.path.at, m.path.len);
	at = PUT(put(PUT(at, " HTTP/1.1\r\nhost: "), authority.at, authority.len), "\r\n");
	at = put_fields(at, section, (struct own){.request = true, .framing = unframed});
	if (m.crumbs)
		at = put_cookie(at, section);
	if (websocket) {
		at = PUT(at, "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ");
		at = PUT(put(at, shape.websocket_key, HTTP2_WEBSOCKET_KEY), "\r\n");
	} else if (!shape.ends && (!m.has_length || unframed)) {
		at = PUT(at, "transfer-encoding: chunked\r\n");
	}
	return (size_t)(PUT(at, "\r\n") - out);
}

/* ------------------------------------------------------------------------------------------- responses and trailers */

static bool status_check(struct bytes status, struct http1_fault *fault)
{
	if (status.len != 3 || status.at[0] < '1' || status.at[0] > '5')
		return refuse(fault, 502, ":status is missing or no number from 100 to 599");
	for (size_t i = 1; i < status.len; i++) {
		if (status.at[i] < '0' || status.at[i] > '9')
			return refuse(fault, 502, ":status is missing or no number from 100 to 599");
	}
	if (bytes_equal(status, BYTES("101")))
		return refuse(fault, 502, "HTTP/2 has no status 101");
	return true;
}

size_t http2_response_write(char *out, size_t room, const struct http2_section *section, bool ends,
                            struct http1_fault *fault)
{
	struct message m;
	bool well = message_read(&m, section, true, fault) && status_check(m.status, fault);
	if (well && room < length_most(section))
		well = refuse(fault, 502, "the head is too long");
	if (!well) {
		fault->status = 502;
		return 0;
	}
	char *at = put(PUT(out, "HTTP/1.1 "), m.status.at, m.status.len);
	at = put_fields(PUT(at, " \r\n"), section, (struct own){0});
	bool bodiless = m.status.at[0] == '1' || bytes_equal(m.status, BYTES("204")) ||
	                bytes_equal(m.status, BYTES("304")) || bytes_equal(m.status, BYTES("205"));
	if (!m.has_length && !bodiless && !ends)
		at = PUT(at, "transfer-encoding: chunked\r\n");
	return (size_t)(PUT(at, "\r\n") - out);
}

bool http2_trailers_write(char *out, size_t room, const struct http2_section *section, size_t *len,
                          struct http1_fault *fault)
{
	struct http2_field field;
	char *at = out;
	if (section->over || room < length_most(section))
		return refuse(fault, 431, "the trailer fields are too many or too long");
	for (size_t i = 0; http2_section_next(section, &i, &field);) {
		const char *why = http2_field_fault(&field);
		if (why || field.name.at[0] == ':')
			return refuse(fault, 400, why ? why : "there is a pseudo-field among the trailers");
		if (http1_name_trails(field.name.at, field.name.len))
			at = put_line(at, &field);
	}
	*len = (size_t)(at - out);
	return true;
}
