/* app_config.c - what fly.toml says becomes the struct, in every spelling; what is wrong with it is said, in flyctl's
 * words where flyctl has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "app_config.h"
#include "app_config_check.h"
#include "command/toml.h"

static struct app_config *read_toml(const char *text, struct config_findings *findings)
{
	char why[TOML_WHY];
	int line;
	json_t *lines, *json = toml_read(text, strlen(text), &lines, &line, why);
	if (!json)
		fail_msg("line %d: %s", line, why);
	struct app_config *config = app_config_read(json, findings);
	json_decref(json);
	json_decref(lines);
	return config;
}

/* Reads what must be free of any finding. */
static struct app_config *good(const char *text)
{
	struct config_findings findings = {0};
	struct app_config *config = read_toml(text, &findings);
	if (findings.count)
		fail_msg("%s", findings.items[0].text);
	assert_non_null(config);
	assert_true(app_config_check(config, &findings));
	if (findings.count)
		fail_msg("%s", findings.items[0].text);
	config_findings_free(&findings);
	return config;
}

static void an_http_service_is_two_ports(void **state)
{
	(void)state;
	struct app_config *c = good("app = 'web'\n"
	                            "primary_region = 'fra'\n"
	                            "kill_signal = 'SIGTERM'\n"
	                            "kill_timeout = 120\n"
	                            "[env]\nPORT = 8080\nDEBUG = true\nRATIO = 0.1\nNAME = 'x'\n"
	                            "[[services]]\ninternal_port = 9000\nprotocol = 'tcp'\n"
	                            "[[services.ports]]\nstart_port = 20000\nend_port = 20010\n"
	                            "[http_service]\ninternal_port = '8080'\nauto_stop_machines = 'suspend'\n"
	                            "auto_start_machines = true\nmin_machines_running = 1\n"
	                            "[http_service.concurrency]\ntype = 'requests'\nsoft_limit = 5\nhard_limit = 9\n"
	                            "[[http_service.checks]]\ninterval = 15000\ntimeout = '2s'\ngrace_period = '45s'\n"
	                            "method = 'GET'\npath = '/up'\nheaders = {X-A = 'b'}\n");
	assert_string_equal(c->app, "web");
	assert_string_equal(c->primary_region, "fra");
	assert_string_equal(c->kill_signal, "SIGTERM");
	assert_int_equal(c->kill_timeout, 120);
	assert_int_equal(c->env.count, 4);
	static const char *const env[][2] = {{"DEBUG", "true"}, {"NAME", "x"}, {"PORT", "8080"}, {"RATIO", "0.1"}};
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(c->env.items[i].name, env[i][0]);
		assert_string_equal(c->env.items[i].value, env[i][1]);
	}
	assert_int_equal(c->service_count, 2);
	const struct config_service *s = &c->services[0];
	assert_string_equal(s->where, "http_service");
	assert_int_equal(s->internal_port, 8080);
	assert_int_equal(s->policy.autostop, AUTOSTOP_SUSPEND);
	assert_true(s->policy.autostart);
	assert_int_equal(s->policy.min_machines_running, 1);
	assert_true(s->policy.count_requests);
	assert_int_equal(s->policy.soft_limit, 5);
	assert_int_equal(s->policy.hard_limit, 9);
	assert_int_equal(s->port_count, 2);
	assert_int_equal(s->ports[0].port.start, 80);
	assert_int_equal(s->ports[0].port.internal, 8080);
	assert_int_equal(s->ports[0].port.handlers, HANDLER_HTTP);
	assert_int_equal(s->ports[1].port.start, 443);
	assert_int_equal(s->ports[1].port.handlers, HANDLER_TLS | HANDLER_HTTP);
	assert_int_equal(s->check_count, 1);
	assert_true(s->checks[0].http);
	assert_int_equal(s->checks[0].interval, 15000);
	assert_int_equal(s->checks[0].timeout, 2000);
	assert_int_equal(s->checks[0].grace_period, 45000);
	assert_string_equal(s->checks[0].path, "/up");
	assert_string_equal(s->checks[0].headers.items[0].value, "b");
	s = &c->services[1];
	assert_string_equal(s->where, "services[0]");
	assert_int_equal(s->ports[0].port.start, 20000);
	assert_int_equal(s->ports[0].port.end, 20010);
	assert_int_equal(s->ports[0].port.internal, 9000);
	assert_true(s->policy.autostart);
	assert_int_equal(s->policy.autostop, AUTOSTOP_OFF);
	assert_int_equal(s->policy.soft_limit, 0);
	app_config_free(c);
}

static void an_http_service_is_first_wherever_it_stands(void **state)
{
	struct config_findings findings = {0};
	(void)state;
	json_t *json = json_loads("{\"services\":[{\"internal_port\":9000,\"ports\":[{\"port\":1}]}],"
	                          "\"http_service\":{\"internal_port\":8080,\"force_https\":true,"
	                          "\"http_options\":{\"idle_timeout\":5},\"tls_options\":{\"alpn\":[\"h2\"]}}}",
	                          0, NULL);
	struct app_config *c = app_config_read(json, &findings);
	assert_non_null(c);
	assert_string_equal(c->services[0].where, "http_service");
	assert_string_equal(c->services[1].where, "services[0]");
	assert_int_equal(c->services[1].internal_port, 9000);
	const struct config_port *ports = c->services[0].ports;
	assert_true(ports[0].force_https);
	assert_false(ports[1].force_https);
	assert_string_equal(ports[0].options, "{\"http_options\":{\"idle_timeout\":5}}");
	assert_string_equal(ports[1].options,
	                    "{\"tls_options\":{\"alpn\":[\"h2\"]},\"http_options\":{\"idle_timeout\":5}}");
	app_config_free(c);
	json_decref(json);
	config_findings_free(&findings);
}

static void half_a_range_ends_where_ports_do(void **state)
{
	(void)state;
	struct app_config *c = good(
	    "[[services]]\ninternal_port = 1\nports = [{start_port = 9000}, {end_port = 10}]\n");
	assert_int_equal(c->services[0].ports[0].port.start, 9000);
	assert_int_equal(c->services[0].ports[0].port.end, 65535);
	assert_int_equal(c->services[0].ports[1].port.start, 1);
	assert_int_equal(c->services[0].ports[1].port.end, 10);
	app_config_free(c);
}

static void sections_of_groups_are_read(void **state)
{
	(void)state;
	struct app_config *c = good("[processes]\nworker = 'sidekiq -c 5'\napp = 'node \"my server.js\"'\n"
	                            "[[vm]]\nsize = 'shared-cpu-2x'\nmemory = '1gb'\nprocesses = ['app']\n"
	                            "[[vm]]\nmemory = 512\ncpus = 2\ncpu_kind = 'performance'\nprocesses = 'worker'\n"
	                            "[[restart]]\npolicy = 'never'\nprocesses = ['worker']\n"
	                            "[[restart]]\npolicy = 'on-failure'\nretries = 3\n"
	                            "[metrics]\nport = 9091\npath = '/metrics'\n"
	                            "[deploy]\nrelease_command = 'migrate up'\nrelease_command_timeout = '10m'\n"
	                            "strategy = 'bluegreen'\nmax_unavailable = 0.5\nwait_timeout = 90\n"
	                            "[checks.alive]\ntype = 'tcp'\nport = 8080\ninterval = '10s'\n"
	                            "[experimental]\ncmd = ['a', 'b']\nauto_rollback = false\n");
	assert_int_equal(c->process_count, 2);
	assert_string_equal(c->processes[0].name, "app");
	assert_string_equal(c->processes[1].command, "sidekiq -c 5");
	assert_string_equal(app_config_default_group(c), "app");
	assert_int_equal(c->vm_count, 2);
	assert_int_equal(c->vms[0].memory_mb, 1024);
	assert_int_equal(c->vms[1].memory_mb, 512);
	assert_string_equal(c->vms[1].processes.items[0], "worker");
	assert_true(app_config_in_group(c, &c->vms[1].processes, "worker"));
	assert_false(app_config_in_group(c, &c->vms[1].processes, "app"));
	assert_string_equal(c->restarts[0].policy, "no");
	assert_int_equal(c->restarts[0].retries, -1);
	assert_int_equal(c->restarts[1].retries, 3);
	assert_int_equal(c->metrics[0].port, 9091);
	assert_string_equal(c->release_command, "migrate up");
	assert_int_equal(c->release_command_timeout, 600000);
	assert_int_equal(c->wait_timeout, 90000);
	assert_string_equal(c->strategy, "bluegreen");
	assert_true(c->max_unavailable > 0.49 && c->max_unavailable < 0.51);
	assert_string_equal(c->checks[0].name, "alive");
	assert_int_equal(c->command.count, 2);
	assert_false(c->auto_rollback);
	app_config_free(c);
}

static void the_json_is_one_spelling_and_reads_the_same_again(void **state)
{
	static const char want[] = "{\"app\":\"web\",\"env\":{\"PORT\":\"80\"},\"kill_timeout\":\"1m5s\",\"services\":["
	                           "{\"concurrency\":{\"type\":"
	                           "\"requests\",\"hard_limit\":25,\"soft_limit\":20},\"internal_port\":8080,\"ports\":"
	                           "[{\"handlers\":[\"http\"],"
	                           "\"port\":80}],\"processes\":[\"app\"],\"tcp_checks\":[{\"interval\":\"500ms\"}]}],"
	                           "\"vm\":[{\"memory\":256}]}";
	struct config_findings findings = {0};
	(void)state;
	struct app_config *c = read_toml("app = 'web'\nkill_timeout = 65\nenv = {PORT = 80}\nvm = {memory = 256}\n"
	                                 "[[services]]\ninternal_port = '8080'\nconcurrency = '20,25'\n"
	                                 "processes = 'app'\nports = {port = '80', handlers = 'http'}\n"
	                                 "tcp_checks = {interval = 500}\n",
	                                 &findings);
	assert_non_null(c);
	char *once = json_dumps(c->json, JSON_COMPACT);
	assert_string_equal(once, want);
	struct app_config *again = app_config_read(c->json, &findings);
	char *twice = json_dumps(again->json, JSON_COMPACT);
	assert_string_equal(twice, once);
	assert_int_equal(again->services[0].policy.hard_limit, 25);
	assert_int_equal(again->kill_timeout, 65);
	assert_int_equal(again->services[0].checks[0].interval, 500);
	free(once);
	free(twice);
	app_config_free(again);
	app_config_free(c);
	config_findings_free(&findings);
}

static void numbers_of_seconds_are_written_as_go_does(void **state)
{
	static const struct {
		const char *written, *want; /* NULL: refused */
	} rows[] = {
	    {"5", "5s"},      {"'5'", "5s"},        {"'90s'", "1m30s"}, {"'1h'", "1h0m0s"},      {"'1.5s'", "1.5s"},
	    {"0", "0s"},      {"'100ms'", "100ms"}, {"0.25", "250ms"},  {"'61.05s'", "1m1.05s"}, {"-1", NULL},
	    {"'soon'", NULL}, {"'5 s'", NULL},      {"true", NULL},     {"'31d'", NULL},         {"2592001", NULL},
	    {"inf", NULL},    {"nan", NULL},        {"''", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct config_findings findings = {0};
		char text[64];
		snprintf(text, sizeof text, "[deploy]\nwait_timeout = %s\n", rows[i].written);
		struct app_config *c = read_toml(text, &findings);
		if (rows[i].want) {
			assert_non_null(c);
			assert_string_equal(
			    json_string_value(json_object_get(json_object_get(c->json, "deploy"), "wait_timeout")),
			    rows[i].want);
		} else {
			assert_null(c);
			assert_int_equal(findings.count, 1);
			assert_string_equal(findings.items[0].path, "deploy.wait_timeout");
		}
		app_config_free(c);
		config_findings_free(&findings);
	}
}

#define HTTP80 "[[services]]\ninternal_port = 8080\n[[services.ports]]\nport = 80\n"

static const struct {
	const char *toml;
	enum config_grade grade;
	const char *path, *text; /* text: a part of the sentence */
} wrongs[] = {
    /* flyctl's own */
    {"[processes]\napp='a'\nweb='b'\n" HTTP80, CONFIG_ERROR, "services[0]",
     "Service has no processes set but app has 2 processes defined; update fly.toml to set processes for each "
     "service"},
    {HTTP80 "[[services]]\ninternal_port=1\nports=[{port=1}]\nprocesses=['x']", CONFIG_ERROR, "services[1]",
     "Service specifies 'x' as one of its processes, but no processes are defined with that name; update "
     "fly.toml "
     "[processes] to add 'x' process or remove it from service's processes list"},
    {"[[services]]\ninternal_port=8080", CONFIG_WARNING, "services[0]", "Service must expose at least one port."},
    {HTTP80 "[[services.tcp_checks]]\ninterval=900", CONFIG_WARNING, "services[0]",
     "Service TCP check has an interval less than 1 second (900ms); this will be raised to 1 second"},
    {HTTP80 "[[services.http_checks]]\ntimeout='61s'", CONFIG_WARNING, "services[0]",
     "Service HTTP check has a timeout greater than 1 minute (1m1s); this will be lowered to 1 minute"},
    {"[checks.a]\nport=1", CONFIG_ERROR, "checks.a",
     "Can't process top level check 'a': Missing or invalid check type, must be 'http' or 'tcp'"},
    {"[checks.a]\nport=1\ntype='icmp'", CONFIG_ERROR, "checks.a.type", "Missing or invalid check type"},
    {"[checks.a]\nport=1\ntype='tcp'\ninterval='1s'", CONFIG_ERROR, "checks.a",
     "Check 'a' interval is too short: 1s, minimum is 2 seconds"},
    {"[checks.a]\nport=1\ntype='tcp'\ntimeout='2m'", CONFIG_ERROR, "checks.a",
     "Check 'a' timeout is too long: 2m0s, maximum is 60 seconds"},
    {"[checks.a]\ntype='tcp'", CONFIG_ERROR, "checks.a",
     "Check 'a' for process group 'app' has no port set and the group has no http_service to take it from"},
    {"[processes]\napp='a \"b'", CONFIG_ERROR, "processes.app",
     "Could not parse command for 'app' process group; check [processes] section: "},
    {"[deploy]\nstrategy='big-bang'", CONFIG_ERROR, "deploy.strategy",
     "unsupported deployment strategy 'big-bang'; Apps v2 supports the following strategies: canary, rolling, "
     "immediate, bluegreen"},
    {"[[restart]]\npolicy='always'\nprocesses=['x']", CONFIG_ERROR, "restart[0]",
     "Restart policy specifies 'x' as one of its processes, but no processes are defined with that name;"},
    {"[[restart]]\npolicy='maybe'", CONFIG_ERROR, "restart[0].policy", "invalid restart policy: maybe"},
    {"[[restart]]\nretries=1", CONFIG_ERROR, "restart[0]", "invalid restart policy: "},
    {"[[vm]]\nmemory=0", CONFIG_ERROR, "vm[0].memory", "memory cannot be zero"},
    {"[[vm]]\nmemory='lots'", CONFIG_ERROR, "vm[0].memory", "amount of memory"},
    {"[[vm]]\nsize='huge'", CONFIG_ERROR, "vm[0]", "'huge' is an invalid machine size, choose one of: ["},
    {"[[vm]]\n[[vm]]", CONFIG_ERROR, "vm[1]", "2+ compute sections for group app"},
    {"[[services]]\ninternal_port=1\nconcurrency='20'", CONFIG_ERROR, "services[0].concurrency",
     "Unknown value '20' for concurrency limits"},
    {"[[services]]\ninternal_port=1\nconcurrency='a,20'", CONFIG_ERROR, "services[0].concurrency",
     "Can not convert 'a'"},
    {"[[services]]\ninternal_port=1\nconcurrency=20", CONFIG_ERROR, "services[0].concurrency",
     "Unknown type for service concurrency"},
    {"[http_service]\ninternal_port=1\nauto_stop_machines='nap'", CONFIG_ERROR, "http_service.auto_stop_machines",
     "invalid autostop string value \"nap\""},
    {"[http_service]\ninternal_port=1\nauto_stop_machines=1", CONFIG_ERROR, "http_service.auto_stop_machines",
     "autostop value is not a valid bool or string"},
    /* ours */
    {HTTP80 "handlers=['htpp']", CONFIG_ERROR, "services[0].ports[0].handlers", "\"htpp\", which is no handler"},
    {HTTP80 "handlers=['http','pg_tls']", CONFIG_ERROR, "services[0].ports[0].handlers", "do not go together"},
    {HTTP80 "[[services.ports]]\nport=80", CONFIG_ERROR, "services[0].ports[1]", "has port 80, which services[0]"},
    {HTTP80 "[[services.ports]]\nstart_port=70\nend_port=90", CONFIG_ERROR, "services[0].ports[1]",
     "has port 80, which"},
    {HTTP80 "[http_service]\ninternal_port=8081", CONFIG_ERROR, "services[0].ports[0]",
     "has port 80, which http_service has already (it leads to port 8081 there and to port 8080 here)"},
    {"[processes]\na='x'\nb='y'\n[[services]]\nprocesses=['a']\ninternal_port=1\nports=[{port=80}]\n"
     "[[services]]\nprocesses=['b']\ninternal_port=1\nports=[{port=80}]",
     CONFIG_WARNING, "services[1].ports[0]", "a request goes to a Machine of either"},
    {HTTP80 "[[services]]\ninternal_port=8080\nauto_stop_machines='stop'\nports=[{port=81}]", CONFIG_ERROR,
     "services[1]", "services[0] and services[1] lead to the same port 8080 of the Machine with different settings"},
    {HTTP80 "[services.concurrency]\nsoft_limit=30\nhard_limit=20", CONFIG_ERROR, "services[0]",
     "soft_limit 30 above hard_limit 20"},
    {HTTP80 "force_https=true", CONFIG_ERROR, "services[0].ports[0]", "force_https without the handler http"},
    {HTTP80 "force_https=true\nhandlers=['http']", CONFIG_FOLLY, "services[0].ports[0].force_https",
     "no port here has the handler tls: remove force_https"},
    {"[http_service]\ninternal_port=1\nforce_https=true", CONFIG_WARNING, "http_service.force_https",
     "have to trust the certificate of a private name"},
    {HTTP80 "handlers=['http']\n[[services]]\nprotocol='udp'\ninternal_port=53\nports=[{port=53,handlers=['tls']}]",
     CONFIG_ERROR, "services[1].ports[0]", "has handlers, which read TCP, on a UDP service"},
    {"[[services]]\nprotocol='udp'\ninternal_port=53\nports=[{port=53}]", CONFIG_ERROR, "services[0]",
     "a Flycast address carries TCP only"},
    {HTTP80 "[[services]]\ninternal_port=9\nports=[{port=9}]\nauto_stop_machines=true\nauto_start_machines=false",
     CONFIG_WARNING, "services[1]", "no request starts them again"},
    {"[[services]]\ninternal_port=1\nports=[{port=5,start_port=4}]", CONFIG_ERROR, "services[0].ports[0]",
     "keep one of the two"},
    {"[[services]]\ninternal_port=1\nports=[{start_port=5,end_port=4}]", CONFIG_ERROR, "services[0].ports[0]",
     "starts at 5, after its end at 4"},
    {"[[services]]\ninternal_port=1\nports=[{handlers=['http']}]", CONFIG_ERROR, "services[0].ports[0]",
     "has no port: add port = 80"},
    {"[[services]]\ninternal_port=70000", CONFIG_ERROR, "services[0].internal_port", "must be a port, 1 to 65535"},
    {"[[services]]\nprotocol='tcp'", CONFIG_ERROR, "services[0]", "has no internal_port"},
    {"[[services]]\ninternal_port=1\nprotocol='sctp'", CONFIG_ERROR, "services[0].protocol", "\"tcp\" or \"udp\""},
    {HTTP80 "http_options={idle_timout=5}", CONFIG_ERROR, "services[0].ports[0]", "has no option \"idle_timout\""},
    {"[http_service]\ninternal_port=1\ntls_options={versions=['SSLv3']}", CONFIG_ERROR, "http_service",
     "may have TLSv1.2 and TLSv1.3"},
    {HTTP80 "[[services.http_checks]]\npath='up'", CONFIG_ERROR, "services[0]", "path must begin with /"},
    {"kill_signal='SIGSEGV'", CONFIG_ERROR, "kill_signal", "is not known: write SIGINT"},
    {"kill_timeout='6m'", CONFIG_ERROR, "kill_timeout", "at most 300 seconds"},
    {"primary_region='Frankfurt'", CONFIG_ERROR, "primary_region", "three letters"},
    {"app='My_App'", CONFIG_ERROR, "app", "app \"My_App\" "},
    {"app=1", CONFIG_ERROR, "app", "must be a string"},
    {"env=['A=b']", CONFIG_ERROR, "env", "must be a table of names and values"},
    {"env={'A=B'='c'}", CONFIG_ERROR, "env", "cannot be the name of a variable"},
    {"env={A=['b']}", CONFIG_ERROR, "env.A", "must be a string, a number, true or false"},
    {"[processes]\n'a b'='c'", CONFIG_ERROR, "processes.a b", "is no name for a process group"},
    /* what is not known, and what does nothing here */
    {"[http_servce]\ninternal_port=1", CONFIG_UNKNOWN, "http_servce", "did you mean http_service?"},
    {HTTP80 "handler=['http']", CONFIG_UNKNOWN, "services[0].ports[0].handler", "did you mean handlers?"},
    {"['']\na=1", CONFIG_UNKNOWN, "\"\"", "\"\" is not known"},
    {"qqqqqqqqqqqq=1", CONFIG_UNKNOWN, "qqqqqqqqqqqq", "qqqqqqqqqqqq is not known"},
    {"[mounts]\nsource='data'\ndestination='/data'", CONFIG_IGNORED, "mounts", "has no effect here"},
    {"[[statics]]\nguest_path='/a'", CONFIG_IGNORED, "statics", "has no effect here"},
};

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
		struct config_findings findings = {0};
		struct app_config *c = read_toml(wrongs[i].toml, &findings);
		bool valid = c && app_config_check(c, &findings);
		const struct config_finding *found = NULL;
		for (size_t k = 0; k < findings.count; k++)
			if (strstr(findings.items[k].text, wrongs[i].text))
				found = &findings.items[k];
		if (!found)
			fail_msg("%s\n gives %s, not %s", wrongs[i].toml,
			         findings.count ? findings.items[0].text : "nothing", wrongs[i].text);
		assert_string_equal(found->path, wrongs[i].path);
		assert_int_equal(found->grade, wrongs[i].grade);
		assert_int_equal(valid, wrongs[i].grade != CONFIG_ERROR && wrongs[i].grade != CONFIG_FOLLY);
		app_config_free(c);
		config_findings_free(&findings);
	}
}

static void a_thousand_errors_are_counted_and_two_hundred_told(void **state)
{
	struct config_findings findings = {0};
	struct text toml = {0};
	(void)state;
	for (int i = 0; i < 1000; i++)
		text_put(&toml, "[[vm]]\nmemory = 0\n");
	assert_null(read_toml(toml.at, &findings));
	assert_int_equal(findings.count, CONFIG_FINDINGS_MOST);
	assert_int_equal(findings.errors, 1000);
	text_free(&toml);
	config_findings_free(&findings);
}

static void toml_says_where_it_is_wrong(void **state)
{
	static const struct {
		const char *toml;
		int line;
	} rows[] = {{"a = 1\nb = \n", 2}, {"a = 1\na = 2\n", 2},         {"\n\n[x\n", 3},
	            {"\xff", 1},          {"x = 1\ny = \"\\u0000\"", 2}, {"\"\\u0000\" = 1", 1}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char why[TOML_WHY] = "";
		int line = 0;
		json_t *lines, *json = toml_read(rows[i].toml, strlen(rows[i].toml), &lines, &line, why);
		assert_null(json);
		assert_null(lines);
		assert_int_equal(line, rows[i].line);
		assert_true(why[0] != '\0');
	}
}

static void toml_knows_the_line_of_each_value(void **state)
{
	static const char text[] = "app = 'a'\n\n[[services]]\ninternal_port = 1\n[[services.ports]]\nport = 80\n"
	                           "[[services.ports]]\nport = 81\n";
	static const struct {
		const char *path;
		int line;
	} rows[] = {{"app", 1},
	            {"services[0].internal_port", 4},
	            {"services[0].ports[0].port", 6},
	            {"services[0].ports[1]", 7},
	            {"services[0].ports[1].port", 8}};
	char why[TOML_WHY];
	int line;
	(void)state;
	json_t *lines, *json = toml_read(text, sizeof text - 1, &lines, &line, why);
	assert_non_null(json);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(json_integer_value(json_object_get(lines, rows[i].path)), rows[i].line);
	json_decref(json);
	json_decref(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_http_service_is_two_ports),
	    cmocka_unit_test(an_http_service_is_first_wherever_it_stands),
	    cmocka_unit_test(half_a_range_ends_where_ports_do),
	    cmocka_unit_test(sections_of_groups_are_read),
	    cmocka_unit_test(the_json_is_one_spelling_and_reads_the_same_again),
	    cmocka_unit_test(numbers_of_seconds_are_written_as_go_does),
	    cmocka_unit_test(what_is_wrong_is_said),
	    cmocka_unit_test(a_thousand_errors_are_counted_and_two_hundred_told),
	    cmocka_unit_test(toml_says_where_it_is_wrong),
	    cmocka_unit_test(toml_knows_the_line_of_each_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
