/* services.c - flycast services list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/text.h"
#include "command/call.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/json.h"
#include "command/say.h"
#include "command/session.h"
#include "service.h"

/* "80 => 8080" */
static void put_ports(struct text *out, const struct port *port)
{
	if (port->start == port->end)
		text_format(out, "%u => %u", port->start, port->internal);
	else
		text_format(out, "%u-%u => %u", port->start, port->end, port->internal);
}

/* "[TLS HTTP]" */
static void put_handlers(struct text *out, const struct port *port)
{
	text_put(out, "[");
	for (const char *c = port_handlers_name(port->handlers); *c; c++)
		text_format(out, "%c", *c == ',' ? ' ' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	text_put(out, "]");
}

static void print(const char *app, const struct service_group *groups, size_t count)
{
	struct columns table;
	columns_init(&table, "Protocol", "Ports", "Handlers", "Force HTTPS", "Process Group", "Regions", "Machines",
	             NULL);
	for (size_t i = 0; i < count; i++) {
		struct text ports = {0}, handlers = {0};
		put_ports(&ports, &groups[i].port);
		put_handlers(&handlers, &groups[i].port);
		columns_add(&table, groups[i].port.protocol == PROTOCOL_UDP ? "UDP" : "TCP");
		columns_add(&table, ports.at);
		columns_add(&table, handlers.at);
		columns_add(&table, groups[i].force_https ? "True" : "False");
		columns_add(&table, groups[i].process_group);
		columns_add(&table, groups[i].regions);
		columns_number(&table, groups[i].machines);
		text_free(&ports);
		text_free(&handlers);
	}
	columns_print(&table, app);
	columns_free(&table);
}

static json_t *json_of(const struct service_group *group)
{
	json_t *object = json_object();
	json_put(object, "protocol", port_protocol_name(group->port.protocol));
	json_put_number(object, "start_port", group->port.start);
	json_put_number(object, "end_port", group->port.end);
	json_put_number(object, "internal_port", group->port.internal);
	json_put(object, "handlers", port_handlers_name(group->port.handlers));
	json_put_switch(object, "force_https", group->force_https);
	json_put(object, "process_group", group->process_group);
	json_put(object, "regions", group->regions);
	json_put_number(object, "machines", group->machines);
	return object;
}

static int list(struct call *call)
{
	const char *name = call_app(call);
	struct service_group *groups;
	struct app app;
	size_t count;
	int code = 0;
	if (!name)
		return say_no_app(call);
	if (session_read(call) < 0)
		return 1;
	if (app_need(call->registry, &app, name) < 0 || service_list(call->registry, name, &groups, &count) < 0)
		return session_failed(call);
	if (call->json) {
		json_t *array = json_array();
		for (size_t i = 0; i < count; i++)
			json_array_append_new(array, json_of(&groups[i]));
		code = json_say(array);
	} else if (count) {
		print(name, groups, count);
	} else {
		printf("No services are available on this app %s: no port of its addresses leads anywhere (machine run "
		       "--port)\n",
		       name);
	}
	service_list_free(groups, count);
	return code;
}

static const struct command services_commands[] = {{.name = "list",
                                                    .aliases = "ls",
                                                    .summary = "List the ports of an app and where they lead",
                                                    .examples = "flycast services list -a my-app",
                                                    .takes = TAKES_APP | TAKES_JSON,
                                                    .run = list},
                                                   {0}};

const struct command services_command = {.name = "services",
                                         .aliases = "service",
                                         .summary = "Services: the ports of an app's addresses",
                                         .commands = services_commands};
