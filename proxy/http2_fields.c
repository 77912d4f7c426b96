/* http2_fields.c - from HTTP/1.1 to HTTP/2; see http2_head.h. */
#include <string.h>

#include "http1_name.h"
#include "http1_scan.h"
#include "http2_head.h"

enum { STATUS_AT = sizeof "HTTP/1.1 " - 1, STATUS_LEN = 3 };

/* Of the connection, not of the message; :authority stands for Host. */
static bool is_left_out(struct bytes name)
{
	switch (http1_name_find(name.at, name.len)) {
	case HTTP1_NAME_HOST:
	case HTTP1_NAME_CODING:
	case HTTP1_NAME_CONNECTION:
	case HTTP1_NAME_UPGRADE:
	case HTTP1_NAME_HOP:
		return true;
	default:
		return false;
	}
}

/* The line at `at`, which has its CR LF: name and value, or NULL behind the last one. */
static char *line_read(char *at, const char *end, struct http2_field *field)
{
	char *line_end = end - at > 2 ? memchr(at, '\r', (size_t)(end - at)) : NULL;
	char *colon = line_end ? memchr(at, ':', (size_t)(line_end - at)) : NULL;
	if (!colon)
		return NULL;
	for (char *p = at; p < colon; p++)
		*p = http1_fold(*p);
	field->name = (struct bytes){at, (size_t)(colon - at)};
	field->value = http1_trim(colon + 1, line_end);
	return line_end + 2;
}

static size_t lines_read(struct http2_field *fields, size_t count, char *at, const char *end)
{
	while (count < HTTP2_SECTION_FIELDS && (at = line_read(at, end, &fields[count])))
		count += !is_left_out(fields[count].name);
	return count;
}

static char *start_line_end(char *head, size_t len)
{
	return (char *)memchr(head, '\n', len) + 1;
}

static struct bytes host_of(char *at, const char *end)
{
	struct http2_field field;
	while ((at = line_read(at, end, &field))) {
		if (http1_name_find(field.name.at, field.name.len) == HTTP1_NAME_HOST)
			return field.value;
	}
	return BYTES("");
}

size_t http2_request_fields(struct http2_field *fields, char *head, size_t len)
{
	char *lines = start_line_end(head, len);
	char *space = memchr(head, ' ', len);
	char *path = space + 1;
	char *path_end = memchr(path, ' ', (size_t)(lines - path));
	fields[0] = (struct http2_field){BYTES(":method"), {head, (size_t)(space - head)}};
	fields[1] = (struct http2_field){BYTES(":scheme"), BYTES("http")};
	fields[2] = (struct http2_field){BYTES(":authority"), host_of(lines, head + len)};
	fields[3] = (struct http2_field){BYTES(":path"), {path, (size_t)(path_end - path)}};
	/* Trailers are passed on whichever protocol the client speaks, and servers of gRPC ask for this. */
	fields[4] = (struct http2_field){BYTES("te"), BYTES("trailers")};
	return lines_read(fields, 5, lines, head + len);
}

size_t http2_response_fields(struct http2_field *fields, char *head, size_t len)
{
	struct bytes status = {head + STATUS_AT, STATUS_LEN};
	bool opened = bytes_equal(status, BYTES("101"));
	fields[0] = (struct http2_field){BYTES(":status"), opened ? BYTES("200") : status};
	size_t count = lines_read(fields, 1, start_line_end(head, len), head + len);
	size_t kept = 1;
	for (size_t i = 1; i < count; i++) {
		if (!opened || !bytes_equal(fields[i].name, BYTES("sec-websocket-accept")))
			fields[kept++] = fields[i];
	}
	return kept;
}

size_t http2_trailer_fields(struct http2_field *fields, char *lines, size_t len)
{
	return len ? lines_read(fields, 0, lines, lines + len) : 0;
}
