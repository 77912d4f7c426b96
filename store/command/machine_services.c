/* machine_services.c - see machine_services.h. */
#include "command/machine_services.h"

#include <stdio.h>
#include <string.h>

#include "command/json.h"
#include "config_reader.h"
#include "machine.h"
#include "service.h"
#include "statement.h"

static json_t *port_json(const struct service_row *row)
{
	json_t *port = json_object(), *handlers = json_array();
	char names[64], *at = names, *name;
	if (row->port.start == row->port.end) {
		json_put_number(port, "port", row->port.start);
	} else {
		json_put_number(port, "start_port", row->port.start);
		json_put_number(port, "end_port", row->port.end);
	}
	snprintf(names, sizeof names, "%s", port_handlers_name(row->port.handlers));
	while ((name = strsep(&at, ",")))
		if (*name)
			json_add(handlers, name);
	json_object_set_new(port, "handlers", handlers);
	json_put_switch(port, "force_https", row->force_https);
	return port;
}

static json_t *service_json(const struct service_row *row)
{
	const struct service_policy *policy = &row->policy;
	json_t *service = json_object(), *concurrency = json_object();
	json_put(service, "protocol", port_protocol_name(row->port.protocol));
	json_put_number(service, "internal_port", row->port.internal);
	/* As flyctl writes it: off is false, stop is true, only suspend has a word. */
	if (policy->autostop == AUTOSTOP_SUSPEND)
		json_put(service, "autostop", "suspend");
	else
		json_put_switch(service, "autostop", policy->autostop == AUTOSTOP_STOP);
	json_put_switch(service, "autostart", policy->autostart);
	json_put_number(service, "min_machines_running", policy->min_machines_running);
	json_object_set_new(service, "ports", json_array());
	json_put(concurrency, "type", policy->count_requests ? "requests" : "connections");
	json_put_number(concurrency, "soft_limit", policy->soft_limit);
	if (policy->hard_limit)
		json_put_number(concurrency, "hard_limit", policy->hard_limit);
	json_object_set_new(service, "concurrency", concurrency);
	return service;
}

/* The fields of a request, as the Machines API writes them. */
static json_t *headers_json(const char *object)
{
	json_t *from = json_loads(object, 0, NULL), *to = json_array(), *value;
	const char *name;
	json_object_foreach(from, name, value)
	{
		json_t *header = json_object(), *values = json_array();
		json_put(header, "name", name);
		json_array_append(values, value);
		json_object_set_new(header, "values", values);
		json_array_append_new(to, header);
	}
	json_decref(from);
	return to;
}

/* Columns of sql_checks. */
static json_t *check_json(struct statement *s)
{
	static const char *const times[] = {"interval", "timeout", "grace_period"};
	json_t *check = json_object();
	char duration[CONFIG_DURATION];
	json_put(check, "type", statement_text(s, 1));
	for (int i = 0; i < 3; i++)
		json_put(check, times[i], config_duration(duration, statement_number(s, 2 + i)));
	if (strcmp(statement_text(s, 1), "http") != 0)
		return check;
	json_put(check, "method", statement_text(s, 5));
	json_put(check, "path", statement_text(s, 6));
	json_put(check, "protocol", statement_text(s, 8));
	if (strcmp(statement_text(s, 7), "{}") != 0)
		json_object_set_new(check, "headers", headers_json(statement_text(s, 7)));
	if (!statement_null(s, 9))
		json_put(check, "tls_server_name", statement_text(s, 9));
	if (strcmp(statement_text(s, 8), "https") == 0)
		json_put_switch(check, "tls_skip_verify", statement_number(s, 10) != 0);
	return check;
}

static const char sql_checks[] =
    "SELECT internal_port, type, interval, timeout, grace_period, method, path, headers, scheme, tls_server_name,"
    " tls_skip_verify FROM service_check WHERE machine = ?1 ORDER BY internal_port, number";

/* Into the services they belong to. 0 or -1. */
static int put_checks(struct registry *registry, const char *machine, json_t *services)
{
	struct statement s;
	json_t *service;
	size_t i;
	int rc;
	statement_open(&s, registry, sql_checks);
	statement_bind_text(&s, 1, machine);
	while ((rc = statement_step(&s)) > 0)
		json_array_foreach(services, i, service)
		{
			if (json_integer_value(json_object_get(service, "internal_port")) != statement_number(&s, 0) ||
			    strcmp(json_string_value(json_object_get(service, "protocol")), "tcp") != 0)
				continue;
			if (!json_object_get(service, "checks"))
				json_object_set_new(service, "checks", json_array());
			json_array_append_new(json_object_get(service, "checks"), check_json(&s));
		}
	statement_close(&s);
	return rc;
}

/* tls_options, http_options and the like of a port have the same names in the column. */
static int put_options(struct registry *registry, const struct service_row *row, json_t *port)
{
	struct statement s;
	statement_open(&s, registry,
	               "SELECT options FROM service_port WHERE machine = ?1 AND protocol = ?2 AND start_port = ?3");
	statement_bind_text(&s, 1, row->machine);
	statement_bind_text(&s, 2, port_protocol_name(row->port.protocol));
	statement_bind_number(&s, 3, row->port.start);
	int rc = statement_step(&s);
	json_t *options = rc > 0 ? json_loads(statement_text(&s, 0), 0, NULL) : NULL;
	json_object_update_missing(port, options);
	json_decref(options);
	statement_close(&s);
	return rc;
}

/* Rows of one service follow each other. */
json_t *machine_services_json(struct registry *registry, const struct machine *machine, const struct service_row *rows,
                              size_t count)
{
	json_t *services = json_array(), *service = NULL;
	int rc = 0;
	const struct service_row *last = NULL;
	for (size_t i = 0; i < count && rc >= 0; i++) {
		const struct service_row *row = &rows[i];
		if (strcmp(row->machine, machine->id) != 0)
			continue;
		if (!last || last->port.protocol != row->port.protocol || last->port.internal != row->port.internal) {
			service = service_json(row);
			json_array_append_new(services, service);
		}
		json_t *port = port_json(row);
		json_array_append_new(json_object_get(service, "ports"), port);
		rc = put_options(registry, row, port);
		last = row;
	}
	if (rc >= 0)
		rc = put_checks(registry, machine->id, services);
	if (rc >= 0)
		return services;
	json_decref(services);
	return NULL;
}
