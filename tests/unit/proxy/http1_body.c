/* http1_body: the data of every body comes out, what follows it stays, and broken chunks are refused; however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http1_body.h"

static const struct row {
	const char *rule;
	const char *text;
	const char *data;     /* NULL: refused */
	const char *trailers; /* those that are passed on */
	size_t rest;          /* bytes behind the body */
} rows[] = {
    {"no data", "0\r\n\r\n", "", "", 0},
    {"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", "", 0},
    {"two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", "", 0},
    {"hex in both cases", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a", "", 0},
    {"leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello", "", 0},
    {"sixteen digits", "0000000000000005\r\nhello\r\n0\r\n\r\n", "hello", "", 0},
    {"what follows stays", "1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "x", "", 16},
    {"CR LF inside data is data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", "", 0},

    {"seventeen digits", "00000000000000005\r\nhello\r\n0\r\n\r\n", NULL, "", 0},
    {"0x1", "0x1\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"+1", "+1\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"-1", "-1\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"leading space", " 1\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"trailing space", "1 \r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"no size", "\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"an extension without size", ";a\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"1garbage", "1garbage\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"an underscore", "1_0\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"bare LF behind the size", "1\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"bare CR behind the size", "1\rx\r\n0\r\n\r\n", NULL, "", 0},
    {"CR CR LF behind the size", "1\r\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"bare LF behind the data", "1\r\nx\n0\r\n\r\n", NULL, "", 0},
    {"bare CR behind the data", "1\r\nx\r0\r\n\r\n", NULL, "", 0},
    {"nothing behind the data", "1\r\nx0\r\n\r\n", NULL, "", 0},
    {"data longer than its size", "1\r\nxy\r\n0\r\n\r\n", NULL, "", 0},
    {"bare LF at the end", "0\r\n\n", NULL, "", 0},
    {"bare CR at the end", "0\r\n\rx", NULL, "", 0},

    {"extension", "1;a\r\nx\r\n0;z\r\n\r\n", "x", "", 0},
    {"extension with a token", "1;a=b\r\nx\r\n0\r\n\r\n", "x", "", 0},
    {"extension with a quoted value", "1;a=\"b;\\\"\xff c\"\r\nx\r\n0\r\n\r\n", "x", "", 0},
    {"extensions with blanks", "1 ; a\t= b ; c = \"d\" ;e\r\nx\r\n0\r\n\r\n", "x", "", 0},
    {"extension without name", "1;\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"extension without value", "1;a=\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"extension with a blank at the end", "1;a \r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"extension with a bare LF", "1;a\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"extension with a bare CR", "1;a\rb\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"a quoted CR LF", "1;a=\"\r\n\"\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"an escaped LF", "1;a=\"\\\n\"\r\nx\r\n0\r\n\r\n", NULL, "", 0},
    {"text behind a quoted value", "1;a=\"b\"c\r\nx\r\n0\r\n\r\n", NULL, "", 0},

    {"trailers", "1\r\nx\r\n0\r\nA: b\r\nGrpc-Status:0\r\n\r\n", "x", "A: b\r\nGrpc-Status:0\r\n", 0},
    {"trailers that may not be",
     "0\r\nContent-Length: 5\r\nHost: b\r\nA: b\r\nFly-Client-IP: ::1\r\nset-cookie: c\r\n\r\n", "", "A: b\r\n", 0},
    {"trailers in disguise", "0\r\nfly_client_ip: ::1\r\nX-Forwarded-For: ::1\r\n\r\n", "", "", 0},
    {"trailer with a bare LF", "0\r\nA: b\n\r\n", NULL, "", 0},
    {"trailer without colon", "0\r\nA\r\n\r\n", NULL, "", 0},
    {"trailer folded", "0\r\nA: b\r\n c\r\n\r\n", NULL, "A: b\r\n", 0},
    {"what follows trailers stays", "0\r\nA: b\r\n\r\nrest", "", "A: b\r\n", 4},
};

struct result {
	enum http1_body_event event;
	size_t rest;
	char data[256];
	char trailers[256];
};

/* Gives the body `step` more bytes at a time, each time in memory that ends where they end. */
static struct result read_in_steps(const struct row *row, size_t step)
{
	struct result result = {.event = HTTP1_BODY_MORE};
	struct http1_body body;
	size_t total = strlen(row->text), used = 0, given = 0;
	http1_body_init(&body, HTTP1_CHUNKED, 0);
	while (result.event == HTTP1_BODY_MORE && given < total) {
		given = given + step < total ? given + step : total;
		char *copy = malloc(given - used);
		memcpy(copy, row->text + used, given - used);
		struct bytes in = {copy, given - used}, span;
		while ((result.event = http1_body_next(&body, &in, &span)) == HTTP1_BODY_DATA ||
		       result.event == HTTP1_BODY_TRAILER)
			strncat(result.event == HTTP1_BODY_DATA ? result.data : result.trailers, span.at, span.len);
		used = given - in.len;
		free(copy);
	}
	result.rest = total - used;
	if (result.event == HTTP1_BODY_END)
		assert_true(http1_body_closed(&body) && body.received == strlen(result.data));
	else
		assert_false(http1_body_closed(&body));
	if (result.event == HTTP1_BODY_BAD)
		assert_non_null(body.why);
	return result;
}

static void every_row_in_steps_of_every_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		for (size_t step = 1; step <= strlen(row->text); step++) {
			struct result result = read_in_steps(row, step);
			if (result.event != (row->data ? HTTP1_BODY_END : HTTP1_BODY_BAD))
				fail_msg("%s, step %zu: event %d", row->rule, step, result.event);
			if (row->data && strcmp(result.data, row->data) != 0)
				fail_msg("%s, step %zu: data %s", row->rule, step, result.data);
			if (row->data && strcmp(result.trailers, row->trailers) != 0)
				fail_msg("%s, step %zu: trailers %s", row->rule, step, result.trailers);
		}
		if (row->data)
			assert_int_equal(read_in_steps(row, strlen(row->text)).rest, row->rest);
	}
}

static void a_body_that_stops_anywhere_is_not_complete(void **state)
{
	static const char text[] = "5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n";
	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++) {
		struct http1_body body;
		struct bytes in = {text, len}, span;
		enum http1_body_event event;
		http1_body_init(&body, HTTP1_CHUNKED, 0);
		while ((event = http1_body_next(&body, &in, &span)) == HTTP1_BODY_DATA || event == HTTP1_BODY_TRAILER)
			;
		assert_int_equal(event, HTTP1_BODY_MORE);
		assert_false(http1_body_closed(&body));
	}
}

static void the_other_framings(void **state)
{
	static const struct {
		enum http1_framing framing;
		uint64_t length;
		size_t data; /* of ten bytes */
		enum http1_body_event after;
		bool complete_when_closed;
	} cases[] = {
	    {HTTP1_EMPTY, 0, 0, HTTP1_BODY_END, true},         {HTTP1_EMPTY, 5, 0, HTTP1_BODY_END, true},
	    {HTTP1_LENGTH, 0, 0, HTTP1_BODY_END, true},        {HTTP1_LENGTH, 4, 4, HTTP1_BODY_END, true},
	    {HTTP1_LENGTH, 10, 10, HTTP1_BODY_END, true},      {HTTP1_LENGTH, 11, 10, HTTP1_BODY_MORE, false},
	    {HTTP1_UNTIL_CLOSE, 0, 10, HTTP1_BODY_MORE, true}, {HTTP1_TUNNEL, 0, 10, HTTP1_BODY_MORE, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http1_body body;
		struct bytes in = BYTES("0123456789"), span;
		http1_body_init(&body, cases[i].framing, cases[i].length);
		if (cases[i].data) {
			assert_int_equal(http1_body_next(&body, &in, &span), HTTP1_BODY_DATA);
			assert_int_equal(span.len, cases[i].data);
		}
		assert_int_equal(http1_body_next(&body, &in, &span), cases[i].after);
		assert_int_equal(in.len, 10 - cases[i].data);
		assert_int_equal(http1_body_closed(&body), cases[i].complete_when_closed);
	}
}

static enum http1_body_event read_all(const char *text, size_t len)
{
	struct http1_body body;
	struct bytes in = {text, len}, span;
	enum http1_body_event event;
	http1_body_init(&body, HTTP1_CHUNKED, 0);
	do
		event = http1_body_next(&body, &in, &span);
	while (event == HTTP1_BODY_DATA || event == HTTP1_BODY_TRAILER);
	return event;
}

static void extensions_are_bounded(void **state)
{
	char text[2 * HTTP1_EXTENSIONS_MAX];
	(void)state;
	for (int over = 0; over <= 1; over++) { /* of one chunk: from the '=' to the CR */
		int len = snprintf(text, sizeof text, "0;a=%0*d\r\n\r\n", HTTP1_EXTENSION_MAX - 3 + over, 0);
		assert_int_equal(read_all(text, (size_t)len), over ? HTTP1_BODY_BAD : HTTP1_BODY_END);
	}
	size_t len = 0;
	for (int i = 0; i < 25; i++) /* of a body */
		len += (size_t)snprintf(text + len, sizeof text - len, "1;a=%0200d\r\nx\r\n", 0);
	len += (size_t)snprintf(text + len, sizeof text - len, "0\r\n\r\n");
	assert_int_equal(read_all(text, len), HTTP1_BODY_BAD);
}

static void trailers_are_bounded(void **state)
{
	static char text[4 * HTTP1_TRAILERS_MAX];
	(void)state;
	for (int over = 0; over <= 1; over++) { /* one line */
		int len = snprintf(text, sizeof text, "0\r\nA: %0*d\r\n\r\n", HTTP1_TRAILER_MAX - 5 + over, 0);
		assert_int_equal(read_all(text, (size_t)len), over ? HTTP1_BODY_BAD : HTTP1_BODY_END);
	}
	size_t len = (size_t)snprintf(text, sizeof text, "0\r\n");
	for (int i = 0; i < 9; i++) /* all of them */
		len += (size_t)snprintf(text + len, sizeof text - len, "A: %01000d\r\n", 0);
	assert_int_equal(read_all(text, len), HTTP1_BODY_BAD);
}

static void chunk_heads(void **state)
{
	static const struct {
		uint64_t len;
		const char *text;
	} heads[] = {
	    {1, "1\r\n"},       {15, "f\r\n"},        {16, "10\r\n"},
	    {8000, "1f40\r\n"}, {65536, "10000\r\n"}, {UINT64_MAX, "ffffffffffffffff\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		char out[HTTP1_CHUNK_HEAD];
		size_t len = http1_chunk_head(out, heads[i].len);
		assert_int_equal(len, strlen(heads[i].text));
		assert_memory_equal(out, heads[i].text, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_in_steps_of_every_size),
	    cmocka_unit_test(a_body_that_stops_anywhere_is_not_complete),
	    cmocka_unit_test(the_other_framings),
	    cmocka_unit_test(extensions_are_bounded),
	    cmocka_unit_test(trailers_are_bounded),
	    cmocka_unit_test(chunk_heads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
