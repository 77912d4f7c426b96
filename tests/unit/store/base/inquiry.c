/* inquiry: what is asked over a control socket reaches the answerer as it was meant, and what is no question gets no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/inquiry.h"

static void a_value_is_found_and_decoded(void **state)
{
	const struct bytes query = BYTES("name=a%5c.b.internal&type=&from=fdaa%3A%3A1&namesake=no&name=later&bare");
	char out[16];
	(void)state;
	assert_true(inquiry_value(out, sizeof out, query, "name"));
	assert_string_equal(out, "a\\.b.internal");
	assert_true(inquiry_value(out, sizeof out, query, "type"));
	assert_string_equal(out, "");
	assert_true(inquiry_value(out, sizeof out, query, "from"));
	assert_string_equal(out, "fdaa::1");
	assert_false(inquiry_value(out, sizeof out, query, "bare"));
	assert_false(inquiry_value(out, sizeof out, query, "other"));
	assert_false(inquiry_value(out, sizeof out, BYTES(""), "name"));
}

static void a_value_that_cannot_be_is_refused(void **state)
{
	static const char *const wrong[] = {"a=%", "a=%4", "a=%4g", "a=%00", "a=x%zz", "a=0123456789abcdef"};
	char out[16];
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(inquiry_value(out, sizeof out, bytes_of(wrong[i]), "a"));
	assert_true(inquiry_value(out, sizeof out, BYTES("a=0123456789abcde"), "a"));
}

static enum inquiry_status echo(void *owner, const struct inquiry_ask *ask, struct text *out)
{
	(void)owner;
	text_format(out, "%s %.*s|%.*s", ask->change ? "change" : "tell", (int)ask->path.len, ask->path.at,
	            (int)ask->query.len, ask->query.at);
	return ask->change ? INQUIRY_REFUSED : INQUIRY_OK;
}

/* The whole answer to these octets, in out. */
static void ask(struct inquiries *inquiries, const char *request, char *out, size_t size)
{
	int pair[2];
	size_t len = 0;
	ssize_t got;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[0], request, strlen(request), MSG_NOSIGNAL), strlen(request));
	shutdown(pair[0], SHUT_WR);
	inquiries_take(inquiries, pair[1]);
	while ((got = recv(pair[0], out + len, size - 1 - len, 0)) > 0)
		len += (size_t)got;
	out[len] = '\0';
	close(pair[0]);
}

static void methods_paths_and_queries_are_told_apart(void **state)
{
	struct inquiries *inquiries = inquiries_new(echo, NULL);
	char out[1024];
	(void)state;
	ask(inquiries, "GET /status?app=web HTTP/1.1\r\nHost: x\r\n\r\n", out, sizeof out);
	assert_memory_equal(out, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(strstr(out, "\r\n\r\ntell /status|app=web"));
	ask(inquiries, "POST /reload HTTP/1.1\r\nContent-Length: 0\r\n\r\n", out, sizeof out);
	assert_memory_equal(out, "HTTP/1.1 405 Method Not Allowed\r\n", 33);
	assert_non_null(strstr(out, "\r\n\r\nchange /reload|"));
	inquiries_free(inquiries);
}

static void what_is_no_question_gets_no_answer(void **state)
{
	static const char *const wrong[] = {"", "GET /status HTTP/1.1\r\n", "PUT / HTTP/1.1\r\n\r\n", "GETX\r\n\r\n"};
	struct inquiries *inquiries = inquiries_new(echo, NULL);
	char out[1024];
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ask(inquiries, wrong[i], out, sizeof out);
		assert_string_equal(out, "");
	}
	inquiries_free(inquiries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_is_found_and_decoded),
	    cmocka_unit_test(a_value_that_cannot_be_is_refused),
	    cmocka_unit_test(methods_paths_and_queries_are_told_apart),
	    cmocka_unit_test(what_is_no_question_gets_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
