/* metrics_http.h - answers GET with a text that a callback writes: Prometheus' metrics over TCP, a daemon's status on
 * its control socket (curl --unix-socket PATH http://localhost/metrics).
 * Lives on one ev_loop and never blocks it: one answer per connection, a few connections at a time, a deadline each. */
#ifndef BASE_METRICS_HTTP_H
#define BASE_METRICS_HTTP_H

#include <stddef.h>

#include "base/text.h"

struct ev_loop;
struct metrics_http;

struct metrics_page {
	const char *path; /* "/metrics" */
	const char *type; /* "text/plain; version=0.0.4", "application/json" */
	void (*render)(void *owner, struct text *out);
	void *owner;
};

/* Takes over the listening descriptor (sock.h); pages must outlive it. Never NULL. */
struct metrics_http *metrics_http_start(struct ev_loop *loop, int listener, const struct metrics_page *pages,
                                        size_t count);
void metrics_http_stop(struct metrics_http *http); /* NULL is fine */

#endif
