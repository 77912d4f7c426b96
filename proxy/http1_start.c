/* http1_start.c - see http1_start.h. */
#include "http1_start.h"

#include <string.h>

#include "http1_scan.h"

enum { METHOD_MAX = 24, VERSION = sizeof "HTTP/1.1" - 1, LINE_END = 2 };

enum http1_parse http1_fault(struct http1_head *head, uint16_t status, const char *sentence)
{
	head->fault = (struct http1_fault){status, sentence};
	return HTTP1_BAD;
}

static enum http1_method method_find(const char *at, size_t len)
{
	static const struct {
		const char *name;
		uint8_t len;
		uint8_t method;
	} methods[] = {
	    {"GET", 3, HTTP1_GET},         {"POST", 4, HTTP1_POST},   {"HEAD", 4, HTTP1_HEAD},
	    {"PUT", 3, HTTP1_PUT},         {"PATCH", 5, HTTP1_PATCH}, {"DELETE", 6, HTTP1_DELETE},
	    {"OPTIONS", 7, HTTP1_OPTIONS}, {"TRACE", 5, HTTP1_TRACE},
	};
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (methods[i].len == len && memcmp(methods[i].name, at, len) == 0)
			return (enum http1_method)methods[i].method;
	}
	return HTTP1_OTHER;
}

/* "HTTP/" DIGIT "." DIGIT, as far as the bytes go; the first one that differs decides. */
static enum http1_parse version_read(struct http1_head *head, const char *at, const char *end)
{
	static const char pattern[] = "HTTP/d.d";
	for (size_t i = 0; i < VERSION; i++) {
		if (at + i == end)
			return HTTP1_MORE;
		if (pattern[i] == 'd' ? at[i] < '0' || at[i] > '9' : at[i] != pattern[i])
			return http1_fault(head, 400, "the start line has no HTTP version where one belongs");
	}
	return HTTP1_DONE;
}

/* Only now that the whole version is there: 1.0 and 1.1 are ours. */
static enum http1_parse version_accept(struct http1_head *head, const char *at)
{
	if (at[5] != '1' || at[7] > '1')
		return http1_fault(head, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	head->minor = (uint8_t)(at[7] - '0');
	return HTTP1_DONE;
}

/* Methods are case-sensitive, but a Machine that folds "head" to HEAD would answer without the body we wait for. */
static bool is_method_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

static enum http1_parse method_read(struct http1_head *head, const char *at, const char *end)
{
	const char *p = at;
	while (p < end && is_method_byte(*p))
		p++;
	if (p - at > METHOD_MAX)
		return http1_fault(head, 501, "the method is too long to be one");
	if (p == end)
		return HTTP1_MORE;
	if (p == at && *p == 0x16)
		return http1_fault(head, 400, "this port speaks plain HTTP, and these bytes look like TLS");
	if (p == at || *p != ' ')
		return http1_fault(head, 400,
		                   "the request line does not begin with a method in capitals and one space");
	head->method_len = (uint16_t)(p - at);
	head->method = method_find(at, head->method_len);
	return HTTP1_DONE;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* unreserved and sub-delims of RFC 3986; an escape is looked at by itself. */
static bool is_host_byte(char c)
{
	static const uint8_t others[256] = {
	    ['-'] = 1, ['.'] = 1, ['_'] = 1, ['~'] = 1, ['!'] = 1, ['$'] = 1, ['&'] = 1, ['\''] = 1,
	    ['('] = 1, [')'] = 1, ['*'] = 1, ['+'] = 1, [','] = 1, [';'] = 1, ['='] = 1,
	};
	return (http1_fold(c) >= 'a' && http1_fold(c) <= 'z') || is_digit(c) || others[(uint8_t)c];
}

/* The byte behind the host, or NULL when it is malformed. */
static const char *host_end(const char *at, const char *end)
{
	if (at < end && *at == '[') {
		const char *p = at + 1;
		while (p < end && (is_hex(*p) || *p == ':' || *p == '.'))
			p++;
		return p < end && *p == ']' && p - at > 2 ? p + 1 : NULL;
	}
	while (at < end && *at != ':') {
		if (*at == '%') {
			if (end - at < 3 || !is_hex(at[1]) || !is_hex(at[2]))
				return NULL;
			at += 3;
		} else if (is_host_byte(*at)) {
			at++;
		} else {
			return NULL;
		}
	}
	return at;
}

bool http1_authority_valid(struct bytes authority)
{
	const char *end = authority.at + authority.len;
	const char *p = host_end(authority.at, end);
	uint32_t port = 0;
	if (!p || (p == authority.at && p < end))
		return false;
	if (p == end)
		return true;
	if (*p++ != ':' || end - p > 5)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		port = port * 10 + (uint32_t)(*p - '0');
	}
	return port <= UINT16_MAX;
}

/* http://authority/path?query: the authority takes the place of Host, the rest is the target (RFC 9112 3.2.2). */
static enum http1_parse absolute_read(struct http1_head *head, const char *in)
{
	struct bytes target = {in + head->target, head->target_len};
	const char *colon = memchr(target.at, ':', target.len);
	struct bytes scheme = {target.at, colon ? (size_t)(colon - target.at) : 0};
	const char *end = target.at + target.len;
	if (!colon || (!http1_word_is(scheme, "http") && !http1_word_is(scheme, "https")) || end - colon < 3 ||
	    colon[1] != '/' || colon[2] != '/')
		return http1_fault(head, 400, "the request target is neither a path nor an http URL");
	const char *authority = colon + 3;
	const char *path = authority;
	while (path < end && *path != '/' && *path != '?')
		path++;
	head->absolute = true;
	head->authority = (uint16_t)(authority - in);
	head->authority_len = (uint16_t)(path - authority);
	head->target = (uint16_t)(path - in);
	head->target_len = (uint16_t)(end - path);
	if (path == authority || !http1_authority_valid((struct bytes){authority, (size_t)(path - authority)}))
		return http1_fault(head, 400, "the host in the request target is malformed or has user information");
	return HTTP1_DONE;
}

static enum http1_parse target_accept(struct http1_head *head, const char *in)
{
	char first = in[head->target];
	if (head->method_len == 7 && memcmp(in + head->start, "CONNECT", 7) == 0)
		return http1_fault(head, 501, "CONNECT is refused: this is no forward proxy");
	if (first == '/')
		return HTTP1_DONE;
	if (first == '*' && head->target_len == 1)
		return head->method == HTTP1_OPTIONS
		           ? HTTP1_DONE
		           : http1_fault(head, 400, "the request target * belongs to OPTIONS only");
	return absolute_read(head, in);
}

static enum http1_parse line_end(struct http1_head *head, const char *at, const char *end)
{
	if (at < end && at[0] != '\r')
		return http1_fault(head, 400, "the start line does not end in CR LF");
	if (end - at < LINE_END)
		return HTTP1_MORE;
	if (at[1] != '\n')
		return http1_fault(head, 400, "the start line has a CR without LF");
	return HTTP1_DONE;
}

static enum http1_parse target_read(struct http1_head *head, const char *in, const char *at, const char *end)
{
	const char *p = http1_target_end(at, end);
	head->target = (uint16_t)(at - in);
	head->target_len = (uint16_t)(p - at);
	if (p == end)
		return HTTP1_MORE;
	if (*p == '\r' || *p == '\n')
		return http1_fault(head, 400, "the request line has no HTTP version; HTTP/0.9 is not spoken here");
	if (p == at)
		return http1_fault(head, 400, "the request line has no target, or more than one space before it");
	if (*p == '#')
		return http1_fault(head, 400, "the request target has a fragment (#), which is never sent");
	if (*p != ' ')
		return http1_fault(head, 400, "the request target has a byte that must be percent-encoded");
	return HTTP1_DONE;
}

static enum http1_parse request_line_parts(struct http1_head *head, const char *in, const char *end)
{
	const char *at = in + head->start;
	enum http1_parse result = method_read(head, at, end);
	if (result != HTTP1_DONE)
		return result;
	result = target_read(head, in, at + head->method_len + 1, end);
	if (result != HTTP1_DONE)
		return result;
	at = in + head->target + head->target_len + 1;
	result = version_read(head, at, end);
	if (result != HTTP1_DONE)
		return result;
	result = line_end(head, at + VERSION, end);
	if (result != HTTP1_DONE)
		return result;
	head->start_end = (uint16_t)(at + VERSION + LINE_END - in);
	head->end = head->start_end;
	result = version_accept(head, at);
	return result == HTTP1_DONE ? target_accept(head, in) : result;
}

enum http1_parse http1_request_line(struct http1_head *head, const char *in, size_t len)
{
	/* An empty line before a request is forgiven once: some clients end a body with one (RFC 9112 2.2). */
	if (head->start == 0 && len > 0 && in[0] == '\r') {
		if (len < LINE_END)
			return HTTP1_MORE;
		if (in[1] != '\n')
			return http1_fault(head, 400, "there is a CR without LF before the request line");
		head->start = LINE_END;
	}
	size_t limit = (size_t)head->start + HTTP1_START_LINE_MAX;
	enum http1_parse result = request_line_parts(head, in, in + (len < limit ? len : limit));
	if (result == HTTP1_MORE && len >= limit)
		return http1_fault(head, 414, "the request line is longer than 8192 bytes");
	return result;
}

enum http1_parse http1_status_line(struct http1_head *head, const char *in, size_t len)
{
	const char *end = in + len;
	const char *status = in + VERSION + 1;
	enum http1_parse result = version_read(head, in, end);
	if (result != HTTP1_DONE)
		return result;
	for (size_t i = 0; i < 4; i++) { /* a space and three digits */
		const char *at = in + VERSION + i;
		if (at == end)
			return HTTP1_MORE;
		if (i == 0 ? *at != ' ' : !is_digit(*at))
			return http1_fault(head, 400, "the status line has no three-digit status");
	}
	const char *reason = status + 3;
	if (reason < end && *reason != ' ' && *reason != '\r')
		return http1_fault(head, 400, "the status is longer than three digits");
	reason = http1_value_end(reason, end);
	result = line_end(head, reason, end);
	if (result != HTTP1_DONE)
		return result;
	head->status = (uint16_t)((status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0'));
	head->start_end = (uint16_t)(reason + LINE_END - in);
	head->end = head->start_end;
	if (head->status < 100)
		return http1_fault(head, 400, "the status is below 100");
	return version_accept(head, in);
}
