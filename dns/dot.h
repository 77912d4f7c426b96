/* dot.h - what all connections of DNS over TLS share: the settings (base/tls_context.h), and the certificate and its key,
 * read from two files and read again when they change. Owns no connection. RFC 7858, 8310. */
#ifndef DNS_DOT_H
#define DNS_DOT_H

#include "base/text.h"

struct dot;
struct ev_loop;
struct ssl_ctx_st;

/* NULL: a sentence is appended to *why. */
struct dot *dot_open(const char *certificate, const char *key, struct text *why);
/* From now on the files are looked at every second; those that cannot be used leave what there is, with a line in the log. */
void dot_watch(struct dot *dot, struct ev_loop *loop);
struct ssl_ctx_st *dot_context(struct dot *dot); /* any thread */
void dot_free(struct dot *dot);                  /* in the loop's thread, when no connection is left; NULL is fine */

#endif
