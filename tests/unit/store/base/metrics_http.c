/* metrics_http: one page per path, an answer however slowly the head comes, nobody blocks anybody. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <ev.h>

#include "base/metrics_http.h"
#include "base/sock.h"

static void render(void *owner, struct text *out)
{
	text_format(out, "value %d\n", *(int *)owner);
}

static struct {
	struct ev_loop *loop;
	struct metrics_http *http;
	struct sockaddr_in6 addr;
	int value;
	struct metrics_page page;
} t;

static int open_server(void **state)
{
	(void)state;
	t.addr = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	t.loop = ev_loop_new(EVFLAG_AUTO);
	t.page = (struct metrics_page){"/metrics", "text/plain", render, &t.value};
	int fd = sock_tcp(&t.addr, false);
	assert_true(fd >= 0);
	assert_int_not_equal(t.addr.sin6_port, 0);
	t.http = metrics_http_start(t.loop, fd, &t.page, 1);
	return 0;
}

static int close_server(void **state)
{
	(void)state;
	metrics_http_stop(t.http);
	ev_loop_destroy(t.loop);
	return 0;
}

static int client(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&t.addr, sizeof t.addr), 0);
	return fd;
}

static void turn(int times)
{
	while (times--)
		ev_run(t.loop, EVRUN_NOWAIT);
}

static const char *answer(int fd)
{
	static char got[4096];
	size_t len = 0;
	turn(5);
	for (ssize_t n; (n = recv(fd, got + len, sizeof got - 1 - len, 0)) > 0; turn(1))
		len += (size_t)n;
	got[len] = '\0';
	close(fd);
	return got;
}

static void a_page_is_served(void **state)
{
	(void)state;
	t.value = 7;
	int fd = client();
	assert_int_equal(send(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 34, 0), 34);
	const char *got = answer(fd);
	assert_non_null(strstr(got, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(got, "Content-Length: 8\r\n"));
	assert_non_null(strstr(got, "\r\n\r\nvalue 7\n"));
}

static void an_unknown_path_is_told_what_there_is(void **state)
{
	(void)state;
	int fd = client();
	assert_int_equal(send(fd, "GET /metrics2 HTTP/1.1\r\n\r\n", 26, 0), 26);
	const char *got = answer(fd);
	assert_non_null(strstr(got, "404 Not Found"));
	assert_non_null(strstr(got, "GET /metrics\n"));
}

static void a_slow_head_does_not_keep_others_waiting(void **state)
{
	(void)state;
	int slow = client();
	assert_int_equal(send(slow, "GET /met", 8, 0), 8);
	turn(3);
	int fd = client();
	assert_int_equal(send(fd, "GET /metrics?x=1 HTTP/1.1\r\n\r\n", 29, 0), 29);
	assert_non_null(strstr(answer(fd), "200 OK"));
	assert_int_equal(send(slow, "rics HTTP/1.0\r\n\r\n", 17, 0), 17);
	assert_non_null(strstr(answer(slow), "200 OK"));
}

static void a_socket_path_of_the_dead_is_reused_and_of_the_living_is_not(void **state)
{
	char path[64];
	(void)state;
	snprintf(path, sizeof path, "/tmp/flycast-unit-%d.sock", (int)getpid());
	int first = sock_unix(path);
	assert_true(first >= 0);
	assert_int_equal(sock_unix(path), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(first);
	int second = sock_unix(path);
	assert_true(second >= 0);
	close(second);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_page_is_served, open_server, close_server),
	    cmocka_unit_test_setup_teardown(an_unknown_path_is_told_what_there_is, open_server, close_server),
	    cmocka_unit_test_setup_teardown(a_slow_head_does_not_keep_others_waiting, open_server, close_server),
	    cmocka_unit_test(a_socket_path_of_the_dead_is_reused_and_of_the_living_is_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
