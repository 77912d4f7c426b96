/* http2_section.h - the fields of an HTTP/2 message, kept as they come until the last one is there. Pure.
 *
 * Owns nothing: the caller's buffer holds them one behind the other. What does not fit is counted and left out, so that
 * a section that is too large can be answered instead of being stored. */
#ifndef PROXY_HTTP2_SECTION_H
#define PROXY_HTTP2_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
	HTTP2_FIELD_COST = 32,     /* octets that a field counts besides name and value (RFC 9113 6.5.2) */
	HTTP2_SECTION_MAX = 24576, /* what we take, in that count: what fits into a head of HTTP/1.1, and some */
	HTTP2_SECTION_FIELDS = 192 /* more than http1.h takes, because a cookie may come in crumbs */
};

struct http2_field {
	struct bytes name;
	struct bytes value;
};

struct http2_section {
	char *at;
	size_t room;
	size_t len;     /* octets used of room */
	size_t size;    /* as HTTP2_SECTION_MAX counts, of all fields that came */
	uint32_t count; /* all fields that came */
	bool over;      /* something was left out */
};

void http2_section_init(struct http2_section *section, char *at, size_t room);
void http2_section_add(struct http2_section *section, struct bytes name, struct bytes value);
/* The field at *at, which moves behind it; 0 is the first. False: there are no more. */
bool http2_section_next(const struct http2_section *section, size_t *at, struct http2_field *field);

/* What is wrong with a field of whatever message (RFC 9113 8.2), as a static sentence; NULL: nothing. */
const char *http2_field_fault(const struct http2_field *field);

#endif
