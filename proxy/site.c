/* site.c - see site.h. */
#include "site.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "steer.h"

static bool is_ours(const struct catalog_machine *machine, const struct site_context *context)
{
	return !context->host || strcmp(machine->host, context->host) == 0;
}

static int id_order(const void *id, const void *machine)
{
	return strcmp(id, ((const struct site_machine *)machine)->live->id);
}

static const struct site_machine *old_machine(const struct site *old, const char *id)
{
	return old ? bsearch(id, old->machines, old->machine_count, sizeof *old->machines, id_order) : NULL;
}

static struct live_service *old_service(const struct site *old, const struct site_machine *before, uint16_t port)
{
	for (uint32_t i = 0; before && i < before->service_count; i++) {
		struct live_service *live = old->services[before->service_first + i].live;
		if (live->internal_port == port)
			return live_service_hold(live);
	}
	return NULL;
}

static uint8_t areas_of(const char *code, const struct site_context *context)
{
	const struct catalog_region *region = context->catalog ? catalog_region(context->catalog, code) : NULL;
	return region ? steer_areas(code, region->latitude, region->longitude) : 0;
}

static struct live_machine *machine_of(const struct catalog_machine *row, const struct site_machine *before,
                                       struct live_app *app)
{
	if (before && before->live->ipv4.s_addr == row->ipv4.s_addr)
		return live_machine_hold(before->live);
	struct live_machine *live = live_machine_new(app, row->id, row->ipv4);
	live_machine_become(live, row->state);
	return live;
}

static bool has_service(const struct site *site, const struct site_machine *machine, uint16_t port)
{
	for (uint32_t i = 0; i < machine->service_count; i++)
		if (site->services[machine->service_first + i].live->internal_port == port)
			return true;
	return false;
}

/* A service whose row is gone is kept without a port while somebody is at work there, so that its Machine is not taken
 * for idle. Where nobody is, the door closes for good: a thread with the old picture must not enter uncounted. */
static void keep_busy_services(struct site *site, const struct site *old, const struct site_machine *before)
{
	struct site_machine *m = &site->machines[site->machine_count - 1];
	for (uint32_t i = 0; before && i < before->service_count; i++) {
		struct site_service gone = old->services[before->service_first + i];
		if (has_service(site, m, gone.live->internal_port) || live_service_close(gone.live))
			continue;
		gone.machine = site->machine_count - 1;
		gone.ailment = NULL;
		live_service_hold(gone.live);
		site->services[site->service_count++] = gone;
		m->service_count++;
	}
}

/* The catalog's text lives as long as the catalog's app. */
static void take_ailment(struct site_service *service)
{
	service->ailment = mem_text(service->rule.ailment);
	service->rule.ailment = NULL;
}

static const struct far_region near; /* nought away */

/* Machines of this host with their TCP services; map[i] is the new index of the catalog's service i. */
static void add_machines(struct site *site, const struct catalog_app *app, const struct site *old,
                         const struct site_context *context, uint32_t *map)
{
	for (uint32_t i = 0; i < app->machine_count; i++) {
		const struct catalog_machine *row = &app->machines[i];
		if (!is_ours(row, context))
			continue;
		uint32_t index = site->machine_count++;
		struct site_machine *m = &site->machines[index];
		const struct site_machine *before = old_machine(old, row->id);
		m->live = machine_of(row, before, site->app);
		if (before && before->live != m->live)
			before = NULL;
		m->far = context->far ? far_region(context->far, row->region) : &near;
		m->areas = areas_of(row->region, context);
		m->cordoned = row->cordoned;
		snprintf(m->region, sizeof m->region, "%s", row->region);
		snprintf(m->group, sizeof m->group, "%s", row->group);
		m->service_first = site->service_count;
		for (uint32_t s = row->service_first; s < row->service_first + row->service_count; s++) {
			const struct catalog_service *rule = &app->services[s];
			if (rule->protocol != PROTOCOL_TCP)
				continue;
			map[s] = site->service_count;
			struct live_service *live = old_service(old, before, rule->internal_port);
			if (!live)
				live = live_service_new(m->live, rule->internal_port, context->threads);
			atomic_store(&live->pooled, rule->count_requests);
			site->services[site->service_count++] = (struct site_service){live, *rule, index, NULL};
			take_ailment(&site->services[site->service_count - 1]);
			m->service_count++;
		}
		keep_busy_services(site, old, before);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* The registry has only options that can be (catalog.h); Machines made alike have one text between them. */
static const struct port_options *options_of(struct site *site, uint32_t index, const char *json)
{
	struct port_options *options = json ? port_options_parse(json, NULL) : NULL;
	if (!options)
		return port_options_default();
	return site->options[index] = options;
}

/* The ports of several Machines may overlap in any way, so the line of numbers is cut wherever one begins or ends. Where
 * they differ in handlers or options, the first has its way. */
static void add_ports(struct site *site, const struct catalog_app *app, const uint32_t *map)
{
	uint32_t *cuts = mem_new_array(app->port_count * 2 + 1, sizeof *cuts);
	uint32_t count = 0;
	uint32_t room = 0;
	for (uint32_t i = 0; i < app->port_count; i++) {
		cuts[count++] = app->ports[i].start;
		cuts[count++] = (uint32_t)app->ports[i].end + 1;
	}
	qsort(cuts, count, sizeof *cuts, by_number);
	site->ports = mem_new_array(count + 1, sizeof *site->ports);
	site->options = mem_new_array(count + 1, sizeof *site->options);
	for (uint32_t c = 0; c + 1 < count; c++) {
		if (cuts[c] == cuts[c + 1])
			continue;
		struct site_port port = {
		    .start = (uint16_t)cuts[c], .end = (uint16_t)(cuts[c + 1] - 1), .first = site->member_count};
		for (uint32_t i = 0; i < app->port_count; i++) {
			const struct catalog_port *row = &app->ports[i];
			assert(row->service < app->service_count);
			if (row->start > port.start || row->end < port.end || map[row->service] == UINT32_MAX ||
			    (port.count && row->handlers != port.handlers))
				continue;
			if (site->member_count == room) {
				room = room ? room * 2 : 8;
				site->members = mem_resize(site->members, room * sizeof *site->members);
			}
			if (!port.count++) {
				port.handlers = row->handlers;
				port.force_https = row->force_https;
				port.options = options_of(site, site->port_count, row->options);
			}
			site->members[site->member_count++] = map[row->service];
		}
		if (port.count)
			site->ports[site->port_count++] = port;
	}
	free(cuts);
}

static uint16_t https_port_of(const struct site *site)
{
	enum { HTTPS = 443 };
	uint16_t found = 0;
	for (uint32_t i = site->port_count; i > 0; i--) {
		const struct site_port *port = &site->ports[i - 1];
		if (port->handlers != (HANDLER_TLS | HANDLER_HTTP))
			continue;
		if (port->start <= HTTPS && port->end >= HTTPS)
			return HTTPS;
		found = port->start;
	}
	return found;
}

static void add_callers(struct site *site, const struct catalog_app *app)
{
	site->callers = mem_new_array(app->machine_count + 1, sizeof *site->callers);
	site->caller_count = app->machine_count;
	for (uint32_t i = 0; i < app->machine_count; i++) {
		site->callers[i] = (struct site_caller){.ip = app->machines[i].address, .site = site};
		snprintf(site->callers[i].id, sizeof site->callers[i].id, "%s", app->machines[i].id);
	}
}

struct site *site_new(const struct catalog_app *app, const struct site *old, const struct site_context *context)
{
	struct site *site = mem_new(sizeof *site);
	uint32_t *map = mem_new_array(app->service_count + 1, sizeof *map);
	site->app = old ? live_app_hold(old->app) : live_app_new(app->name);
	site->network = app->network;
	snprintf(site->org, sizeof site->org, "%s", app->org);
	site->replay_sources = mem_text(app->replay_sources);
	snprintf(site->here, sizeof site->here, "%s", context->region ? context->region : "");
	site->machines = mem_new_array(app->machine_count + 1, sizeof *site->machines);
	site->services = mem_new_array(app->service_count + (old ? old->service_count : 0) + 1, sizeof *site->services);
	memset(map, 0xff, app->service_count * sizeof *map);
	add_machines(site, app, old, context, map);
	add_ports(site, app, map);
	site->https_port = https_port_of(site);
	site->keyring = keyring_for(app, old ? old->keyring : NULL, context->seal);
	site->addresses = mem_new_array(app->address_count + 1, sizeof *site->addresses);
	site->address_count = app->address_count;
	for (uint32_t i = 0; i < app->address_count; i++)
		site->addresses[i] = (struct site_address){app->addresses[i].ip, app->addresses[i].network, site};
	add_callers(site, app);
	free(map);
	return site;
}

void site_free(void *object)
{
	struct site *site = object;
	for (uint32_t i = 0; i < site->service_count; i++) {
		live_service_drop(site->services[i].live);
		free(site->services[i].ailment);
	}
	for (uint32_t i = 0; i < site->machine_count; i++)
		live_machine_drop(site->machines[i].live);
	live_app_drop(site->app);
	keyring_drop(site->keyring);
	for (uint32_t i = 0; i < site->port_count; i++)
		port_options_free(site->options[i]);
	free(site->replay_sources);
	free(site->options);
	free(site->machines);
	free(site->services);
	free(site->ports);
	free(site->members);
	free(site->addresses);
	free(site->callers);
	free(site);
}

const struct site_port *site_port(const struct site *site, uint16_t port)
{
	uint32_t low = 0;
	uint32_t high = site->port_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (site->ports[middle].end < port)
			low = middle + 1;
		else
			high = middle;
	}
	return low < site->port_count && site->ports[low].start <= port ? &site->ports[low] : NULL;
}

char *site_ports_text(char *out, size_t size, const struct site *site)
{
	size_t at = 0;
	snprintf(out, size, "none");
	for (uint32_t i = 0; i < site->port_count && at < size; i++) {
		const struct site_port *p = &site->ports[i];
		int n = snprintf(out + at, size - at, p->start == p->end ? "%s%u" : "%s%u-%u", i ? ", " : "", p->start,
		                 p->end);
		at += (size_t)n;
	}
	return out;
}
