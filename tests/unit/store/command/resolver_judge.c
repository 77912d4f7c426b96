/* resolver_judge.c - what a resolver says, beside what the responder says, names the setting at fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "command/resolver_judge.h"

#define SAYS(...)                                                                                                      \
	{                                                                                                              \
		.answered = true, __VA_ARGS__                                                                          \
	}
#define ROOT .soa = "."

enum { SERVFAIL = 2, NXDOMAIN = 3, REFUSED = 5 };

static const struct {
	const char *what;
	struct resolver_case c;
	enum resolver_culprit culprit;
} rows[] = {
    {"same", {.plain = SAYS(.data = true, .same = true)}, RESOLVER_FINE},
    {"nobody", {.alive = false}, RESOLVER_SILENT},
    {"waits for the responder", {.alive = true, .arrived = 0}, RESOLVER_WRONG_PORT},
    {"REFUSED", {.alive = true, .plain = SAYS(.rcode = REFUSED)}, RESOLVER_CLOSED},
    {"other data", {.plain = SAYS(.data = true)}, RESOLVER_DIFFERS},
    {"bogus", {.plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.data = true)}, RESOLVER_VALIDATES},
    {"bogus denial",
     {.plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.rcode = NXDOMAIN, .soa = "Flycast.")},
     RESOLVER_VALIDATES},
    {"bogus, and filtered",
     {.address = true, .plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS()},
     RESOLVER_VALIDATES},
    {"the root's denial is no answer of ours",
     {.plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.rcode = NXDOMAIN, ROOT), .arrived = -1},
     RESOLVER_UNREACHED},
    {"a filter that fails the whole answer",
     {.address = true, .zone_answers = true, .plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.rcode = SERVFAIL)},
     RESOLVER_FILTERS},
    {"no filter looks at a SOA",
     {.zone_answers = true, .plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.rcode = SERVFAIL), .arrived = -1},
     RESOLVER_UNREACHED},
    {"a filter that takes out records", {.address = true, .plain = SAYS(.rcode = 0)}, RESOLVER_FILTERS},
    {"an empty answer for a pointer", {.reverse = true, .plain = SAYS(.rcode = 0)}, RESOLVER_DIFFERS},
    {"refused upstream",
     {.plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.rcode = SERVFAIL), .arrived = 2, .refused = 2},
     RESOLVER_WRONG_SOURCE},
    {"nothing arrived", {.plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.rcode = SERVFAIL)}, RESOLVER_WRONG_PORT},
    {"nobody counted",
     {.plain = SAYS(.rcode = SERVFAIL), .unchecked = SAYS(.rcode = SERVFAIL), .arrived = -1, .refused = -1},
     RESOLVER_UNREACHED},
    {"the root denies", {.plain = SAYS(.rcode = NXDOMAIN, ROOT)}, RESOLVER_NO_FORWARD},
    {"the root denies a pointer", {.reverse = true, .plain = SAYS(.rcode = NXDOMAIN, ROOT)}, RESOLVER_NO_FORWARD},
    {"ip6.arpa denies", {.reverse = true, .plain = SAYS(.rcode = NXDOMAIN, .soa = "ip6.arpa.")}, RESOLVER_NO_FORWARD},
    {"RFC 6303", {.reverse = true, .plain = SAYS(.rcode = NXDOMAIN, .soa = "d.f.ip6.arpa.")}, RESOLVER_OWN_ZONE},
    {"a bare denial of a pointer", {.reverse = true, .plain = SAYS(.rcode = NXDOMAIN)}, RESOLVER_OWN_ZONE},
    {"we deny it there", {.plain = SAYS(.rcode = NXDOMAIN, .soa = "INTERNAL.")}, RESOLVER_WRONG_NETWORK},
    {"we have nothing there", {.plain = SAYS(.rcode = 0, .soa = "flycast.")}, RESOLVER_WRONG_NETWORK},
    {"we deny the pointer there",
     {.reverse = true, .plain = SAYS(.rcode = NXDOMAIN, .soa = "a.a.d.f.ip6.arpa.")},
     RESOLVER_WRONG_NETWORK},
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (resolver_judge(&rows[i].c) != rows[i].culprit)
			fail_msg("%s: %d instead of %d", rows[i].what, (int)resolver_judge(&rows[i].c),
			         (int)rows[i].culprit);
}

static struct sockaddr_in6 at(const char *text)
{
	struct sockaddr_in6 address;
	assert_true(addr_parse(&address, text));
	return address;
}

static void test_software(void **state)
{
	(void)state;
	struct sockaddr_in6 any = at("[::1]:53"), stub = at("127.0.0.53:53"), other = at("127.0.1.53:53");
	assert_int_equal(resolver_software("unbound 1.17.1", &any), RESOLVER_UNBOUND);
	assert_int_equal(resolver_software("9.18.49-1~deb12u3-Debian", &any), RESOLVER_BIND);
	assert_int_equal(resolver_software("dnsmasq-2.90", &stub), RESOLVER_DNSMASQ);
	assert_int_equal(resolver_software("", &stub), RESOLVER_SYSTEMD);
	assert_int_equal(resolver_software("", &other), RESOLVER_UNKNOWN);
	assert_int_equal(resolver_software("none of your business", &any), RESOLVER_UNKNOWN);
}

static void assert_line(enum resolver_software software, const char *responder, const char *line)
{
	struct sockaddr_in6 address = at(responder);
	struct text out = {0};
	assert_true(resolver_lines(&out, software, RESOLVER_NO_FORWARD, &address));
	if (!strstr(text_string(&out), line) || strchr(text_string(&out), '$'))
		fail_msg("no \"%s\" in: %s", line, text_string(&out));
	text_free(&out);
}

static void test_lines(void **state)
{
	(void)state;
	struct sockaddr_in6 address = at("[fdaa::3]:53");
	struct text out = {0};
	assert_line(RESOLVER_UNBOUND, "[fdaa::3]:53", "  stub-addr: fdaa::3\n");
	assert_line(RESOLVER_UNBOUND, "[fdaa::3]:5353", "  stub-addr: fdaa::3@5353\n");
	assert_line(RESOLVER_BIND, "[fdaa::3]:53", "type static-stub; server-addresses { fdaa::3; };");
	assert_line(RESOLVER_BIND, "127.0.0.1:5353",
	            "type forward; forward only; forwarders { 127.0.0.1 port 5353; };");
	assert_line(RESOLVER_DNSMASQ, "[fdaa::3]:5353", "server=/flycast/internal/fdaa::3#5353\n");
	assert_line(RESOLVER_SYSTEMD, "[fdaa::3]:53", "DNS=fdaa::3\n");
	assert_line(RESOLVER_SYSTEMD, "[fdaa::3]:5353", "DNS=[fdaa::3]:5353\n");
	assert_line(RESOLVER_KNOT, "[fdaa::3]:5353", "policy.STUB({'fdaa::3@5353'})");
	assert_false(resolver_lines(&out, RESOLVER_UNKNOWN, RESOLVER_NO_FORWARD, &address));
	assert_false(resolver_lines(&out, RESOLVER_UNBOUND, RESOLVER_FINE, &address));
	assert_string_equal(text_string(&out), "");
	for (int culprit = 0; culprit < RESOLVER_CULPRITS; culprit++)
		assert_non_null(resolver_sentence((enum resolver_culprit)culprit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_software),
	    cmocka_unit_test(test_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
