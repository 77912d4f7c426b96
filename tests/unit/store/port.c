/* port: flyctl's --port grammar, and its refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "port.h"

/* "start-end:internal/protocol:handlers[ removed]", or the sentence after "! ". */
static const char *read_spec(const char *spec, char *out, size_t size)
{
	struct text why = {0};
	struct port p;
	if (port_parse(&p, spec, &why) < 0)
		snprintf(out, size, "! %s", text_string(&why));
	else
		snprintf(out, size, "%u-%u:%u/%s:%s%s", p.start, p.end, p.internal, port_protocol_name(p.protocol),
		         port_handlers_name(p.handlers), p.removed ? " removed" : "");
	text_free(&why);
	return out;
}

static void what_is_well_formed_is_read(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"80", "80-80:80/tcp:"},
	    {"1", "1-1:1/tcp:"},
	    {"65535", "65535-65535:65535/tcp:"},
	    {"80:8080", "80-80:8080/tcp:"},
	    {"80/tcp", "80-80:80/tcp:"},
	    {"53/udp", "53-53:53/udp:"},
	    {"80:8080/tcp:http", "80-80:8080/tcp:http"},
	    {"443:80/tcp:http:tls", "443-443:80/tcp:tls,http"},
	    {"443:80/tcp:tls:http", "443-443:80/tcp:tls,http"},
	    {"443:80/tcp:tls:tls", "443-443:80/tcp:tls"},
	    {"5432/tcp:pg_tls", "5432-5432:5432/tcp:pg_tls"},
	    {"25/tcp:proxy_proto", "25-25:25/tcp:proxy_proto"},
	    {"25/tcp:proxy_proto:tls", "25-25:25/tcp:tls,proxy_proto"},
	    {"80/tcp:-", "80-80:80/tcp: removed"},
	    {"20000-20100:9000", "20000-20100:9000/tcp:"},
	    {"20000-20000:9000/tcp:http", "20000-20000:9000/tcp:http"},
	};
	char out[512];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(read_spec(rows[i].in, out, sizeof out), rows[i].out);
}

static void what_is_not_says_what_flyctl_says(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"", "! invalid port: "},
	    {"http", "! invalid port: --port http: write port:machinePort"},
	    {"0", "! invalid port: --port 0: ports are 1 to 65535"},
	    {"70000", "! invalid port: --port 70000: ports are 1 to 65535"},
	    {"99999999999999999999", "! invalid port: "},
	    {"-80", "! invalid port: "},
	    {" 80", "! invalid port: "},
	    {"+80", "! invalid port: "},
	    {"80x", "! invalid port: "},
	    {"20-30", "! invalid port: --port 20-30: a range needs the Machine's port"},
	    {"80:", "! invalid machine (internal) port: "},
	    {"80:0", "! invalid machine (internal) port: --port 80:0: ports are 1 to 65535"},
	    {"80:65536", "! invalid machine (internal) port: "},
	    {"80:http", "! invalid machine (internal) port: "},
	    {":80", "! invalid external port: "},
	    {"x:80", "! invalid external port: "},
	    {"x-30:80", "! invalid start port for port range: "},
	    {"20-x:80", "! invalid end port for port range: "},
	    {"20-:80", "! invalid end port for port range: "},
	    {"30-20:80", "! invalid port range: --port 30-20:80: its start is after its end"},
	    {"1-2-3:80", "! external port must be at most 2 elements (port, or range start-end): "},
	    {"80:81:82", "! port definition must be at most 2 elements (external:internal): "},
	    {"80/tcp/http", "! port must be at most two elements (ports/protocol:handler): "},
	    {"80/", "! unknown protocol: "},
	    {"80/sctp", "! unknown protocol: "},
	    {"80/tcp:", "! unknown handler: "},
	    {"80/tcp:https", "! unknown handler: "},
	    {"80/tcp:http:pg_tls", "! these handlers do not go together: "},
	    {"80/tcp:http:-", "! a port is removed by \"-\" alone: "},
	};
	char out[512];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		read_spec(rows[i].in, out, sizeof out);
		if (strncmp(out, rows[i].out, strlen(rows[i].out)) != 0)
			fail_msg("%s gives \"%s\", not \"%s\"", rows[i].in, out, rows[i].out);
		assert_null(strchr(out, '\n'));
	}
}

static const char *check_specs(const char *first, const char *second, char *out, size_t size)
{
	struct text why = {0};
	struct port ports[2];
	assert_int_equal(port_parse(&ports[0], first, &why), 0);
	if (second)
		assert_int_equal(port_parse(&ports[1], second, &why), 0);
	int rc = port_check(ports, second ? 2 : 1, &why);
	snprintf(out, size, "%s", text_string(&why));
	assert_int_equal(rc, *out ? -1 : 0);
	text_free(&why);
	return out;
}

static void two_services_never_share_a_port(void **state)
{
	char out[512];
	(void)state;
	assert_string_equal(check_specs("80:8080", "81:8080", out, sizeof out), "");
	assert_string_equal(check_specs("80-89:1", "90-99:1", out, sizeof out), "");
	assert_non_null(strstr(check_specs("80:8080", "80:9090", out, sizeof out), "port 80 is given twice"));
	assert_non_null(strstr(check_specs("80:8080", "80:8080", out, sizeof out), "port 80 is given twice"));
	assert_non_null(strstr(check_specs("80-90:1", "90-99:2", out, sizeof out), "port 90 is given twice"));
	assert_non_null(strstr(check_specs("85:1", "80-90:2", out, sizeof out), "port 85 is given twice"));
}

static void what_this_version_lacks_is_said_plainly(void **state)
{
	char out[512];
	(void)state;
	assert_string_equal(check_specs("80/tcp:http", NULL, out, sizeof out), "");
	assert_string_equal(check_specs("443/tcp:tls:http", "5432/tcp:pg_tls", out, sizeof out), "");
	assert_string_equal(check_specs("25/tcp:proxy_proto", "26/tcp:tls:proxy_proto", out, sizeof out), "");
	assert_non_null(strstr(check_specs("53/udp", NULL, out, sizeof out), "TCP only"));
	assert_non_null(strstr(check_specs("80/tcp:-", NULL, out, sizeof out), "no port 80 to remove"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_well_formed_is_read),
	    cmocka_unit_test(what_is_not_says_what_flyctl_says),
	    cmocka_unit_test(two_services_never_share_a_port),
	    cmocka_unit_test(what_this_version_lacks_is_said_plainly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
