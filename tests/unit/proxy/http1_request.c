/* http1: every request is taken, or refused with the right status, whole and byte by byte alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http1.h"

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST
#define POST "POST / HTTP/1.1\r\n" HOST

enum { CLOSE = 1, WEBSOCKET = 2, CONTINUE = 4 }; /* flags of a row; without CLOSE the connection is kept */

static const struct row {
	const char *rule;
	const char *text;
	uint16_t status; /* 0: taken */
	enum http1_framing framing;
	uint64_t length;
	unsigned flags;
} rows[] = {
    {"a GET has no body", GET "\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"one empty line before a request is forgiven", "\r\n" GET "\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"two are not", "\r\n\r\n" GET "\r\n", 400, 0, 0, 0},
    {"an unknown method is passed on", "PURGE / HTTP/1.1\r\n" HOST "\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"a method in lower case is refused", "head / HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"a method of 25 bytes is none", "ABCDEFGHIJKLMNOPQRSTUVWXY / HTTP/1.1\r\n" HOST "\r\n", 501, 0, 0, 0},
    {"TLS on a plain port is named", "\x16\x03\x01", 400, 0, 0, 0},

    /* framing */
    {"Content-Length frames", POST "Content-Length: 5\r\n\r\n", 0, HTTP1_LENGTH, 5, 0},
    {"Content-Length: 0 is said on", POST "Content-Length: 0\r\n\r\n", 0, HTTP1_LENGTH, 0, 0},
    {"leading zeros are digits", POST "Content-Length: 007\r\n\r\n", 0, HTTP1_LENGTH, 7, 0},
    {"framing of a GET counts (TE.0, 0.CL)", GET "Content-Length: 5\r\n\r\n", 0, HTTP1_LENGTH, 5, 0},
    {"framing of OPTIONS counts", "OPTIONS / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 0, HTTP1_CHUNKED,
     0, 0},
    {"framing of HEAD counts", "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n", 0, HTTP1_LENGTH, 3, 0},
    {"CL and TE: CL.TE", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0, 0, 0},
    {"CL and TE: TE.CL", POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400, 0, 0, 0},
    {"two different CL", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, 0, 0, 0},
    {"two equal CL", POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400, 0, 0, 0},
    {"CL list", POST "Content-Length: 5, 5\r\n\r\n", 400, 0, 0, 0},
    {"CL +5", POST "Content-Length: +5\r\n\r\n", 400, 0, 0, 0},
    {"CL -5", POST "Content-Length: -5\r\n\r\n", 400, 0, 0, 0},
    {"CL 0x10", POST "Content-Length: 0x10\r\n\r\n", 400, 0, 0, 0},
    {"CL 5_0", POST "Content-Length: 5_0\r\n\r\n", 400, 0, 0, 0},
    {"CL with a space inside", POST "Content-Length: 5 5\r\n\r\n", 400, 0, 0, 0},
    {"CL empty", POST "Content-Length:\r\n\r\n", 400, 0, 0, 0},
    {"CL blank", POST "Content-Length:  \t\r\n\r\n", 400, 0, 0, 0},
    {"CL 2^63 - 1", POST "Content-Length: 9223372036854775807\r\n\r\n", 0, HTTP1_LENGTH, INT64_MAX, 0},
    {"CL 2^63", POST "Content-Length: 9223372036854775808\r\n\r\n", 400, 0, 0, 0},
    {"CL 2^64 + 5", POST "Content-Length: 18446744073709551621\r\n\r\n", 400, 0, 0, 0},
    {"blanks around a value are none of it", POST "Content-Length: \t 5 \t\r\n\r\n", 0, HTTP1_LENGTH, 5, 0},
    {"chunked", POST "Transfer-Encoding: chunked\r\n\r\n", 0, HTTP1_CHUNKED, 0, 0},
    {"chunked in capitals", POST "TRANSFER-ENCODING: CHUNKED\r\n\r\n", 0, HTTP1_CHUNKED, 0, 0},
    {"TE twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0, 0, 0},
    {"TE twice, the second unknown", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 400, 0, 0, 0},
    {"TE ,chunked", POST "Transfer-Encoding: ,chunked\r\n\r\n", 400, 0, 0, 0},
    {"TE chunked,", POST "Transfer-Encoding: chunked,\r\n\r\n", 400, 0, 0, 0},
    {"TE chunked, chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 400, 0, 0, 0},
    {"TE xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", 501, 0, 0, 0},
    {"TE chunked;q=1", POST "Transfer-Encoding: chunked;q=1\r\n\r\n", 400, 0, 0, 0},
    {"TE \"chunked\"", POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 400, 0, 0, 0},
    {"TE empty", POST "Transfer-Encoding:\r\n\r\n", 400, 0, 0, 0},
    {"TE with a vertical tab", POST "Transfer-Encoding: \vchunked\r\n\r\n", 400, 0, 0, 0},
    {"TE with \\xa0",
     POST "Transfer-Encoding: \xa0"
          "chunked\r\n\r\n",
     400, 0, 0, 0},
    {"TE identity", POST "Transfer-Encoding: identity\r\n\r\n", 501, 0, 0, 0},
    {"TE gzip", POST "Transfer-Encoding: gzip\r\n\r\n", 501, 0, 0, 0},
    {"TE gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, 0, 0, 0},
    {"TE chunked, gzip", POST "Transfer-Encoding: chunked, gzip\r\n\r\n", 400, 0, 0, 0},
    {"TE in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, 0, 0, 0},
    {"an underscore is no framing", POST "Content_Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n", 0, HTTP1_EMPTY, 0,
     0},

    /* lines */
    {"bare LF ends no field", GET "A: b\n\r\n", 400, 0, 0, 0},
    {"bare LF ends no head", GET "\n", 400, 0, 0, 0},
    {"bare LF ends no request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, 0, 0, 0},
    {"bare CR in a value", GET "A: b\rC: d\r\n\r\n", 400, 0, 0, 0},
    {"CR CR LF", GET "A: b\r\r\n\r\n", 400, 0, 0, 0},
    {"bare CR begins a line", GET "\rA: b\r\n\r\n", 400, 0, 0, 0},
    {"bare CR in the request line", "GET /\r HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"DEL in a value", GET "A: b\x7f\r\n\r\n", 400, 0, 0, 0},
    {"control character in a value", GET "A: b\x01\r\n\r\n", 400, 0, 0, 0},
    {"tab in a value", GET "A: b\tc\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"tabs in a long value", GET "A: bbbbbbb\tccccccccc\tdddddddd\te\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"obs-text in a value", GET "A: caf\xc3\xa9 \xff\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"empty value", GET "A:\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"space before the colon", GET "A : b\r\n\r\n", 400, 0, 0, 0},
    {"tab before the colon", POST "Transfer-Encoding\t: chunked\r\n\r\n", 400, 0, 0, 0},
    {"empty name", GET ": b\r\n\r\n", 400, 0, 0, 0},
    {"no colon", GET "A\r\n\r\n", 400, 0, 0, 0},
    {"name with a byte that is no token", GET "A(b): c\r\n\r\n", 400, 0, 0, 0},
    {"name with a high byte", GET "A\xa0: c\r\n\r\n", 400, 0, 0, 0},
    {"white space on the first field line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, 0, 0, 0},
    {"folded line", GET "A: b\r\n c\r\n\r\n", 400, 0, 0, 0},
    {"folded framing", POST "Transfer-Encoding:\r\n chunked\r\n\r\n", 400, 0, 0, 0},

    /* request line */
    {"HTTP/0.9", "GET /\r\n", 400, 0, 0, 0},
    {"HTTP/0.9 with a version", "GET / HTTP/0.9\r\n\r\n", 505, 0, 0, 0},
    {"HTTP/1.10", "GET / HTTP/1.10\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"HTTP/1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 505, 0, 0, 0},
    {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 0, 0, 0},
    {"version in lower case", "GET / http/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"no version", "GET / \r\n" HOST "\r\n", 400, 0, 0, 0},
    {"space behind the version", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400, 0, 0, 0},
    {"two spaces before the target", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"two spaces behind the target", "GET /  HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"tab for a space", "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"space in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"fragment in the target", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"high byte in the target", "GET /caf\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"DEL in the target", "GET /a\x7f HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"a target that is no path", "GET index.html HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"another scheme", "GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"* belongs to OPTIONS", "GET * HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 501, 0, 0, 0},
    {"CONNECT to a path", "CONNECT / HTTP/1.1\r\n" HOST "\r\n", 501, 0, 0, 0},

    /* Host and authority */
    {"no Host in HTTP/1.1", "GET / HTTP/1.1\r\n\r\n", 400, 0, 0, 0},
    {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 0, HTTP1_EMPTY, 0, CLOSE},
    {"two Hosts", GET "Host: a\r\n\r\n", 400, 0, 0, 0},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400, 0, 0, 0},
    {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"Host with a port", "GET / HTTP/1.1\r\nHost: my-app.flycast:8080\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"Host is an address", "GET / HTTP/1.1\r\nHost: [fdaa:0:1::3]:80\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"Host with an escape", "GET / HTTP/1.1\r\nHost: a%2Eb\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"Host with a broken escape", "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n", 400, 0, 0, 0},
    {"Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, 0, 0, 0},
    {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, 0, 0, 0},
    {"Host with user information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, 0, 0, 0},
    {"Host with a port too large", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, 0, 0, 0},
    {"Host with a port of six digits", "GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n", 400, 0, 0, 0},
    {"Host with letters for a port", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", 400, 0, 0, 0},
    {"Host with a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400, 0, 0, 0},
    {"Host with half an address", "GET / HTTP/1.1\r\nHost: [fdaa::1\r\n\r\n", 400, 0, 0, 0},
    {"Host with text behind an address", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", 400, 0, 0, 0},
    {"absolute form", "GET http://b:80/x HTTP/1.1\r\n" HOST "\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"absolute form needs a Host too", "GET http://b/x HTTP/1.1\r\n\r\n", 400, 0, 0, 0},
    {"absolute form with user information", "GET http://u:p@b/ HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"absolute form without a host", "GET http:///x HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},
    {"absolute form, one slash", "GET http:/b HTTP/1.1\r\n" HOST "\r\n", 400, 0, 0, 0},

    /* the connection */
    {"close", GET "Connection: close\r\n\r\n", 0, HTTP1_EMPTY, 0, CLOSE},
    {"close among others, in capitals", GET "Connection: foo,CLOSE , bar\r\n\r\n", 0, HTTP1_EMPTY, 0, CLOSE},
    {"close beats keep-alive", GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", 0, HTTP1_EMPTY, 0, CLOSE},
    {"HTTP/1.0 closes", "GET / HTTP/1.0\r\n" HOST "\r\n", 0, HTTP1_EMPTY, 0, CLOSE},
    {"HTTP/1.0 may ask to stay", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"Proxy-Connection means nothing", "GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n", 0, HTTP1_EMPTY, 0,
     CLOSE},
    {"websocket", GET "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n", 0, HTTP1_EMPTY, 0, WEBSOCKET},
    {"websocket without Connection", GET "Upgrade: websocket\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"websocket with a body", GET "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\n", 0,
     HTTP1_LENGTH, 4, 0},
    {"websocket with chunks", GET "Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
     HTTP1_CHUNKED, 0, 0},
    {"websocket by POST", POST "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 0, HTTP1_EMPTY, 0, 0},
    {"websocket in HTTP/1.0", "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 0, HTTP1_EMPTY, 0,
     CLOSE},
    {"h2c is no upgrade", GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
     0, HTTP1_EMPTY, 0, 0},
    {"100-continue", POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n", 0, HTTP1_LENGTH, 1, CONTINUE},
    {"another expectation", POST "Expect: 200-ok\r\n\r\n", 417, 0, 0, 0},
    {"an expectation twice", POST "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n", 417, 0, 0, 0},
    {"an expectation with more in it", POST "Expect: 100-continue, x\r\n\r\n", 417, 0, 0, 0},
    {"HTTP/1.0 expects nothing", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", 0,
     HTTP1_LENGTH, 1, CLOSE},
};

/* A copy that ends where its memory ends, so that one byte too far is found. */
static enum http1_parse parse_copy(struct http1_head *head, const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	memcpy(copy, text, len);
	enum http1_parse result = http1_request_parse(head, copy, len);
	free(copy);
	return result;
}

static void check_row(const struct row *row, const struct http1_head *head, enum http1_parse result)
{
	if (row->status) {
		if (result != HTTP1_BAD || head->fault.status != row->status)
			fail_msg("%s: result %d, status %u", row->rule, result, head->fault.status);
		assert_non_null(head->fault.sentence);
		return;
	}
	if (result != HTTP1_DONE)
		fail_msg("%s: result %d: %s", row->rule, result, result == HTTP1_BAD ? head->fault.sentence : "");
	if (head->framing != row->framing || head->length != row->length)
		fail_msg("%s: framing %d, length %ju", row->rule, head->framing, (uintmax_t)head->length);
	if (head->keep_alive == (bool)(row->flags & CLOSE) || head->websocket != (bool)(row->flags & WEBSOCKET) ||
	    head->expect_continue != (bool)(row->flags & CONTINUE))
		fail_msg("%s: keep_alive %d websocket %d expect %d", row->rule, head->keep_alive, head->websocket,
		         head->expect_continue);
	assert_int_equal(head->end, strlen(row->text));
}

static void every_row_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http1_head head;
		http1_head_init(&head);
		check_row(&rows[i], &head, parse_copy(&head, rows[i].text, strlen(rows[i].text)));
	}
}

static void every_row_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http1_head head;
		enum http1_parse result = HTTP1_MORE;
		http1_head_init(&head);
		for (size_t len = 0; len <= strlen(rows[i].text) && result == HTTP1_MORE; len++)
			result = parse_copy(&head, rows[i].text, len);
		check_row(&rows[i], &head, result);
	}
}

static void a_head_is_done_with_its_last_byte_and_not_before(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http1_head head;
		if (rows[i].status)
			continue;
		for (size_t len = 0; len < strlen(rows[i].text); len++) {
			http1_head_init(&head);
			if (parse_copy(&head, rows[i].text, len) != HTTP1_MORE)
				fail_msg("%s: no MORE after %zu bytes", rows[i].rule, len);
		}
	}
}

static void a_nul_is_refused_wherever_it_stands(void **state)
{
	static const char text[] = "GET /path HTTP/1.1\r\nHost: a\r\nName: value value value\r\n\r\n";
	(void)state;
	for (size_t at = 0; at < sizeof text - 1; at++) {
		char copy[sizeof text];
		struct http1_head head;
		memcpy(copy, text, sizeof text);
		copy[at] = '\0';
		http1_head_init(&head);
		assert_int_equal(http1_request_parse(&head, copy, sizeof text - 1), HTTP1_BAD);
	}
}

/* "GET /aaa... HTTP/1.1" with a line of `len` bytes without its CRLF, then the rest. */
static enum http1_parse parse_line_of(struct http1_head *head, size_t len)
{
	static char text[2 * HTTP1_HEAD_MAX];
	size_t fixed = strlen("GET  HTTP/1.1");
	char *target = malloc(len);
	memset(target, 'a', len);
	target[0] = '/';
	int total = snprintf(text, sizeof text, "GET %.*s HTTP/1.1\r\n" HOST "\r\n", (int)(len - fixed), target);
	free(target);
	http1_head_init(head);
	return http1_request_parse(head, text, (size_t)total);
}

static void sizes_are_bounded(void **state)
{
	struct http1_head head;
	char *text = malloc((size_t)2 * HTTP1_HEAD_MAX);
	(void)state;
	assert_int_equal(parse_line_of(&head, HTTP1_START_LINE_MAX - 2), HTTP1_DONE);
	assert_int_equal(parse_line_of(&head, HTTP1_START_LINE_MAX - 1), HTTP1_BAD);
	assert_int_equal(head.fault.status, 414);

	for (int over = 0; over <= 1; over++) { /* a head of exactly the maximum, and one more */
		int fixed = snprintf(text, HTTP1_HEAD_MAX, GET "A: ");
		size_t end = HTTP1_HEAD_MAX - 4 + (size_t)over;
		memset(text + fixed, 'x', end - (size_t)fixed);
		memcpy(text + end, "\r\n\r\n", 4);
		http1_head_init(&head);
		assert_int_equal(http1_request_parse(&head, text, end + 4), over ? HTTP1_BAD : HTTP1_DONE);
		if (over)
			assert_int_equal(head.fault.status, 431);
	}

	for (int count = HTTP1_FIELDS_MAX; count <= HTTP1_FIELDS_MAX + 1; count++) {
		size_t len = (size_t)snprintf(text, HTTP1_HEAD_MAX, GET);
		for (int i = 1; i < count; i++)
			len += (size_t)snprintf(text + len, HTTP1_HEAD_MAX, "A: b\r\n");
		len += (size_t)snprintf(text + len, HTTP1_HEAD_MAX, "\r\n");
		http1_head_init(&head);
		assert_int_equal(http1_request_parse(&head, text, len),
		                 count > HTTP1_FIELDS_MAX ? HTTP1_BAD : HTTP1_DONE);
		if (count > HTTP1_FIELDS_MAX)
			assert_int_equal(head.fault.status, 431);
	}
	free(text);
}

static void what_was_asked_is_named(void **state)
{
	static const struct {
		const char *line;
		const char *authority;
		const char *target;
		enum http1_method method;
	} asked[] = {
	    {"GET /a?b HTTP/1.1", "a", "/a?b", HTTP1_GET},
	    {"POST HTTP://B.example:80/x?y HTTP/1.1", "B.example:80", "/x?y", HTTP1_POST},
	    {"PUT https://b HTTP/1.1", "b", "/", HTTP1_PUT},
	    {"DELETE http://b?q HTTP/1.1", "b", "?q", HTTP1_DELETE},
	    {"OPTIONS * HTTP/1.1", "a", "*", HTTP1_OPTIONS},
	    {"PATCH /http://x/ HTTP/1.1", "a", "/http://x/", HTTP1_PATCH},
	    {"TRACE // HTTP/1.1", "a", "//", HTTP1_TRACE},
	    {"HEAD / HTTP/1.1", "a", "/", HTTP1_HEAD},
	    {"M-SEARCH / HTTP/1.1", "a", "/", HTTP1_OTHER},
	};
	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		char text[256];
		struct http1_head head;
		int len = snprintf(text, sizeof text, "%s\r\n" HOST "X-Any: 1\r\n\r\n", asked[i].line);
		http1_head_init(&head);
		assert_int_equal(http1_request_parse(&head, text, (size_t)len), HTTP1_DONE);
		assert_int_equal(head.method, asked[i].method);
		assert_true(bytes_equal(http1_head_authority(&head, text), bytes_of(asked[i].authority)));
		assert_true(bytes_equal(http1_head_target(&head, text), bytes_of(asked[i].target)));
		assert_true(bytes_equal(http1_head_value(&head, text, "x-any"), BYTES("1")));
		assert_null(http1_head_value(&head, text, "x-none").at);
	}
	assert_true(http1_idempotent(HTTP1_GET) && http1_idempotent(HTTP1_PUT) && http1_idempotent(HTTP1_DELETE));
	assert_false(http1_idempotent(HTTP1_POST) || http1_idempotent(HTTP1_PATCH) || http1_idempotent(HTTP1_OTHER));
}

static void a_body_without_a_meaning_is_told_from_the_others(void **state)
{
	static const struct {
		const char *text;
		bool odd;
	} requests[] = {
	    {GET "\r\n", false},
	    {GET "Content-Length: 0\r\n\r\n", false},
	    {GET "Content-Length: 1\r\n\r\n", true},
	    {"HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", true},
	    {"OPTIONS / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", true},
	    {"TRACE / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", true},
	    {"DELETE / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", true},
	    {POST "Content-Length: 1\r\n\r\n", false},
	    {"QUERY / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		struct http1_head head;
		http1_head_init(&head);
		assert_int_equal(parse_copy(&head, requests[i].text, strlen(requests[i].text)), HTTP1_DONE);
		assert_int_equal(http1_body_is_odd(&head), requests[i].odd);
	}
}

static void connection_cannot_name_too_many_fields(void **state)
{
	char text[1024];
	struct http1_head head;
	size_t len = (size_t)snprintf(text, sizeof text, GET "Connection: a");
	(void)state;
	for (int i = 0; i < 32; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, ", b");
	len += (size_t)snprintf(text + len, sizeof text - len, "\r\n\r\n");
	http1_head_init(&head);
	assert_int_equal(http1_request_parse(&head, text, len), HTTP1_BAD);
	assert_int_equal(head.fault.status, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_whole),
	    cmocka_unit_test(every_row_byte_by_byte),
	    cmocka_unit_test(a_head_is_done_with_its_last_byte_and_not_before),
	    cmocka_unit_test(a_nul_is_refused_wherever_it_stands),
	    cmocka_unit_test(sizes_are_bounded),
	    cmocka_unit_test(what_was_asked_is_named),
	    cmocka_unit_test(a_body_without_a_meaning_is_told_from_the_others),
	    cmocka_unit_test(connection_cannot_name_too_many_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
