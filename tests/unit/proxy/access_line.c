/* access_line: a line has the fields that are known, in one order, and nothing in it can be taken for another line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "access_line.h"
#include "base/addr.h"

static struct in6_addr client, address;
static char out[ACCESS_LINE_MOST];

static struct access_facts raw(void)
{
	addr_ip_parse(&client, "fdaa:0:1:ffff::2");
	addr_ip_parse(&address, "fdaa:0:1:0:1::3");
	return (struct access_facts){
	    .wall_ms = 1795439998123,
	    .client = &client,
	    .address = &address,
	    .client_port = 40001,
	    .port = 5432,
	    .kind = "tcp",
	    .end = "done",
	    .app = "db",
	    .machine = "e82d4f1a9b6c03",
	    .in = 12,
	    .out = 3456,
	    .connect_us = 7,
	    .first_us = 1234,
	    .total_us = 98765432,
	};
}

static const char *line_of(const struct access_facts *facts, bool json)
{
	size_t len = access_line_write(out, facts, json);
	assert_true(len > 0 && len < sizeof out);
	assert_int_equal(out[len - 1], '\n');
	assert_ptr_equal(memchr(out, '\n', len), out + len - 1);
	out[len - 1] = '\0';
	return out;
}

#define ENDS_TEXT "client=[fdaa:0:1:ffff::2]:40001 address=[fdaa:0:1:0:1::3]:5432"

static void a_connection_without_a_handler(void **state)
{
	struct access_facts facts = raw();
	(void)state;
	assert_string_equal(line_of(&facts, false),
	                    "time=2026-11-23T13:19:58.123Z kind=tcp " ENDS_TEXT
	                    " app=db machine=e82d4f1a9b6c03 end=done in=12 out=3456 queue_ms=0.000 wake_ms=0.000"
	                    " connect_ms=0.007 first_ms=1.234 total_ms=98765.432");
	assert_string_equal(line_of(&facts, true),
	                    "{\"time\":\"2026-11-23T13:19:58.123Z\",\"kind\":\"tcp\","
	                    "\"client\":\"[fdaa:0:1:ffff::2]:40001\",\"address\":\"[fdaa:0:1:0:1::3]:5432\","
	                    "\"app\":\"db\",\"machine\":\"e82d4f1a9b6c03\",\"end\":\"done\",\"in\":12,\"out\":3456,"
	                    "\"queue_ms\":0.000,\"wake_ms\":0.000,\"connect_ms\":0.007,\"first_ms\":1.234,"
	                    "\"total_ms\":98765.432}");
}

static void a_refused_request_after_a_wake(void **state)
{
	struct access_facts facts = raw();
	(void)state;
	facts.kind = "http";
	facts.end = "refused";
	facts.code = "PM05";
	facts.status = 502;
	facts.cold = true;
	facts.wake_us = 812000;
	facts.machine = NULL;
	facts.method = BYTES("GET");
	facts.target = BYTES("/a?token=secret");
	facts.request_id = BYTES("01H-fra");
	assert_string_equal(line_of(&facts, false),
	                    "time=2026-11-23T13:19:58.123Z kind=http " ENDS_TEXT
	                    " app=db method=GET path=\"/a\" status=502 end=refused code=PM05 in=12 out=3456"
	                    " queue_ms=0.000 wake_ms=812.000 connect_ms=0.007 first_ms=1.234 total_ms=98765.432"
	                    " cold=1 request=01H-fra");
}

static void a_path_cannot_break_out_of_its_quotes(void **state)
{
	struct access_facts facts = raw();
	(void)state;
	facts.target = BYTES("/\"\\\n\xff");
	assert_non_null(strstr(line_of(&facts, true), "\"path\":\"/\\\"\\\\\\u000a\\u00ff\","));
	assert_non_null(strstr(line_of(&facts, false), " path=\"/\\\"\\\\\\u000a\\u00ff\" "));
}

static void the_longest_path_fits(void **state)
{
	static char path[16384];
	struct access_facts facts = raw();
	(void)state;
	memset(path, 1, sizeof path);
	facts.target = (struct bytes){path, sizeof path};
	assert_true(strlen(line_of(&facts, true)) > (size_t)6 * ACCESS_PATH_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_connection_without_a_handler),
	    cmocka_unit_test(a_refused_request_after_a_wake),
	    cmocka_unit_test(a_path_cannot_break_out_of_its_quotes),
	    cmocka_unit_test(the_longest_path_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
