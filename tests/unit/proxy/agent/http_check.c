/* Only a final 2xx passes, however its bytes come; and no header of a check breaks the request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "agent/http_check.h"

static void answers(void **state)
{
	static const struct {
		const char *bytes;
		enum http_check_verdict verdict;
		const char *line;
	} rows[] = {
	    {"", HTTP_CHECK_MORE, NULL},
	    {"HTT", HTTP_CHECK_MORE, NULL},
	    {"HTTP/1.1 200 OK\r", HTTP_CHECK_MORE, NULL},
	    {"HTTP/1.1 200 OK\r\n", HTTP_CHECK_PASSES, "200 OK"},
	    {"HTTP/1.0 204\r\n", HTTP_CHECK_PASSES, "204"},
	    {"HTTP/1.1 299 \nX: y\n\n", HTTP_CHECK_PASSES, "299 "},
	    {"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", HTTP_CHECK_FAILS, "301 Moved"},
	    {"HTTP/1.1 503 Service Unavailable\r\n", HTTP_CHECK_FAILS, "503 Service Unavailable"},
	    {"HTTP/1.1 999 x\r\n", HTTP_CHECK_FAILS, "999 x"},
	    {"HTTP/1.1 100 Continue\r\n", HTTP_CHECK_MORE, NULL},
	    {"HTTP/1.1 100 Continue\r\n\r\n", HTTP_CHECK_MORE, NULL},
	    {"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n", HTTP_CHECK_PASSES, "200 OK"},
	    {"HTTP/1.1 103 Hints\nLink: </a>\n\nHTTP/1.1 500 No\n", HTTP_CHECK_FAILS, "500 No"},
	    {"HTTP/1.1 100 Continue\r\n\r\nx", HTTP_CHECK_NO_HTTP, NULL},
	    {"SSH-2.0-OpenSSH\r\n", HTTP_CHECK_NO_HTTP, NULL},
	    {"HTTP/2 200 OK\r\n", HTTP_CHECK_NO_HTTP, NULL},
	    {"HTTP/1.1 20\r\n", HTTP_CHECK_NO_HTTP, NULL},
	    {"HTTP/1.1 020 x\r\n", HTTP_CHECK_NO_HTTP, NULL},
	    {"HTTP/1.\n", HTTP_CHECK_NO_HTTP, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bytes line = {0};
		assert_int_equal(http_check_answer(rows[i].bytes, strlen(rows[i].bytes), &line), rows[i].verdict);
		if (rows[i].line)
			assert_true(bytes_equal(line, bytes_of(rows[i].line)));
		/* A piece of it never says the opposite of the whole. */
		for (size_t len = 0; len < strlen(rows[i].bytes); len++) {
			enum http_check_verdict part = http_check_answer(rows[i].bytes, len, &line);
			assert_true(part == HTTP_CHECK_MORE || part == rows[i].verdict);
		}
	}
}

static void requests(void **state)
{
	static const struct {
		struct http_check check;
		const char *request;
	} rows[] = {
	    {{"GET", "/", "h:80", "{}"}, "GET / HTTP/1.1\r\nHost: h:80\r\nConnection: close\r\n\r\n"},
	    {{"HEAD", "/up?x=1", "h:80", "{\"host\":\"app.example\",\"X-A\":\"b c\"}"},
	     "HEAD /up?x=1 HTTP/1.1\r\nhost: app.example\r\nX-A: b c\r\nConnection: close\r\n\r\n"},
	    {{"GET", "/", "h",
	      "{\"X-A\":\"b\\r\\nEvil: 1\",\"X B\":\"c\",\"X-C\":1,\"\":\"d\",\"connection\":\"keep-alive\","
	      "\"content-length\":\"9\",\"X-E\":\"f\"}"},
	     "GET / HTTP/1.1\r\nX-E: f\r\nHost: h\r\nConnection: close\r\n\r\n"},
	    {{"GET", "/", "h", "no JSON"}, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct text out = {0};
		http_check_request(&out, &rows[i].check);
		assert_string_equal(out.at, rows[i].request);
		text_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(requests)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
