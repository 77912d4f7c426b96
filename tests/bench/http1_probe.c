/* http1_probe - what one message costs: nanoseconds of CPU time to parse its head and to write it on, median of rounds. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "http1_body.h"
#include "http1_write.h"
#include "request_id.h"

enum { ROUNDS = 21, REPEATS = 100000 };

static const char wrk[] = "GET / HTTP/1.1\r\nHost: my-app.flycast\r\n\r\n";
static const char curl[] =
    "GET /index.html HTTP/1.1\r\nHost: my-app.flycast\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
static const char browser[] =
    "GET /app/items?page=2&sort=created_at HTTP/1.1\r\n"
    "Host: my-app.flycast\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"118\", \"Not=A?Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: http://my-app.flycast/app/items?page=1&sort=created_at\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-US,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N; theme=dark; "
    "tz=Europe/Berlin\r\n"
    "\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Server: nginx/1.22.1\r\n"
                             "Date: Mon, 23 Nov 2026 09:00:00 GMT\r\n"
                             "Content-Type: text/html\r\n"
                             "Content-Length: 612\r\n"
                             "Last-Modified: Sun, 22 Nov 2026 09:00:00 GMT\r\n"
                             "Connection: keep-alive\r\n"
                             "ETag: \"637c3f4a-264\"\r\n"
                             "Accept-Ranges: bytes\r\n"
                             "\r\n";

static struct {
	const char *text;
	size_t len;
	struct http1_hop hop;
	struct rand rand;
	char out[HTTP1_WRITE_MAX];
	uint64_t sum; /* keeps the work from being left out */
} bench;

static void fail(const char *what)
{
	fprintf(stderr, "http1_probe: %s\n", what);
	exit(1);
}

static void parse_request(void)
{
	struct http1_head head;
	http1_head_init(&head);
	if (http1_request_parse(&head, bench.text, bench.len) != HTTP1_DONE)
		fail("a request was refused");
	bench.sum += head.end;
}

static void carry_request(void)
{
	char id[REQUEST_ID_SIZE];
	struct http1_head head;
	http1_head_init(&head);
	if (http1_request_parse(&head, bench.text, bench.len) != HTTP1_DONE)
		fail("a request was refused");
	struct http1_onward onward = {
	    &bench.hop, {id, request_id_write(id, 1800000000000, &bench.rand, "fra")}, .http2 = false};
	bench.sum += http1_request_write(bench.out, sizeof bench.out, bench.text, &head, &onward);
}

static void carry_response(void)
{
	struct http1_reply reply = {.asked = {HTTP1_GET, 1, true, false},
	                            .request_id = BYTES("01KASN3C5Z8Y0T1QW2E3R4T5Y6-fra")};
	struct http1_head head;
	http1_head_init(&head);
	if (http1_response_parse(&head, bench.text, bench.len, &reply.asked) != HTTP1_DONE)
		fail("a response was refused");
	bench.sum += http1_response_write(bench.out, sizeof bench.out, bench.text, &head, &reply);
}

static void read_chunks(void)
{
	struct http1_body body;
	struct bytes in = {bench.text, bench.len}, span;
	enum http1_body_event event;
	http1_body_init(&body, HTTP1_CHUNKED, 0);
	while ((event = http1_body_next(&body, &in, &span)) == HTTP1_BODY_DATA)
		bench.sum += span.len;
	if (event != HTTP1_BODY_END)
		fail("a body was refused");
}

static double cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void measure(const char *what, void (*work)(void), const char *text, size_t len)
{
	double ns[ROUNDS];
	bench.text = text;
	bench.len = len;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = cpu_ns();
		for (int i = 0; i < REPEATS; i++)
			work();
		ns[round] = (cpu_ns() - begin) / REPEATS;
	}
	qsort(ns, ROUNDS, sizeof *ns, by_size);
	printf("%-34s %6zu bytes %8.0f ns  (best %.0f)  %6.2f bytes/ns\n", what, len, ns[ROUNDS / 2], ns[0],
	       (double)len / ns[ROUNDS / 2]);
}

int main(void)
{
	struct in6_addr client, address;
	char chunks[4096];
	size_t len = 0;
	bench.rand.state = 1;
	if (!addr_ip_parse(&client, "fdaa:0:1:1:1:0:5:2") || !addr_ip_parse(&address, "fdaa:0:1:0:1::3"))
		fail("addresses");
	http1_hop_init(&bench.hop, &(struct http1_hop_facts){&client, &address, 80, false, "fra"});
	for (int i = 0; i < 16; i++)
		len += (size_t)snprintf(chunks + len, sizeof chunks - len, "80\r\n%0128d\r\n", i);
	len += (size_t)snprintf(chunks + len, sizeof chunks - len, "0\r\n\r\n");

	measure("parse request, wrk", parse_request, wrk, sizeof wrk - 1);
	measure("parse request, curl", parse_request, curl, sizeof curl - 1);
	measure("parse request, browser", parse_request, browser, sizeof browser - 1);
	measure("parse + name + write, wrk", carry_request, wrk, sizeof wrk - 1);
	measure("parse + name + write, curl", carry_request, curl, sizeof curl - 1);
	measure("parse + name + write, browser", carry_request, browser, sizeof browser - 1);
	measure("parse + write response, nginx", carry_response, answer, sizeof answer - 1);
	measure("read 16 chunks of 128", read_chunks, chunks, len);
	return bench.sum ? 0 : 1;
}
