/* http1_head.c - see http1.h: the walk over the lines of a head. */
#include "http1.h"

#include "http1_field.h"
#include "http1_meaning.h"
#include "http1_name.h"
#include "http1_scan.h"
#include "http1_start.h"

enum { EMPTY_LINE = 2 };

typedef enum http1_parse field_meaning(struct http1_head *head, const char *in, struct http1_field *field);

void http1_head_init(struct http1_head *head)
{
	/* Not one big assignment: it would clear field[], a kilobyte that is written before it is read. */
	__builtin_memset(head, 0, offsetof(struct http1_head, field));
}

/* The empty line that ends a head? HTTP1_BAD: a bare CR or LF. */
static enum http1_parse end_read(struct http1_head *head, const char *at, size_t left)
{
	if (at[0] == '\n')
		return http1_fault(head, 400, "the head ends in a bare LF");
	if (left < EMPTY_LINE)
		return HTTP1_MORE;
	if (at[1] != '\n')
		return http1_fault(head, 400, "a field line begins with a CR");
	head->end += EMPTY_LINE;
	return HTTP1_DONE;
}

static enum http1_parse fields_read(struct http1_head *head, const char *in, size_t len, field_meaning *meaning)
{
	while (head->end < len) {
		char c = in[head->end];
		if (c == '\r' || c == '\n')
			return end_read(head, in + head->end, len - head->end);
		if (head->count == HTTP1_FIELDS_MAX)
			return http1_fault(head, 431, "there are more than 100 fields");
		struct http1_field *field = &head->field[head->count];
		enum http1_parse result = http1_field_read(field, in, head->end, len, &head->fault.sentence);
		if (result == HTTP1_BAD)
			head->fault.status = 400;
		if (result != HTTP1_DONE)
			return result;
		if (meaning(head, in, field) == HTTP1_BAD)
			return HTTP1_BAD;
		head->end = field->end;
		head->count++;
	}
	return HTTP1_MORE;
}

/* HTTP1_MORE with a full head is an answer of its own. */
static enum http1_parse size_check(struct http1_head *head, enum http1_parse result, size_t len)
{
	if (result == HTTP1_MORE && len >= HTTP1_HEAD_MAX)
		return http1_fault(head, 431, "the head is longer than 16384 bytes");
	return result;
}

enum http1_parse http1_request_parse(struct http1_head *head, const char *in, size_t len)
{
	size_t seen = len < HTTP1_HEAD_MAX ? len : HTTP1_HEAD_MAX;
	enum http1_parse result = HTTP1_DONE;
	if (head->start_end == 0)
		result = http1_request_line(head, in, seen);
	if (result == HTTP1_DONE)
		result = size_check(head, fields_read(head, in, seen, http1_request_field), len);
	return result == HTTP1_DONE ? http1_request_settle(head, in) : result;
}

static enum http1_parse response_parse(struct http1_head *head, const char *in, size_t len,
                                       const struct http1_asked *asked)
{
	size_t seen = len < HTTP1_HEAD_MAX ? len : HTTP1_HEAD_MAX;
	enum http1_parse result = HTTP1_DONE;
	if (head->start_end == 0)
		result = size_check(head, http1_status_line(head, in, seen), len);
	if (result == HTTP1_DONE)
		result = size_check(head, fields_read(head, in, seen, http1_response_field), len);
	return result == HTTP1_DONE ? http1_response_settle(head, in, asked) : result;
}

enum http1_parse http1_response_parse(struct http1_head *head, const char *in, size_t len,
                                      const struct http1_asked *asked)
{
	enum http1_parse result = response_parse(head, in, len, asked);
	if (result == HTTP1_BAD)
		head->fault.status = 502;
	return result;
}

struct http1_asked http1_asked_of(const struct http1_head *request)
{
	return (struct http1_asked){request->method, request->minor, request->keep_alive, request->websocket};
}

struct bytes http1_head_value(const struct http1_head *head, const char *in, const char *name)
{
	for (size_t i = 0; i < head->count; i++) {
		const struct http1_field *field = &head->field[i];
		if (http1_word_is((struct bytes){in + field->name, field->name_len}, name))
			return (struct bytes){in + field->value, field->value_len};
	}
	return (struct bytes){NULL, 0};
}
