/* deploy_tell.c - see deploy_tell.h. */
#include "command/deploy_tell.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "app.h"
#include "base/text.h"
#include "command/call.h"
#include "command/say.h"
#include "command/session.h"
#include "port.h"
#include "service.h"
#include "statement.h"

static bool is_told(const struct service_group *groups, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (groups[i].port.start == groups[at].port.start &&
		    groups[i].port.protocol == groups[at].port.protocol)
			return true;
	return false;
}

/* "80 (http), 443 (tls,http)": a port is named once, however many process groups have it. 0 or -1. */
static int list_ports(struct call *call, const char *app, struct text *out)
{
	struct service_group *groups;
	size_t count;
	if (service_list(call->registry, app, &groups, &count) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct port *port = &groups[i].port;
		bool udp = port->protocol == PROTOCOL_UDP;
		if (is_told(groups, i))
			continue;
		text_format(out, "%s%u", out->len ? ", " : "", port->start);
		if (port->end != port->start)
			text_format(out, "-%u", port->end);
		if (udp || port->handlers)
			text_format(out, " (%s)", udp ? "udp" : port_handlers_name(port->handlers));
	}
	service_list_free(groups, count);
	return 0;
}

static void tell_address(const struct app *app, const struct address *address, bool first)
{
	if (!address_private(address)) {
		say_warning("%s has a public address too: %s; flycast ips release %s -a %s ends that", app->name,
		            address->text, address->text, app->name);
		return;
	}
	if (first)
		printf("%s.flycast is reached\n", app->name);
	printf("  at %s from network %s of %s\n", address->text, address->network, address->org);
	fflush(stdout);
	if (address->network_id != app->network)
		say_warning("that is not its own network, which is %s of %s: flycast ips release %s -a %s ends that",
		            app->network_name, app->org, address->text, app->name);
}

static int tell_addresses(struct call *call, const struct app *app, size_t *count)
{
	struct statement s;
	struct address address;
	int rc;
	*count = 0;
	address_list(&s, call->registry, app->name);
	while ((rc = address_next(&s, &address)) > 0) {
		tell_address(app, &address, *count == 0);
		*count += address_private(&address);
	}
	statement_close(&s);
	return rc;
}

int deploy_tell(struct call *call, const char *name)
{
	struct app app;
	struct text ports = {0};
	size_t addresses = 0;
	int code = 0;
	if (app_need(call->registry, &app, name) < 0 || tell_addresses(call, &app, &addresses) < 0 ||
	    list_ports(call, name, &ports) < 0)
		code = session_failed(call);
	else if (addresses == 0 && ports.len)
		printf("%s has no address: flycast deploy --flycast gives it one\n", name);
	else if (addresses && ports.len)
		printf("  on port%s %s\n", strchr(ports.at, ',') ? "s" : "", ports.at);
	else if (addresses)
		printf("  on no port: it has no service, see [http_service] in fly.toml(5)\n");
	text_free(&ports);
	return code;
}
