/* http1_start.h - the first line of a message. Pure; used by http1_head.c, and http2_head.c for an authority. */
#ifndef PROXY_HTTP1_START_H
#define PROXY_HTTP1_START_H

#include "http1.h"

/* Both read the line at in[head->end] and, once it is complete, move head->end behind it. HTTP1_BAD sets head->fault. */
enum http1_parse http1_request_line(struct http1_head *head, const char *in, size_t len);
enum http1_parse http1_status_line(struct http1_head *head, const char *in, size_t len);

/* uri-host [":" port] as in RFC 3986, without user information; empty is fine. */
bool http1_authority_valid(struct bytes authority);

/* Sets the fault and returns HTTP1_BAD. */
enum http1_parse http1_fault(struct http1_head *head, uint16_t status, const char *sentence);

#endif
