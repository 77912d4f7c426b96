/* http1_write.c - see http1_write.h. */
#include "http1_write.h"

#include <string.h>

#include "base/addr.h"
#include "http1_meaning.h"
#include "http1_name.h"
#include "http1_put.h"

/* More than all the fixed text that a writer adds can be: it checks the room once, at the start. */
enum { SLACK = 512 };

#define VIA "Via: 1.1 fly.io\r\n"
#define VIA_HTTP2 "Via: 2 fly.io\r\n"
#define VIA_OLD "Via: 1.0 fly.io\r\n"

static char *put_via(char *at, uint8_t minor)
{
	return minor ? PUT(at, VIA) : PUT(at, VIA_OLD);
}

void http1_hop_init(struct http1_hop *hop, const struct http1_hop_facts *facts)
{
	char client[ADDR_TEXT], address[ADDR_TEXT];
	char *at = hop->text;
	addr_ip_text(client, facts->client);
	addr_ip_text(address, facts->address);
	at = put(PUT(at, "Fly-Client-IP: "), client, strlen(client));
	at = put_number(PUT(at, "\r\nFly-Forwarded-Port: "), facts->port);
	at = put(PUT(at, "\r\nFly-Region: "), facts->region, strnlen(facts->region, 31));
	at = PUT(at, "\r\nX-Forwarded-Proto: ");
	at = facts->tls ? PUT(at, "https\r\nX-Forwarded-SSL: on\r\n") : PUT(at, "http\r\nX-Forwarded-SSL: off\r\n");
	hop->port_at = (uint16_t)(at - hop->text);
	at = PUT(put_number(PUT(at, "X-Forwarded-Port: "), facts->port), "\r\n");
	hop->for_at = (uint16_t)(at - hop->text);
	at = put(PUT(at, "X-Forwarded-For: "), client, strlen(client));
	at = put(PUT(at, ", "), address, strlen(address));
	at = PUT(at, "\r\n");
	hop->len = (uint16_t)(at - hop->text);
	at = PUT(put(PUT(at, "Host: ["), address, strlen(address)), "]");
	if (facts->port != (facts->tls ? 443 : 80))
		at = put_number(PUT(at, ":"), facts->port);
	hop->host_len = (uint16_t)(PUT(at, "\r\n") - hop->text - hop->len);
}

/* Every field that goes on, in runs; `from` is where the first run begins. */
static char *put_fields(char *at, const char *in, const struct http1_head *head, size_t from)
{
	for (size_t i = 0; i < head->count; i++) {
		const struct http1_field *field = &head->field[i];
		if (!field->drop)
			continue;
		at = put(at, in + from, field->name - from);
		from = field->end;
	}
	return put(at, in + from, (head->count ? head->field[head->count - 1].end : head->start_end) - from);
}

static char *put_length(char *at, uint64_t length)
{
	return PUT(put_number(PUT(at, "Content-Length: "), length), "\r\n");
}

static char *put_framing(char *at, enum http1_framing framing, uint64_t length)
{
	if (framing == HTTP1_CHUNKED)
		return PUT(at, "Transfer-Encoding: chunked\r\n");
	return framing == HTTP1_LENGTH ? put_length(at, length) : at;
}

/* X-Forwarded-For fields become one line that ends in ours: applications read the first or the last line, and both
 * must be the whole way. */
static char *put_forwarded_for(char *at, const char *in, const struct http1_head *head, const struct http1_hop *hop)
{
	static const size_t label = sizeof "X-Forwarded-For: " - 1;
	at = PUT(at, "X-Forwarded-For: ");
	for (size_t i = 0; i < head->count; i++) {
		const struct http1_field *field = &head->field[i];
		if (field->id == HTTP1_NAME_FORWARDED_FOR && field->value_len)
			at = PUT(put(at, in + field->value, field->value_len), ", ");
	}
	return put(at, hop->text + hop->for_at + label, hop->len - hop->for_at - label);
}

static char *put_hop(char *at, const char *in, const struct http1_head *head, const struct http1_hop *hop)
{
	if (!(head->seen & (HTTP1_SEEN_FORWARDED_FOR | HTTP1_SEEN_FORWARDED_PORT)))
		return put(at, hop->text, hop->len);
	at = put(at, hop->text, hop->port_at);
	if (!(head->seen & HTTP1_SEEN_FORWARDED_PORT))
		at = put(at, hop->text + hop->port_at, hop->for_at - hop->port_at);
	if (head->seen & HTTP1_SEEN_FORWARDED_FOR)
		return put_forwarded_for(at, in, head, hop);
	return put(at, hop->text + hop->for_at, hop->len - hop->for_at);
}

/* The request line where it cannot stay as it came, and Host when no field that came says it. */
static char *put_request_line(char *at, const char *in, const struct http1_head *head, const struct http1_hop *hop)
{
	at = PUT(put(at, in + head->start, head->method_len), " ");
	if (head->target_len == 0)
		at = head->method == HTTP1_OPTIONS ? PUT(at, "*") : PUT(at, "/"); /* RFC 9112 3.2.4 */
	else if (in[head->target] == '?')
		at = PUT(at, "/");
	at = PUT(put(at, in + head->target, head->target_len), " HTTP/1.1\r\n");
	if (head->absolute)
		return PUT(put(PUT(at, "Host: "), in + head->authority, head->authority_len), "\r\n");
	return head->seen & HTTP1_SEEN_HOST ? at : put(at, hop->text + hop->len, hop->host_len);
}

size_t http1_request_write(char *out, size_t room, const char *in, const struct http1_head *head,
                           const struct http1_onward *onward)
{
	char *at = out;
	bool as_it_came = head->minor == 1 && !head->absolute;
	if (room < head->end + onward->hop->len + onward->request_id.len + onward->caller.len + SLACK)
		return 0;
	if (!as_it_came)
		at = put_request_line(at, in, head, onward->hop);
	at = put_fields(at, in, head, as_it_came ? head->start : head->start_end);
	at = put_framing(at, head->framing, head->length);
	if (head->websocket)
		at = PUT(at, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
	at = put_hop(at, in, head, onward->hop);
	at = put(PUT(at, "Fly-Request-Id: "), onward->request_id.at, onward->request_id.len);
	at = PUT(at, "\r\n");
	at = put(at, onward->caller.at, onward->caller.len);
	at = onward->http2 ? PUT(at, VIA_HTTP2) : put_via(at, head->minor);
	return (size_t)(PUT(at, "\r\n") - out);
}

enum http1_framing http1_reply_framing(const struct http1_head *response, const struct http1_asked *asked)
{
	if (response->framing == HTTP1_CHUNKED || response->framing == HTTP1_UNTIL_CLOSE)
		return asked->minor ? HTTP1_CHUNKED : HTTP1_UNTIL_CLOSE;
	return response->framing;
}

bool http1_reply_keeps(const struct http1_head *response, const struct http1_reply *reply)
{
	enum http1_framing framing = http1_reply_framing(response, &reply->asked);
	return reply->asked.keep_alive && !reply->close && framing != HTTP1_UNTIL_CLOSE && framing != HTTP1_TUNNEL;
}

/* Content-Length where it says something although no body follows, and where none can follow. */
static char *put_no_body(char *at, const struct http1_head *head, const struct http1_asked *asked)
{
	if (head->status == 205)
		return put_length(at, 0);
	if (head->has_length && (asked->method == HTTP1_HEAD || head->status == 304) && head->status != 204)
		return put_length(at, head->length);
	return at;
}

static char *put_connection(char *at, const struct http1_head *head, const struct http1_reply *reply)
{
	if (head->framing == HTTP1_TUNNEL)
		return PUT(at, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
	if (!http1_reply_keeps(head, reply))
		return PUT(at, "Connection: close\r\n");
	return reply->asked.minor ? at : PUT(at, "Connection: keep-alive\r\n");
}

static char *put_ours(char *at, const struct http1_head *head, const struct http1_reply *reply)
{
	if (!(head->seen & HTTP1_SEEN_SERVER) && !(reply->without & HTTP1_OURS_SERVER))
		at = PUT(at, "Server: Flycast/" FLYCAST_VERSION "\r\n");
	if (!(reply->without & HTTP1_OURS_REQUEST_ID)) {
		at = put(PUT(at, "Fly-Request-Id: "), reply->request_id.at, reply->request_id.len);
		at = PUT(at, "\r\n");
	}
	return reply->without & HTTP1_OURS_VIA ? at : put_via(at, head->minor);
}

/* PORT_HEADERS_SIZE bounds it. */
static char *put_options(char *at, const struct port_options *options)
{
	for (uint32_t i = 0; i < options->header_count; i++) {
		const struct port_header *header = &options->headers[i];
		if (!header->value)
			continue;
		at = PUT(put(at, header->name, strlen(header->name)), ": ");
		at = PUT(put(at, header->value, strlen(header->value)), "\r\n");
	}
	return at;
}

size_t http1_response_write(char *out, size_t room, const char *in, const struct http1_head *head,
                            const struct http1_reply *reply)
{
	char *at = out;
	enum { STATUS = sizeof "HTTP/1.x" - 1, REASON = sizeof "HTTP/1.x 200" - 1 };
	bool as_it_came = head->minor == 1 && in[REASON] == ' ';
	if (room <
	    head->end + reply->request_id.len + reply->extra.len + SLACK + (reply->options ? PORT_HEADERS_SIZE : 0))
		return 0;
	if (!as_it_came) {
		at = put(PUT(at, "HTTP/1.1"), in + STATUS, REASON - STATUS);
		at = in[REASON] == ' ' ? at : PUT(at, " "); /* some leave it out in front of an empty reason */
		at = put(at, in + REASON, (size_t)(head->start_end - REASON));
	}
	at = put_fields(at, in, head, as_it_came ? 0 : head->start_end);
	if (head->status >= 200 || head->framing == HTTP1_TUNNEL) {
		enum http1_framing framing = http1_reply_framing(head, &reply->asked);
		at = framing == HTTP1_EMPTY ? put_no_body(at, head, &reply->asked)
		                            : put_framing(at, framing, head->length);
		at = put_connection(at, head, reply);
		at = put_ours(at, head, reply);
		at = put(at, reply->extra.at, reply->extra.len);
		if (reply->options)
			at = put_options(at, reply->options);
	}
	return (size_t)(PUT(at, "\r\n") - out);
}
