/* app_draft.c - see app_draft.h; the layout is in app_draft_place.c.
 * budget: one function more for each table that an app has rows in; they share the texts and how a row is refused. */
#include "app_draft.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "draft_word.h"
#include "port.h"
#include "port_options.h"
#include "reader_app.h"
#include "statement.h"

enum {
	ID_DIGITS = 14,
	HOST_MOST = 255,
	KEY_MOST = 255 * 4,
	VALUE_MOST = 4096 * 4,
	LIMIT_MOST = 1000000,
	AILMENT_MOST = 160,
	PEM_MOST = 65536
};

static void __attribute__((format(printf, 2, 3))) refuse(struct app_draft *d, const char *format, ...)
{
	va_list args;
	if (d->refusal[0])
		return;
	va_start(args, format);
	vsnprintf(d->refusal, sizeof d->refusal, format, args);
	va_end(args);
}

void app_draft_fini(struct app_draft *draft)
{
	text_free(&draft->strings);
	free(draft->addresses);
	free(draft->machines);
	free(draft->pairs);
	free(draft->services);
	free(draft->ports);
	free(draft->checks);
	free(draft->certificates);
	text_free(&draft->sources);
}

/* ------------------------------------------------------------------------------------------------ texts */

static const char *text_at(const struct app_draft *d, const char *offset)
{
	return d->strings.at + (uintptr_t)offset;
}

/* Keeps the text; what comes back is its offset in the clothes of a pointer. `like` (or NULL) is an earlier one that is
 * often the same: Machines of one app share host, region and group. */
static const char *keep(struct app_draft *d, struct bytes text, const char *const *like)
{
	if (like && strcmp(text_at(d, *like), text.at) == 0)
		return *like;
	uintptr_t offset = d->strings.len;
	text_add(&d->strings, text.at, text.len);
	text_add(&d->strings, "", 1);
	return (const char *)offset; /* NOLINT(performance-no-int-to-ptr): an offset until app_draft_place() */
}

/* ------------------------------------------------------------------------------------------------ rows */

/* name, org, network */
void app_draft_begin(struct app_draft *draft, struct statement *row)
{
	struct bytes name = statement_bytes(row, 0), org = statement_bytes(row, 1);
	int64_t network = statement_number(row, 2);
	draft->refusal[0] = '\0';
	text_clear(&draft->strings);
	text_clear(&draft->sources);
	memset(&draft->app, 0, sizeof draft->app);
	draft->pair_count = draft->check_count = 0;
	draft->app.name = keep(draft, name, NULL); /* first, so that it is at offset 0 */
	draft->app.org = keep(draft, org, NULL);
	draft->app.network = (uint32_t)network;
	if (!word_is_label(name))
		refuse(draft, "its name is no DNS label");
	if (!word_is_label(org))
		refuse(draft, "its organization is no DNS label");
	if (!number_is_network(network))
		refuse(draft, "its network %lld is none", (long long)network);
}

static void set_network(struct in6_addr *ip, uint32_t network)
{
	uint32_t top = htonl(network);
	memset(ip, 0, sizeof *ip);
	ip->s6_addr[0] = 0xfd;
	ip->s6_addr[1] = 0xaa;
	memcpy(&ip->s6_addr[2], &top, sizeof top);
}

static void set_word(struct in6_addr *ip, int at, uint32_t value)
{
	uint32_t word = htonl(value);
	memcpy(&ip->s6_addr[at], &word, sizeof word);
}

/* app, network, number */
void app_draft_address(struct app_draft *draft, struct statement *row)
{
	int64_t network = statement_number(row, 1), number = statement_number(row, 2);
	if (!number_is_network(network) || !number_within(number, 2, UINT32_MAX)) {
		refuse(draft, "its address %lld in network %lld is none", (long long)number, (long long)network);
		return;
	}
	draft->addresses = mem_grow(draft->addresses, draft->app.address_count, &draft->address_room,
	                            sizeof *draft->addresses);
	struct catalog_address *a = &draft->addresses[draft->app.address_count++];
	memset(a, 0, sizeof *a);
	a->network = (uint32_t)network;
	a->number = (uint32_t)number;
	set_network(&a->ip, a->network);
	a->ip.s6_addr[9] = 1; /* fdaa:<net>:<net>:0:1::<number> */
	set_word(&a->ip, 12, a->number);
}

/* The numbers of a Machine's row and the addresses that are made of them. */
static bool take_numbers(struct app_draft *d, struct catalog_machine *m, struct statement *row)
{
	int64_t network = statement_number(row, 3), host = statement_number(row, 5), slot = statement_number(row, 6);
	if (network != (int64_t)d->app.network || !number_is_host(host) || !number_within(slot, 1, UINT32_MAX))
		return false;
	m->slot = (uint32_t)slot;
	set_network(&m->address, d->app.network);
	set_word(&m->address, 6, (uint32_t)host);
	set_word(&m->address, 10, m->slot);
	m->address.s6_addr[15] = 2; /* fdaa:<net>:<net>:<host>:<host>:<slot>:<slot>:2 */
	m->ipv4.s_addr = htonl(((uint32_t)172 << 24) + ((uint32_t)16 << 16) + m->slot % 1048000 + 512);
	return true;
}

/* app, id, name, network, host, host_number, slot, region, process_group, cordoned, skip_dns, created_at, state */
void app_draft_machine(struct app_draft *draft, struct statement *row)
{
	struct bytes id = statement_bytes(row, 1), name = statement_bytes(row, 2), host = statement_bytes(row, 4);
	struct bytes region = statement_bytes(row, 7), group = statement_bytes(row, 8);
	struct catalog_machine m;
	memset(&m, 0, sizeof m);
	if (!word_is_hex(id, ID_DIGITS) || !word_is_label(name) || !word_is_text(host, HOST_MOST) ||
	    !word_is_region(region) || !word_is_name(group)) {
		refuse(draft, "Machine \"%.20s\" has a malformed id, name, host, region or process group", id.at);
		return;
	}
	if (!take_numbers(draft, &m, row)) {
		refuse(draft, "Machine %s has a network, host number or slot that cannot be", id.at);
		return;
	}
	if (!statement_null(row, 12) && !machine_state_parse(&m.state, statement_text(row, 12))) {
		refuse(draft, "Machine %s is in the unknown state \"%.20s\"", id.at, statement_text(row, 12));
		return;
	}
	const struct catalog_machine *before = draft->app.machine_count ? &draft->machines[draft->app.machine_count - 1]
	                                                                : NULL;
	m.id = keep(draft, id, NULL);
	m.name = keep(draft, name, NULL);
	m.host = keep(draft, host, before ? &before->host : NULL);
	m.region = keep(draft, region, before ? &before->region : NULL);
	m.group = keep(draft, group, before ? &before->group : NULL);
	m.cordoned = statement_number(row, 9) != 0;
	m.skip_dns = statement_number(row, 10) != 0;
	m.created_at = statement_number(row, 11);
	draft->machines = mem_grow(draft->machines, draft->app.machine_count, &draft->machine_room,
	                           sizeof *draft->machines);
	memcpy(&draft->machines[draft->app.machine_count++], &m, sizeof m);
}

static int by_id(const void *a, const void *b, void *draft)
{
	const struct catalog_machine *left = a, *right = b;
	return strcmp(text_at(draft, left->id), text_at(draft, right->id));
}

void app_draft_sort_machines(struct app_draft *draft)
{
	if (draft->app.machine_count > 1)
		qsort_r(draft->machines, draft->app.machine_count, sizeof *draft->machines, by_id, draft);
}

/* The Machine that the row's column 1 names; the count of Machines when its row was refused. */
static uint32_t find_machine(const struct app_draft *d, struct statement *row)
{
	const char *id = statement_text(row, 1);
	uint32_t low = 0, high = d->app.machine_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(text_at(d, d->machines[middle].id), id);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return d->app.machine_count;
}

/* app, machine, key, value */
void app_draft_metadata(struct app_draft *draft, struct statement *row)
{
	struct bytes key = statement_bytes(row, 2), value = statement_bytes(row, 3);
	uint32_t machine = find_machine(draft, row);
	if (machine == draft->app.machine_count)
		return;
	if (key.len == 0 || !word_is_text(key, KEY_MOST) || !word_is_text(value, VALUE_MOST)) {
		refuse(draft, "Machine %s has metadata that is too long or has a NUL in it", statement_text(row, 1));
		return;
	}
	draft->pairs = mem_grow(draft->pairs, draft->pair_count, &draft->pair_room, sizeof *draft->pairs);
	struct draft_pair *p = &draft->pairs[draft->pair_count++];
	p->machine = machine;
	p->pair.key = keep(draft, key, NULL);
	p->pair.value = keep(draft, value, NULL);
	draft->machines[machine].metadata_count++;
}

static bool parse_protocol(enum catalog_protocol *out, const char *text)
{
	*out = strcmp(text, "udp") == 0 ? PROTOCOL_UDP : PROTOCOL_TCP;
	return *out == PROTOCOL_UDP || strcmp(text, "tcp") == 0;
}

static bool parse_autostop(enum catalog_autostop *out, const char *text)
{
	static const char *const words[] = {
	    [AUTOSTOP_OFF] = "off", [AUTOSTOP_STOP] = "stop", [AUTOSTOP_SUSPEND] = "suspend"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		*out = (enum catalog_autostop)i;
		if (strcmp(words[i], text) == 0)
			return true;
	}
	return false;
}

/* protocol, internal_port, autostart, autostop, min_machines_running, concurrency, soft_limit, hard_limit from column 2 */
static bool parse_service(struct catalog_service *s, struct statement *row)
{
	int64_t port = statement_number(row, 3), least = statement_number(row, 6);
	int64_t soft = statement_number(row, 8), hard = statement_number(row, 9);
	const char *count = statement_text(row, 7);
	s->internal_port = (uint16_t)port;
	s->autostart = statement_number(row, 4) != 0;
	s->count_requests = strcmp(count, "requests") == 0;
	s->min_machines_running = (uint32_t)least;
	s->soft_limit = (uint32_t)soft;
	s->hard_limit = (uint32_t)hard; /* 0 for NULL */
	return parse_protocol(&s->protocol, statement_text(row, 2)) && number_is_port(port) &&
	       parse_autostop(&s->autostop, statement_text(row, 5)) && number_within(least, 0, LIMIT_MOST) &&
	       (s->count_requests || strcmp(count, "connections") == 0) && number_within(soft, 1, LIMIT_MOST) &&
	       (statement_null(row, 9) || number_within(hard, soft, LIMIT_MOST));
}

void app_draft_service(struct app_draft *draft, struct statement *row)
{
	uint32_t machine = find_machine(draft, row);
	if (machine == draft->app.machine_count)
		return;
	draft->services = mem_grow(draft->services, draft->app.service_count, &draft->service_room,
	                           sizeof *draft->services);
	struct draft_service *s = &draft->services[draft->app.service_count];
	memset(s, 0, sizeof *s);
	s->machine = machine;
	if (!parse_service(&s->service, row)) {
		refuse(draft, "Machine %s has a service on port %lld with a value that cannot be",
		       statement_text(row, 1), (long long)statement_number(row, 3));
		return;
	}
	draft->app.service_count++;
	draft->machines[machine].service_count++;
}

static bool good_options(const char *json, struct text *why)
{
	struct port_options *options = port_options_parse(json, why);
	port_options_free(options);
	return options;
}

/* app, machine, protocol, internal_port, start_port, end_port, handlers, force_https, options or NULL */
void app_draft_port(struct app_draft *draft, struct statement *row)
{
	int64_t internal = statement_number(row, 3), start = statement_number(row, 4), end = statement_number(row, 5);
	uint32_t machine = find_machine(draft, row);
	if (machine == draft->app.machine_count)
		return;
	draft->ports = mem_grow(draft->ports, draft->app.port_count, &draft->port_room, sizeof *draft->ports);
	struct draft_port *p = &draft->ports[draft->app.port_count];
	memset(p, 0, sizeof *p);
	if (!parse_protocol(&p->protocol, statement_text(row, 2)) || !number_is_port(internal) ||
	    !number_is_port(start) || !number_is_port(end) || start > end ||
	    !port_handlers_parse(&p->port.handlers, statement_text(row, 6))) {
		refuse(draft, "Machine %s has ports %lld to %lld with a value or handler that cannot be",
		       statement_text(row, 1), (long long)start, (long long)end);
		return;
	}
	const struct draft_port *before = draft->app.port_count ? p - 1 : NULL;
	if (!statement_null(row, 8)) {
		struct bytes json = statement_bytes(row, 8);
		bool again = before && before->port.options &&
		             strcmp(text_at(draft, before->port.options), json.at) == 0;
		struct text why = {0};
		if (!again && (!word_is_text(json, PORT_OPTIONS_MOST) || !good_options(json.at, &why))) {
			refuse(draft, "Machine %s has options on port %lld that cannot be: %s", statement_text(row, 1),
			       (long long)start, why.len ? why.at : "they are no text of at most 16384 octets");
			text_free(&why);
			return;
		}
		p->port.options = keep(draft, json, again ? &before->port.options : NULL);
	}
	p->internal_port = (uint16_t)internal;
	p->port.start = (uint16_t)start;
	p->port.end = (uint16_t)end;
	p->port.force_https = statement_number(row, 7) != 0;
	p->port.machine = machine;
	draft->app.port_count++;
}

/* app, machine, internal_port, fails, name, output */
void app_draft_check(struct app_draft *draft, struct statement *row)
{
	struct bytes name = statement_bytes(row, 4), output = statement_bytes(row, 5);
	int64_t internal = statement_number(row, 2);
	uint32_t machine = find_machine(draft, row);
	struct text ailment = {0};
	if (machine == draft->app.machine_count || !number_is_port(internal))
		return;
	draft->checks = mem_grow(draft->checks, draft->check_count, &draft->check_room, sizeof *draft->checks);
	struct draft_check *c = &draft->checks[draft->check_count++];
	c->machine = machine;
	c->internal_port = (uint16_t)internal;
	c->health = statement_number(row, 3) ? HEALTH_BAD : HEALTH_UNKNOWN;
	text_put(&ailment, name.at);
	if (c->health == HEALTH_BAD)
		text_format(&ailment, ": %.*s", AILMENT_MOST, output.at);
	c->ailment = keep(draft, bytes_of(ailment.at), NULL);
	text_free(&ailment);
}

/* app, chain, key */
void app_draft_authority(struct app_draft *draft, struct statement *row)
{
	struct bytes chain = statement_bytes(row, 1), key = statement_bytes(row, 2);
	if (!word_is_text(chain, PEM_MOST) || !word_is_text(key, PEM_MOST)) {
		refuse(draft, "the authority of its organization is too long or has a NUL in it");
		return;
	}
	draft->app.authority_chain = keep(draft, chain, NULL);
	draft->app.authority_key = keep(draft, key, NULL);
}

/* app, source. One that is no label is no organization's, so it is worth nothing. */
void app_draft_source(struct app_draft *draft, struct statement *row)
{
	struct bytes source = statement_bytes(row, 1);
	if (word_is_label(source))
		text_format(&draft->sources, "%s ", source.at);
}

/* app, hostname, chain or NULL, key or NULL */
void app_draft_certificate(struct app_draft *draft, struct statement *row)
{
	struct bytes name = statement_bytes(row, 1), chain = statement_bytes(row, 2), key = statement_bytes(row, 3);
	if (name.len == 0 || !word_is_text(name, HOST_MOST) || !word_is_text(chain, PEM_MOST) ||
	    !word_is_text(key, PEM_MOST)) {
		refuse(draft, "its certificate for \"%.80s\" is too long or has a NUL in it", name.at);
		return;
	}
	draft->certificates = mem_grow(draft->certificates, draft->app.certificate_count, &draft->certificate_room,
	                               sizeof *draft->certificates);
	struct catalog_certificate *c = &draft->certificates[draft->app.certificate_count++];
	c->hostname = keep(draft, name, NULL);
	c->chain = chain.len ? keep(draft, chain, NULL) : NULL;
	c->key = key.len ? keep(draft, key, NULL) : NULL;
}

/* ------------------------------------------------------------------------------------------------ the end */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int by_network(const void *a, const void *b)
{
	const struct catalog_address *left = a, *right = b;
	return ORDER(left->network, right->network);
}

static int by_key(const void *a, const void *b, void *draft)
{
	const struct draft_pair *left = a, *right = b;
	if (left->machine != right->machine)
		return ORDER(left->machine, right->machine);
	return strcmp(text_at(draft, left->pair.key), text_at(draft, right->pair.key));
}

static int by_service(const void *a, const void *b)
{
	const struct draft_service *left = a, *right = b;
	if (left->machine != right->machine)
		return ORDER(left->machine, right->machine);
	if (left->service.protocol != right->service.protocol)
		return ORDER(left->service.protocol, right->service.protocol);
	return ORDER(left->service.internal_port, right->service.internal_port);
}

static int by_port(const void *a, const void *b)
{
	const struct draft_port *left = a, *right = b;
	if (left->port.start != right->port.start)
		return ORDER(left->port.start, right->port.start);
	if (left->port.machine != right->port.machine)
		return ORDER(left->port.machine, right->port.machine);
	return ORDER(left->protocol, right->protocol);
}

static int by_owner(const void *a, const void *b)
{
	const struct draft_port *left = a, *right = b;
	if (left->port.machine != right->port.machine)
		return ORDER(left->port.machine, right->port.machine);
	if (left->protocol != right->protocol)
		return ORDER(left->protocol, right->protocol);
	return ORDER(left->port.start, right->port.start);
}

/* Gives each port the index of its service. */
static bool join_port(const struct app_draft *d, struct draft_port *p)
{
	const struct catalog_machine *m = &d->machines[p->port.machine];
	for (uint32_t i = m->service_first; i < m->service_first + m->service_count; i++) {
		const struct catalog_service *s = &d->services[i].service;
		if (s->protocol != p->protocol || s->internal_port != p->internal_port)
			continue;
		p->port.service = i;
		return true;
	}
	return false;
}

static void end_ports(struct app_draft *d)
{
	if (d->app.port_count == 0)
		return;
	qsort(d->ports, d->app.port_count, sizeof *d->ports, by_owner);
	for (uint32_t i = 0; i < d->app.port_count; i++) {
		struct draft_port *p = &d->ports[i];
		const struct draft_port *before = i ? p - 1 : NULL;
		const char *id = text_at(d, d->machines[p->port.machine].id);
		if (!join_port(d, p))
			refuse(d, "Machine %s has a port %u that leads to no service", id, p->port.start);
		if (before && before->port.machine == p->port.machine && before->protocol == p->protocol &&
		    before->port.end >= p->port.start)
			refuse(d, "Machine %s has two services on port %u", id, p->port.start);
	}
	qsort(d->ports, d->app.port_count, sizeof *d->ports, by_port);
}

/* The worst of its checks is how a service is. A check of a service that does not exist says nothing. */
static void join_checks(struct app_draft *d)
{
	for (size_t k = 0; k < d->check_count; k++) {
		const struct draft_check *c = &d->checks[k];
		const struct catalog_machine *m = &d->machines[c->machine];
		for (uint32_t i = m->service_first; i < m->service_first + m->service_count; i++) {
			struct catalog_service *s = &d->services[i].service;
			if (s->protocol != PROTOCOL_TCP || s->internal_port != c->internal_port ||
			    s->health >= c->health)
				continue;
			s->health = c->health;
			s->ailment = c->ailment;
		}
	}
}

void app_draft_end(struct app_draft *draft)
{
	struct catalog_app *app = &draft->app;
	if (draft->sources.len)
		app->replay_sources = keep(draft, (struct bytes){draft->sources.at, draft->sources.len}, NULL);
	draft->name = draft->strings.at; /* no text comes after this */
	if (draft->refusal[0])
		return;
	if (app->address_count > 1)
		qsort(draft->addresses, app->address_count, sizeof *draft->addresses, by_network);
	if (draft->pair_count > 1)
		qsort_r(draft->pairs, draft->pair_count, sizeof *draft->pairs, by_key, draft);
	if (app->service_count > 1)
		qsort(draft->services, app->service_count, sizeof *draft->services, by_service);
	uint32_t service = 0;
	for (uint32_t i = 0; i < app->machine_count; i++) {
		draft->machines[i].service_first = service;
		service += draft->machines[i].service_count;
	}
	join_checks(draft);
	end_ports(draft);
}
