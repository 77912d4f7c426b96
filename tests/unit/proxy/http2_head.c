/* http2_head: a request of HTTP/2 becomes the HTTP/1.1 head that means the same, or is refused; and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http2_head.h"

#define F(name, value) name "\x1f" value "\x1e"
#define GET F(":method", "GET") F(":scheme", "http") F(":authority", "a") F(":path", "/")
#define POST F(":method", "POST") F(":scheme", "http") F(":authority", "a") F(":path", "/")
#define CONNECT                                                                                                        \
	F(":method", "CONNECT")                                                                                        \
	F(":protocol", "websocket") F(":scheme", "http") F(":authority", "a") F(":path", "/chat")
#define HEAD "GET / HTTP/1.1\r\nhost: a\r\n"
#define KEY "AAAAAAAAAAAAAAAAAAAAAA=="

enum { ENDS = 1, BRIDGED = 2 };

static const struct row {
	const char *rule;
	struct bytes fields;
	unsigned flags;
	uint16_t status; /* 0: taken */
	const char *head;
} rows[] = {
    {"a GET", BYTES(GET), ENDS, 0, HEAD "\r\n"},
    {"fields keep their order", BYTES(GET F("x-b", "1") F("x-a", "2") F("x-b", "3")), ENDS, 0,
     HEAD "x-b: 1\r\nx-a: 2\r\nx-b: 3\r\n\r\n"},
    {"an empty value is a value", BYTES(GET F("x", "")), ENDS, 0, HEAD "x: \r\n\r\n"},
    {"crumbs of a cookie are one", BYTES(GET F("cookie", "a=1") F("x", "y") F("cookie", "b=2")), ENDS, 0,
     HEAD "x: y\r\ncookie: a=1; b=2\r\n\r\n"},
    {"te: trailers is legal", BYTES(GET F("te", "trailers")), ENDS, 0, HEAD "te: trailers\r\n\r\n"},
    {"a body without length is chunked", BYTES(POST), 0, 0,
     "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"},
    {"a body with length keeps it", BYTES(POST F("content-length", "5")), 0, 0,
     "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n"},
    {"unless trailers are announced, which have their place behind chunks",
     BYTES(POST F("content-length", "5") F("trailer", "x-sum") F("x", "y")), 0, 0,
     "POST / HTTP/1.1\r\nhost: a\r\ntrailer: x-sum\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n"},
    {"without a body there are none", BYTES(POST F("content-length", "0") F("trailer", "x-sum")), ENDS, 0,
     "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ntrailer: x-sum\r\n\r\n"},
    {"Host does for :authority", BYTES(F(":method", "GET") F(":scheme", "http") F(":path", "/") F("host", "b")), ENDS,
     0, "GET / HTTP/1.1\r\nhost: b\r\n\r\n"},
    {"Host that says the same is said once", BYTES(GET F("host", "A")), ENDS, 0, HEAD "\r\n"},
    {"OPTIONS *", BYTES(F(":method", "OPTIONS") F(":scheme", "http") F(":authority", "a") F(":path", "*")), ENDS, 0,
     "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n"},
    {"https is a scheme", BYTES(F(":method", "GET") F(":scheme", "https") F(":authority", "a:1") F(":path", "/?q")),
     ENDS, 0, "GET /?q HTTP/1.1\r\nhost: a:1\r\n\r\n"},

    /* names and values: RFC 9113 8.2.1 */
    {"a capital letter", BYTES(GET F("X-a", "1")), ENDS, 400, NULL},
    {"a capital letter in a pseudo-field", BYTES(F(":Method", "GET")), ENDS, 400, NULL},
    {"an empty name", BYTES(GET F("", "1")), ENDS, 400, NULL},
    {"a colon alone", BYTES(GET F(":", "1")), ENDS, 400, NULL},
    {"a space in a name", BYTES(GET F("a b", "1")), ENDS, 400, NULL},
    {"a colon in a name", BYTES(GET F("a:b", "1")), ENDS, 400, NULL},
    {"CR LF in a name", BYTES(GET F("a\r\nb", "1")), ENDS, 400, NULL},
    {"a byte above 127 in a name", BYTES(GET F("\xc3\xa4", "1")), ENDS, 400, NULL},
    {"CR LF in a value", BYTES(GET F("x", "1\r\ntransfer-encoding: chunked")), ENDS, 400, NULL},
    {"LF in a value", BYTES(GET F("x", "1\ny")), ENDS, 400, NULL},
    {"CR in a value", BYTES(GET F("x", "1\ry")), ENDS, 400, NULL},
    {"NUL in a value", BYTES(GET F("x", "1\0y")), ENDS, 400, NULL},
    {"a space in front of a value", BYTES(GET F("x", " 1")), ENDS, 400, NULL},
    {"a tab behind a value", BYTES(GET F("x", "1\t")), ENDS, 400, NULL},

    /* what is of a connection of HTTP/1: 8.2.2 */
    {"connection", BYTES(GET F("connection", "close")), ENDS, 400, NULL},
    {"keep-alive", BYTES(GET F("keep-alive", "1")), ENDS, 400, NULL},
    {"proxy-connection", BYTES(GET F("proxy-connection", "close")), ENDS, 400, NULL},
    {"transfer-encoding", BYTES(POST F("transfer-encoding", "chunked")), 0, 400, NULL},
    {"upgrade", BYTES(GET F("upgrade", "websocket")), ENDS, 400, NULL},
    {"te: gzip", BYTES(GET F("te", "gzip")), ENDS, 400, NULL},
    {"te: trailers, gzip", BYTES(GET F("te", "trailers, gzip")), ENDS, 400, NULL},

    /* pseudo-fields: 8.3 */
    {"unknown", BYTES(GET F(":x", "1")), ENDS, 400, NULL},
    {"of a response", BYTES(GET F(":status", "200")), ENDS, 400, NULL},
    {"twice", BYTES(GET F(":path", "/b")), ENDS, 400, NULL},
    {"behind other fields", BYTES(F(":method", "GET") F("x", "y") F(":scheme", "http") F(":path", "/")), ENDS, 400,
     NULL},
    {"no :method", BYTES(F(":scheme", "http") F(":authority", "a") F(":path", "/")), ENDS, 400, NULL},
    {"no :scheme", BYTES(F(":method", "GET") F(":authority", "a") F(":path", "/")), ENDS, 400, NULL},
    {"no :path", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a")), ENDS, 400, NULL},
    {"no :authority", BYTES(F(":method", "GET") F(":scheme", "http") F(":path", "/")), ENDS, 400, NULL},
    {"an empty :authority", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "") F(":path", "/")), ENDS,
     400, NULL},
    {"a space in :method",
     BYTES(F(":method", "GET /x HTTP/1.1") F(":scheme", "http") F(":authority", "a") F(":path", "/")), ENDS, 400, NULL},
    {"another :scheme", BYTES(F(":method", "GET") F(":scheme", "ftp") F(":authority", "a") F(":path", "/")), ENDS, 400,
     NULL},
    {"a :scheme with a path", BYTES(F(":method", "GET") F(":scheme", "http://b/") F(":authority", "a") F(":path", "/")),
     ENDS, 400, NULL},
    {"a space in :path", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a") F(":path", "/ HTTP/1.1")),
     ENDS, 400, NULL},
    {"a fragment in :path", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a") F(":path", "/#a")),
     ENDS, 400, NULL},
    {"an empty :path", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a") F(":path", "")), ENDS, 400,
     NULL},
    {"a :path without slash", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a") F(":path", "x")),
     ENDS, 400, NULL},
    {"a URL as :path", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a") F(":path", "http://b/")),
     ENDS, 400, NULL},
    {":path * of GET", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a") F(":path", "*")), ENDS, 400,
     NULL},
    {"user information in :authority",
     BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "u@a") F(":path", "/")), ENDS, 400, NULL},
    {"a path in :authority", BYTES(F(":method", "GET") F(":scheme", "http") F(":authority", "a/b") F(":path", "/")),
     ENDS, 400, NULL},
    {"another Host", BYTES(GET F("host", "b")), ENDS, 400, NULL},
    {"two Hosts", BYTES(GET F("host", "a") F("host", "a")), ENDS, 400, NULL},

    /* CONNECT, and RFC 8441 */
    {"CONNECT", BYTES(F(":method", "CONNECT") F(":authority", "a:1")), 0, 501, NULL},
    {":protocol of GET", BYTES(GET F(":protocol", "websocket")), ENDS | BRIDGED, 400, NULL},
    {"a WebSocket that is not bridged", BYTES(CONNECT), 0, 501, NULL},
    {"a WebSocket", BYTES(CONNECT F("sec-websocket-version", "13")), BRIDGED, 0,
     "GET /chat HTTP/1.1\r\nhost: a\r\nsec-websocket-version: 13\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
     "sec-websocket-key: " KEY "\r\n\r\n"},
    {"a WebSocket that ends at once", BYTES(CONNECT), ENDS | BRIDGED, 400, NULL},
    {"a WebSocket with a length", BYTES(CONNECT F("content-length", "3")), BRIDGED, 400, NULL},
    {"another protocol",
     BYTES(F(":method", "CONNECT") F(":protocol", "connect-udp") F(":scheme", "http") F(":authority", "a")
               F(":path", "/")),
     BRIDGED, 501, NULL},
};

static char stored[HTTP2_SECTION_MAX];

static void fill(struct http2_section *section, struct bytes fields)
{
	const char *at = fields.at, *end = fields.at + fields.len;
	http2_section_init(section, stored, sizeof stored);
	while (at < end) {
		const char *middle = memchr(at, 0x1f, (size_t)(end - at));
		const char *last = memchr(middle, 0x1e, (size_t)(end - middle));
		http2_section_add(section, (struct bytes){at, (size_t)(middle - at)},
		                  (struct bytes){middle + 1, (size_t)(last - middle - 1)});
		at = last + 1;
	}
}

static void a_request_means_the_same_or_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		char out[1024];
		struct http2_section section;
		struct http1_fault fault = {0, NULL};
		struct http2_shape shape = {row->flags & ENDS, row->flags & BRIDGED ? KEY : NULL};
		fill(&section, row->fields);
		size_t len = http2_request_write(out, sizeof out, &section, shape, &fault);
		if ((len == 0) != (row->status != 0) || fault.status != row->status)
			fail_msg("%s: %u %s", row->rule, fault.status, fault.sentence ? fault.sentence : "");
		if (len && (len != strlen(row->head) || memcmp(out, row->head, len) != 0))
			fail_msg("%s: %.*s", row->rule, (int)len, out);
		if (!len)
			continue;
		struct http1_head head;
		http1_head_init(&head);
		assert_int_equal(http1_request_parse(&head, out, len), HTTP1_DONE);
		assert_int_equal(head.end, len);
		assert_int_equal(head.websocket, !!(row->flags & BRIDGED));
	}
}

/* Also where it would be left out for the sake of trailers. */
static void a_length_that_is_none_is_refused(void **state)
{
	const struct bytes bad[] = {
	    BYTES(POST F("trailer", "a") F("content-length", "5_0")),
	    BYTES(POST F("trailer", "a") F("content-length", "")),
	    BYTES(POST F("content-length", "5") F("trailer", "a") F("content-length", "5")),
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char out[1024];
		struct http2_section section;
		struct http1_fault fault = {0, NULL};
		struct http1_head head;
		fill(&section, bad[i]);
		size_t len = http2_request_write(out, sizeof out, &section, (struct http2_shape){0}, &fault);
		assert_int_not_equal(len, 0);
		http1_head_init(&head);
		assert_int_equal(http1_request_parse(&head, out, len), HTTP1_BAD);
	}
}

static void what_is_too_large_is_not_stored(void **state)
{
	(void)state;
	static char large[HTTP2_SECTION_MAX], out[2 * HTTP2_SECTION_MAX];
	struct http2_section section;
	struct http1_fault fault;
	memset(large, 'x', sizeof large);
	fill(&section, BYTES(GET));
	http2_section_add(&section, BYTES("x"), (struct bytes){large, sizeof large});
	assert_true(section.over);
	assert_int_equal(http2_request_write(out, sizeof out, &section, (struct http2_shape){true, NULL}, &fault), 0);
	assert_int_equal(fault.status, 431);

	fill(&section, BYTES(GET));
	for (int i = 0; i < HTTP2_SECTION_FIELDS; i++)
		http2_section_add(&section, BYTES("x"), BYTES(""));
	assert_true(section.over);

	fill(&section, BYTES(GET));
	http2_section_add(&section, BYTES("x"), (struct bytes){large, 1000});
	assert_int_equal(http2_request_write(out, 1000, &section, (struct http2_shape){true, NULL}, &fault), 0);
	assert_int_equal(fault.status, 431);
}

static void a_response_means_the_same_or_is_refused(void **state)
{
	(void)state;
	static const struct {
		struct bytes fields;
		bool ends;
		const char *head; /* NULL: refused */
	} responses[] = {
	    {BYTES(F(":status", "200") F("x", "y")), false,
	     "HTTP/1.1 200 \r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n"},
	    {BYTES(F(":status", "200")), true, "HTTP/1.1 200 \r\n\r\n"},
	    {BYTES(F(":status", "200") F("content-length", "3")), false, "HTTP/1.1 200 \r\ncontent-length: 3\r\n\r\n"},
	    {BYTES(F(":status", "204")), true, "HTTP/1.1 204 \r\n\r\n"},
	    {BYTES(F(":status", "103") F("link", "<a>")), false, "HTTP/1.1 103 \r\nlink: <a>\r\n\r\n"},
	    {BYTES(F(":status", "200") F("set-cookie", "a") F("set-cookie", "b")), true,
	     "HTTP/1.1 200 \r\nset-cookie: a\r\nset-cookie: b\r\n\r\n"},
	    {BYTES(F("x", "y")), true, NULL},
	    {BYTES(F(":status", "101")), false, NULL},
	    {BYTES(F(":status", "99")), true, NULL},
	    {BYTES(F(":status", "600")), true, NULL},
	    {BYTES(F(":status", "20x")), true, NULL},
	    {BYTES(F(":status", "200") F(":path", "/")), true, NULL},
	    {BYTES(F(":status", "200") F("connection", "close")), true, NULL},
	    {BYTES(F(":status", "200") F("x", "a\r\nb")), true, NULL},
	};
	for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
		char out[512];
		struct http2_section section;
		struct http1_fault fault = {0, NULL};
		fill(&section, responses[i].fields);
		size_t len = http2_response_write(out, sizeof out, &section, responses[i].ends, &fault);
		assert_int_equal(len, responses[i].head ? strlen(responses[i].head) : 0);
		if (len)
			assert_memory_equal(out, responses[i].head, len);
		else
			assert_int_equal(fault.status, 502);
	}
}

static void trailers_that_may_not_trail_are_left_out(void **state)
{
	(void)state;
	char out[512];
	size_t len;
	struct http2_section section;
	struct http1_fault fault;
	fill(&section, BYTES(F("grpc-status", "0") F("content-length", "5") F("host", "b") F("x", "y")));
	assert_true(http2_trailers_write(out, sizeof out, &section, &len, &fault));
	assert_int_equal(len, strlen("grpc-status: 0\r\nx: y\r\n"));
	assert_memory_equal(out, "grpc-status: 0\r\nx: y\r\n", len);
	fill(&section, BYTES(F(":path", "/")));
	assert_false(http2_trailers_write(out, sizeof out, &section, &len, &fault));
	fill(&section, BYTES(F("x", "a\r\nb")));
	assert_false(http2_trailers_write(out, sizeof out, &section, &len, &fault));
}

static void assert_fields(const struct http2_field *fields, size_t count, struct bytes expected)
{
	struct http2_section section;
	struct http2_field field;
	size_t at = 0, i = 0;
	fill(&section, expected);
	for (; http2_section_next(&section, &at, &field); i++) {
		assert_true(i < count);
		assert_true(bytes_equal(field.name, fields[i].name));
		assert_true(bytes_equal(field.value, fields[i].value));
	}
	assert_int_equal(i, count);
}

static void heads_of_ours_become_fields(void **state)
{
	(void)state;
	struct http2_field fields[HTTP2_SECTION_FIELDS];
	char response[] =
	    "HTTP/1.1 200 OK\r\nContent-Type:  text/plain \r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
	    "X-Empty:\r\nVia: 1.1 fly.io\r\n\r\n";
	size_t count = http2_response_fields(fields, response, strlen(response));
	assert_fields(
	    fields, count,
	    BYTES(F(":status", "200") F("content-type", "text/plain") F("x-empty", "") F("via", "1.1 fly.io")));

	char opened[] = "HTTP/1.1 101 \r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
	                "Sec-WebSocket-Protocol: chat\r\n\r\n";
	count = http2_response_fields(fields, opened, strlen(opened));
	assert_fields(fields, count, BYTES(F(":status", "200") F("sec-websocket-protocol", "chat")));

	char request[] = "POST /a?b HTTP/1.1\r\nHost: x:80\r\nX-Y: z\r\nTransfer-Encoding: chunked\r\n\r\n";
	count = http2_request_fields(fields, request, strlen(request));
	assert_fields(fields, count,
	              BYTES(F(":method", "POST") F(":scheme", "http") F(":authority", "x:80") F(":path", "/a?b")
	                        F("te", "trailers") F("x-y", "z")));

	char trailers[] = "Grpc-Status: 0\r\nX: y\r\n";
	count = http2_trailer_fields(fields, trailers, strlen(trailers));
	assert_fields(fields, count, BYTES(F("grpc-status", "0") F("x", "y")));
	assert_int_equal(http2_trailer_fields(fields, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_means_the_same_or_is_refused),
	    cmocka_unit_test(a_length_that_is_none_is_refused),
	    cmocka_unit_test(what_is_too_large_is_not_stored),
	    cmocka_unit_test(a_response_means_the_same_or_is_refused),
	    cmocka_unit_test(trailers_that_may_not_trail_are_left_out),
	    cmocka_unit_test(heads_of_ours_become_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
