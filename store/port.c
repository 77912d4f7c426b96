/* port.c - see port.h. */
#include "port.h"

enum { PORT_MAX = 65535 };

static const struct {
	const char *name;
	uint8_t bit;
} handlers[] = {
    {"http", HANDLER_HTTP},
    {"tls", HANDLER_TLS},
    {"pg_tls", HANDLER_PG_TLS},
    {"proxy_proto", HANDLER_PROXY_PROTO},
};

/* Every combination that makes sense; the registry's CHECK has the same list. */
static const struct {
	uint8_t handlers;
	const char *name;
} combinations[] = {
    {0, ""},
    {HANDLER_HTTP, "http"},
    {HANDLER_TLS, "tls"},
    {HANDLER_TLS | HANDLER_HTTP, "tls,http"},
    {HANDLER_PG_TLS, "pg_tls"},
    {HANDLER_PROXY_PROTO, "proxy_proto"},
    {HANDLER_TLS | HANDLER_PROXY_PROTO, "tls,proxy_proto"},
};

const char *port_protocol_name(enum catalog_protocol protocol)
{
	return protocol == PROTOCOL_UDP ? "udp" : "tcp";
}

const char *port_handlers_name(uint8_t bits)
{
	for (size_t i = 0; i < sizeof combinations / sizeof combinations[0]; i++)
		if (combinations[i].handlers == bits)
			return combinations[i].name;
	return NULL;
}

bool port_handlers_parse(uint8_t *out, const char *name)
{
	for (size_t i = 0; i < sizeof combinations / sizeof combinations[0]; i++)
		if (strcmp(combinations[i].name, name) == 0) {
			*out = combinations[i].handlers;
			return true;
		}
	return false;
}

bool port_handler_add(uint8_t *bits, const char *name)
{
	for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
		if (strcmp(handlers[i].name, name) == 0) {
			*bits |= handlers[i].bit;
			return true;
		}
	return false;
}

/* Cuts the part before the first `separator` off *rest; *rest is NULL when there was none. */
static struct bytes cut(struct bytes *rest, char separator)
{
	const char *at = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
	struct bytes part = *rest;
	if (!at) {
		*rest = (struct bytes){NULL, 0};
		return part;
	}
	part.len = (size_t)(at - rest->at);
	rest->len -= part.len + 1;
	rest->at = at + 1;
	return part;
}

static int bad(struct text *why, const char *spec, const char *problem, const char *hint)
{
	text_format(why, "%s: --port %.80s%s%s", problem, spec, *hint ? ": " : "", hint);
	return -1;
}

static bool number_parse(uint16_t *out, struct bytes text)
{
	uint32_t value = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(text.at[i] - '0');
		if (value > PORT_MAX)
			return false;
	}
	*out = (uint16_t)value;
	return value > 0;
}

static int parse_number(uint16_t *out, struct bytes text, const char *problem, const char *spec, struct text *why)
{
	if (number_parse(out, text))
		return 0;
	bool digits = text.len > 0;
	for (size_t i = 0; i < text.len; i++)
		digits = digits && text.at[i] >= '0' && text.at[i] <= '9';
	return bad(why, spec, problem,
	           digits ? "ports are 1 to 65535"
	                  : "write port:machinePort/protocol:handler, for example 80:8080/tcp:http");
}

static int parse_external(struct port *out, struct bytes external, const char *spec, struct text *why)
{
	struct bytes start = cut(&external, '-'), end;
	if (!external.at) {
		if (parse_number(&out->start, start, "invalid external port", spec, why) < 0)
			return -1;
		out->end = out->start;
		return 0;
	}
	end = cut(&external, '-');
	if (external.at)
		return bad(why, spec, "external port must be at most 2 elements (port, or range start-end)",
		           "for example 20000-20100:9000");
	if (parse_number(&out->start, start, "invalid start port for port range", spec, why) < 0 ||
	    parse_number(&out->end, end, "invalid end port for port range", spec, why) < 0)
		return -1;
	if (out->start > out->end)
		return bad(why, spec, "invalid port range", "its start is after its end");
	return 0;
}

static int parse_ports(struct port *out, struct bytes text, const char *spec, struct text *why)
{
	struct bytes external = cut(&text, ':'), internal;
	if (!text.at) {
		if (external.len && memchr(external.at, '-', external.len))
			return bad(why, spec, "invalid port",
			           "a range needs the Machine's port, for example 20000-20100:9000");
		if (parse_number(&out->start, external, "invalid port", spec, why) < 0)
			return -1;
		out->end = out->internal = out->start;
		return 0;
	}
	internal = cut(&text, ':');
	if (text.at)
		return bad(why, spec, "port definition must be at most 2 elements (external:internal)",
		           "for example 80:8080");
	if (parse_number(&out->internal, internal, "invalid machine (internal) port", spec, why) < 0)
		return -1;
	return parse_external(out, external, spec, why);
}

static int add_handler(struct port *out, struct bytes name, const char *spec, struct text *why)
{
	if (bytes_equal(name, BYTES("-"))) {
		out->removed = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
		if (bytes_equal(name, bytes_of(handlers[i].name))) {
			out->handlers |= handlers[i].bit;
			return 0;
		}
	return bad(why, spec, "unknown handler",
	           "handlers are http, tls, pg_tls and proxy_proto; without one the bytes are passed on as they are");
}

static int parse_handlers(struct port *out, struct bytes text, const char *spec, struct text *why)
{
	struct bytes protocol = cut(&text, ':');
	if (bytes_equal(protocol, BYTES("udp")))
		out->protocol = PROTOCOL_UDP;
	else if (!bytes_equal(protocol, BYTES("tcp")))
		return bad(why, spec, "unknown protocol", "write tcp, for example 80:8080/tcp:http");
	while (text.at)
		if (add_handler(out, cut(&text, ':'), spec, why) < 0)
			return -1;
	if (out->removed && out->handlers)
		return bad(why, spec, "a port is removed by \"-\" alone", "for example 80/tcp:-");
	if (!port_handlers_name(out->handlers))
		return bad(why, spec, "these handlers do not go together",
		           "tls may stand before http or proxy_proto, the others stand alone");
	return 0;
}

int port_parse(struct port *out, const char *spec, struct text *why)
{
	struct bytes text = bytes_of(spec), ports = cut(&text, '/'), handling = {NULL, 0};
	*out = (struct port){.protocol = PROTOCOL_TCP};
	if (text.at) {
		handling = cut(&text, '/');
		if (text.at)
			return bad(why, spec, "port must be at most two elements (ports/protocol:handler)",
			           "for example 80:8080/tcp:http");
	}
	if (parse_ports(out, ports, spec, why) < 0)
		return -1;
	return handling.at ? parse_handlers(out, handling, spec, why) : 0;
}

static int check_available(const struct port *port, struct text *why)
{
	if (port->removed)
		text_format(why, "there is no port %u to remove: leave it out", port->start);
	else if (port->protocol == PROTOCOL_UDP)
		text_format(
		    why,
		    "port %u/udp is not available: a Flycast address carries TCP only; send UDP to the Machine's "
		    "own address (<id>.vm.<app>.internal), which needs no --port",
		    port->start);
	else
		return 0;
	return -1;
}

int port_check(const struct port *ports, size_t count, struct text *why)
{
	for (size_t i = 0; i < count; i++) {
		if (check_available(&ports[i], why) < 0)
			return -1;
		for (size_t k = 0; k < i; k++) {
			if (ports[k].protocol != ports[i].protocol || ports[k].start > ports[i].end ||
			    ports[k].end < ports[i].start)
				continue;
			uint16_t both = ports[i].start > ports[k].start ? ports[i].start : ports[k].start;
			text_format(
			    why, "port %u is given twice (it leads to port %u and to port %u of the Machine): keep one",
			    both, ports[k].internal, ports[i].internal);
			return -1;
		}
	}
	return 0;
}
