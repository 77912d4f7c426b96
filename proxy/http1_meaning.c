/* http1_meaning.c - see http1_meaning.h. */
#include "http1_meaning.h"

#include <string.h>

#include "http1_name.h"
#include "http1_scan.h"
#include "http1_start.h"
#include "replay.h"

enum { LISTED_MAX = 32 }; /* fields a Connection field may name: each is searched for */

#define BIT(id) (1U << (id))
static const uint32_t request_drops = BIT(HTTP1_NAME_LENGTH) | BIT(HTTP1_NAME_CODING) | BIT(HTTP1_NAME_CONNECTION) |
                                      BIT(HTTP1_NAME_UPGRADE) | BIT(HTTP1_NAME_HOP) | BIT(HTTP1_NAME_FORWARDED_FOR) |
                                      BIT(HTTP1_NAME_FORWARDED) | BIT(HTTP1_NAME_FLY) | BIT(HTTP1_NAME_REPLAY) |
                                      BIT(HTTP1_NAME_REQUEST_ID) | BIT(HTTP1_NAME_FLYCAST) | BIT(HTTP1_NAME_ALIAS);
static const uint32_t response_drops = BIT(HTTP1_NAME_LENGTH) | BIT(HTTP1_NAME_CODING) | BIT(HTTP1_NAME_CONNECTION) |
                                       BIT(HTTP1_NAME_UPGRADE) | BIT(HTTP1_NAME_HOP) | BIT(HTTP1_NAME_REQUEST_ID) |
                                       BIT(HTTP1_NAME_FLYCAST) | BIT(HTTP1_NAME_REPLAY);
/* What a Connection field can make us leave out: nothing that routes, and nothing that we say. */
static const uint32_t listable = BIT(HTTP1_NAME_OTHER) | BIT(HTTP1_NAME_SERVER) | BIT(HTTP1_NAME_STEER);

static struct bytes value_of(const char *in, const struct http1_field *field)
{
	return (struct bytes){in + field->value, field->value_len};
}

static enum http1_parse length_read(struct http1_head *head, struct bytes value)
{
	uint64_t length = 0;
	if (head->has_length)
		return http1_fault(head, 400, "there is more than one Content-Length");
	if (value.len == 0)
		return http1_fault(head, 400, "Content-Length is empty");
	for (size_t i = 0; i < value.len; i++) {
		uint64_t digit = (uint64_t)(uint8_t)value.at[i] - '0';
		if (digit > 9)
			return http1_fault(head, 400, "Content-Length is not a plain decimal number");
		if (length > (INT64_MAX - digit) / 10)
			return http1_fault(head, 400, "Content-Length is too large");
		length = length * 10 + digit;
	}
	head->has_length = true;
	head->length = length;
	return HTTP1_DONE;
}

/* "chunked", once and alone. Anything else is refused: 501 for a coding we do not know, 400 where chunked is doubled, not
 * the last one, or misspelt, because another parser may see a different body there. */
static enum http1_parse coding_read(struct http1_head *head, struct bytes value)
{
	bool chunked = false;
	struct bytes coding;
	if (head->seen & HTTP1_SEEN_CHUNKED)
		return http1_fault(head, 400, "there is more than one Transfer-Encoding");
	head->seen |= HTTP1_SEEN_CHUNKED;
	if (http1_word_is(value, "chunked"))
		return HTTP1_DONE;
	while (http1_list_next(&value, &coding)) {
		if (!http1_word_is_token(coding) || chunked)
			return http1_fault(head, 400, "Transfer-Encoding is something else than chunked");
		chunked = http1_word_is(coding, "chunked");
	}
	return http1_fault(head, 501, "Transfer-Encoding has a coding that is not known here");
}

static void connection_read(struct http1_head *head, struct bytes value)
{
	struct bytes option;
	while (http1_list_next(&value, &option)) {
		if (http1_word_is(option, "close"))
			head->seen |= HTTP1_SEEN_CLOSE;
		else if (http1_word_is(option, "keep-alive"))
			head->seen |= HTTP1_SEEN_KEEP_ALIVE;
		else if (http1_word_is(option, "upgrade"))
			head->seen |= HTTP1_SEEN_UPGRADE;
		else if (option.len)
			head->seen |= HTTP1_SEEN_LISTED;
	}
}

static void upgrade_read(struct http1_head *head, struct bytes value)
{
	struct bytes protocol;
	while (http1_list_next(&value, &protocol)) {
		if (http1_word_is(protocol, "websocket"))
			head->seen |= HTTP1_SEEN_WEBSOCKET;
	}
}

static enum http1_parse host_read(struct http1_head *head, const struct http1_field *field, struct bytes value)
{
	if (head->seen & HTTP1_SEEN_HOST)
		return http1_fault(head, 400, "there is more than one Host");
	head->seen |= HTTP1_SEEN_HOST;
	if (!http1_authority_valid(value))
		return http1_fault(head, 400, "Host is not a host name or address with an optional port");
	if (!head->absolute) {
		head->authority = field->value;
		head->authority_len = field->value_len;
	}
	return HTTP1_DONE;
}

static enum http1_parse expect_read(struct http1_head *head, struct http1_field *field, struct bytes value)
{
	if (head->minor == 0) { /* RFC 9110 10.1.1: an HTTP/1.0 client cannot mean it */
		field->drop = true;
		return HTTP1_DONE;
	}
	if ((head->seen & HTTP1_SEEN_EXPECT) || !http1_word_is(value, "100-continue"))
		return http1_fault(head, 417, "Expect is something else than 100-continue");
	head->seen |= HTTP1_SEEN_EXPECT;
	head->expect_continue = true;
	return HTTP1_DONE;
}

enum http1_parse http1_request_field(struct http1_head *head, const char *in, struct http1_field *field)
{
	enum http1_name id = http1_name_find(in + field->name, field->name_len);
	struct bytes value = value_of(in, field);
	field->id = (uint8_t)id;
	field->drop = request_drops >> id & 1;
	switch (id) {
	case HTTP1_NAME_HOST:
		field->drop = head->absolute;
		return host_read(head, field, value);
	case HTTP1_NAME_LENGTH:
		return length_read(head, value);
	case HTTP1_NAME_CODING:
		return coding_read(head, value);
	case HTTP1_NAME_CONNECTION:
		connection_read(head, value);
		return HTTP1_DONE;
	case HTTP1_NAME_UPGRADE:
		upgrade_read(head, value);
		return HTTP1_DONE;
	case HTTP1_NAME_EXPECT:
		return expect_read(head, field, value);
	case HTTP1_NAME_FORWARDED_FOR:
		head->seen |= HTTP1_SEEN_FORWARDED_FOR;
		return HTTP1_DONE;
	case HTTP1_NAME_FORWARDED_PORT:
		head->seen |= HTTP1_SEEN_FORWARDED_PORT;
		return HTTP1_DONE;
	case HTTP1_NAME_STEER:
		head->seen |= HTTP1_SEEN_STEER;
		return HTTP1_DONE;
	default:
		return HTTP1_DONE;
	}
}

/* Its parameters, such as a charset, say nothing to us. */
static bool is_replay_type(const char *in, const struct http1_field *field)
{
	const size_t len = strlen(REPLAY_JSON_TYPE);
	return http1_word_is((struct bytes){in + field->name, field->name_len}, "content-type") &&
	       http1_word_is((struct bytes){in + field->value, len}, REPLAY_JSON_TYPE) &&
	       (field->value_len == len || strchr("; \t", in[field->value + len]));
}

enum http1_parse http1_response_field(struct http1_head *head, const char *in, struct http1_field *field)
{
	enum http1_name id = http1_name_find(in + field->name, field->name_len);
	struct bytes value = value_of(in, field);
	field->id = (uint8_t)id;
	field->drop = response_drops >> id & 1;
	switch (id) {
	case HTTP1_NAME_LENGTH:
		return length_read(head, value);
	case HTTP1_NAME_CODING:
		return coding_read(head, value);
	case HTTP1_NAME_CONNECTION:
		connection_read(head, value);
		return HTTP1_DONE;
	case HTTP1_NAME_UPGRADE:
		upgrade_read(head, value);
		return HTTP1_DONE;
	case HTTP1_NAME_SERVER:
		head->seen |= HTTP1_SEEN_SERVER;
		return HTTP1_DONE;
	case HTTP1_NAME_REPLAY:
		if (field->name_len == strlen("fly-replay"))
			head->seen |= HTTP1_SEEN_REPLAY;
		return HTTP1_DONE;
	default:
		if (field->name_len == strlen("content-type") && value.len >= strlen(REPLAY_JSON_TYPE) &&
		    is_replay_type(in, field))
			head->seen |= HTTP1_SEEN_REPLAY;
		return HTTP1_DONE;
	}
}

static void drop_named(struct http1_head *head, const char *in, struct bytes option)
{
	for (size_t i = 0; i < head->count; i++) {
		struct http1_field *field = &head->field[i];
		struct bytes name = {in + field->name, field->name_len};
		if ((listable >> field->id & 1) && http1_word_equal(name, option))
			field->drop = true;
	}
}

/* Takes out the fields that Connection names (RFC 9110 7.6.1). */
static enum http1_parse drop_listed(struct http1_head *head, const char *in)
{
	size_t listed = 0;
	if (!(head->seen & HTTP1_SEEN_LISTED))
		return HTTP1_DONE;
	for (size_t i = 0; i < head->count; i++) {
		if (head->field[i].id != HTTP1_NAME_CONNECTION)
			continue;
		struct bytes value = value_of(in, &head->field[i]);
		struct bytes option;
		while (http1_list_next(&value, &option)) {
			if (++listed > LISTED_MAX)
				return http1_fault(head, 400, "Connection names too many fields");
			drop_named(head, in, option);
		}
	}
	return HTTP1_DONE;
}

static bool persists(const struct http1_head *head)
{
	if (head->seen & HTTP1_SEEN_CLOSE)
		return false;
	return head->minor >= 1 || (head->seen & HTTP1_SEEN_KEEP_ALIVE);
}

static enum http1_parse framing_check(struct http1_head *head)
{
	if (!(head->seen & HTTP1_SEEN_CHUNKED))
		return HTTP1_DONE;
	if (head->minor == 0)
		return http1_fault(head, 400, "Transfer-Encoding does not exist in HTTP/1.0");
	if (head->has_length)
		return http1_fault(head, 400, "there are both Content-Length and Transfer-Encoding");
	return HTTP1_DONE;
}

enum http1_parse http1_request_settle(struct http1_head *head, const char *in)
{
	if (head->minor == 1 && !(head->seen & HTTP1_SEEN_HOST))
		return http1_fault(head, 400, "Host is missing");
	if (framing_check(head) == HTTP1_BAD)
		return HTTP1_BAD;
	if (head->seen & HTTP1_SEEN_CHUNKED)
		head->framing = HTTP1_CHUNKED;
	else
		head->framing = head->has_length ? HTTP1_LENGTH : HTTP1_EMPTY;
	head->keep_alive = persists(head);
	const uint16_t both = HTTP1_SEEN_UPGRADE | HTTP1_SEEN_WEBSOCKET;
	head->websocket = head->method == HTTP1_GET && head->minor == 1 && (head->seen & both) == both &&
	                  head->framing != HTTP1_CHUNKED && head->length == 0;
	return drop_listed(head, in);
}

static enum http1_parse upgrade_settle(struct http1_head *head, const struct http1_asked *asked)
{
	if (!asked->websocket)
		return http1_fault(head, 400, "it switched protocols without being asked to");
	if (head->minor == 0 || !(head->seen & HTTP1_SEEN_WEBSOCKET))
		return http1_fault(head, 400, "it switched to another protocol than the one asked for");
	head->framing = HTTP1_TUNNEL;
	head->websocket = true;
	head->keep_alive = false;
	return HTTP1_DONE;
}

/* RFC 9112 6.3 for responses, in its order. A body that was announced where none can be is not waited for; the
 * connection is given up, since the Machine may send it all the same. */
static void response_framing(struct http1_head *head, const struct http1_asked *asked)
{
	bool chunked = head->seen & HTTP1_SEEN_CHUNKED;
	bool announced = chunked || head->length > 0;
	head->keep_alive = persists(head);
	head->framing = HTTP1_EMPTY;
	if (asked->method == HTTP1_HEAD || head->status == 304)
		return;
	if (head->status < 200 || head->status == 204) {
		head->keep_alive = head->keep_alive && !announced;
		return;
	}
	if (head->status == 205) {
		head->keep_alive = head->keep_alive && head->has_length && head->length == 0;
		return;
	}
	if (chunked) {
		head->framing = HTTP1_CHUNKED;
	} else if (head->has_length) {
		head->framing = HTTP1_LENGTH;
	} else {
		head->framing = HTTP1_UNTIL_CLOSE;
		head->keep_alive = false;
	}
}

enum http1_parse http1_response_settle(struct http1_head *head, const char *in, const struct http1_asked *asked)
{
	if (framing_check(head) == HTTP1_BAD)
		return HTTP1_BAD;
	if (head->status == 101) {
		if (upgrade_settle(head, asked) == HTTP1_BAD)
			return HTTP1_BAD;
	} else {
		response_framing(head, asked);
	}
	return drop_listed(head, in);
}
