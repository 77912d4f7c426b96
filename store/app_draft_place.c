/* app_draft_place.c - the second half of app_draft.h: a drafted app is laid out in one block. */
#include <stdint.h>
#include <string.h>

#include "app_draft.h"
#include "reader_app.h"

struct layout {
	size_t addresses, machines, pairs, certificates, services, ports, strings, end;
};

static struct layout layout_of(const struct app_draft *d)
{
	/* Every part's size is a multiple of the next one's alignment, so no gaps are needed. */
	_Static_assert(sizeof(struct app_object) % _Alignof(struct catalog_address) == 0, "gap");
	_Static_assert(sizeof(struct catalog_address) % _Alignof(struct catalog_machine) == 0, "gap");
	_Static_assert(sizeof(struct catalog_machine) % _Alignof(struct catalog_pair) == 0, "gap");
	_Static_assert(sizeof(struct catalog_pair) % _Alignof(struct catalog_certificate) == 0, "gap");
	_Static_assert(sizeof(struct catalog_certificate) % _Alignof(struct catalog_service) == 0, "gap");
	_Static_assert(sizeof(struct catalog_service) % _Alignof(struct catalog_port) == 0, "gap");
	struct layout l;
	l.addresses = sizeof(struct app_object);
	l.machines = l.addresses + d->app.address_count * sizeof(struct catalog_address);
	l.pairs = l.machines + d->app.machine_count * sizeof(struct catalog_machine);
	l.certificates = l.pairs + d->pair_count * sizeof(struct catalog_pair);
	l.services = l.certificates + d->app.certificate_count * sizeof(struct catalog_certificate);
	l.ports = l.services + d->app.service_count * sizeof(struct catalog_service);
	l.strings = l.ports + d->app.port_count * sizeof(struct catalog_port);
	l.end = l.strings + d->strings.len;
	return l;
}

size_t app_draft_size(const struct app_draft *draft)
{
	return layout_of(draft).end;
}

static void place_machines(const struct app_draft *d, struct catalog_machine *out, const char *strings,
                           const char *pairs)
{
	memcpy(out, d->machines, d->app.machine_count * sizeof *out);
	for (uint32_t i = 0; i < d->app.machine_count; i++) {
		struct catalog_machine *m = &out[i];
		m->id = strings + (uintptr_t)m->id;
		m->name = strings + (uintptr_t)m->name;
		m->region = strings + (uintptr_t)m->region;
		m->group = strings + (uintptr_t)m->group;
		m->host = strings + (uintptr_t)m->host;
		m->metadata = (const struct catalog_pair *)(const void *)pairs;
		pairs += m->metadata_count * sizeof(struct catalog_pair);
	}
}

static void place_certificates(const struct app_draft *d, struct catalog_certificate *out, const char *strings)
{
	for (uint32_t i = 0; i < d->app.certificate_count; i++) {
		const struct catalog_certificate *c = &d->certificates[i];
		out[i].hostname = strings + (uintptr_t)c->hostname;
		out[i].chain = c->chain ? strings + (uintptr_t)c->chain
		                        : NULL; /* never at offset 0, where the name is */
		out[i].key = c->key ? strings + (uintptr_t)c->key : NULL;
	}
}

void app_draft_place(const struct app_draft *draft, char *memory, const char *home)
{
	struct layout l = layout_of(draft);
	struct app_object *object = (struct app_object *)(void *)memory;
	memset(memory, 0, l.strings);
	object->size = l.end;
	memcpy(&object->app, &draft->app, sizeof object->app);
	object->app.name = home + l.strings + (uintptr_t)draft->app.name;
	object->app.org = home + l.strings + (uintptr_t)draft->app.org;
	object->app.addresses = (const struct catalog_address *)(const void *)(home + l.addresses);
	object->app.machines = (const struct catalog_machine *)(const void *)(home + l.machines);
	object->app.services = (const struct catalog_service *)(const void *)(home + l.services);
	object->app.ports = (const struct catalog_port *)(const void *)(home + l.ports);
	object->app.certificates = (const struct catalog_certificate *)(const void *)(home + l.certificates);
	if (draft->app.replay_sources) /* never at offset 0, where the name is */
		object->app.replay_sources = home + l.strings + (uintptr_t)draft->app.replay_sources;
	if (draft->app.authority_chain) {
		object->app.authority_chain = home + l.strings + (uintptr_t)draft->app.authority_chain;
		object->app.authority_key = home + l.strings + (uintptr_t)draft->app.authority_key;
	}
	place_certificates(draft, (struct catalog_certificate *)(void *)(memory + l.certificates), home + l.strings);
	if (draft->app.address_count)
		memcpy(memory + l.addresses, draft->addresses, draft->app.address_count * sizeof *draft->addresses);
	if (draft->app.machine_count)
		place_machines(draft, (struct catalog_machine *)(void *)(memory + l.machines), home + l.strings,
		               home + l.pairs);
	for (size_t i = 0; i < draft->pair_count; i++) {
		struct catalog_pair *pair = (struct catalog_pair *)(void *)(memory + l.pairs) + i;
		pair->key = home + l.strings + (uintptr_t)draft->pairs[i].pair.key;
		pair->value = home + l.strings + (uintptr_t)draft->pairs[i].pair.value;
	}
	for (uint32_t i = 0; i < draft->app.service_count; i++) {
		struct catalog_service *service = (struct catalog_service *)(void *)(memory + l.services) + i;
		memcpy(service, &draft->services[i].service, sizeof *service);
		if (service->ailment) /* never at offset 0, where the name is */
			service->ailment = home + l.strings + (uintptr_t)service->ailment;
	}
	for (uint32_t i = 0; i < draft->app.port_count; i++) {
		struct catalog_port *port = (struct catalog_port *)(void *)(memory + l.ports) + i;
		memcpy(port, &draft->ports[i].port, sizeof *port);
		if (port->options) /* never at offset 0, where the name is */
			port->options = home + l.strings + (uintptr_t)port->options;
	}
	memcpy(memory + l.strings, draft->strings.at, draft->strings.len);
}
