/* http_check.c - see http_check.h. */
#include "http_check.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char tokens[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

static bool is_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* Ours: with them the response would have another end than we look for. */
static bool is_framing(const char *name)
{
	static const char *const names[] = {"Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Expect"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

void http_check_request(struct text *out, const struct http_check *check)
{
	json_t *value, *headers = json_loads(check->headers, 0, NULL);
	const char *name;
	bool has_host = false;
	text_format(out, "%s %s HTTP/1.1\r\n", check->method, check->path);
	json_object_foreach(headers, name, value)
	{
		const char *text = json_string_value(value);
		if (!text || !*name || name[strspn(name, tokens)] || !is_line(text) || is_framing(name))
			continue;
		has_host |= strcasecmp(name, "Host") == 0;
		text_format(out, "%s: %s\r\n", name, text);
	}
	json_decref(headers);
	if (!has_host)
		text_format(out, "Host: %s\r\n", check->host);
	text_put(out, "Connection: close\r\n\r\n");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200": the code, or -1. */
static int code_of(const char *line)
{
	if (memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ' || !is_digit(line[9]) ||
	    !is_digit(line[10]) || !is_digit(line[11]))
		return -1;
	return (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
}

/* The first byte behind the empty line that ends a head; NULL: it is not there yet. */
static const char *head_end(const char *at, const char *end)
{
	const char *line;
	while ((line = memchr(at, '\n', (size_t)(end - at)))) {
		at = line + 1;
		if (at < end && *at == '\n')
			return at + 1;
		if (end - at >= 2 && memcmp(at, "\r\n", 2) == 0)
			return at + 2;
	}
	return NULL;
}

enum http_check_verdict http_check_answer(const char *bytes, size_t len, struct bytes *line)
{
	static const char begin[] = "HTTP/1.";
	enum { CODE_AT = 9, CODE_END = 12 };
	const char *at = bytes, *end = bytes + len;
	while (at) {
		size_t left = (size_t)(end - at);
		size_t told = left < sizeof begin - 1 ? left : sizeof begin - 1;
		if (told && memcmp(at, begin, told) != 0)
			return HTTP_CHECK_NO_HTTP;
		const char *feed = left ? memchr(at, '\n', left) : NULL;
		if (!feed)
			return HTTP_CHECK_MORE;
		int code = feed - at >= CODE_END ? code_of(at) : -1;
		if (code < 100)
			return HTTP_CHECK_NO_HTTP;
		if (code >= 200) {
			size_t size = (size_t)(feed - at) - CODE_AT;
			*line = (struct bytes){at + CODE_AT, size - (feed[-1] == '\r')};
			return code < 300 ? HTTP_CHECK_PASSES : HTTP_CHECK_FAILS;
		}
		at = head_end(at, end);
	}
	return HTTP_CHECK_MORE;
}
