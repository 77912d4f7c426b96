/* http1_write.h - heads written on: a request towards a Machine, a response towards the client, a refusal. Pure.
 *
 * Fields keep their order and spelling and are copied in runs; what is dropped was marked by the parser. Written anew:
 * the start line when it must change, Host when the target was absolute or an HTTP/1.0 client sent none (then the address
 * it dialled), framing, Connection, Upgrade, Via, and ours:
 *
 *   request   Fly-Client-IP, Fly-Forwarded-Port, Fly-Region, Fly-Request-Id, Via: 1.1 fly.io, X-Forwarded-For (what
 *             came, then the client, then the address it dialled), X-Forwarded-Proto, X-Forwarded-SSL,
 *             X-Forwarded-Port (kept when the client set it), Fly-Src, Fly-Src-Signature (of a client that is known)
 *   response  Fly-Request-Id, Via: 1.1 fly.io, and Server: Flycast/<version> when the Machine sent no Server; then what
 *             the port's options set (http1_reply_edit)
 *
 * Writers return the length, or 0 when `room` was too small; HTTP1_WRITE_MAX is always enough. */
#ifndef PROXY_HTTP1_WRITE_H
#define PROXY_HTTP1_WRITE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "http1.h"
#include "port_options.h"

enum { HTTP1_HOP_TEXT = 416, HTTP1_WRITE_MAX = HTTP1_HEAD_MAX + 2048 + PORT_HEADERS_SIZE };
/* Our own fields of a response. */
enum { HTTP1_OURS_SERVER = 1, HTTP1_OURS_REQUEST_ID = 2, HTTP1_OURS_VIA = 4 };

/* The fields that are the same for every request of a client's connection, prepared once. */
struct http1_hop {
	uint16_t len;
	uint16_t port_at;  /* where the line X-Forwarded-Port begins: left out when the client sent one */
	uint16_t for_at;   /* where the line X-Forwarded-For begins: merged with those the client sent */
	uint16_t host_len; /* behind len: a line Host with the address, for a client that sent none */
	char text[HTTP1_HOP_TEXT];
};

struct http1_hop_facts {
	const struct in6_addr *client;  /* the socket's peer */
	const struct in6_addr *address; /* the Flycast address it dialled */
	uint16_t port;                  /* ... and the port */
	bool tls;                       /* the client came over TLS that ended here */
	const char *region;             /* code of the region that accepted the connection; at most 31 bytes */
};
void http1_hop_init(struct http1_hop *hop, const struct http1_hop_facts *facts);

struct http1_onward {
	const struct http1_hop *hop;
	struct bytes request_id; /* at most 64 bytes */
	bool http2;              /* it came as HTTP/2: what Via says */
	struct bytes caller;     /* complete lines, or empty; at most 384 bytes (caller.h) */
};
/* The request head towards a Machine: HTTP/1.1, its framing as head->framing. It depends on no Machine, so it is
 * written once and may be sent again. */
size_t http1_request_write(char *out, size_t room, const char *in, const struct http1_head *head,
                           const struct http1_onward *onward);

struct http1_reply {
	struct http1_asked asked;
	struct bytes request_id; /* at most 64 bytes */
	struct bytes extra;      /* more complete lines, or empty; at most 256 bytes */
	bool close;              /* the connection ends after this response, whatever the client wants (draining) */
	uint8_t without;         /* HTTP1_OURS_...: left out */
	const struct port_options *options; /* whose fields are added; NULL: none */
};

/* Makes a final response say what the port's options want: fields that they name are left out, the Machine's and ours,
 * and those with a value are written anew. */
void http1_reply_edit(struct http1_reply *reply, struct http1_head *head, const char *in,
                      const struct port_options *options);

/* How the body goes on to the client: until-close becomes chunked for HTTP/1.1, chunked until-close for HTTP/1.0. */
enum http1_framing http1_reply_framing(const struct http1_head *response, const struct http1_asked *asked);
/* True when the client's connection can carry another request after this response. */
bool http1_reply_keeps(const struct http1_head *response, const struct http1_reply *reply);
/* Interim responses too; those are not for HTTP/1.0 clients (do not write them: RFC 9110 15.2). */
size_t http1_response_write(char *out, size_t room, const char *in, const struct http1_head *head,
                            const struct http1_reply *reply);

/* A whole response that the proxy gives itself: text/plain, "<code> <sentence>\n". */
struct http1_refusal {
	uint16_t status;
	const char *code;     /* "PR04"; goes into Flycast-Error as well */
	const char *sentence; /* whole in the body; its first line, with '?' for what is not ASCII, in Flycast-Error */
	uint32_t retry_seconds; /* 0: no Retry-After */
	struct bytes request_id;
	bool head;       /* the request was HEAD: no body */
	bool keep_alive; /* false (always so for HTTP/1.0 and after a malformed request): Connection: close */
};
size_t http1_refusal_write(char *out, size_t room, const struct http1_refusal *refusal);

/* 301 to the same place by https. */
struct http1_redirect {
	struct bytes authority; /* host[:port] that was asked for */
	struct bytes target;    /* in origin form; "*" becomes "/" */
	uint16_t port;          /* of https */
	struct bytes request_id;
	bool keep_alive;
};
size_t http1_redirect_write(char *out, size_t room, const struct http1_redirect *redirect);

#endif
