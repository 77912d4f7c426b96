/* machine and service: what is put comes back, numbers are unique, what is wrong changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "machine.h"
#include "registry.h"
#include "service.h"
#include "statement.h"

static char path[64];

static int open_registry(void **state)
{
	snprintf(path, sizeof path, "/tmp/machine-test.XXXXXX");
	int fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	unlink(path);
	struct registry *r = registry_open(path, REGISTRY_CREATE);
	*state = r;
	if (registry_failed(r)) {
		print_error("%s\n", registry_error(r));
		return -1;
	}
	static const char *const rows[] = {
	    "INSERT INTO organization (slug, name) VALUES ('personal', 'Personal')",
	    "INSERT INTO networks (org, name) VALUES ('personal', 'default')",
	    "INSERT INTO app (name, org, network) SELECT 'web', 'personal', id FROM network",
	    "INSERT INTO app (name, org, network) SELECT 'api', 'personal', id FROM network",
	    "INSERT INTO hosts (name, region) VALUES ('edge-1', 'fra')",
	    "INSERT INTO hosts (name, region) VALUES ('edge-2', 'ams')",
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (statement_run(r, rows[i]) < 0) {
			print_error("%s: %s\n", rows[i], registry_error(r));
			return -1;
		}
	return 0;
}

static int close_registry(void **state)
{
	char beside[80];
	registry_close(*state);
	unlink(path);
	snprintf(beside, sizeof beside, "%s-wal", path);
	unlink(beside);
	snprintf(beside, sizeof beside, "%s-shm", path);
	unlink(beside);
	return 0;
}

static struct machine_plan plan_of(const char *app, const char *name)
{
	return (struct machine_plan){.app = app,
	                             .name = name,
	                             .process_group = "app",
	                             .command = "[\"sleep\",\"9\"]",
	                             .env = "{\"A\":\"1\"}",
	                             .metadata = "{\"role\":\"db\",\"zone\":\"b\"}",
	                             .restart = "no",
	                             .max_retries = 3,
	                             .kill_signal = "SIGTERM",
	                             .kill_timeout = 7};
}

static void put(struct registry *r, struct machine_plan plan, char id[MACHINE_ID])
{
	if (machine_put(r, &plan, id) < 0)
		fail_msg("%s", registry_error(r));
}

static void what_is_put_comes_back(void **state)
{
	struct registry *r = *state;
	struct machine_plan plan = plan_of("web", "one");
	char id[MACHINE_ID];
	plan.region = "ams";
	plan.start = true;
	plan.guest = (struct guest){"performance", 2, 4096};
	put(r, plan, id);
	struct machine *m = machine_find(r, "web", id);
	assert_non_null(m);
	assert_string_equal(m->id, id);
	assert_string_equal(m->name, "one");
	assert_string_equal(m->host, "edge-2");
	assert_string_equal(m->region, "ams");
	assert_string_equal(m->command, "[\"sleep\",\"9\"]");
	assert_string_equal(m->metadata, "{\"role\":\"db\",\"zone\":\"b\"}");
	assert_string_equal(m->state, "created");
	assert_string_equal(m->address, "fdaa:0:1:1:2:0:1:2");
	assert_string_equal(m->ipv4, "172.16.2.1");
	assert_int_equal(m->kill_timeout, 7);
	assert_int_equal(m->ask_serial, 1);
	assert_string_equal(m->guest.cpu_kind, "performance");
	assert_int_equal(m->guest.cpus, 2);
	assert_int_equal(m->guest.memory_mb, 4096);
	assert_true(m->exists && !m->exited && !m->oom_killed);
	machine_free(m, 1);
}

static void a_host_is_taken_by_region_then_by_name_then_by_room(void **state)
{
	struct registry *r = *state;
	struct machine_plan plan = plan_of("web", NULL);
	char id[MACHINE_ID];
	static const struct {
		const char *region, *here, *host;
	} rows[] = {{"fra", "edge-2", "edge-1"}, {NULL, "edge-2", "edge-2"}, {NULL, "edge-2", "edge-2"},
	            {NULL, NULL, "edge-1"},      {NULL, "?", "edge-1"},      {"ams", NULL, "edge-2"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		plan.region = rows[i].region;
		plan.host = rows[i].here;
		put(r, plan, id);
		struct machine *m = machine_find(r, NULL, id);
		assert_string_equal(m->host, rows[i].host);
		machine_free(m, 1);
	}
	plan.region = "syd";
	assert_int_equal(machine_put(r, &plan, id), -1);
	assert_string_equal(registry_error(r), "no host is in region 'syd': hosts are in ams, fra");
}

static void a_slot_is_never_given_out_twice(void **state)
{
	struct registry *r = *state;
	char first[MACHINE_ID], second[MACHINE_ID];
	struct machine_plan plan = plan_of("web", NULL);
	plan.host = "edge-1";
	put(r, plan, first);
	assert_int_equal(machine_delete(r, first), 0);
	put(r, plan, second);
	struct machine *m = machine_find(r, "web", second);
	assert_string_equal(m->address, "fdaa:0:1:1:1:0:2:2");
	machine_free(m, 1);
	/* The counter comes round to an IPv4 address that is in use: it is passed over. */
	assert_int_equal(statement_run(r, "UPDATE counter SET value = 1048001 WHERE kind = 'slot'"), 0);
	put(r, plan, first);
	m = machine_find(r, "web", first);
	assert_string_equal(m->ipv4, "172.16.2.3");
	assert_string_equal(m->address, "fdaa:0:1:1:1:f:fdc3:2");
	machine_free(m, 1);
}

static void a_machine_is_found_by_id_name_or_beginning(void **state)
{
	struct registry *r = *state;
	char id[MACHINE_ID], other[MACHINE_ID], start[MACHINE_ID];
	put(r, plan_of("web", "abc00000"), id);
	put(r, plan_of("api", "abc00000"), other);
	assert_int_equal(statement_run(r,
	                               "INSERT INTO machine (id, app, network, name, host, host_number, slot, region,"
	                               " command) SELECT 'abc' || substr(hex(zeroblob(8)), 6), app, network, 'z', host,"
	                               " host_number, 1000 + slot, region, command FROM machine WHERE app = 'web'"),
	                 0);
	struct machine *m = machine_find(r, "web", "abc00000");
	assert_string_equal(m->id, id); /* its name, not the other one's beginning */
	machine_free(m, 1);
	snprintf(start, sizeof start, "%.13s", id);
	m = machine_find(r, NULL, start);
	assert_string_equal(m->id, id);
	machine_free(m, 1);
	assert_null(machine_find(r, "api", id));
	assert_non_null(strstr(registry_error(r), "was not found in app 'api'"));
	m = machine_find(r, NULL, "abc00000"); /* names are an app's */
	assert_string_equal(m->id, "abc00000000000");
	machine_free(m, 1);
}

static void what_cannot_be_is_refused(void **state)
{
	struct registry *r = *state;
	struct machine_plan plan;
	char id[MACHINE_ID];
#define REFUSED(field, value, sentence)                                                                                \
	do {                                                                                                           \
		plan = plan_of("web", "x");                                                                            \
		plan.field = value;                                                                                    \
		assert_int_equal(machine_put(r, &plan, id), -1);                                                       \
		assert_non_null(strstr(registry_error(r), sentence));                                                  \
	} while (0)
	REFUSED(app, "nope", "nope");
	REFUSED(name, "Upper", "may only have the letters a-z");
	REFUSED(name, "-x", "may not begin or end with a dash");
	REFUSED(name, "", "is empty");
	REFUSED(process_group, "a b", "cannot be a process group");
	REFUSED(restart, "sometimes", "invalid restart provided");
	REFUSED(kill_signal, "SIGWINCH", "cannot be a kill signal");
	REFUSED(kill_timeout, 301, "0 to 300 s");
	REFUSED(command, "[]", "CHECK");
	struct machine *rows;
	size_t count;
	assert_int_equal(machine_list(r, "web", &rows, &count), 0);
	assert_int_equal(count, 0);
	put(r, plan_of("web", "x"), id);
	plan = plan_of("web", "x");
	assert_int_equal(machine_put(r, &plan, id), -1);
	assert_non_null(strstr(registry_error(r), "Machine of this name"));
}

static void every_ask_is_a_new_one(void **state)
{
	struct registry *r = *state;
	char id[MACHINE_ID];
	int64_t serial;
	put(r, plan_of("web", "x"), id);
	assert_int_equal(machine_ask(r, id, "stop", "{\"signal\":\"SIGTERM\"}", &serial), 0);
	assert_int_equal(serial, 1);
	assert_int_equal(machine_ask(r, id, "stop", NULL, &serial), 0);
	assert_int_equal(serial, 2);
	assert_int_equal(machine_ask(r, "00000000000000", "stop", NULL, &serial), -1);
	assert_string_equal(registry_error(r), "machine 00000000000000 has already been destroyed");
}

static void a_machine_is_gone_when_its_agent_says_so(void **state)
{
	struct registry *r = *state;
	char id[MACHINE_ID];
	bool failed;
	put(r, plan_of("web", "x"), id);
	assert_int_equal(statement_run(r, "INSERT INTO machine_state (machine, host, state, since) SELECT id, host,"
	                                  " 'stopped', 1 FROM machine"),
	                 0);
	assert_int_equal(machine_delete(r, id), 0);
	struct machine *m = machine_look(r, id, &failed);
	assert_non_null(m);
	assert_string_equal(m->state, "destroying");
	assert_false(m->exists);
	machine_free(m, 1);
	assert_int_equal(statement_run(r, "DELETE FROM machine_state"), 0);
	assert_null(machine_look(r, id, &failed));
	assert_false(failed);
}

static void ports_of_one_machine_port_are_one_service(void **state)
{
	struct registry *r = *state;
	const struct service_policy policy = {.autostart = true, .autostop = AUTOSTOP_SUSPEND, .hard_limit = 10};
	struct port ports[3];
	struct text why = {0};
	struct service_row *rows;
	struct service_group *groups;
	char id[MACHINE_ID], copy[MACHINE_ID];
	size_t count;
	put(r, plan_of("web", "x"), id);
	put(r, plan_of("web", "y"), copy);
	assert_int_equal(port_parse(&ports[0], "80:8080/tcp:http", &why), 0);
	assert_int_equal(port_parse(&ports[1], "81-89:8080", &why), 0);
	assert_int_equal(port_parse(&ports[2], "5432", &why), 0);
	assert_int_equal(service_put(r, id, ports, 3, &policy), 0);
	assert_int_equal(service_copy(r, id, copy), 0);
	assert_int_equal(service_rows(r, "web", copy, &rows, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(rows[0].port.start, 5432);
	assert_int_equal(rows[2].port.end, 89);
	assert_int_equal(rows[1].port.handlers, HANDLER_HTTP);
	assert_int_equal(rows[1].policy.soft_limit, 10); /* not over the hard one */
	assert_int_equal(rows[1].policy.autostop, AUTOSTOP_SUSPEND);
	free(rows);
	assert_int_equal(service_list(r, "web", &groups, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(groups[0].machines, 2);
	service_list_free(groups, count);
	text_free(&why);
}

static void limits_are_checked(void **state)
{
	struct text why = {0};
	(void)state;
	assert_int_equal(service_check(&(struct service_policy){.soft_limit = 5, .hard_limit = 5}, &why), 0);
	assert_int_equal(service_check(&(struct service_policy){.soft_limit = 5}, &why), 0);
	assert_int_equal(service_check(&(struct service_policy){.soft_limit = 6, .hard_limit = 5}, &why), -1);
	assert_non_null(strstr(why.at, "soft limit 6 is above hard limit 5"));
	assert_int_equal(service_check(&(struct service_policy){.hard_limit = 1000001}, &why), -1);
	text_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ON_REGISTRY(test) cmocka_unit_test_setup_teardown(test, open_registry, close_registry)
	    ON_REGISTRY(what_is_put_comes_back),
	    ON_REGISTRY(a_host_is_taken_by_region_then_by_name_then_by_room),
	    ON_REGISTRY(a_slot_is_never_given_out_twice),
	    ON_REGISTRY(a_machine_is_found_by_id_name_or_beginning),
	    ON_REGISTRY(what_cannot_be_is_refused),
	    ON_REGISTRY(every_ask_is_a_new_one),
	    ON_REGISTRY(a_machine_is_gone_when_its_agent_says_so),
	    ON_REGISTRY(ports_of_one_machine_port_are_one_service),
	    cmocka_unit_test(limits_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
