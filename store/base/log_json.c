/* log_json.c - see log_json.h. */
#include "base/log_json.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

enum { PAIRS = 32, VALUES = 4096, ESCAPED = 6 /* octets that one may become */ };

struct line {
	struct bytes event;
	struct bytes reason;
	size_t count;
	struct bytes keys[PAIRS];
	struct bytes values[PAIRS];
	size_t used;
	char room[VALUES]; /* of values that were quoted */
};

size_t log_json_escape(char *out, size_t size, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;
	for (size_t i = 0; i < len && at + ESCAPED + 2 < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\') {
			out[at++] = '\\';
			out[at++] = (char)c;
		} else if (c < 0x20 || c >= 0x7f) {
			memcpy(out + at, "\\u00", 4);
			out[at + 4] = hex[c >> 4];
			out[at + 5] = hex[c & 15];
			at += ESCAPED;
		} else {
			out[at++] = (char)c;
		}
	}
	out[at] = '\0';
	return at;
}

/* ------------------------------------------------------------------------------------------------ reading */

/* The length of "key" where "key=" stands; 0: none does. */
static size_t key_at(const char *at)
{
	size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return at[len] == '=' ? len : 0;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What log_quote() made. Returns what follows; NULL: there is no end, or no room. */
static const char *read_quoted(struct line *l, const char *at, struct bytes *value)
{
	value->at = l->room + l->used;
	for (at++; *at && *at != '"' && l->used < VALUES; at++) {
		char c = *at;
		if (c == '\\' && strncmp(at, "\\u00", 4) == 0 && digit(at[4]) >= 0 && digit(at[5]) >= 0) {
			c = (char)(digit(at[4]) * 16 + digit(at[5]));
			at += 5;
		} else if (c == '\\' && at[1]) {
			c = *++at;
		}
		l->room[l->used++] = c;
	}
	value->len = (size_t)(l->room + l->used - value->at);
	return *at == '"' ? at + 1 : NULL;
}

/* A value ends at a blank; a colon before the blank is the line's. */
static const char *read_plain(const char *at, struct bytes *value)
{
	size_t len = strcspn(at, " ");
	value->at = at;
	value->len = len > 0 && at[len] == ' ' && at[len - 1] == ':' ? len - 1 : len;
	return at + value->len;
}

/* "key=value" once; returns what follows, NULL: there is none. */
static const char *read_pair(struct line *l, const char *at)
{
	size_t len = l->count < PAIRS ? key_at(at) : 0;
	if (len == 0)
		return NULL;
	l->keys[l->count] = (struct bytes){at, len};
	at += len + 1;
	at = *at == '"' ? read_quoted(l, at, &l->values[l->count]) : read_plain(at, &l->values[l->count]);
	l->count += at != NULL;
	return at;
}

static void read_line(struct line *l, const char *message)
{
	const char *at = message, *end = message;
	l->count = l->used = 0;
	l->reason = BYTES("");
	while (*at && !key_at(at)) { /* the words before the first key, or before a colon */
		end = at + strcspn(at, " ");
		if (end > at && end[-1] == ':' && *end) {
			end--;
			break;
		}
		at = *end ? end + 1 : end;
	}
	l->event = (struct bytes){message, (size_t)(end - message)};
	at = end;
	while (*at == ' ' || (at == message && *at)) {
		const char *next = read_pair(l, at + (*at == ' '));
		if (!next)
			break;
		at = next;
	}
	at += strspn(at, ": ");
	l->reason = bytes_of(at);
}

/* ------------------------------------------------------------------------------------------------ writing */

struct out {
	char *at;
	size_t size;
	size_t len;
	bool full;
};

static void put(struct out *o, const char *text)
{
	size_t len = strlen(text);
	if (o->full || o->size - o->len <= len) {
		o->full = true;
		return;
	}
	memcpy(o->at + o->len, text, len + 1);
	o->len += len;
}

static size_t escaped_len(struct bytes text)
{
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		len += c == '"' || c == '\\' ? 2 : c < 0x20 || c >= 0x7f ? ESCAPED : 1;
	}
	return len;
}

static void put_escaped(struct out *o, struct bytes text)
{
	if (o->full || o->size - o->len <= escaped_len(text) + ESCAPED + 2)
		o->full = true;
	else
		o->len += log_json_escape(o->at + o->len, o->size - o->len, text.at, text.len);
}

static bool is_repeated(const struct line *l, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (bytes_equal(l->keys[i], l->keys[index]))
			return true;
	return false;
}

static void put_field(struct out *o, const struct line *l, size_t index)
{
	put(o, "\"");
	put_escaped(o, l->keys[index]);
	put(o, "\":\"");
	put_escaped(o, l->values[index]);
	for (size_t i = index + 1; i < l->count; i++) {
		if (!bytes_equal(l->keys[i], l->keys[index]))
			continue;
		put(o, " ");
		put_escaped(o, l->values[i]);
	}
	put(o, "\"");
}

size_t log_json(char *out, size_t size, const char *message)
{
	struct out o = {.at = out, .size = size};
	struct line line;
	read_line(&line, message);
	put(&o, "\"event\":\"");
	put_escaped(&o, line.event);
	put(&o, "\"");
	for (size_t i = 0; i < line.count; i++) {
		if (is_repeated(&line, i))
			continue;
		put(&o, i ? "," : ",\"fields\":{");
		put_field(&o, &line, i);
	}
	if (line.count)
		put(&o, "}");
	if (line.reason.len) {
		put(&o, ",\"reason\":\"");
		put_escaped(&o, line.reason);
		put(&o, "\"");
	}
	return o.full ? 0 : o.len;
}
