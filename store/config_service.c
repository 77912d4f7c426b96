/* config_service.c - see config_service.h. The tables are the format; fly.toml(5) says the same for people. */
#include "config_service.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "port_options.h"

/* -------------------------------------------------------------------------------------------------------- ports */

static void take_handler(struct config_reading *r, const json_t *value, struct config_port *port)
{
	const char *name = json_is_string(value) ? json_string_value(value) : "";
	if (!port_handler_add(&port->port.handlers, name))
		config_reject(r,
		              "has \"%.40s\", which is no handler: handlers are http, tls, pg_tls and proxy_proto; "
		              "without one the bytes are passed on as they are",
		              name);
}

static void take_handlers(struct config_reading *r, json_t *value, void *into)
{
	struct config_port *port = into;
	size_t i;
	json_t *item;
	if (json_is_string(value))
		take_handler(r, value, port);
	else if (!json_is_array(value))
		config_reject(r, "must be a list of handlers, for example [\"http\"]");
	json_array_foreach(value, i, item) take_handler(r, item, port);
	if (!port_handlers_name(port->port.handlers))
		config_reject(r,
		              "do not go together: tls may stand before http or proxy_proto, the others stand alone");
}

/* Options are checked by who uses them, once the whole port is known. */
static void take_options(struct config_reading *r, json_t *value, void *into)
{
	(void)into;
	if (!json_is_object(value))
		config_reject(r, "must be a table");
}

static void take_port_number(struct config_reading *r, json_t *value, void *into)
{
	int64_t number = -1;
	(void)into;
	if (json_is_integer(value))
		number = json_integer_value(value);
	else if (json_is_string(value))
		number_read(&number, json_string_value(value), 0, INT64_MAX);
	if (number < 1 || number > UINT16_MAX)
		config_reject(r, "must be a port, 1 to 65535");
}

/* A number that take_port_number() found good; the JSON has it as a number afterwards. 0: not said, or not good. */
static uint16_t port_of(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);
	int64_t number = json_integer_value(value);
	if (json_is_string(value) && number_read(&number, json_string_value(value), 1, UINT16_MAX))
		json_object_set_new(object, name, json_integer(number));
	return number >= 1 && number <= UINT16_MAX ? (uint16_t)number : 0;
}

static char *options_of(struct config_reading *r, json_t *object)
{
	static const char *const names[] = {"tls_options", "http_options", "proxy_proto_options"};
	json_t *options = json_object();
	struct text why = {0};
	char *json = NULL;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (json_is_object(json_object_get(object, names[i])))
			json_object_set(options, names[i], json_object_get(object, names[i]));
	if (json_object_size(options) > 0)
		json = json_dumps(options, JSON_COMPACT);
	struct port_options *parsed = json ? port_options_parse(json, &why) : NULL;
	if (json && !parsed)
		config_reject(r, "cannot be used: %s", why.at);
	port_options_free(parsed);
	text_free(&why);
	json_decref(options);
	return json;
}

static void end_port(struct config_reading *r, json_t *object, void *into)
{
	struct config_port *port = into;
	uint16_t one = port_of(object, "port");
	json_t *handler = json_object_get(object, "handlers");
	if (json_is_string(handler))
		json_object_set_new(object, "handlers", json_pack("[O]", handler));
	bool range = json_object_get(object, "start_port") || json_object_get(object, "end_port");
	port->port.start = one;
	port->port.end = one;
	if (range) {
		uint16_t start = port_of(object, "start_port"), end = port_of(object, "end_port");
		port->port.start = json_object_get(object, "start_port") ? start : 1;
		port->port.end = json_object_get(object, "end_port") ? end : UINT16_MAX;
	}
	if (range && json_object_get(object, "port"))
		config_reject(r, "has port and start_port or end_port: keep one of the two");
	else if (!range && !json_object_get(object, "port"))
		config_reject(r, "has no port: add port = 80");
	else if (port->port.start > port->port.end && port->port.end)
		config_reject(r, "starts at %u, after its end at %u", port->port.start, port->port.end);
	port->options = options_of(r, object);
}

static const struct config_field port_fields[] = {
    {.name = "port", .kind = FIELD_OTHER, .take = take_port_number},
    {.name = "start_port", .kind = FIELD_OTHER, .take = take_port_number},
    {.name = "end_port", .kind = FIELD_OTHER, .take = take_port_number},
    {.name = "handlers", .kind = FIELD_OTHER, .take = take_handlers},
    {.name = "force_https", .kind = FIELD_SWITCH, .at = offsetof(struct config_port, force_https)},
    {.name = "tls_options", .kind = FIELD_OTHER, .take = take_options},
    {.name = "http_options", .kind = FIELD_OTHER, .take = take_options},
    {.name = "proxy_proto_options", .kind = FIELD_OTHER, .take = take_options},
    {0}};
static const struct config_section port_section = {
    .fields = port_fields, .size = sizeof(struct config_port), .end = end_port};

/* ------------------------------------------------------------------------------------------------------- checks */

static void begin_check(struct config_reading *r, void *into)
{
	struct config_check *check = into;
	(void)r;
	check->interval = check->timeout = check->grace_period = -1;
}

static void begin_http_check(struct config_reading *r, void *into)
{
	begin_check(r, into);
	((struct config_check *)into)->http = true;
}

static const struct config_field check_fields[] =
    {/* of every kind */
     {.name = "interval", .kind = FIELD_SHORT_TIME, .at = offsetof(struct config_check, interval)},
     {.name = "timeout", .kind = FIELD_SHORT_TIME, .at = offsetof(struct config_check, timeout)},
     {.name = "grace_period", .kind = FIELD_SHORT_TIME, .at = offsetof(struct config_check, grace_period)},
     {.name = "restart_limit", .kind = FIELD_IGNORED},
     {0}};
static const struct config_field http_check_fields[] = {
    {.name = "method", .kind = FIELD_TEXT, .at = offsetof(struct config_check, method)},
    {.name = "path", .kind = FIELD_TEXT, .at = offsetof(struct config_check, path)},
    {.name = "protocol", .kind = FIELD_TEXT, .at = offsetof(struct config_check, protocol)},
    {.name = "tls_server_name", .kind = FIELD_TEXT, .at = offsetof(struct config_check, tls_server_name)},
    {.name = "tls_skip_verify", .kind = FIELD_SWITCH, .at = offsetof(struct config_check, tls_skip_verify)},
    {.name = "headers", .kind = FIELD_PAIRS, .at = offsetof(struct config_check, headers)},
    {0}};
static const struct config_section tcp_check_section = {
    .fields = check_fields, .size = sizeof(struct config_check), .begin = begin_check};
static const struct config_section http_check_section = {.fields = http_check_fields,
                                                         .base = &tcp_check_section,
                                                         .size = sizeof(struct config_check),
                                                         .begin = begin_http_check};

static void take_check_type(struct config_reading *r, json_t *value, void *into)
{
	struct config_check *check = into;
	const char *type = json_is_string(value) ? json_string_value(value) : "";
	check->http = strcmp(type, "http") == 0;
	if (!check->http && strcmp(type, "tcp") != 0)
		config_findings_add(
		    r->findings, CONFIG_ERROR, text_string(&r->path),
		    "Can't process top level check '%s': Missing or invalid check type, must be 'http' or 'tcp'",
		    check->name);
}

static void end_named_check(struct config_reading *r, json_t *object, void *into)
{
	if (!json_object_get(object, "type"))
		take_check_type(r, NULL, into);
}

static const struct config_field named_check_fields[] = {
    {.name = "type", .kind = FIELD_OTHER, .take = take_check_type},
    {.name = "port", .kind = FIELD_NUMBER, .at = offsetof(struct config_check, port)},
    {.name = "processes", .kind = FIELD_TEXTS, .at = offsetof(struct config_check, processes)},
    {0}};
const struct config_section config_named_check_section = {.fields = named_check_fields,
                                                          .base = &http_check_section,
                                                          .size = sizeof(struct config_check),
                                                          .begin = begin_check,
                                                          .end = end_named_check};

/* ----------------------------------------------------------------------------------------------------- services */

static void take_protocol(struct config_reading *r, json_t *value, void *into)
{
	struct config_service *service = into;
	const char *name = json_is_string(value) ? json_string_value(value) : "";
	service->protocol = strcmp(name, "udp") == 0 ? PROTOCOL_UDP : PROTOCOL_TCP;
	if (service->protocol == PROTOCOL_TCP && strcmp(name, "tcp") != 0)
		config_reject(r, "must be \"tcp\" or \"udp\"");
}

static void take_autostop(struct config_reading *r, json_t *value, void *into)
{
	struct config_service *service = into;
	const char *name = json_is_string(value) ? json_string_value(value) : "";
	if (json_is_boolean(value))
		service->policy.autostop = json_is_true(value) ? AUTOSTOP_STOP : AUTOSTOP_OFF;
	else if (!json_is_string(value))
		config_reject(r,
		              "autostop value is not a valid bool or string: write \"off\", \"stop\" or \"suspend\"");
	else if (strcmp(name, "off") == 0)
		service->policy.autostop = AUTOSTOP_OFF;
	else if (strcmp(name, "stop") == 0)
		service->policy.autostop = AUTOSTOP_STOP;
	else if (strcmp(name, "suspend") == 0)
		service->policy.autostop = AUTOSTOP_SUSPEND;
	else
		config_reject(r, "invalid autostop string value \"%.40s\": write \"off\", \"stop\" or \"suspend\"",
		              name);
}

static void take_concurrency_type(struct config_reading *r, json_t *value, void *into)
{
	struct config_service *service = into;
	const char *name = json_is_string(value) ? json_string_value(value) : "";
	service->policy.count_requests = strcmp(name, "requests") == 0;
	if (!service->policy.count_requests && strcmp(name, "connections") != 0)
		config_reject(r, "must be \"connections\" or \"requests\"");
}

static const struct config_field limits_fields[] = {
    {.name = "type", .kind = FIELD_OTHER, .take = take_concurrency_type},
    {.name = "soft_limit", .kind = FIELD_NUMBER, .at = offsetof(struct config_service, policy.soft_limit)},
    {.name = "hard_limit", .kind = FIELD_NUMBER, .at = offsetof(struct config_service, policy.hard_limit)},
    {0}};
static const struct config_section limits_section = {.fields = limits_fields};

/* "20,25": soft and hard, counted in requests. */
static void take_old_limits(struct config_reading *r, json_t *value, struct config_service *service)
{
	const char *text = json_string_value(value), *comma = strchr(text, ',');
	char *soft = mem_text(text);
	if (!comma || strchr(comma + 1, ',')) {
		config_reject(r, "Unknown value '%.40s' for concurrency limits", text);
	} else {
		soft[comma - text] = '\0';
		service->policy.count_requests = true;
		if (!number_read(&service->policy.soft_limit, soft, 0, SERVICE_LIMIT_MAX))
			config_reject(r, "Can not convert '%.40s': it is no number up to %d", soft, SERVICE_LIMIT_MAX);
		if (!number_read(&service->policy.hard_limit, comma + 1, 0, SERVICE_LIMIT_MAX))
			config_reject(r, "Can not convert '%.40s': it is no number up to %d", comma + 1,
			              SERVICE_LIMIT_MAX);
	}
	free(soft);
}

static void take_limits(struct config_reading *r, json_t *value, void *into)
{
	if (json_is_object(value))
		config_read_section(r, &limits_section, value, into);
	else if (json_is_string(value))
		take_old_limits(r, value, into);
	else
		config_reject(r, "Unknown type for service concurrency: write soft_limit and hard_limit into "
		                 "[services.concurrency]");
}

static void begin_service(struct config_reading *r, void *into)
{
	struct config_service *service = into;
	service->policy.autostart = true;
	snprintf(service->where, sizeof service->where, "%s", text_string(&r->path));
}

/* The JSON gets the table instead of the string; what the ports lead to is known by now. */
static void end_service(struct config_reading *r, json_t *object, void *into)
{
	struct config_service *service = into;
	const json_t *limits = json_object_get(object, "concurrency");
	if (json_is_string(limits))
		json_object_set_new(object, "concurrency",
		                    json_pack("{s:s, s:I, s:I}", "type", "requests", "hard_limit",
		                              (json_int_t)service->policy.hard_limit, "soft_limit",
		                              (json_int_t)service->policy.soft_limit));
	if (!json_object_get(object, "internal_port")) {
		config_reject(r, "has no internal_port: say which port the program listens on, for example "
		                 "internal_port = 8080");
		return;
	}
	service->internal_port = port_of(object, "internal_port");
	for (size_t i = 0; i < service->port_count; i++) {
		service->ports[i].port.internal = (uint16_t)service->internal_port;
		service->ports[i].port.protocol = service->protocol;
	}
}

static const struct config_field common_fields[] =
    {/* of [http_service] and [[services]] */
     {.name = "internal_port", .kind = FIELD_OTHER, .take = take_port_number},
     {.name = "auto_stop_machines", .kind = FIELD_OTHER, .take = take_autostop},
     {.name = "auto_start_machines", .kind = FIELD_SWITCH, .at = offsetof(struct config_service, policy.autostart)},
     {.name = "min_machines_running",
      .kind = FIELD_NUMBER,
      .at = offsetof(struct config_service, policy.min_machines_running)},
     {.name = "processes", .kind = FIELD_TEXTS, .at = offsetof(struct config_service, processes)},
     {.name = "concurrency", .kind = FIELD_OTHER, .take = take_limits},
     {.name = "machine_checks", .kind = FIELD_IGNORED},
     {0}};
static const struct config_section common_section = {.fields = common_fields};
static const struct config_field service_fields[] = {{.name = "protocol", .kind = FIELD_OTHER, .take = take_protocol},
                                                     {.name = "ports",
                                                      .kind = FIELD_LIST,
                                                      .at = offsetof(struct config_service, ports),
                                                      .count_at = offsetof(struct config_service, port_count),
                                                      .section = &port_section},
                                                     {.name = "tcp_checks",
                                                      .kind = FIELD_LIST,
                                                      .at = offsetof(struct config_service, checks),
                                                      .count_at = offsetof(struct config_service, check_count),
                                                      .section = &tcp_check_section},
                                                     {.name = "http_checks",
                                                      .kind = FIELD_LIST,
                                                      .at = offsetof(struct config_service, checks),
                                                      .count_at = offsetof(struct config_service, check_count),
                                                      .section = &http_check_section},
                                                     {0}};
const struct config_section config_service_section = {.fields = service_fields,
                                                      .base = &common_section,
                                                      .size = sizeof(struct config_service),
                                                      .begin = begin_service,
                                                      .end = end_service};

static void take_force_https(struct config_reading *r, json_t *value, void *into)
{
	(void)into;
	if (!json_is_boolean(value))
		config_reject(r, "must be true or false");
}

/* What [http_service] is short for: ports 80 and 443. */
static void end_http_service(struct config_reading *r, json_t *object, void *into)
{
	static const struct {
		uint16_t number;
		uint8_t handlers;
		const char *options;
	} ports[] = {{80, HANDLER_HTTP, "http_options"}, {443, HANDLER_TLS | HANDLER_HTTP, "tls_options"}};
	struct config_service *service = into;
	for (size_t i = 0; i < 2; i++) {
		struct config_port *port = config_list_add(&service->ports, &service->port_count, sizeof *port);
		json_t *options = json_object();
		json_object_set(options, "http_options", json_object_get(object, "http_options"));
		json_object_set(options, ports[i].options, json_object_get(object, ports[i].options));
		port->port = (struct port){
		    .start = ports[i].number, .end = ports[i].number, .handlers = ports[i].handlers};
		port->force_https = i == 0 && json_is_true(json_object_get(object, "force_https"));
		size_t found = r->findings->count;
		port->options = options_of(r, options);
		json_decref(options);
		if (r->findings->count > found) /* the second port would say the same */
			break;
	}
	end_service(r, object, into);
}

static const struct config_field http_service_fields[] = {
    {.name = "force_https", .kind = FIELD_OTHER, .take = take_force_https},
    {.name = "tls_options", .kind = FIELD_OTHER, .take = take_options},
    {.name = "http_options", .kind = FIELD_OTHER, .take = take_options},
    {.name = "checks",
     .kind = FIELD_LIST,
     .at = offsetof(struct config_service, checks),
     .count_at = offsetof(struct config_service, check_count),
     .section = &http_check_section},
    {0}};
const struct config_section config_http_service_section = {.fields = http_service_fields,
                                                           .base = &common_section,
                                                           .size = sizeof(struct config_service),
                                                           .begin = begin_service,
                                                           .end = end_http_service};

void config_check_fini(struct config_check *check)
{
	free(check->headers.items);
	free(check->processes.items);
}

void config_service_fini(struct config_service *service)
{
	for (size_t i = 0; i < service->port_count; i++)
		free(service->ports[i].options);
	for (size_t i = 0; i < service->check_count; i++)
		config_check_fini(&service->checks[i]);
	free(service->ports);
	free(service->checks);
	free(service->processes.items);
}
