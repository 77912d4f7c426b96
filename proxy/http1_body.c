/* http1_body.c - see http1_body.h. */
#include "http1_body.h"

#include "http1_field.h"
#include "http1_name.h"
#include "http1_scan.h"

/* Where the reader of a chunked body stands. From SIZE to SIZE_LF it is in a line "size *( ; name [ = value ] ) CR LF",
 * which is read byte by byte, so that it needs no room in the buffer. */
enum state {
	SIZE,
	EXTENSION,    /* behind the size or a quoted value: blanks, ';' or CR */
	EXTENSION_WS, /* ... behind a blank: only ';' may come */
	NAME_BEGIN,
	NAME,
	NAME_WS,
	VALUE_BEGIN,
	VALUE,
	QUOTED,
	QUOTED_PAIR,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILERS,
	COMPLETE,
	BROKEN
};

enum { SIZE_DIGITS_MAX = 16, CRLF = 2 };

void http1_body_init(struct http1_body *body, enum http1_framing framing, uint64_t length)
{
	*body = (struct http1_body){.framing = framing, .left = framing == HTTP1_LENGTH ? length : 0};
	if (framing == HTTP1_EMPTY || (framing == HTTP1_LENGTH && length == 0))
		body->state = COMPLETE;
}

static enum http1_body_event broken(struct http1_body *body, const char *why)
{
	body->state = BROKEN;
	body->why = why;
	return HTTP1_BODY_BAD;
}

static bool size_digit(struct http1_body *body, char c)
{
	unsigned digit;
	if (c >= '0' && c <= '9')
		digit = (unsigned)(c - '0');
	else if (http1_fold(c) >= 'a' && http1_fold(c) <= 'f')
		digit = (unsigned)(http1_fold(c) - 'a' + 10);
	else
		return false;
	body->left = body->left << 4 | digit;
	body->digits++;
	return true;
}

static enum state size_next(struct http1_body *body, char c)
{
	if (size_digit(body, c))
		return body->digits > SIZE_DIGITS_MAX ? BROKEN : SIZE;
	if (body->digits == 0)
		return BROKEN;
	return c == ';' ? NAME_BEGIN : c == '\r' ? SIZE_LF : http1_is_blank(c) ? EXTENSION_WS : BROKEN;
}

static bool is_text(char c)
{
	return ((uint8_t)c >= ' ' || c == '\t') && c != 0x7f;
}

/* The grammar of chunk extensions (RFC 9112 7.1.1), one byte on. */
static enum state extension_next(enum state state, char c)
{
	bool blank = http1_is_blank(c), token = http1_is_token(c);
	switch (state) {
	case EXTENSION:
		return c == ';' ? NAME_BEGIN : c == '\r' ? SIZE_LF : blank ? EXTENSION_WS : BROKEN;
	case EXTENSION_WS:
		return c == ';' ? NAME_BEGIN : blank ? EXTENSION_WS : BROKEN;
	case NAME_BEGIN:
		return token ? NAME : blank ? NAME_BEGIN : BROKEN;
	case NAME:
		return token       ? NAME
		       : c == '='  ? VALUE_BEGIN
		       : c == ';'  ? NAME_BEGIN
		       : c == '\r' ? SIZE_LF
		       : blank     ? NAME_WS
		                   : BROKEN;
	case NAME_WS:
		return c == '=' ? VALUE_BEGIN : c == ';' ? NAME_BEGIN : blank ? NAME_WS : BROKEN;
	case VALUE_BEGIN:
		return c == '"' ? QUOTED : token ? VALUE : blank ? VALUE_BEGIN : BROKEN;
	case VALUE:
		return token ? VALUE : extension_next(EXTENSION, c);
	case QUOTED:
		return c == '"' ? EXTENSION : c == '\\' ? QUOTED_PAIR : is_text(c) ? QUOTED : BROKEN;
	case QUOTED_PAIR:
		return is_text(c) ? QUOTED : BROKEN;
	default:
		return BROKEN;
	}
}

/* The line before a chunk's data, byte by byte. False: broken. */
static bool size_line_step(struct http1_body *body, char c)
{
	enum state state = (enum state)body->state;
	if (state == SIZE) {
		body->state = (uint8_t)size_next(body, c);
	} else if (state == SIZE_LF) {
		body->state = c == '\n' ? (body->left ? DATA : TRAILERS) : BROKEN;
		body->extension = 0;
		body->digits = 0;
	} else {
		body->state = (uint8_t)extension_next(state, c);
		body->extensions++;
		if (++body->extension > HTTP1_EXTENSION_MAX || body->extensions > HTTP1_EXTENSIONS_MAX) {
			broken(body, "the chunk extensions are too long");
			return false;
		}
	}
	if (body->state == BROKEN) {
		broken(body, state == SIZE ? "a chunk size is not a plain hexadecimal number with CR LF behind it"
		                           : "a chunk extension is malformed");
		return false;
	}
	return true;
}

static enum http1_body_event take_data(struct http1_body *body, struct bytes *in, struct bytes *span, uint64_t most)
{
	span->at = in->at;
	span->len = most < in->len ? (size_t)most : in->len;
	in->at += span->len;
	in->len -= span->len;
	body->received += span->len;
	return HTTP1_BODY_DATA;
}

/* A trailer line, the empty line behind them, or HTTP1_BODY_MORE with the part of a line left in *in. */
static enum http1_body_event trailer_next(struct http1_body *body, struct bytes *in, struct bytes *span)
{
	struct http1_field field;
	const char *why;
	while (in->len) {
		if (in->at[0] == '\r' && in->len < CRLF)
			return HTTP1_BODY_MORE;
		if (in->at[0] == '\r' && in->at[1] == '\n') {
			*in = (struct bytes){in->at + CRLF, in->len - CRLF};
			body->state = COMPLETE;
			return HTTP1_BODY_END;
		}
		size_t len = in->len < HTTP1_TRAILER_MAX ? in->len : HTTP1_TRAILER_MAX;
		enum http1_parse result = http1_field_read(&field, in->at, 0, len, &why);
		if (result == HTTP1_MORE && in->len < HTTP1_TRAILER_MAX)
			return HTTP1_BODY_MORE;
		if (result == HTTP1_BAD)
			return broken(body, why);
		if (result == HTTP1_MORE || (size_t)body->trailers + field.end > HTTP1_TRAILERS_MAX)
			return broken(body, "the trailers are too long");
		body->trailers = (uint16_t)(body->trailers + field.end);
		*span = (struct bytes){in->at, field.end};
		*in = (struct bytes){in->at + field.end, in->len - field.end};
		if (http1_name_trails(span->at, field.name_len))
			return HTTP1_BODY_TRAILER;
	}
	return HTTP1_BODY_MORE;
}

static enum http1_body_event chunked_next(struct http1_body *body, struct bytes *in, struct bytes *span)
{
	while (in->len) {
		if (body->state == TRAILERS)
			return trailer_next(body, in, span);
		if (body->state == DATA) {
			take_data(body, in, span, body->left);
			body->left -= span->len;
			if (body->left == 0)
				body->state = DATA_CR;
			return HTTP1_BODY_DATA;
		}
		char c = *in->at++;
		in->len--;
		if (body->state == DATA_CR || body->state == DATA_LF) {
			if (c != (body->state == DATA_CR ? '\r' : '\n'))
				return broken(body, "the data of a chunk is not followed by CR LF");
			body->state = body->state == DATA_CR ? DATA_LF : SIZE;
		} else if (!size_line_step(body, c)) {
			return HTTP1_BODY_BAD;
		}
	}
	return HTTP1_BODY_MORE;
}

enum http1_body_event http1_body_next(struct http1_body *body, struct bytes *in, struct bytes *span)
{
	if (body->state == COMPLETE)
		return HTTP1_BODY_END;
	if (body->state == BROKEN)
		return HTTP1_BODY_BAD;
	if (in->len == 0)
		return HTTP1_BODY_MORE;
	switch (body->framing) {
	case HTTP1_CHUNKED:
		return chunked_next(body, in, span);
	case HTTP1_LENGTH:
		take_data(body, in, span, body->left);
		body->left -= span->len;
		if (body->left == 0)
			body->state = COMPLETE;
		return HTTP1_BODY_DATA;
	case HTTP1_UNTIL_CLOSE:
	case HTTP1_TUNNEL:
		return take_data(body, in, span, in->len);
	case HTTP1_EMPTY:
		break;
	}
	return HTTP1_BODY_END;
}

bool http1_body_closed(struct http1_body *body)
{
	if (body->state != BROKEN && (body->framing == HTTP1_UNTIL_CLOSE || body->framing == HTTP1_TUNNEL))
		body->state = COMPLETE;
	return body->state == COMPLETE;
}

size_t http1_chunk_head(char *out, uint64_t len)
{
	static const char digits[16] = "0123456789abcdef";
	size_t count = 1;
	while (count < 16 && len >> (4 * count))
		count++;
	for (size_t i = count; i-- > 0; len >>= 4)
		out[i] = digits[len & 15];
	out[count] = '\r';
	out[count + 1] = '\n';
	return count + CRLF;
}
