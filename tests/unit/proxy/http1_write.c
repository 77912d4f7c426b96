/* http1_write: what goes on, what is left out, and what is said anew, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/addr.h"
#include "http1_write.h"

#define CLIENT "fdaa:0:1:1:1:0:5:2"
#define ADDRESS "fdaa:0:1:0:1::3"
#define HOP                                                                                                            \
	"Fly-Client-IP: " CLIENT "\r\nFly-Forwarded-Port: 80\r\nFly-Region: fra\r\nX-Forwarded-Proto: http\r\n"        \
	"X-Forwarded-SSL: off\r\n"
#define PORT "X-Forwarded-Port: 80\r\n"
#define FOR "X-Forwarded-For: " CLIENT ", " ADDRESS "\r\n"
#define ID "Fly-Request-Id: ID-fra\r\n"
#define VIA "Via: 1.1 fly.io\r\n"
#define OURS HOP PORT FOR ID VIA "\r\n"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"

static struct http1_hop hop_of(bool tls)
{
	struct http1_hop hop;
	struct in6_addr client, address;
	assert_true(addr_ip_parse(&client, CLIENT) && addr_ip_parse(&address, ADDRESS));
	http1_hop_init(&hop, &(struct http1_hop_facts){&client, &address, 80, tls, "fra"});
	return hop;
}

static void assert_text(const char *rule, const char *out, size_t len, const char *expected)
{
	if (len != strlen(expected) || memcmp(out, expected, len) != 0)
		fail_msg("%s: wrote\n%.*s\nexpected\n%s", rule, (int)len, out, expected);
}

static const struct {
	const char *rule;
	const char *text;
	const char *expected;
} requests[] = {
    {"fields go on in order, as they are spelt", GET "accept:  */* \r\nX-a: 1\r\nx-A:2\r\n\r\n",
     GET "accept:  */* \r\nX-a: 1\r\nx-A:2\r\n" OURS},
    {"hop-by-hop fields stay behind",
     GET "Connection: keep-alive\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nA: b\r\n\r\n",
     GET "A: b\r\n" OURS},
    {"fields that Connection names stay behind",
     GET "X-one: 1\r\nConnection: close, x-One ,x-two\r\nX-Two: 2\r\nA: b\r\n\r\n", GET "A: b\r\n" OURS},
    {"Connection cannot name Host, framing or the way it came",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: host, content-length, x-forwarded-for, x-forwarded-port, cookie, "
     "expect\r\n"
     "Content-Length: 5\r\nX-Forwarded-For: ::9\r\nX-Forwarded-Port: 8080\r\nCookie: c\r\nExpect: 100-continue\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Port: 8080\r\nExpect: 100-continue\r\nContent-Length: 5\r\n" HOP
     "X-Forwarded-For: ::9, " CLIENT ", " ADDRESS "\r\n" ID VIA "\r\n"},
    {"framing is written anew", "POST / HTTP/1.1\r\nContent-Length: \t007 \r\nHost: a\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n" OURS},
    {"chunked is written anew", "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: CHUNKED\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" OURS},
    {"an empty line before it stays behind", "\r\n" GET "\r\n", GET OURS},
    {"nobody but us says Fly-..., in any spelling",
     GET "Fly-Client-IP: ::1\r\nfly_client_ip: ::1\r\nFLY-REGION: x\r\nFly-Request-Id: y\r\nFly-Src: "
         "z\r\nX_Forwarded_For: ::1\r\n"
         "X-Forwarded_Proto: https\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Ssl: on\r\nContent_Length: 5\r\n"
         "Transfer_Encoding: chunked\r\nFlycast-Error: x\r\nA: b\r\n\r\n",
     GET "A: b\r\n" OURS},
    {"steering is the client's", GET "Fly-Prefer-Region: ams\r\nfly-force-instance-id: 1\r\n\r\n",
     GET "Fly-Prefer-Region: ams\r\nfly-force-instance-id: 1\r\n" OURS},
    {"the way it came is one line",
     GET "X-Forwarded-For: ::1, ::2\r\nA: b\r\nx-forwarded-for: ::3\r\nX-Forwarded-For:\r\n\r\n",
     GET "A: b\r\n" HOP PORT "X-Forwarded-For: ::1, ::2, ::3, " CLIENT ", " ADDRESS "\r\n" ID VIA "\r\n"},
    {"a client may set X-Forwarded-Port", GET "X-Forwarded-Port: 8443\r\n\r\n",
     GET "X-Forwarded-Port: 8443\r\n" HOP FOR ID VIA "\r\n"},
    {"Via grows", GET "Via: 1.1 other\r\n\r\n", GET "Via: 1.1 other\r\n" OURS},
    {"absolute form becomes origin form", "GET http://B:80/x?y HTTP/1.1\r\nA: b\r\nHost: a\r\nC: d\r\n\r\n",
     "GET /x?y HTTP/1.1\r\nHost: B:80\r\nA: b\r\nC: d\r\n" OURS},
    {"absolute form without path", "GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n" OURS},
    {"absolute form with query alone", "GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /?q HTTP/1.1\r\nHost: b\r\n" OURS},
    {"OPTIONS of a whole host", "OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n",
     "OPTIONS * HTTP/1.1\r\nHost: b\r\n" OURS},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n" OURS},
    {"HTTP/1.0 becomes HTTP/1.1", "GET /x HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nA: b\r\n\r\n",
     "GET /x HTTP/1.1\r\nHost: [" ADDRESS "]\r\nA: b\r\n" HOP PORT FOR ID "Via: 1.0 fly.io\r\n\r\n"},
    {"HTTP/1.0 without a field", "GET /x HTTP/1.0\r\n\r\n",
     "GET /x HTTP/1.1\r\nHost: [" ADDRESS "]\r\n" HOP PORT FOR ID "Via: 1.0 fly.io\r\n\r\n"},
    {"a websocket asks on",
     GET "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: k\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: "
         "13\r\n\r\n",
     GET "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" OURS},
    {"h2c does not", GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n\r\n",
     GET OURS},
};

static void requests_go_on(void **state)
{
	struct http1_hop hop = hop_of(false);
	struct http1_onward onward = {&hop, BYTES("ID-fra"), .http2 = false};
	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		static char out[HTTP1_WRITE_MAX];
		struct http1_head head;
		http1_head_init(&head);
		assert_int_equal(http1_request_parse(&head, requests[i].text, strlen(requests[i].text)), HTTP1_DONE);
		size_t len = http1_request_write(out, sizeof out, requests[i].text, &head, &onward);
		assert_text(requests[i].rule, out, len, requests[i].expected);
	}
}

enum { OLD_CLIENT = 1, CLOSING_CLIENT = 2, HEAD_REQUEST = 4, WEBSOCKET = 8, DRAINING = 16, OLD_STAYS = 32 };

#define TAIL "Server: Flycast/" FLYCAST_VERSION "\r\n" ID VIA "\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
	const char *rule;
	const char *text;
	unsigned flags;
	const char *expected;
} responses[] = {
    {"fields go on in order, as they are spelt", OK "set-Cookie: a\r\nSet-cookie: b\r\nContent-Length: 5\r\n\r\n", 0,
     OK "set-Cookie: a\r\nSet-cookie: b\r\nContent-Length: 5\r\n" TAIL},
    {"an app's Server stays", OK "Server: nginx\r\nContent-Length: 0\r\n\r\n", 0,
     OK "Server: nginx\r\nContent-Length: 0\r\n" ID VIA "\r\n"},
    {"hop-by-hop fields stay behind",
     OK "Connection: keep-alive, x\r\nKeep-Alive: timeout=5\r\nUpgrade: h2,h2c\r\nX: y\r\nContent-Length: 0\r\n\r\n", 0,
     OK "Content-Length: 0\r\n" TAIL},
    {"chunked goes on chunked", OK "Transfer-Encoding: chunked\r\n\r\n", 0, OK "Transfer-Encoding: chunked\r\n" TAIL},
    {"chunked ends with the connection in HTTP/1.0", OK "Transfer-Encoding: chunked\r\n\r\n", OLD_STAYS,
     OK "Connection: close\r\n" TAIL},
    {"until close becomes chunked", OK "A: b\r\n\r\n", 0, OK "A: b\r\nTransfer-Encoding: chunked\r\n" TAIL},
    {"until close stays so in HTTP/1.0", OK "A: b\r\n\r\n", OLD_STAYS, OK "A: b\r\nConnection: close\r\n" TAIL},
    {"the client that closes is told so", OK "Content-Length: 0\r\n\r\n", CLOSING_CLIENT,
     OK "Content-Length: 0\r\nConnection: close\r\n" TAIL},
    {"the client that may stay in HTTP/1.0 too", OK "Content-Length: 0\r\n\r\n", OLD_STAYS,
     OK "Content-Length: 0\r\nConnection: keep-alive\r\n" TAIL},
    {"draining closes", OK "Content-Length: 0\r\n\r\n", DRAINING, OK "Content-Length: 0\r\nConnection: close\r\n" TAIL},
    {"a Machine that closes is no reason to", OK "Connection: close\r\nContent-Length: 0\r\n\r\n", 0,
     OK "Content-Length: 0\r\n" TAIL},
    {"HEAD says the length", OK "Content-Length: 5\r\n\r\n", HEAD_REQUEST, OK "Content-Length: 5\r\n" TAIL},
    {"HEAD says nothing it does not know", OK "Transfer-Encoding: chunked\r\n\r\n", HEAD_REQUEST, OK TAIL},
    {"204 has no length", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 0,
     "HTTP/1.1 204 No Content\r\n" TAIL},
    {"304 says the length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 0,
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n" TAIL},
    {"205 is empty", "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
     "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n" TAIL},
    {"1xx goes on as it is", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 0\r\n\r\n", CLOSING_CLIENT,
     "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
    {"101 goes on",
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
     WEBSOCKET,
     "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: "
     "websocket\r\n" TAIL},
    {"HTTP/1.0 becomes HTTP/1.1", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", 0,
     OK "Content-Length: 1\r\nServer: Flycast/" FLYCAST_VERSION "\r\n" ID "Via: 1.0 fly.io\r\n\r\n"},
    {"the space before no reason is there", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", 0,
     "HTTP/1.1 200 \r\nContent-Length: 1\r\n" TAIL},
    {"where a request goes is no business of the client",
     OK "Fly-Replay: app=a\r\nfly-replay-cache: /*\r\nfly_replay: x\r\nfly-replayed: y\r\nFly-Other: z\r\n"
        "Content-Length: 0\r\n\r\n",
     0, OK "fly_replay: x\r\nFly-Other: z\r\nContent-Length: 0\r\n" TAIL},
    {"our name and our errors are ours",
     OK "Fly-Request-Id: x\r\nFlycast-Error: PR01\r\nfly-other: y\r\nContent-Length: 0\r\n\r\n", 0,
     OK "fly-other: y\r\nContent-Length: 0\r\n" TAIL},
};

static struct http1_reply reply_of(unsigned flags)
{
	struct http1_reply reply = {.request_id = BYTES("ID-fra"), .close = flags & DRAINING};
	reply.asked.method = flags & HEAD_REQUEST ? HTTP1_HEAD : HTTP1_GET;
	reply.asked.minor = flags & (OLD_CLIENT | OLD_STAYS) ? 0 : 1;
	reply.asked.keep_alive = !(flags & (CLOSING_CLIENT | OLD_CLIENT));
	reply.asked.websocket = flags & WEBSOCKET;
	return reply;
}

static void responses_go_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
		static char out[HTTP1_WRITE_MAX];
		struct http1_reply reply = reply_of(responses[i].flags);
		struct http1_head head;
		const char *text = responses[i].text;
		http1_head_init(&head);
		if (http1_response_parse(&head, text, strlen(text), &reply.asked) != HTTP1_DONE)
			fail_msg("%s: not parsed", responses[i].rule);
		size_t len = http1_response_write(out, sizeof out, text, &head, &reply);
		assert_text(responses[i].rule, out, len, responses[i].expected);
		bool says_close = strstr(responses[i].expected, "Connection: close") != NULL;
		if (head.status >= 200)
			assert_int_equal(http1_reply_keeps(&head, &reply), !says_close);
	}
}

static void extra_lines_are_added(void **state)
{
	static const char text[] = OK "Content-Length: 0\r\n\r\n";
	char out[1024];
	struct http1_reply reply = reply_of(0);
	struct http1_head head;
	(void)state;
	reply.extra = BYTES("Flycast-Wake: 12\r\n");
	http1_head_init(&head);
	assert_int_equal(http1_response_parse(&head, text, sizeof text - 1, &reply.asked), HTTP1_DONE);
	size_t len = http1_response_write(out, sizeof out, text, &head, &reply);
	assert_text("extra", out, len,
	            OK "Content-Length: 0\r\nServer: Flycast/" FLYCAST_VERSION "\r\n" ID VIA
	               "Flycast-Wake: 12\r\n\r\n");
}

#define ANSWER OK "A: 1\r\na: 2\r\nServer: nginx\r\nVia: 1.1 app\r\nContent-Length: 0\r\n\r\n"
#define SERVER "Server: Flycast/" FLYCAST_VERSION "\r\n"
#define EDIT_HEADERS(...) "{\"http_options\": {\"response\": {\"headers\": {" __VA_ARGS__ "}}}}"

static const struct {
	const char *rule;
	const char *options;
	const char *text;
	const char *expected;
} edits[] = {
    {"nothing said", "{}", ANSWER,
     OK "A: 1\r\na: 2\r\nServer: nginx\r\nVia: 1.1 app\r\nContent-Length: 0\r\n" ID VIA "\r\n"},
    {"removed, whatever its spelling and number", EDIT_HEADERS("\"a\": false"), ANSWER,
     OK "Server: nginx\r\nVia: 1.1 app\r\nContent-Length: 0\r\n" ID VIA "\r\n"},
    {"set in place of the Machine's", EDIT_HEADERS("\"A\": \"new\""), OK "a: 2\r\nContent-Length: 0\r\n\r\n",
     OK "Content-Length: 0\r\n" SERVER ID VIA "A: new\r\n\r\n"},
    {"several values", EDIT_HEADERS("\"X-A\": [\"1\", \"\", \"2\"]"), OK "Content-Length: 0\r\n\r\n",
     OK "Content-Length: 0\r\n" SERVER ID VIA "X-A: 1\r\nX-A: \r\nX-A: 2\r\n\r\n"},
    {"ours are removed too", EDIT_HEADERS("\"fly-request-id\": false, \"VIA\": false, \"server\": false"),
     OK "Content-Length: 0\r\n\r\n", OK "Content-Length: 0\r\n\r\n"},
    {"ours are set too", EDIT_HEADERS("\"server\": \"mine\""), ANSWER,
     OK "A: 1\r\na: 2\r\nVia: 1.1 app\r\nContent-Length: 0\r\n" ID VIA "server: mine\r\n\r\n"},
    {"pristine is the Machine's alone", "{\"http_options\": {\"response\": {\"pristine\": true}}}", ANSWER,
     OK "A: 1\r\na: 2\r\nServer: nginx\r\nVia: 1.1 app\r\nContent-Length: 0\r\n\r\n"},
};

static void responses_are_edited(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		static char out[HTTP1_WRITE_MAX];
		struct port_options *options = port_options_parse(edits[i].options, NULL);
		struct http1_reply reply = reply_of(0);
		struct http1_head head;
		const char *text = edits[i].text;
		assert_non_null(options);
		http1_head_init(&head);
		assert_int_equal(http1_response_parse(&head, text, strlen(text), &reply.asked), HTTP1_DONE);
		http1_reply_edit(&reply, &head, text, options);
		size_t len = http1_response_write(out, sizeof out, text, &head, &reply);
		assert_text(edits[i].rule, out, len, edits[i].expected);
		port_options_free(options);
	}
}

static void the_most_fields_that_can_be_set_have_room(void **state)
{
	static char in[HTTP1_HEAD_MAX], out[HTTP1_WRITE_MAX], value[PORT_HEADERS_SIZE - 4];
	struct port_header header = {.name = (char[]){"A"}, .value = value};
	struct port_options options = {.headers = &header, .header_count = 1};
	struct http1_reply reply = reply_of(0);
	struct http1_head head;
	(void)state;
	memset(value, 'v', sizeof value - 2); /* with its name, ": " and CRLF as long as may be */
	memcpy(in, OK "B: ", sizeof(OK "B: ") - 1);
	memset(in + sizeof(OK "B: ") - 1, 'x', sizeof in - sizeof(OK "B: ") + 1);
	memcpy(in + sizeof in - 4, "\r\n\r\n", 4);
	http1_head_init(&head);
	assert_int_equal(http1_response_parse(&head, in, sizeof in, &reply.asked), HTTP1_DONE);
	http1_reply_edit(&reply, &head, in, &options);
	size_t len = http1_response_write(out, sizeof out, in, &head, &reply);
	assert_true(len > sizeof in + sizeof value);
	assert_memory_equal(out + len - 6, "vv\r\n\r\n", 6);
}

static void tls_is_said(void **state)
{
	struct http1_hop hop = hop_of(true);
	(void)state;
	hop.text[hop.len + hop.host_len] = '\0';
	assert_non_null(strstr(hop.text, "\r\nX-Forwarded-Proto: https\r\nX-Forwarded-SSL: on\r\n"));
	assert_string_equal(hop.text + hop.len, "Host: [" ADDRESS "]:80\r\n"); /* not the port that https implies */
}

static void a_head_of_the_greatest_size_can_be_written(void **state)
{
	static char text[HTTP1_HEAD_MAX], out[HTTP1_WRITE_MAX];
	struct http1_hop hop = hop_of(false);
	static const char caller[384];
	struct http1_onward onward = {&hop, BYTES("0123456789012345678901234567890123456789012345678901234567890123"),
	                              .caller = {caller, sizeof caller}};
	struct http1_head head;
	size_t len = (size_t)snprintf(text, sizeof text, "GET http://h HTTP/1.0\r\n");
	(void)state;
	for (int i = 0; i < HTTP1_FIELDS_MAX - 1; i++) /* what grows most when it is rewritten */
		len += (size_t)snprintf(text + len, sizeof text - len, "X-Forwarded-For:%d\r\n", i % 10);
	len += (size_t)snprintf(text + len, sizeof text - len, "A: ");
	memset(text + len, 'x', sizeof text - len);
	memcpy(text + sizeof text - 4, "\r\n\r\n", 4);
	http1_head_init(&head);
	assert_int_equal(http1_request_parse(&head, text, sizeof text), HTTP1_DONE);
	assert_true(http1_request_write(out, sizeof out, text, &head, &onward) > 0);
	assert_int_equal(http1_request_write(out, 600, text, &head, &onward), 0);
}

static void a_refusal_is_a_whole_response(void **state)
{
	char out[2048];
	struct http1_refusal refusal = {503,   "PR04", "all full\nsecond line \xc3\xa9", 1, BYTES("ID-fra"),
	                                false, false};
	(void)state;
	size_t len = http1_refusal_write(out, sizeof out, &refusal);
	assert_text(
	    "refusal", out, len,
	    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 29\r\n"
	    "Flycast-Error: PR04 all full\r\nRetry-After: 1\r\nFly-Request-Id: ID-fra\r\nConnection: close\r\n"
	    "Server: Flycast/" FLYCAST_VERSION "\r\n" VIA "\r\nPR04 all full\nsecond line \xc3\xa9\n");
	refusal = (struct http1_refusal){404, "PR06", "caf\xc3\xa9 \r\x01", 0, {NULL, 0}, true, true};
	len = http1_refusal_write(out, sizeof out, &refusal);
	assert_text("HEAD", out, len,
	            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\n"
	            "Flycast-Error: PR06 caf?? ??\r\nServer: Flycast/" FLYCAST_VERSION "\r\n" VIA "\r\n");
}

static void a_redirect_keeps_host_and_path_and_changes_the_port(void **state)
{
	static const struct {
		const char *authority, *target;
		uint16_t port;
		const char *location;
	} rows[] = {
	    {"web.flycast", "/", 443, "https://web.flycast/"},
	    {"web.flycast:80", "/a?b=c", 443, "https://web.flycast/a?b=c"},
	    {"web.flycast:8080", "/", 8443, "https://web.flycast:8443/"},
	    {"[fdaa:0:1:0:1::2]", "/", 443, "https://[fdaa:0:1:0:1::2]/"},
	    {"[fdaa:0:1:0:1::2]:80", "/x", 8443, "https://[fdaa:0:1:0:1::2]:8443/x"},
	    {"a", "*", 443, "https://a/"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[2048], want[2048];
		struct http1_redirect redirect = {bytes_of(rows[i].authority), bytes_of(rows[i].target), rows[i].port,
		                                  BYTES("ID"), i == 0};
		size_t len = http1_redirect_write(out, sizeof out, &redirect);
		snprintf(want, sizeof want,
		         "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\nLocation: %s\r\nFly-Request-Id: ID%s"
		         "\r\nServer: Flycast/" FLYCAST_VERSION "\r\nVia: 1.1 fly.io\r\n\r\n",
		         rows[i].location, i == 0 ? "" : "\r\nConnection: close");
		assert_int_equal(len, strlen(want));
		assert_memory_equal(out, want, len);
		assert_int_equal(http1_redirect_write(out, 100, &redirect), 0);
	}
}

static void a_refusal_can_be_read_by_our_own_parser(void **state)
{
	static char long_sentence[8000], out[2048];
	struct http1_refusal refusal = {502, "PM05", long_sentence, 5, BYTES("ID-fra"), false, true};
	struct http1_asked asked = {HTTP1_GET, 1, true, false};
	struct http1_head head;
	(void)state;
	memset(long_sentence, 'x', sizeof long_sentence - 1);
	size_t len = http1_refusal_write(out, sizeof out, &refusal);
	http1_head_init(&head);
	assert_int_equal(http1_response_parse(&head, out, len, &asked), HTTP1_DONE);
	assert_int_equal(head.status, 502);
	assert_int_equal(head.length, len - head.end);
	assert_int_equal(http1_refusal_write(out, 500, &refusal), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_go_on),
	    cmocka_unit_test(responses_go_on),
	    cmocka_unit_test(extra_lines_are_added),
	    cmocka_unit_test(responses_are_edited),
	    cmocka_unit_test(the_most_fields_that_can_be_set_have_room),
	    cmocka_unit_test(tls_is_said),
	    cmocka_unit_test(a_head_of_the_greatest_size_can_be_written),
	    cmocka_unit_test(a_refusal_is_a_whole_response),
	    cmocka_unit_test(a_redirect_keeps_host_and_path_and_changes_the_port),
	    cmocka_unit_test(a_refusal_can_be_read_by_our_own_parser),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
