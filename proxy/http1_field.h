/* http1_field.h - one field line, of a head or of a trailer section. Pure. */
#ifndef PROXY_HTTP1_FIELD_H
#define PROXY_HTTP1_FIELD_H

#include "http1.h"

/* The complete line at in[at], ended by CR LF; id and drop are not set. HTTP1_BAD: *why is a static sentence. `len` is at
 * most HTTP1_HEAD_MAX. */
enum http1_parse http1_field_read(struct http1_field *field, const char *in, size_t at, size_t len, const char **why);

#endif
