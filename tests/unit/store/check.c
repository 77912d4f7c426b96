/* What one --check says, and what is wrong with one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "check.h"

static void assert_text(const char *got, const char *want)
{
	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void good_ones(void **state)
{
	static const struct {
		const char *spec;
		uint16_t port;
		bool http;
		int64_t interval, timeout, grace;
		const char *method, *path, *headers;
	} rows[] = {
	    {"8080/tcp", 8080, false, -1, -1, -1, NULL, NULL, NULL},
	    {"1/http", 1, true, -1, -1, -1, NULL, NULL, NULL},
	    {"65535/http:/up?x=1:2", 65535, true, -1, -1, -1, NULL, "/up?x=1:2", NULL},
	    {"80/tcp,interval=1s,timeout=100ms,grace_period=0", 80, false, 1000, 100, 0, NULL, NULL, NULL},
	    {"80/http:/,interval=1h,timeout=60,grace_period=1m,method=head", 80, true, 3600000, 60000, 60000, "HEAD",
	     "/", NULL},
	    {"80/http,header=Host: a.example,header=X-A:b=c,header=X-A: d", 80, true, -1, -1, -1, NULL, NULL,
	     "{\"Host\":\"a.example\",\"X-A\":\"d\"}"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct check check;
		struct text why = {0};
		assert_int_equal(check_parse(&check, rows[i].spec, &why), 0);
		assert_int_equal(check.internal_port, rows[i].port);
		assert_int_equal(check.http, rows[i].http);
		assert_int_equal(check.interval, rows[i].interval);
		assert_int_equal(check.timeout, rows[i].timeout);
		assert_int_equal(check.grace_period, rows[i].grace);
		assert_text(check.method, rows[i].method);
		assert_text(check.path, rows[i].path);
		assert_text(check.headers, rows[i].headers);
		check_fini(&check);
		text_free(&why);
	}
}

static void one_over_tls(void **state)
{
	struct check check;
	struct text why = {0};
	(void)state;
	assert_int_equal(check_parse(&check, "443/https:/up,tls_server_name=a.example,tls_skip_verify=true", &why), 0);
	assert_true(check.http && check.https && check.tls_skip_verify);
	assert_string_equal(check.path, "/up");
	assert_string_equal(check.tls_server_name, "a.example");
	check_fini(&check);
	assert_int_equal(check_parse(&check, "443/https", &why), 0);
	assert_true(check.http && check.https && !check.tls_skip_verify && !check.tls_server_name);
	check_fini(&check);
	text_free(&why);
}

static void bad_ones(void **state)
{
	static const char *const rows[][2] = {
	    {"", "write the Machine's port"},
	    {"tcp", "write the Machine's port"},
	    {"0/tcp", "write the Machine's port"},
	    {"65536/tcp", "write the Machine's port"},
	    {"+80/tcp", "write the Machine's port"},
	    {"18446744073709551697/tcp", "write the Machine's port"},
	    {"80", "write the Machine's port"},
	    {"80/udp", "behind the port stands"},
	    {"80/httpsx", "behind the port stands"},
	    {"80/https,tls_skip_verify", "behind a comma stand"},
	    {"80/https,tls_skip_verify=yes", "is true or false"},
	    {"80/https,tls_server_name=a b", "a server name is a host name"},
	    {"80/http,tls_skip_verify=true", "behind a comma stand"},
	    {"80/httpx", "behind the port stands"},
	    {"80/http:up", "a path begins with /"},
	    {"80/http:/a b", "a path has no blanks"},
	    {"80/http:/\xc3\xa9", "a path has no blanks"},
	    {"80/http:/#x", "a path begins with /"},
	    {"80/tcp,", "behind a comma stand"},
	    {"80/tcp,interval", "behind a comma stand"},
	    {"80/tcp,interval=", "an interval is 1s to 1h"},
	    {"80/tcp,interval=999ms", "an interval is 1s to 1h"},
	    {"80/tcp,interval=3601", "an interval is 1s to 1h"},
	    {"80/tcp,timeout=61s", "a timeout is 100ms to 60s"},
	    {"80/tcp,grace_period=-1s", "a grace period is 0s to 1h"},
	    {"80/tcp,method=GET", "a tcp check has no method"},
	    {"80/tcp,header=A: b", "a tcp check has no method"},
	    {"80/http,method=G-T", "a method is a word"},
	    {"80/http,method=", "a method is a word"},
	    {"80/http,header=A", "a header is NAME: VALUE"},
	    {"80/http,header=: b", "a header is NAME: VALUE"},
	    {"80/http,header=A b: c", "a header is NAME: VALUE"},
	    {"80/http,header=A: b\r\nC: d", "a header is NAME: VALUE"},
	    {"80/http,header=A: \xff", "a header is NAME: VALUE"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct check check;
		struct text why = {0};
		assert_int_equal(check_parse(&check, rows[i][0], &why), -1);
		assert_non_null(strstr(why.at, rows[i][1]));
		check_fini(&check);
		text_free(&why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good_ones), cmocka_unit_test(one_over_tls),
	                                   cmocka_unit_test(bad_ones)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
