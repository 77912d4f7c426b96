/* service.c - see service.h. */
#include "service.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "certificate.h"
#include "registry.h"
#include "statement.h"

static const char *const autostop_names[] = {
    [AUTOSTOP_OFF] = "off", [AUTOSTOP_STOP] = "stop", [AUTOSTOP_SUSPEND] = "suspend"};

const char *service_autostop_name(enum catalog_autostop autostop)
{
	return autostop_names[autostop];
}

static enum catalog_autostop autostop_of(const char *name)
{
	if (strcmp(name, "suspend") == 0)
		return AUTOSTOP_SUSPEND;
	return strcmp(name, "stop") == 0 ? AUTOSTOP_STOP : AUTOSTOP_OFF;
}

static uint8_t handlers_of(const char *name)
{
	uint8_t bits;
	return port_handlers_parse(&bits, name) ? bits : 0;
}

int service_check(const struct service_policy *policy, struct text *why)
{
	if (policy->soft_limit > SERVICE_LIMIT_MAX || policy->hard_limit > SERVICE_LIMIT_MAX ||
	    policy->min_machines_running > SERVICE_LIMIT_MAX) {
		text_format(why, "limits go up to %d: choose a smaller number, or leave --hard-limit out for none",
		            SERVICE_LIMIT_MAX);
		return -1;
	}
	if (policy->hard_limit == 0 || policy->soft_limit <= policy->hard_limit)
		return 0;
	text_format(
	    why,
	    "soft limit %" PRId64 " is above hard limit %" PRId64
	    ": from the soft one on other Machines come first, the hard one is never passed; lower --soft-limit or "
	    "raise --hard-limit",
	    policy->soft_limit, policy->hard_limit);
	return -1;
}

static int64_t soft_limit_of(const struct service_policy *policy)
{
	if (policy->soft_limit)
		return policy->soft_limit;
	return policy->hard_limit && policy->hard_limit < SERVICE_SOFT_LIMIT ? policy->hard_limit : SERVICE_SOFT_LIMIT;
}

static const char sql_put_service[] =
    "INSERT INTO service (machine, protocol, internal_port, autostart, autostop, min_machines_running, concurrency,"
    " soft_limit, hard_limit) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, 0)"
    " WHERE NOT EXISTS (SELECT 1 FROM service WHERE machine = ?1 AND protocol = ?2 AND internal_port = ?3)";
static const char sql_put_port[] =
    "INSERT INTO service_port (machine, protocol, internal_port, start_port, end_port, handlers, force_https, options)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce(?8, '{}'))";

static int put_service(struct registry *r, const char *machine, const struct port *port,
                       const struct service_policy *policy)
{
	struct statement s;
	statement_open(&s, r, sql_put_service);
	statement_bind_text(&s, 1, machine);
	statement_bind_text(&s, 2, port_protocol_name(port->protocol));
	statement_bind_number(&s, 3, port->internal);
	statement_bind_number(&s, 4, policy->autostart);
	statement_bind_text(&s, 5, service_autostop_name(policy->autostop));
	statement_bind_number(&s, 6, policy->min_machines_running);
	statement_bind_text(&s, 7, policy->count_requests ? "requests" : "connections");
	statement_bind_number(&s, 8, soft_limit_of(policy));
	statement_bind_number(&s, 9, policy->hard_limit);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int put_port(struct registry *r, const char *machine, const struct service_port *what)
{
	const struct port *port = &what->port;
	struct statement s;
	statement_open(&s, r, sql_put_port);
	statement_bind_text(&s, 1, machine);
	statement_bind_text(&s, 2, port_protocol_name(port->protocol));
	statement_bind_number(&s, 3, port->internal);
	statement_bind_number(&s, 4, port->start);
	statement_bind_number(&s, 5, port->end);
	statement_bind_text(&s, 6, port_handlers_name(port->handlers));
	statement_bind_number(&s, 7, what->force_https);
	statement_bind_text(&s, 8, what->options);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int service_put_port(struct registry *registry, const char *machine, const struct service_port *port)
{
	if (put_service(registry, machine, &port->port, &port->policy) < 0)
		return -1;
	return put_port(registry, machine, port);
}

int service_put(struct registry *registry, const char *machine, const struct port *ports, size_t count,
                const struct service_policy *policy)
{
	uint8_t handlers = 0;
	for (size_t i = 0; i < count; i++)
		handlers |= ports[i].handlers;
	/* <app>.flycast is to have a certificate by itself, and the proxy only reads. */
	if (handlers & (HANDLER_TLS | HANDLER_PG_TLS) && authority_need_for(registry, machine) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct service_port port = {.port = ports[i], .policy = *policy};
		if (service_put_port(registry, machine, &port) < 0)
			return -1;
	}
	return 0;
}

static const char sql_change[] =
    "UPDATE service SET autostart = coalesce(CAST(?2 AS INTEGER), autostart), autostop = coalesce(?3, autostop),"
    " concurrency = coalesce(?4, concurrency), min_machines_running = coalesce(?5, min_machines_running),"
    " soft_limit = coalesce(?6, soft_limit), hard_limit = iif(?7 IS NULL, hard_limit, nullif(?7, 0)) WHERE machine = "
    "?1";

static void bind_said(struct statement *s, int at, int64_t number)
{
	if (number >= 0)
		statement_bind_number(s, at, number);
}

static int check_limits(struct registry *r, const char *machine, const struct service_change *change)
{
	struct statement s;
	statement_open(&s, r,
	               "SELECT soft, hard FROM (SELECT coalesce(?2, soft_limit) AS soft,"
	               " iif(?3 IS NULL, hard_limit, nullif(?3, 0)) AS hard FROM service WHERE machine = ?1)"
	               " WHERE soft > hard LIMIT 1");
	statement_bind_text(&s, 1, machine);
	bind_said(&s, 2, change->soft_limit);
	bind_said(&s, 3, change->hard_limit);
	int rc = statement_step(&s);
	if (rc > 0)
		rc = registry_fail(r,
		                   "a soft limit of %lld over a hard limit of %lld would never count: lower the one or "
		                   "raise the other",
		                   (long long)statement_number(&s, 0), (long long)statement_number(&s, 1));
	statement_close(&s);
	return rc;
}

int service_change(struct registry *registry, const char *machine, const struct service_change *change)
{
	struct statement s;
	if (check_limits(registry, machine, change) < 0)
		return -1;
	statement_open(&s, registry, sql_change);
	statement_bind_text(&s, 1, machine);
	statement_bind_text(&s, 2, change->autostart);
	statement_bind_text(&s, 3, change->autostop);
	statement_bind_text(&s, 4, change->concurrency);
	bind_said(&s, 5, change->min_machines_running);
	bind_said(&s, 6, change->soft_limit);
	bind_said(&s, 7, change->hard_limit);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int service_drop_port(struct registry *registry, const char *machine, const struct port *port)
{
	struct statement s;
	statement_open(
	    &s, registry,
	    "DELETE FROM service_port WHERE machine = ?1 AND protocol = ?2 AND start_port = ?3 AND end_port = ?4"
	    " RETURNING 1");
	statement_bind_text(&s, 1, machine);
	statement_bind_text(&s, 2, port_protocol_name(port->protocol));
	statement_bind_number(&s, 3, port->start);
	statement_bind_number(&s, 4, port->end);
	int rc = statement_step(&s);
	if (rc > 0)
		rc = statement_step(&s) < 0 ? -1 : 1; /* to the end, so that it is done */
	statement_close(&s);
	if (rc == 0 && port->removed)
		return registry_fail(registry, "Machine %s has no port %u/%s to take away: see flycast services list",
		                     machine, port->start, port_protocol_name(port->protocol));
	if (rc <= 0)
		return rc;
	statement_open(
	    &s, registry,
	    "DELETE FROM service WHERE machine = ?1 AND NOT EXISTS (SELECT 1 FROM service_port p WHERE"
	    " p.machine = ?1 AND p.protocol = service.protocol AND p.internal_port = service.internal_port)");
	statement_bind_text(&s, 1, machine);
	rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

static int copy_with(struct registry *r, const char *sql, const char *from, const char *to)
{
	struct statement s;
	statement_open(&s, r, sql);
	statement_bind_text(&s, 1, from);
	statement_bind_text(&s, 2, to);
	int rc = statement_step(&s);
	statement_close(&s);
	return rc;
}

int service_copy(struct registry *registry, const char *from_machine, const char *to_machine)
{
	if (copy_with(
	        registry,
	        "INSERT INTO service (machine, protocol, internal_port, autostart, autostop, min_machines_running,"
	        " concurrency, soft_limit, hard_limit) SELECT ?2, protocol, internal_port, autostart, autostop, "
	        "min_machines_running,"
	        " concurrency, soft_limit, hard_limit FROM service WHERE machine = ?1",
	        from_machine, to_machine) < 0)
		return -1;
	return copy_with(registry,
	                 "INSERT INTO service_port (machine, protocol, internal_port, start_port, end_port, handlers,"
	                 " force_https, options) SELECT ?2, protocol, internal_port, start_port, end_port, handlers,"
	                 " force_https, options FROM service_port WHERE machine = ?1",
	                 from_machine, to_machine);
}

/* The five columns of a port, from column `at` on. */
static struct port port_from_row(struct statement *s, int at)
{
	return (struct port){
	    .protocol = strcmp(statement_text(s, at), "udp") == 0 ? PROTOCOL_UDP : PROTOCOL_TCP,
	    .internal = (uint16_t)statement_number(s, at + 1),
	    .start = (uint16_t)statement_number(s, at + 2),
	    .end = (uint16_t)statement_number(s, at + 3),
	    .handlers = handlers_of(statement_text(s, at + 4)),
	};
}

static const char sql_rows[] =
    "SELECT p.machine, p.protocol, p.internal_port, p.start_port, p.end_port, p.handlers, p.force_https, v.autostart,"
    " v.autostop, v.min_machines_running, v.concurrency, v.soft_limit, v.hard_limit"
    " FROM machine m JOIN service v ON v.machine = m.id JOIN service_port p ON p.machine = v.machine"
    " AND p.protocol = v.protocol AND p.internal_port = v.internal_port"
    " WHERE m.app = ?1 AND (?2 IS NULL OR m.id = ?2)"
    " ORDER BY p.machine, p.protocol, p.internal_port, p.start_port";

static void row_read(struct service_row *row, struct statement *s)
{
	*row = (struct service_row){.port = port_from_row(s, 1), .force_https = statement_number(s, 6)};
	snprintf(row->machine, sizeof row->machine, "%s", statement_text(s, 0));
	row->policy = (struct service_policy){
	    .autostart = statement_number(s, 7),
	    .autostop = autostop_of(statement_text(s, 8)),
	    .min_machines_running = statement_number(s, 9),
	    .count_requests = strcmp(statement_text(s, 10), "requests") == 0,
	    .soft_limit = statement_number(s, 11),
	    .hard_limit = statement_number(s, 12),
	};
}

int service_rows(struct registry *registry, const char *app, const char *machine, struct service_row **out,
                 size_t *count)
{
	struct statement s;
	size_t room = 0;
	int rc;
	*out = NULL;
	*count = 0;
	statement_open(&s, registry, sql_rows);
	statement_bind_text(&s, 1, app);
	statement_bind_text(&s, 2, machine);
	while ((rc = statement_step(&s)) > 0) {
		*out = mem_grow(*out, *count, &room, sizeof **out);
		row_read(&(*out)[(*count)++], &s);
	}
	statement_close(&s);
	return rc;
}

static const char sql_list[] =
    "SELECT p.protocol, p.internal_port, p.start_port, p.end_port, p.handlers, p.force_https, m.process_group,"
    " (SELECT group_concat(code) FROM (SELECT DISTINCT region AS code FROM machine o JOIN service_port q"
    "   ON q.machine = o.id WHERE o.app = ?1 AND o.process_group = m.process_group AND q.protocol = p.protocol"
    "   AND q.start_port = p.start_port AND q.internal_port = p.internal_port ORDER BY region)),"
    " count(*)"
    " FROM machine m JOIN service_port p ON p.machine = m.id WHERE m.app = ?1"
    " GROUP BY m.process_group, p.protocol, p.start_port, p.end_port, p.internal_port, p.handlers, p.force_https"
    " ORDER BY m.process_group, p.protocol, p.start_port, p.internal_port";

int service_list(struct registry *registry, const char *app, struct service_group **out, size_t *count)
{
	struct statement s;
	size_t room = 0;
	int rc;
	*out = NULL;
	*count = 0;
	statement_open(&s, registry, sql_list);
	statement_bind_text(&s, 1, app);
	while ((rc = statement_step(&s)) > 0) {
		*out = mem_grow(*out, *count, &room, sizeof **out);
		(*out)[(*count)++] = (struct service_group){
		    .port = port_from_row(&s, 0),
		    .force_https = statement_number(&s, 5),
		    .process_group = mem_text(statement_text(&s, 6)),
		    .regions = mem_text(statement_text(&s, 7)),
		    .machines = statement_number(&s, 8),
		};
	}
	statement_close(&s);
	return rc;
}

void service_list_free(struct service_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(groups[i].process_group);
		free(groups[i].regions);
	}
	free(groups);
}
