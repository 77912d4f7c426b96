/* http1: every response is taken with the right framing, or refused as a 502, whole and byte by byte alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http1.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct http1_asked get = {HTTP1_GET, 1, true, false};
static const struct http1_asked head_request = {HTTP1_HEAD, 1, true, false};
static const struct http1_asked websocket = {HTTP1_GET, 1, true, true};

enum { BAD = -1, CLOSES = 0, REUSABLE = 1 };

static const struct row {
	const char *rule;
	const char *text;
	const struct http1_asked *asked;
	int outcome; /* BAD, or is the Machine's connection reusable? */
	enum http1_framing framing;
	uint64_t length;
} rows[] = {
    {"Content-Length frames", OK "Content-Length: 5\r\n\r\n", &get, REUSABLE, HTTP1_LENGTH, 5},
    {"chunked", OK "Transfer-Encoding: chunked\r\n\r\n", &get, REUSABLE, HTTP1_CHUNKED, 0},
    {"neither: until it closes", OK "\r\n", &get, CLOSES, HTTP1_UNTIL_CLOSE, 0},
    {"HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", &get, CLOSES, HTTP1_LENGTH, 5},
    {"HTTP/1.0 may stay", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n", &get, REUSABLE,
     HTTP1_LENGTH, 5},
    {"HTTP/1.0 without a length cannot", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", &get, CLOSES,
     HTTP1_UNTIL_CLOSE, 0},
    {"close", OK "Connection: close\r\nContent-Length: 5\r\n\r\n", &get, CLOSES, HTTP1_LENGTH, 5},
    {"no reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", &get, REUSABLE, HTTP1_LENGTH, 0},
    {"no space before no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", &get, REUSABLE, HTTP1_LENGTH, 0},
    {"a reason in UTF-8", "HTTP/1.1 404 nicht gef\xc3\xbcnden\r\nContent-Length: 0\r\n\r\n", &get, REUSABLE,
     HTTP1_LENGTH, 0},
    {"a status of no class", "HTTP/1.1 999 what\r\nContent-Length: 0\r\n\r\n", &get, REUSABLE, HTTP1_LENGTH, 0},

    /* no body where none can be */
    {"HEAD with a length", OK "Content-Length: 5\r\n\r\n", &head_request, REUSABLE, HTTP1_EMPTY, 5},
    {"HEAD chunked", OK "Transfer-Encoding: chunked\r\n\r\n", &head_request, REUSABLE, HTTP1_EMPTY, 0},
    {"HEAD with nothing", OK "\r\n", &head_request, REUSABLE, HTTP1_EMPTY, 0},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", &get, REUSABLE, HTTP1_EMPTY, 0},
    {"204 that announces a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", &get, CLOSES, HTTP1_EMPTY, 5},
    {"204 that announces chunks", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", &get, CLOSES,
     HTTP1_EMPTY, 0},
    {"304 with the length of what is cached", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", &get, REUSABLE,
     HTTP1_EMPTY, 5},
    {"205 is empty", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", &get, REUSABLE, HTTP1_EMPTY, 0},
    {"205 that announces a body", "HTTP/1.1 205 Reset Content\r\nContent-Length: 4\r\n\r\n", &get, CLOSES, HTTP1_EMPTY,
     4},
    {"205 that says nothing", "HTTP/1.1 205 Reset Content\r\n\r\n", &get, CLOSES, HTTP1_EMPTY, 0},
    {"100", "HTTP/1.1 100 Continue\r\n\r\n", &get, REUSABLE, HTTP1_EMPTY, 0},
    {"103 with fields", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", &get, REUSABLE, HTTP1_EMPTY, 0},
    {"103 that announces a body", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n", &get, CLOSES, HTTP1_EMPTY,
     5},
    {"101 that was asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
     &websocket, CLOSES, HTTP1_TUNNEL, 0},
    {"101 that was not", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", &get,
     BAD, 0, 0},
    {"101 to another protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
     &websocket, BAD, 0, 0},
    {"101 in HTTP/1.0", "HTTP/1.0 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", &websocket, BAD, 0, 0},
    {"a websocket refused stays HTTP", "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n", &websocket, REUSABLE,
     HTTP1_LENGTH, 2},

    /* refused */
    {"CL and TE", OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", &get, BAD, 0, 0},
    {"two CL", OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", &get, BAD, 0, 0},
    {"CL no number", OK "Content-Length: five\r\n\r\n", &get, BAD, 0, 0},
    {"TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &get, BAD, 0, 0},
    {"TE unknown", OK "Transfer-Encoding: gzip, chunked\r\n\r\n", &get, BAD, 0, 0},
    {"TE misspelt", OK "Transfer-Encoding: chunked;a=b\r\n\r\n", &get, BAD, 0, 0},
    {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\n", &get, BAD, 0, 0},
    {"bare LF behind a field", OK "A: b\n\r\n", &get, BAD, 0, 0},
    {"folded line", OK "A: b\r\n c\r\n\r\n", &get, BAD, 0, 0},
    {"space before the colon", OK "Content-Length : 5\r\n\r\n", &get, BAD, 0, 0},
    {"control character in a value", OK "A: b\x02\r\n\r\n", &get, BAD, 0, 0},
    {"control character in the reason", "HTTP/1.1 200 O\x02K\r\n\r\n", &get, BAD, 0, 0},
    {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", &get, BAD, 0, 0},
    {"HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", &get, BAD, 0, 0},
    {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", &get, BAD, 0, 0},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", &get, BAD, 0, 0},
    {"a status below 100", "HTTP/1.1 099 OK\r\n\r\n", &get, BAD, 0, 0},
    {"two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n", &get, BAD, 0, 0},
};

/* A copy that ends where its memory ends, so that one byte too far is found. */
static enum http1_parse parse_copy(struct http1_head *head, const struct row *row, size_t len)
{
	char *copy = malloc(len ? len : 1);
	memcpy(copy, row->text, len);
	enum http1_parse result = http1_response_parse(head, copy, len, row->asked);
	free(copy);
	return result;
}

static void check_row(const struct row *row, const struct http1_head *head, enum http1_parse result)
{
	if (row->outcome == BAD) {
		if (result != HTTP1_BAD || head->fault.status != 502)
			fail_msg("%s: result %d, status %u", row->rule, result, head->fault.status);
		assert_non_null(head->fault.sentence);
		return;
	}
	if (result != HTTP1_DONE)
		fail_msg("%s: result %d: %s", row->rule, result, result == HTTP1_BAD ? head->fault.sentence : "");
	if (head->framing != row->framing || head->length != row->length || head->keep_alive != row->outcome)
		fail_msg("%s: framing %d length %ju keep_alive %d", row->rule, head->framing, (uintmax_t)head->length,
		         head->keep_alive);
	assert_int_equal(head->end, strlen(row->text));
}

static void every_row_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http1_head head;
		http1_head_init(&head);
		check_row(&rows[i], &head, parse_copy(&head, &rows[i], strlen(rows[i].text)));
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
			result = parse_copy(&head, &rows[i], len);
		check_row(&rows[i], &head, result);
	}
}

static void several_heads_stand_behind_each_other(void **state)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK
	                           "Content-Length: 2\r\n\r\nok";
	static const uint16_t statuses[] = {100, 103, 200};
	size_t at = 0;
	(void)state;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
		struct http1_head head;
		http1_head_init(&head);
		assert_int_equal(http1_response_parse(&head, text + at, sizeof text - 1 - at, &get), HTTP1_DONE);
		assert_int_equal(head.status, statuses[i]);
		at += head.end;
	}
	assert_string_equal(text + at, "ok");
}

static void a_head_is_bounded(void **state)
{
	static char text[HTTP1_HEAD_MAX + 1];
	static const char *const starts[] = {"HTTP/1.1 200 ", OK "A: "};
	(void)state;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct http1_head head;
		memset(text, 'x', sizeof text);
		memcpy(text, starts[i], strlen(starts[i]));
		http1_head_init(&head);
		assert_int_equal(http1_response_parse(&head, text, HTTP1_HEAD_MAX - 1, &get), HTTP1_MORE);
		assert_int_equal(http1_response_parse(&head, text, HTTP1_HEAD_MAX, &get), HTTP1_BAD);
		assert_int_equal(head.fault.status, 502);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_whole),
	    cmocka_unit_test(every_row_byte_by_byte),
	    cmocka_unit_test(several_heads_stand_behind_each_other),
	    cmocka_unit_test(a_head_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
