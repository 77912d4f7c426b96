/* http_check.h - what an http check says to a Machine, and what it makes of the answer. Pure.
 * Only a final response of 2xx passes; a redirect is an answer like any other and is not followed. */
#ifndef AGENT_HTTP_CHECK_H
#define AGENT_HTTP_CHECK_H

#include <stddef.h>

#include "base/text.h"

struct http_check {
	const char *method;
	const char *path;
	const char *host;    /* of field Host, unless headers has one */
	const char *headers; /* JSON object of strings; what is none of these is left out */
};

/* Appends the request, an HTTP/1.1 one that ends the connection. A field that would break it is left out. */
void http_check_request(struct text *out, const struct http_check *check);

enum http_check_verdict { HTTP_CHECK_MORE, HTTP_CHECK_PASSES, HTTP_CHECK_FAILS, HTTP_CHECK_NO_HTTP };

/* What has come so far, from the first byte on. PASSES, FAILS: *line is the status line from its code on, as long as it is
 * there. Interim responses (1xx) are passed over. MORE: the first line of the final response is not complete. */
enum http_check_verdict http_check_answer(const char *bytes, size_t len, struct bytes *line);

#endif
