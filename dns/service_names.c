/* service_names.c - see service_names.h. Both kinds of names are made from a list of doors: sorted by protocol, what is
 * spoken and port, the records of a name stand together, and those of one port are a part of those of what is spoken. */
#include "service_names.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "port_options.h"

enum { RESTING = UINT32_MAX, HTTPS_PORT = 443 };

/* What is spoken behind a port. */
enum speech { SPEECH_UNKNOWN, SPEECH_HTTP, SPEECH_HTTPS, SPEECH_POSTGRESQL, SPEECH_COUNT };
static const char *const speech_names[SPEECH_COUNT] = {NULL, "_http", "_https", "_postgresql"};

struct door {
	uint8_t protocol; /* enum catalog_protocol */
	uint8_t speech;
	uint16_t port;
	uint32_t machine; /* index among the started ones, RESTING; below flycast always 0 */
};

struct doors {
	struct door *list;
	size_t count;
	size_t room;
};

static void add_door(struct doors *doors, struct door door)
{
	doors->list = mem_grow(doors->list, doors->count, &doors->room, sizeof *doors->list);
	doors->list[doors->count++] = door;
}

static const char *protocol_name(const struct door *door)
{
	return door->protocol == PROTOCOL_UDP ? "_udp" : "_tcp";
}

static bool same_port(const struct door *a, const struct door *b)
{
	return a->protocol == b->protocol && a->port == b->port;
}

static int compare_ports(const void *left, const void *right)
{
	const struct door *a = left, *b = right;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return a->machine < b->machine ? -1 : a->machine > b->machine;
}

static int compare_doors(const void *left, const void *right)
{
	const struct door *a = left, *b = right;
	if (a->protocol == b->protocol && a->speech != b->speech)
		return a->speech < b->speech ? -1 : 1;
	return compare_ports(left, right);
}

/* Each door once; one port speaks one thing: the greatest of what its Machines say. */
static void sort_doors(struct doors *doors)
{
	struct door *list = doors->list;
	size_t kept = 0;
	qsort(list, doors->count, sizeof *list, compare_ports);
	for (size_t i = 0, next; i < doors->count; i = next) {
		uint8_t speech = 0;
		for (next = i; next < doors->count && same_port(&list[i], &list[next]); next++)
			speech = list[next].speech > speech ? list[next].speech : speech;
		for (size_t j = i; j < next; j++) {
			if (j > i && list[j].machine == list[kept - 1].machine)
				continue;
			list[kept] = list[j];
			list[kept++].speech = speech;
		}
	}
	doors->count = kept;
	qsort(list, kept, sizeof *list, compare_doors);
}

/* ------------------------------------------------------------------------------------------------ SRV */

struct writing {
	struct node_maker *maker;
	const struct catalog_app *app;
	const struct catalog_machine *const *started; /* NULL: below flycast */
	struct text target;
	struct text name;
};

/* <id>.vm.<app>.internal.; machine NULL: <app>.flycast. */
static struct bytes target_of(struct writing *w, const struct catalog_machine *machine)
{
	text_clear(&w->target);
	if (machine) {
		name_add_label(&w->target, bytes_of(machine->id));
		text_put(&w->target, "\2vm");
	}
	name_add_label(&w->target, bytes_of(w->app->name));
	text_put(&w->target, machine ? "\10internal" : "\7flycast");
	text_add(&w->target, "", 1);
	return (struct bytes){w->target.at, w->target.len};
}

/* "_http" or "_8080" and "_tcp" */
static struct bytes name_of(struct writing *w, const char *first, const char *second)
{
	text_clear(&w->name);
	if (first)
		name_add_label(&w->name, bytes_of(first));
	name_add_label(&w->name, bytes_of(second));
	return (struct bytes){w->name.at, w->name.len};
}

static struct bytes port_name(struct writing *w, uint16_t port, const char *second)
{
	char first[sizeof "_65535"];
	snprintf(first, sizeof first, "_%u", port);
	return name_of(w, first, second);
}

/* The doors of one port, first to end - 1, as records; appends to `all`, the answer they are a part of. */
static void add_port(struct writing *w, const struct door *first, const struct door *end, struct answer *all)
{
	struct text *records = &w->maker->records;
	struct answer a = {.type = TYPE_SRV, .at = (uint32_t)records->len};
	for (const struct door *d = first; d < end && d->machine != RESTING && all->count < UINT16_MAX; d++) {
		const struct catalog_machine *machine = w->started ? w->started[d->machine] : NULL;
		encode_srv(records, machine ? 1 : 0, d->port, target_of(w, machine));
		a.count++;
		all->count++;
	}
	a.len = (uint32_t)records->len - a.at;
	all->len += a.len;
	node_add(w->maker, port_name(w, first->port, protocol_name(first)), a);
}

static void add_doors(struct writing *w, const struct doors *doors)
{
	const struct door *end = doors->list + doors->count;
	for (const struct door *d = doors->list, *first; d < end;) {
		const char *protocol = protocol_name(d), *speech = speech_names[d->speech];
		struct answer all = {.type = TYPE_SRV, .at = (uint32_t)w->maker->records.len};
		for (first = d; d < end && d->protocol == first->protocol && d->speech == first->speech;) {
			const struct door *next = d;
			while (next < end && same_port(next, d))
				next++;
			add_port(w, d, next, &all);
			d = next;
		}
		if (speech)
			node_add(w->maker, name_of(w, speech, protocol), all);
		node_add(w->maker, name_of(w, NULL, protocol), (struct answer){.type = TYPE_NONE});
	}
}

static void finish(struct writing *w, struct doors *doors)
{
	if (doors->count) {
		sort_doors(doors);
		add_doors(w, doors);
	}
	free(doors->list);
	text_free(&w->target);
	text_free(&w->name);
}

/* ------------------------------------------------------------------------------------------------ HTTPS */

static bool is_https(const struct catalog_port *port)
{
	return port->handlers & HANDLER_HTTP && port->handlers & HANDLER_TLS;
}

/* Those of HTTP's protocols that the port offers, as in a ClientHello; the proxy offers nothing else either. */
static void write_alpn(struct text *out, const struct catalog_port *port)
{
	struct port_options *options = port->options ? port_options_parse(port->options, NULL) : NULL;
	struct bytes offered = BYTES("\2h2\10http/1.1");
	if (options && options->alpn)
		offered = (struct bytes){options->alpn, options->alpn_len};
	for (size_t at = 0; at < offered.len; at += 1u + (uint8_t)offered.at[at]) {
		struct bytes one = {offered.at + at, 1u + (uint8_t)offered.at[at]};
		if (bytes_equal(one, BYTES("\2h2")) || bytes_equal(one, BYTES("\10http/1.1")))
			text_add(out, one.at, one.len);
	}
	port_options_free(options);
}

/* target: len 0: the name that is asked for. */
static struct answer add_https_record(struct writing *w, const struct catalog_port *port, const struct in6_addr *ip,
                                      struct bytes target)
{
	struct text *records = &w->maker->records, alpn = {0};
	struct answer a = {.type = TYPE_HTTPS, .at = (uint32_t)records->len};
	write_alpn(&alpn, port);
	if (alpn.len) {
		encode_https(records, &(struct encode_https){target, {alpn.at, alpn.len}, port->start, *ip});
		a.len = (uint32_t)records->len - a.at;
		a.count = 1;
	}
	text_free(&alpn);
	return a;
}

/* RFC 9460 9.1: the port is a part of the name unless it is the scheme's own. */
static void add_https(struct writing *w, const struct in6_addr *ip)
{
	const struct catalog_app *app = w->app;
	const struct catalog_port *best = NULL, *last = NULL;
	bool plain = false;
	for (uint32_t i = 0; i < app->port_count; i++) {
		const struct catalog_port *p = &app->ports[i];
		if (app->services[p->service].protocol != PROTOCOL_TCP)
			continue;
		plain |= p->handlers & HANDLER_HTTP && !is_https(p) && !p->force_https;
		if (!is_https(p) || (last && last->start == p->start))
			continue;
		last = p;
		if (!best || p->start == HTTPS_PORT)
			best = p;
		if (p->start == HTTPS_PORT)
			continue;
		struct answer a = add_https_record(w, p, ip, target_of(w, NULL));
		node_add(w->maker, port_name(w, p->start, "_https"), a);
		node_add(w->maker, BYTES("\6_https"), (struct answer){.type = TYPE_NONE});
	}
	if (!best || plain)
		return;
	struct answer own = add_https_record(w, best, ip, BYTES("\0"));
	if (own.count)
		node_add(w->maker, BYTES(""), own);
}

/* ------------------------------------------------------------------------------------------------ */

static uint8_t speech_outside(uint8_t handlers)
{
	if (handlers & HANDLER_PG_TLS)
		return SPEECH_POSTGRESQL;
	if (handlers & HANDLER_HTTP)
		return handlers & HANDLER_TLS ? SPEECH_HTTPS : SPEECH_HTTP;
	return SPEECH_UNKNOWN;
}

void service_names_flycast(struct node_maker *maker, const struct catalog_app *app,
                           const struct catalog_address *address)
{
	struct writing w = {.maker = maker, .app = app};
	struct doors doors = {0};
	for (uint32_t i = 0; i < app->port_count; i++) {
		const struct catalog_port *p = &app->ports[i];
		if (app->services[p->service].protocol == PROTOCOL_TCP)
			add_door(&doors, (struct door){PROTOCOL_TCP, speech_outside(p->handlers), p->start, 0});
	}
	add_https(&w, &address->ip);
	finish(&w, &doors);
}

/* What each service of the app speaks, TLS taken off. */
static uint8_t *speeches_inside(const struct catalog_app *app)
{
	uint8_t *speeches = mem_new_array(app->service_count + 1u, 1);
	for (uint32_t i = 0; i < app->port_count; i++) {
		uint8_t *s = &speeches[app->ports[i].service];
		uint8_t speech = speech_outside(app->ports[i].handlers & (uint8_t)~HANDLER_TLS);
		*s = speech > *s ? speech : *s;
	}
	return speeches;
}

static void add_machine(struct doors *doors, const struct catalog_app *app, const uint8_t *speeches,
                        const struct catalog_machine *machine, uint32_t index)
{
	for (uint32_t i = machine->service_first; i < machine->service_first + machine->service_count; i++) {
		const struct catalog_service *s = &app->services[i];
		add_door(doors, (struct door){(uint8_t)s->protocol, speeches[i], s->internal_port, index});
	}
}

void service_names_internal(struct node_maker *maker, const struct catalog_app *app,
                            const struct catalog_machine *const *started, uint32_t started_count)
{
	struct writing w = {.maker = maker, .app = app, .started = started};
	struct doors doors = {0};
	uint8_t *speeches = speeches_inside(app);
	for (uint32_t i = 0; i < started_count; i++)
		add_machine(&doors, app, speeches, started[i], i);
	for (uint32_t i = 0; i < app->machine_count; i++)
		if (!app->machines[i].skip_dns)
			add_machine(&doors, app, speeches, &app->machines[i], RESTING);
	finish(&w, &doors);
	free(speeches);
}
