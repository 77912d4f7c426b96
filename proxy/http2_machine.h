/* http2_machine.h - a connection to a Machine that speaks HTTP/2 without TLS (h2_backend): one session, and one request at a
 * time, whose stream is the backend's wire. Several requests are several connections, so that they count, wait and fail as
 * those of HTTP/1.1 do. */
#ifndef PROXY_HTTP2_MACHINE_H
#define PROXY_HTTP2_MACHINE_H

#include <stdbool.h>

struct backend;

/* The connected socket of backend->wire becomes the session's, the wire a stream of it. */
void http2_machine_start(struct backend *backend);
/* The request is answered: a stream for the next one. False: the session takes no more. */
bool http2_machine_renew(struct backend *backend);
/* Nothing was heard from the Machine since, and it takes a request. */
bool http2_machine_quiet(const struct backend *backend);
/* Did the Machine ever speak HTTP/2 here? */
bool http2_machine_greeted(const struct backend *backend);
/* After its wire was closed. No session is fine. */
void http2_machine_free(struct backend *backend, bool reset);

#endif
