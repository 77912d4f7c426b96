/* exchange.h - HTTP/1.1 on a client's connection: one request after the other, each read strictly, framed anew, sent to
 * a Machine, its response the same way back. The heads and bodies are understood by http1*.h; here bytes are moved.
 *
 * An exchange exists from the first byte of a request to the last of its response. Retry: a request is sent again on
 * another connection, once, when the first ended before any byte of a response came, and only when none of it was sent
 * or it has no body and its method is idempotent (RFC 9110 9.2.2). That once is for what the request itself may have
 * caused; where the Machine was stopped, suspended or destroyed by order (which may be heard of later than the connection
 * ends), it is sent again up to DISPLACED_MAX times. Where the Machine says that it did nothing with it (HTTP/2:
 * REFUSED_STREAM, or a GOAWAY that leaves it out), it is sent again whatever it is, up to REFUSED_MAX times, if its body is
 * still kept.
 *
 * A client's wire that is a stream (wire.h) carries one request and its response.
 *
 * budget: ten functions, because clients, Machines, limits, HTTP/2 and the access log all come to an exchange. */
#ifndef PROXY_EXCHANGE_H
#define PROXY_EXCHANGE_H

#include "base/text.h"
#include "refusal.h"

struct conn;
struct http1_fault;
struct worker;

/* Something happened on the client's socket. */
void exchange_client(struct conn *conn, int events);
/* The Machine's connection is there (conn->backend): sends the request. */
void exchange_begin(struct conn *conn);
void exchange_machine(struct conn *conn, int events);
/* Answers the request that is being read with a refusal; the connection lives on when it can. */
void exchange_refuse(struct conn *conn, enum refusal refusal, const char *sentence);
/* The request of a stream is no request (http2_head.h). Frees the conn. */
void exchange_malformed(struct conn *conn, const struct http1_fault *fault);
void exchange_response_late(struct conn *conn);
void exchange_request_late(struct conn *conn);

/* What its request is called, for the access log; empty when that is not known. Valid while the exchange is. */
void exchange_named(const struct conn *conn, struct bytes *method, struct bytes *target, struct bytes *request_id);

void exchange_free(struct conn *conn); /* no exchange is fine */
void exchanges_free(struct worker *worker);

#endif
