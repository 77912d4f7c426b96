/* config_machines.c - see config_machines.h. */
#include "command/config_machines.h"

#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/text.h"
#include "base/words.h"
#include "command/call.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "machine.h"
#include "registry.h"
#include "service.h"
#include "statement.h"

/* The column's array of words as one line. */
static void put_command(json_t *processes, const struct machine *machine)
{
	json_t *words = json_loads(machine->command, 0, NULL), *word;
	struct text line = {0};
	size_t i;
	if (strcmp(machine->command, MACHINE_IMAGE_COMMAND) == 0)
		json_array_clear(words);
	json_array_foreach(words, i, word)
	{
		text_put(&line, i ? " " : "");
		words_put(&line, json_is_string(word) ? json_string_value(word) : "");
	}
	json_put(processes, machine->process_group, text_string(&line));
	json_decref(words);
	text_free(&line);
}

static json_t *port_of(const struct service_row *row)
{
	json_t *port = json_object();
	const char *name = port_handlers_name(row->port.handlers);
	if (row->port.start == row->port.end) {
		json_put_number(port, "port", row->port.start);
	} else {
		json_put_number(port, "start_port", row->port.start);
		json_put_number(port, "end_port", row->port.end);
	}
	if (name && *name) {
		json_t *handlers = json_array();
		for (size_t len; *name; name += len + (name[len] != '\0')) {
			len = strcspn(name, ",");
			json_array_append_new(handlers, json_stringn(name, len));
		}
		json_object_set_new(port, "handlers", handlers);
	}
	if (row->force_https)
		json_put_switch(port, "force_https", true);
	return port;
}

static json_t *service_of(const struct service_row *row, const char *group)
{
	const struct service_policy *policy = &row->policy;
	json_t *service = json_object(), *limits = json_object(), *groups = json_array();
	json_put(service, "protocol", port_protocol_name(row->port.protocol));
	json_put_number(service, "internal_port", row->port.internal);
	json_put(service, "auto_stop_machines", service_autostop_name(policy->autostop));
	json_put_switch(service, "auto_start_machines", policy->autostart);
	json_put_number(service, "min_machines_running", policy->min_machines_running);
	json_add(groups, group);
	json_object_set_new(service, "processes", groups);
	json_object_set_new(service, "ports", json_array());
	json_put(limits, "type", policy->count_requests ? "requests" : "connections");
	if (policy->hard_limit)
		json_put_number(limits, "hard_limit", policy->hard_limit);
	json_put_number(limits, "soft_limit", policy->soft_limit);
	json_object_set_new(service, "concurrency", limits);
	return service;
}

/* The port's options are columns' JSON of the same keys that a port has here. 0 or -1. */
static int put_options(struct call *call, const struct service_row *row, json_t *port)
{
	struct statement s;
	statement_open(&s, call->registry,
	               "SELECT options FROM service_port WHERE machine = ?1 AND protocol = ?2 AND start_port = ?3");
	statement_bind_text(&s, 1, row->machine);
	statement_bind_text(&s, 2, port_protocol_name(row->port.protocol));
	statement_bind_number(&s, 3, row->port.start);
	int rc = statement_step(&s);
	json_t *options = rc > 0 && statement_text(&s, 0) ? json_loads(statement_text(&s, 0), 0, NULL) : NULL;
	if (options)
		json_object_update(port, options);
	json_decref(options);
	statement_close(&s);
	return rc;
}

/* Services of one Machine; rows come sorted by protocol and its port. 0 or -1. */
static int put_services(struct call *call, json_t *services, const struct machine *machine)
{
	struct service_row *rows = NULL;
	size_t count = 0;
	json_t *service = NULL;
	int rc = service_rows(call->registry, machine->app, machine->id, &rows, &count);
	for (size_t i = 0; i < count && rc >= 0; i++) {
		const struct port *port = &rows[i].port, *before = i ? &rows[i - 1].port : NULL;
		if (!before || before->protocol != port->protocol || before->internal != port->internal) {
			service = service_of(&rows[i], machine->process_group);
			json_array_append_new(services, service);
		}
		json_t *object = port_of(&rows[i]);
		json_array_append_new(json_object_get(service, "ports"), object);
		rc = put_options(call, &rows[i], object);
	}
	free(rows);
	return rc < 0 ? -1 : 0;
}

static void put_restart(json_t *restarts, const struct machine *machine)
{
	json_t *restart = json_object(), *groups = json_array();
	json_put(restart, "policy", strcmp(machine->restart, "no") == 0 ? "never" : machine->restart);
	json_put_number(restart, "retries", machine->max_retries);
	json_add(groups, machine->process_group);
	json_object_set_new(restart, "processes", groups);
	json_array_append_new(restarts, restart);
}

static void put_vm(json_t *vms, const struct machine *machine)
{
	if (!machine->guest.cpu_kind)
		return;
	json_t *vm = json_object(), *groups = json_array();
	json_put(vm, "cpu_kind", machine->guest.cpu_kind);
	json_put_number(vm, "cpus", machine->guest.cpus);
	json_put_number(vm, "memory_mb", machine->guest.memory_mb);
	json_add(groups, machine->process_group);
	json_object_set_new(vm, "processes", groups);
	json_array_append_new(vms, vm);
}

static json_t *read_machines(struct call *call, const struct machine *machines, size_t count)
{
	json_t *root = json_object(), *processes = json_object(), *services = json_array(), *restarts = json_array();
	json_t *vms = json_array();
	json_t *env = json_loads(machines[0].env, 0, NULL);
	struct text timeout = {0};
	int rc = 0;
	json_put(root, "app", machines[0].app);
	json_put(root, "primary_region", machines[0].region);
	json_put(root, "kill_signal", machines[0].kill_signal);
	text_format(&timeout, "%ds", (int)machines[0].kill_timeout);
	json_put(root, "kill_timeout", timeout.at);
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (i && strcmp(machines[i].process_group, machines[i - 1].process_group) == 0)
			continue;
		put_command(processes, &machines[i]);
		put_restart(restarts, &machines[i]);
		put_vm(vms, &machines[i]);
		rc = put_services(call, services, &machines[i]);
	}
	json_object_set(root, "env", json_object_size(env) ? env : NULL);
	json_object_set_new(root, "processes", processes);
	if (*machines[0].image)
		json_object_set_new(root, "build", json_pack("{s:s}", "image", machines[0].image));
	json_object_set(root, "services", json_array_size(services) ? services : NULL);
	json_object_set_new(root, "restart", restarts);
	json_object_set(root, "vm", json_array_size(vms) ? vms : NULL);
	json_decref(vms);
	json_decref(services);
	json_decref(env);
	text_free(&timeout);
	if (rc == 0)
		return root;
	session_failed(call);
	json_decref(root);
	return NULL;
}

json_t *config_machines_read(struct call *call, const char *app)
{
	struct app found;
	struct machine *machines = NULL;
	size_t count = 0;
	json_t *root = NULL;
	if (session_read(call) < 0)
		return NULL;
	if (app_need(call->registry, &found, app) < 0 || machine_list(call->registry, app, &machines, &count) < 0)
		session_failed(call);
	else if (count == 0)
		say_refused("app %s has no Machines, so there is no configuration to show: flycast config show --local "
		            "shows the one of fly.toml",
		            app);
	else
		root = read_machines(call, machines, count);
	machine_free(machines, count);
	return root;
}
